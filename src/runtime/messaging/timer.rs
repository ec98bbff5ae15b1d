//! The time of requests: one task that sleeps until the next is due, and is gone when none is open.

use std::sync::{Arc, Weak};

use tokio::sync::Notify;

use super::super::clock::Timestamp;
use super::super::services::Services;
use super::outcome::{self, Undelivered};
use super::sync::Mutex;

/// Wakes for requests that are due.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    /// Until when the task sleeps; none if there is no task.
    armed: Mutex<Option<u64>>,
    wake: Arc<Notify>,
}

impl Timer {
    /// Sees to it that somebody wakes at `due`, which is in the table already.
    pub(crate) fn arm(&self, services: &Arc<Services>, due: u64) {
        let mut armed = self.armed.lock();
        match *armed {
            None => {
                *armed = Some(due);
                drop(armed);
                services.tasks.spawn(watch(Arc::downgrade(services), Arc::clone(&self.wake), due));
            }
            Some(until) if due < until => {
                *armed = Some(due);
                drop(armed);
                self.wake.notify_one();
            }
            Some(_) => {}
        }
    }

    /// Until when to sleep next; none ends the task.
    fn rearm(&self, services: &Services) -> Option<u64> {
        let mut armed = self.armed.lock();
        *armed = services.messaging.requests.next_due();
        *armed
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

/// Ends requests when they are due. It does not keep the runtime alive.
async fn watch(runtime: Weak<Services>, wake: Arc<Notify>, first: u64) {
    let mut until = Some(first);
    while let Some(due) = until {
        let Some(clock) = runtime.upgrade().map(|services| Arc::clone(&services.clock)) else { return };
        let work = tokio::select! {
            biased;
            () = wake.notified() => None,
            work = clock.sleep_until(Timestamp::from_nanos(due)) => Some(work),
        };
        let Some(services) = runtime.upgrade() else { return };
        if work.is_some() {
            for closed in services.messaging.requests.expire(clock.now().nanos()) {
                outcome::tell(&services, closed, Err(Undelivered::TimeoutExceeded), (0, None));
            }
        }
        until = services.messaging.timer.rearm(&services);
        // Time stands until the outcomes are where they count as work themselves.
        drop(work);
    }
}

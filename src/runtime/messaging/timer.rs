//! The time of requests: one task that sleeps until the next is due, and is gone when none is open.

use std::sync::{Arc, Weak};

use tokio::sync::Notify;

use super::super::clock::{Timestamp, Work};
use super::super::services::Services;
use super::outcome::{self, Undelivered};
use super::sync::Mutex;

/// Wakes for requests that are due.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    armed: Mutex<Armed>,
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Armed {
    /// Until when the task sleeps; none if there is no task.
    until: Option<u64>,
    /// Time stands until the task sleeps to an earlier time than before.
    work: Option<Work>,
}

impl Timer {
    /// Sees to it that somebody wakes at `due`, which is in the table already.
    pub(crate) fn arm(&self, services: &Arc<Services>, due: u64) {
        let mut armed = self.armed.lock();
        match armed.until {
            None => {
                armed.until = Some(due);
                drop(armed);
                let work = services.clock.work();
                services.tasks.spawn(watch(Arc::downgrade(services), Arc::clone(&self.wake), (due, work)));
            }
            Some(until) if due < until => {
                armed.until = Some(due);
                armed.work.get_or_insert_with(|| services.clock.work());
                drop(armed);
                self.wake.notify_one();
            }
            Some(_) => {}
        }
    }

    /// Until when to sleep next, and what counts as work until then; none ends the task.
    fn rearm(&self, services: &Services) -> Option<(u64, Work)> {
        let mut armed = self.armed.lock();
        armed.until = services.messaging.requests.next_due();
        let work = armed.work.take().unwrap_or_default();
        armed.until.map(|due| (due, work))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

/// Ends requests when they are due. It does not keep the runtime alive.
async fn watch(runtime: Weak<Services>, wake: Arc<Notify>, first: (u64, Work)) {
    let mut next = Some(first);
    while let Some((due, work)) = next {
        let Some(clock) = runtime.upgrade().map(|services| Arc::clone(&services.clock)) else { return };
        let sleep = clock.sleep_until(Timestamp::from_nanos(due));
        drop(work);
        let work = tokio::select! {
            biased;
            () = wake.notified() => None,
            work = sleep => Some(work),
        };
        let Some(services) = runtime.upgrade() else { return };
        if work.is_some() {
            for closed in services.messaging.requests.expire(clock.now().nanos()) {
                outcome::tell(&services, closed, Err(Undelivered::TimeoutExceeded), (0, None));
            }
        }
        next = services.messaging.timer.rearm(&services);
        // Time stands until the outcomes are where they count as work themselves.
        drop(work);
    }
}

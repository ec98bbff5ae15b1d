//! Those who wait for something to change, first come, first served.
//!
//! Who is woken counts as work from that instant on, so that no time passes before it acted.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::super::clock::{Clock, Work};
use super::sync::Mutex;

/// A queue of waiters.
pub(crate) struct Waiters {
    clock: Arc<dyn Clock>,
    queue: Mutex<VecDeque<oneshot::Sender<Work>>>,
    /// How many are in the queue: to wake nobody costs nothing.
    count: AtomicUsize,
}

impl Waiters {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, queue: Mutex::new(VecDeque::new()), count: AtomicUsize::new(0) }
    }

    /// Joins the queue. What changes from now on is not missed.
    pub(crate) fn join(&self) -> Waiter<'_> {
        let (sender, woken) = oneshot::channel();
        let mut queue = self.queue.lock();
        // Whoever gave up waiting is still in the queue.
        queue.retain(|waiter| !waiter.is_closed());
        queue.push_back(sender);
        self.count.store(queue.len(), Ordering::SeqCst);
        Waiter { waiters: self, woken }
    }

    /// Wakes the first that still waits.
    pub(crate) fn wake_one(&self) {
        self.wake(1);
    }

    /// Wakes all.
    pub(crate) fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    fn wake(&self, most: usize) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut queue = self.queue.lock();
        let mut left = most;
        while left > 0
            && let Some(waiter) = queue.pop_front()
        {
            if waiter.send(self.clock.work()).is_ok() {
                left -= 1;
            }
        }
        self.count.store(queue.len(), Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Waiters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiters").field("count", &self.count).finish_non_exhaustive()
    }
}

/// A place in the queue. It ends with what counts as work. Given up after it was woken, it wakes the next.
pub(crate) struct Waiter<'a> {
    waiters: &'a Waiters,
    woken: oneshot::Receiver<Work>,
}

impl Future for Waiter<'_> {
    type Output = Work;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Work> {
        Pin::new(&mut self.woken).poll(context).map(Result::unwrap_or_default)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.woken.close();
        if let Ok(work) = self.woken.try_recv() {
            self.waiters.wake_one();
            drop(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::clock::SystemClock;
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn waiters_are_woken_in_their_order_and_none_is_forgotten() {
        let waiters = Waiters::new(Arc::new(SystemClock::default()));
        let (mut first, gone, mut third) = (waiters.join(), waiters.join(), waiters.join());
        drop(gone);
        waiters.wake_one();
        assert!((&mut first).now_or_never().is_some());
        assert!((&mut third).now_or_never().is_none());
        let passes_on = waiters.join();
        waiters.wake_all();
        assert!((&mut third).now_or_never().is_some());
        let mut last = waiters.join();
        drop(passes_on);
        assert!((&mut last).now_or_never().is_some());
        waiters.wake_one();
    }
}

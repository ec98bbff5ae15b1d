//! A lock for the files under test, each taking of which is a point at which any other thread may go first.
//!
//! What is done under the lock is done at once, unless it takes another lock: there the others may go on, and whoever
//! wants the first lock waits.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex as Held, MutexGuard as Guard, TryLockError};
use std::task::{Poll, Waker};

use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicUsize, Ordering};

use crate::explore::about_to_lock;

/// As the lock of the runtime.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T> {
    /// Looking at it is the point at which the scheduler chooses who goes on.
    choice: AtomicUsize,
    value: Held<T>,
    waiting: Held<Vec<Waker>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { choice: AtomicUsize::new(0), value: Held::new(value), waiting: Held::new(Vec::new()) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        about_to_lock(|| {
            self.choice.load(Ordering::SeqCst);
        });
        let guard = block_on(poll_fn(|context| match self.value.try_lock() {
            Ok(guard) => Poll::Ready(guard),
            Err(TryLockError::WouldBlock) => {
                self.waiting.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            }
            Err(TryLockError::Poisoned(_)) => panic!("a holder of the lock panicked"),
        }));
        MutexGuard { guard: Some(guard), waiting: &self.waiting }
    }
}

/// The lock while it is held.
pub(crate) struct MutexGuard<'a, T> {
    guard: Option<Guard<'a, T>>,
    waiting: &'a Held<Vec<Waker>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().unwrap()
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap());
        waiting.into_iter().for_each(Waker::wake);
    }
}

//! What is sent: a letter with its place in the host's memory paid for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::clock::Clock;
use super::waiters::Waiters;
use crate::contract::Topic;

/// A message on its way, or a request.
#[derive(Debug)]
pub(crate) struct Letter {
    /// Who sent it. The host sets it.
    pub(crate) sender: String,
    pub(crate) payload: Vec<u8>,
    /// What the target is told to answer with.
    pub(crate) request_id: Option<String>,
    /// The number of the request in the table of this runtime, if it has one.
    pub(crate) request: Option<u64>,
    /// What it is about, if it was published and not sent.
    pub(crate) topic: Option<Topic>,
    /// Its bytes, as part of those of all mailboxes.
    pub(crate) charge: Option<Charge>,
}

impl Letter {
    /// The bytes of its payload, which is what is bounded.
    pub(crate) fn bytes(&self) -> u64 {
        u64::try_from(self.payload.len()).unwrap_or(u64::MAX)
    }
}

/// The bytes that wait in all mailboxes of a runtime together.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u64,
    used: AtomicU64,
    /// Who waits for room.
    pub(crate) room: Waiters,
}

impl Budget {
    pub(crate) fn new(most: u64, clock: Arc<dyn Clock>) -> Self {
        Self { most, used: AtomicU64::new(0), room: Waiters::new(clock) }
    }

    /// Takes so many bytes until the charge is dropped. None if there are not so many.
    pub(crate) fn charge(self: &Arc<Self>, bytes: u64) -> Option<Charge> {
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| *used <= self.most)
        });
        taken.is_ok().then(|| Charge { budget: Arc::clone(self), bytes })
    }
}

/// Bytes of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.room.wake_one();
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::clock::SystemClock;
    use super::*;

    #[test]
    fn a_budget_is_given_back_to_the_byte() {
        let budget = Arc::new(Budget::new(10, Arc::new(SystemClock::default())));
        let first = budget.charge(6);
        assert!(first.is_some());
        assert!(budget.charge(5).is_none());
        assert!(budget.charge(u64::MAX).is_none());
        let second = budget.charge(4);
        assert!(second.is_some());
        assert!(budget.charge(1).is_none());
        drop((first, second));
        assert!(budget.charge(10).is_some());
    }
}

//! The table of open requests: who asked whom, until when, and where the outcome goes.
//!
//! Every request leaves the table exactly once, and whoever takes it out owes its requester the outcome: a response, a
//! time-out, a failure, or nothing after a cancellation. That is why there is never a second callback. This module does
//! not know what a component is, and delivers nothing.

use std::collections::{BTreeSet, HashMap};

use super::sync::Mutex;

/// Open requests. `R` is where an outcome goes.
#[derive(Debug)]
pub(crate) struct Correlation<R> {
    /// How many requests may be open at a time.
    most: usize,
    table: Mutex<Table<R>>,
}

#[derive(Debug)]
struct Table<R> {
    last: u64,
    open: HashMap<u64, Open<R>, foldhash::fast::FixedState>,
    /// By time, then by age.
    due: BTreeSet<(u64, u64)>,
}

#[derive(Debug)]
struct Open<R> {
    requester: u64,
    target: u64,
    due: u64,
    /// The target's instance has begun to handle it.
    held: bool,
    reply: R,
}

/// A request that was taken out of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed<R> {
    /// Which.
    pub(crate) id: u64,
    /// Where its outcome goes.
    pub(crate) reply: R,
}

/// Why a response was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unanswerable<E> {
    /// No such request is open to that responder.
    Unknown,
    /// It is, and stays open.
    Refused(E),
}

impl<R> Correlation<R> {
    pub(crate) fn new(most: usize) -> Self {
        let table = Table { last: 0, open: HashMap::default(), due: BTreeSet::new() };
        Self { most, table: Mutex::new(table) }
    }

    /// Opens a request and numbers it. None if as many are open as may be.
    pub(crate) fn open(&self, requester: u64, target: u64, due: u64, reply: R) -> Option<u64> {
        let mut table = self.table.lock();
        if table.open.len() >= self.most {
            return None;
        }
        table.last += 1;
        let id = table.last;
        table.due.insert((due, id));
        table.open.insert(id, Open { requester, target, due, held: false, reply });
        Some(id)
    }

    /// The target begins to handle a request: from now on it falls with the target's instance.
    pub(crate) fn hold(&self, id: u64) {
        if let Some(open) = self.table.lock().open.get_mut(&id) {
            open.held = true;
        }
    }

    /// Closes a request by a response of `by`, if that is its target and `admit` has room for it. `admit` is called under the
    /// lock of the table and must not come back to it.
    pub(crate) fn answer<E>(
        &self,
        id: u64,
        by: u64,
        admit: impl FnOnce(&R) -> Result<(), E>,
    ) -> Result<Closed<R>, Unanswerable<E>> {
        let mut table = self.table.lock();
        let open = table.open.get(&id).filter(|open| open.target == by).ok_or(Unanswerable::Unknown)?;
        admit(&open.reply).map_err(Unanswerable::Refused)?;
        table.close(id).ok_or(Unanswerable::Unknown)
    }

    /// Closes a request of `by` without an outcome.
    pub(crate) fn cancel(&self, id: u64, by: u64) -> Option<Closed<R>> {
        let mut table = self.table.lock();
        table.open.get(&id).filter(|open| open.requester == by)?;
        table.close(id)
    }

    /// Closes a request that its target did not take.
    pub(crate) fn fail(&self, id: u64) -> Option<Closed<R>> {
        self.table.lock().close(id)
    }

    /// Closes all that are due, in the order in which they became so.
    pub(crate) fn expire(&self, now: u64) -> Vec<Closed<R>> {
        let mut table = self.table.lock();
        let due: Vec<u64> = table.due.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id).collect();
        due.into_iter().filter_map(|id| table.close(id)).collect()
    }

    /// When the next request is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.table.lock().due.first().map(|(due, _)| *due)
    }

    /// Closes what the ended instance of a target held.
    pub(crate) fn close_held(&self, target: u64) -> Vec<Closed<R>> {
        self.table.lock().close_all(|open| open.target == target && open.held)
    }

    /// Closes what a target was asked, held or waiting.
    pub(crate) fn close_aimed(&self, target: u64) -> Vec<Closed<R>> {
        self.table.lock().close_all(|open| open.target == target)
    }

    /// Closes what a requester asked.
    pub(crate) fn close_made(&self, requester: u64) -> Vec<Closed<R>> {
        self.table.lock().close_all(|open| open.requester == requester)
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.table.lock().open.len()
    }
}

impl<R> Table<R> {
    fn close(&mut self, id: u64) -> Option<Closed<R>> {
        let open = self.open.remove(&id)?;
        self.due.remove(&(open.due, id));
        Some(Closed { id, reply: open.reply })
    }

    /// Closes those, oldest first. It looks at all that are open: a component ends now and then, a request begins and ends
    /// all the time, and to keep an account of each party's would cost the latter.
    fn close_all(&mut self, which: impl Fn(&Open<R>) -> bool) -> Vec<Closed<R>> {
        let mut ids: Vec<u64> = self.open.iter().filter(|(_, open)| which(open)).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.close(id)).collect()
    }
}

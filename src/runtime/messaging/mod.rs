//! Messages, requests and callbacks: from a sender through the checks into a mailbox, and an outcome back.
//!
//! A message goes `host` or `peer` → `post` (checks, in the contract's order) → `mailbox` → actor. A request has an entry in
//! `correlation` besides, which leaves it exactly once, by a response, its time (`timer`) or the end of its target; `outcome`
//! brings what came of it to the requester. A publication goes through `publish`, which asks `topics` whom it is for, and from
//! there the way of a message. What nobody will handle any more is buried by `dead_letter`.

pub(crate) mod correlation;
pub(crate) mod dead_letter;
pub(crate) mod letter;
pub(crate) mod mailbox;
pub(crate) mod outcome;
mod peer;
pub(crate) mod post;
pub(crate) mod publish;
mod sync;
pub(crate) mod timer;
pub(crate) mod topics;
pub(crate) mod waiters;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use correlation::Correlation;
use letter::Budget;
use outcome::Requester;
use timer::Timer;
use topics::Topics;

use super::clock::Clock;
use super::component::Component;
use super::limits::HostLimits;

/// What the messages of one runtime share.
pub(crate) struct Messaging {
    pub(crate) requests: Correlation<Requester>,
    pub(crate) timer: Timer,
    pub(crate) topics: Topics<Arc<Component>>,
    /// The bytes of all mailboxes together.
    pub(crate) budget: Arc<Budget>,
}

impl Messaging {
    pub(crate) fn new(limits: &HostLimits, clock: &Arc<dyn Clock>) -> Self {
        Self {
            requests: Correlation::new(limits.open_requests),
            timer: Timer::default(),
            topics: Topics::default(),
            budget: Arc::new(Budget::new(limits.all_mailboxes_bytes, Arc::clone(clock))),
        }
    }
}

//! What came of a request, on its way back to who asked.
//!
//! In: a request that has left the table. Out: one callback in the requester's mailbox, or one answer to the embedding
//! program. Whether there is an outcome at all was decided by who took the request out of the table.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::clock::Work;
use super::super::command::Command;
use super::super::component::Component;
use super::super::services::{Services, numbered};
use super::correlation::Closed;
use super::dead_letter;
use super::letter::Charge;
use super::mailbox::Lane;

/// Who asked.
#[derive(Debug)]
pub(crate) enum Requester {
    /// A component; its mailbox owes it a callback.
    Component(Arc<Component>),
    /// The embedding program.
    Host(oneshot::Sender<(Outcome, Work)>),
}

/// What came of a request.
pub(crate) type Outcome = Result<Vec<u8>, Undelivered>;

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// None came in time.
    TimeoutExceeded,
    /// There will be none; why, for people.
    DeliveryFailed(String),
}

/// A callback that waits.
#[derive(Debug)]
pub(crate) struct Callback {
    /// The number of the request.
    pub(crate) request: u64,
    pub(crate) outcome: Outcome,
    pub(crate) charge: Option<Charge>,
}

/// How a request is called outside of this runtime's tables. Nobody is meant to take it apart.
pub(crate) fn request_id(number: u64) -> String {
    numbered("req-", number)
}

/// The number that a text names, if it is one that [`request_id`] could have made.
pub(crate) fn number(request_id: &str) -> Option<u64> {
    let digits = request_id.strip_prefix("req-")?;
    let canonical = !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| canonical)
}

/// The bytes that an outcome keeps while it waits. Texts of this runtime's own are short and few: callbacks are counted.
pub(crate) fn bytes(outcome: &Outcome) -> u64 {
    outcome.as_ref().map_or(0, |payload| u64::try_from(payload.len()).unwrap_or(u64::MAX))
}

/// Brings an outcome home. `reserved` bytes of the requester's mailbox were reserved for it.
pub(crate) fn tell(services: &Services, closed: Closed<Requester>, outcome: Outcome, paid: (u64, Option<Charge>)) {
    let (reserved, charge) = paid;
    let component = match closed.reply {
        Requester::Component(component) => component,
        Requester::Host(waiting) => {
            // An error says that the caller no longer waits.
            let _ = waiting.send((outcome, services.clock.work()));
            return;
        }
    };
    let callback = Box::new(Callback { request: closed.id, outcome, charge });
    let refused = {
        let life = component.life();
        if life.takes_callbacks() {
            let lane = Lane::Callback { bytes: reserved };
            component.mailbox.put(lane, Command::Callback(callback), || services.clock.work()).err().map(|(_, it)| it)
        } else {
            component.mailbox.release(reserved);
            component.mailbox.forgive();
            Some(Command::Callback(callback))
        }
    };
    if let Some(callback) = refused {
        dead_letter::bury(services, &component, vec![callback], "the requester does not run any more");
    }
}

/// Tells all of these requesters that there will be no response.
pub(crate) fn tell_failed(services: &Services, closed: Vec<Closed<Requester>>, why: &str) {
    for closed in closed {
        tell(services, closed, Err(Undelivered::DeliveryFailed(why.to_owned())), (0, None));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_out_names_a_request() {
        for id in [1, 9, 10, u64::MAX] {
            assert_eq!(number(&request_id(id)), Some(id));
        }
        let nothing =
            ["", "1", "req-", "req-0", "req-01", "req-+1", "req--1", "req-1 ", "REQ-1", "req-18446744073709551616"];
        for text in nothing {
            assert_eq!(number(text), None, "{text:?}");
        }
    }
}

//! The way into a mailbox: what is checked, in the contract's order, and what is refused.
//!
//! Permission was decided before; what follows is size, existence, capacity. The state of the target and its mailbox are
//! looked at in one step, so that what is accepted is handled or buried, and never forgotten.

use std::sync::Arc;

use super::super::clock::Timestamp;
use super::super::command::{Answer, Command};
use super::super::component::Component;
use super::super::error::CallError;
use super::super::event::EventKind;
use super::super::services::Services;
use super::letter::Letter;
use super::mailbox::{Lane, Refusal};
use super::outcome::{self, Requester};

/// A letter that was not accepted, with the reason.
pub(crate) struct Returned {
    pub(crate) error: CallError,
    letter: Letter,
    answer: Option<Answer<()>>,
}

/// Puts a letter into a mailbox, or gives it back. `answer` is told when it was handled.
pub(crate) fn put(
    services: &Services,
    target: &Component,
    mut letter: Letter,
    answer: Option<Answer<()>>,
) -> Result<(), Box<Returned>> {
    let returned = |error, letter, answer| Err(Box::new(Returned { error, letter, answer }));
    let bytes = letter.bytes();
    let life = target.life();
    let accepts = if letter.topic.is_some() { life.accepts_publications() } else { life.accepts() };
    if !accepts {
        let state = life.state;
        drop(life);
        return returned(CallError::NotRunning(state), letter, answer);
    }
    letter.charge = letter.charge.or_else(|| services.messaging.budget.charge(bytes));
    if letter.charge.is_none() {
        drop(life);
        return returned(CallError::MailboxFull, letter, answer);
    }
    let command = Command::Message(Box::new(letter), answer);
    let refused = target.mailbox.put(Lane::Message { bytes }, command, || services.clock.work());
    drop(life);
    match refused {
        Ok(()) => Ok(()),
        Err((Refusal::Full, Command::Message(letter, answer))) => {
            tell_full(services, target);
            returned(CallError::MailboxFull, *letter, answer)
        }
        Err((Refusal::Closed, Command::Message(letter, answer))) => {
            returned(CallError::NotRunning(target.state()), *letter, answer)
        }
        // The mailbox gives back what it was given.
        Err(_) => Ok(()),
    }
}

/// Tells that a mailbox is full, once until it has room again.
fn tell_full(services: &Services, target: &Component) {
    if target.told_full() {
        services.tell(EventKind::MailboxFull { component: target.id().clone() });
    }
}

/// As [`put`], but waits for room, until `until` at the latest.
pub(crate) async fn put_when_room(
    services: &Services,
    target: &Component,
    mut letter: Letter,
    mut answer: Option<Answer<()>>,
    until: Timestamp,
) -> Result<(), CallError> {
    let (mut late, mut held) = (None, None);
    loop {
        // From here on no room that is made goes unnoticed.
        let (room, budget) = (target.room.join(), services.messaging.budget.room.join());
        match put(services, target, letter, answer) {
            Ok(()) => return Ok(()),
            Err(returned) if returned.error == CallError::MailboxFull => {
                (letter, answer) = (returned.letter, returned.answer);
            }
            Err(returned) => return Err(returned.error),
        }
        drop(held.take());
        tokio::select! {
            biased;
            work = room => held = Some(work),
            work = budget => held = Some(work),
            _work = late.get_or_insert_with(|| services.clock.sleep_until(until)) => return Err(CallError::MailboxFull),
        }
    }
}

/// A request that is about to be sent.
pub(crate) struct Asking {
    /// The number of who asks; 0 is the host.
    pub(crate) requester: u64,
    /// Where the outcome goes.
    pub(crate) reply: Requester,
    /// How long the response may take, in milliseconds; 0 stands for the host's default.
    pub(crate) timeout_ms: u64,
}

/// Sends a request, and answers its number.
pub(crate) fn ask(
    services: &Arc<Services>,
    target: &Component,
    mut letter: Letter,
    asking: Asking,
) -> Result<u64, CallError> {
    let Asking { requester, reply, timeout_ms } = asking;
    let limits = &services.limits;
    let millis = if timeout_ms == 0 { limits.request_ms } else { timeout_ms }.min(limits.request_max_ms);
    let due = services.clock.now().plus_millis(millis).nanos();
    let owed_by = match &reply {
        Requester::Component(component) => Some(Arc::clone(component)),
        Requester::Host(_) => None,
    };
    if let Some(component) = &owed_by {
        component.mailbox.owe().map_err(|_| CallError::MailboxFull)?;
    }
    let forgive = || owed_by.iter().for_each(|component| component.mailbox.forgive());
    let requests = &services.messaging.requests;
    let Some(number) = requests.open(requester, target.number, due, reply) else {
        forgive();
        return Err(CallError::MailboxFull);
    };
    letter.request = Some(number);
    letter.request_id = Some(outcome::request_id(number));
    if let Err(returned) = put(services, target, letter, None) {
        // Whoever takes it out of the table speaks for it: if it is not us, its outcome is on its way.
        return match requests.fail(number) {
            Some(_) => {
                forgive();
                Err(returned.error)
            }
            None => Ok(number),
        };
    }
    services.messaging.timer.arm(services, due);
    Ok(number)
}

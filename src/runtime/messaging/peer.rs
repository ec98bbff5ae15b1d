//! The embedding program as a party of its own: it sends, asks, and feels the back-pressure of a full mailbox.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::contract::{ComponentId, Topic, multicodec};

use super::super::clock::Timestamp;
use super::super::component::Component;
use super::super::error::CallError;
use super::super::services::Services;
use super::super::{Message, Runtime};
use super::letter::Letter;
use super::outcome::{Requester, Undelivered};
use super::post::{self, Asking};
use super::publish;

/// The number of the embedding program in the table of requests; components count from 1.
const HOST: u64 = 0;

/// Messages of the embedding program.
impl Runtime {
    /// Hands a component a message and waits until it was handled.
    ///
    /// # Errors
    /// [`CallError`]; the guest's own error cases are [`CallError::Guest`].
    pub async fn deliver(&self, id: &ComponentId, message: Message) -> Result<(), CallError> {
        let target = self.addressee(id, &message.payload)?;
        let (answer, answered) = oneshot::channel();
        let services = self.services();
        post::put_when_room(services, &target, letter(message), Some(answer), Timestamp::NEVER).await?;
        let (result, work) = answered.await.map_err(|_| target.gone())?;
        drop(work);
        result
    }

    /// Puts a message into a component's mailbox if there is room now. It does not wait for the message to be handled.
    ///
    /// # Errors
    /// [`CallError::MailboxFull`] if there is none; otherwise as [`Runtime::deliver`], but for what the guest answers.
    pub fn try_send(&self, id: &ComponentId, message: Message) -> Result<(), CallError> {
        let target = self.addressee(id, &message.payload)?;
        post::put(self.services(), &target, letter(message), None).map_err(|returned| returned.error)
    }

    /// Puts a message into a component's mailbox, and waits for room at the most so long. It does not wait for the message
    /// to be handled.
    ///
    /// # Errors
    /// [`CallError::MailboxFull`] if there was no room in all that time; otherwise as [`Runtime::try_send`].
    pub async fn send(&self, id: &ComponentId, message: Message, within: Duration) -> Result<(), CallError> {
        let target = self.addressee(id, &message.payload)?;
        let until = self.services().clock.now().plus(within);
        post::put_when_room(self.services(), &target, letter(message), None, until).await
    }

    /// Sends a component a request and waits for the response. `timeout` is rounded to milliseconds; zero stands for the
    /// host's default, and more than its maximum for that.
    ///
    /// Dropping the future gives the request up: a response is then [`unknown-request`] to the responder.
    ///
    /// [`unknown-request`]: CallError::code
    ///
    /// # Errors
    /// [`CallError::TimeoutExceeded`] if no response came in time, [`CallError::DeliveryFailed`] if there will be none,
    /// and what [`Runtime::try_send`] answers if the request was not accepted.
    pub async fn request(
        &self,
        id: &ComponentId,
        sender: &str,
        payload: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, CallError> {
        let target = self.addressee(id, &payload)?;
        let services = self.services();
        let (reply, replied) = oneshot::channel();
        let timeout_ms =
            if timeout.is_zero() { 0 } else { u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).max(1) };
        let asking = Asking { requester: HOST, reply: Requester::Host(reply), timeout_ms };
        let letter = letter(Message { sender: sender.to_owned(), payload, request_id: None });
        let number = post::ask(services, &target, letter, asking)?;
        let _given_up = GiveUp { services, number };
        let (outcome, work) = replied.await.map_err(|_| target.gone())?;
        drop(work);
        outcome.map_err(|why| match why {
            Undelivered::TimeoutExceeded => CallError::TimeoutExceeded,
            Undelivered::DeliveryFailed(why) => CallError::DeliveryFailed(why),
        })
    }

    /// Publishes to everybody who subscribes to the topic at this moment, and does not wait for any of them. Whoever has no
    /// room, or does not take such a payload, misses it: that is a dead letter of theirs. Topics are granted to components;
    /// the embedding program needs no grant.
    ///
    /// # Errors
    /// [`CallError::MalformedMulticodec`] if the payload does not start with a multicodec code,
    /// [`CallError::MessageTooLarge`] if it is larger than any manifest may allow.
    pub fn publish(&self, topic: &Topic, publisher: &str, payload: &[u8]) -> Result<(), CallError> {
        let services = self.services();
        let limit = services.limits.message_bytes;
        if u64::try_from(payload.len()).unwrap_or(u64::MAX) > limit {
            return Err(CallError::MessageTooLarge(limit));
        }
        multicodec::split(payload)?;
        publish::publish(services, publisher, topic, payload);
        Ok(())
    }

    /// The component of that name, if it would take this payload.
    fn addressee(&self, id: &ComponentId, payload: &[u8]) -> Result<Arc<Component>, CallError> {
        self.find_running(id, |component| {
            let limit = component.manifest.resources.max_message_bytes;
            if u64::try_from(payload.len()).unwrap_or(u64::MAX) > limit {
                return Err(CallError::MessageTooLarge(limit));
            }
            component.check_codec(payload)
        })
    }
}

/// Takes a request out of the table when nobody waits for it any more.
struct GiveUp<'a> {
    services: &'a Services,
    number: u64,
}

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        self.services.messaging.requests.cancel(self.number, HOST);
    }
}

fn letter(message: Message) -> Letter {
    let Message { sender, payload, request_id } = message;
    Letter { sender, payload, request_id, request: None, topic: None, charge: None }
}

//! The messages of `airssys:core/host-services`: what a guest sends, asks, answers and gives up.
//!
//! Checked in the contract's order: permission, size, existence, capacity. The sender is the component whose instance calls,
//! whatever the payload says.

use std::sync::Arc;

use crate::contract::multicodec;
use crate::permission::MessagingAction;

use super::super::audit::AuditEvent;
use super::super::bindings::types::MessagingError;
use super::super::component::Component;
use super::super::error::CallError;
use super::super::messaging::correlation::Unanswerable;
use super::super::messaging::letter::Letter;
use super::super::messaging::outcome::{self, Requester, Undelivered};
use super::super::messaging::post::{self, Asking};
use super::Host;
use super::gate::{Asked, Subject};

impl Host {
    pub(super) fn send(&self, target: String, payload: Vec<u8>) -> Result<(), MessagingError> {
        let (addressee, letter) = self.address(MessagingAction::Send, &target, payload)?;
        post::put(&self.gate.services, &addressee, letter, None).map_err(|returned| refusal(returned.error, target))
    }

    pub(super) fn ask(&self, target: String, payload: Vec<u8>, timeout_ms: u64) -> Result<String, MessagingError> {
        let (addressee, letter) = self.address(MessagingAction::Request, &target, payload)?;
        let component = &self.gate.component;
        if component.life().drained_by.is_some() {
            // Whether the other one is there comes first.
            if !addressee.life().accepts() {
                return Err(MessagingError::ComponentNotFound(target));
            }
            return Err(MessagingError::DeliveryFailed(format!(
                "{} is being stopped and asks no more",
                component.id()
            )));
        }
        let reply = Requester::Component(Arc::clone(component));
        let asking = Asking { requester: component.number, reply, timeout_ms };
        let number = post::ask(&self.gate.services, &addressee, letter, asking);
        number.map(outcome::request_id).map_err(|error| refusal(error, target))
    }

    /// The component of that name, and the letter for it, if this component may send it such a one.
    fn address(
        &self,
        action: MessagingAction,
        target: &str,
        payload: Vec<u8>,
    ) -> Result<(Arc<Component>, Letter), MessagingError> {
        self.gate.pass(Asked { subject: Subject::Target { action, target }, resource: target, resolved: None })?;
        let addressee = self.registry.upgrade().and_then(|registry| registry.find(target));
        // What the target does not take is too large whether or not it runs.
        self.check_size(payload.len(), addressee.as_deref())?;
        multicodec::split(&payload).map_err(|why| MessagingError::DeliveryFailed(why.to_string()))?;
        let addressee = addressee.ok_or_else(|| MessagingError::ComponentNotFound(target.to_owned()))?;
        // Whether it runs is looked at when the letter is put into its mailbox, but comes first.
        addressee.check_codec(&payload).map_err(|why| match addressee.life().accepts() {
            true => MessagingError::DeliveryFailed(why.to_string()),
            false => MessagingError::ComponentNotFound(target.to_owned()),
        })?;
        let sender = self.gate.component.id().as_str().to_owned();
        Ok((addressee, Letter { sender, payload, request_id: None, request: None, topic: None, charge: None }))
    }

    /// Holds a size against what this component may send, and what the other takes.
    fn check_size(&self, bytes: usize, other: Option<&Component>) -> Result<(), MessagingError> {
        let most = |component: &Component| component.manifest.resources.max_message_bytes;
        let own = most(&self.gate.component);
        let limit = other.map_or(own, |other| own.min(most(other)));
        if u64::try_from(bytes).unwrap_or(u64::MAX) > limit {
            return Err(MessagingError::MessageTooLarge(limit));
        }
        Ok(())
    }

    pub(super) fn respond(&self, request: String, response: Result<Vec<u8>, String>) -> Result<(), MessagingError> {
        let bytes = response.as_ref().map_or_else(String::len, Vec::len);
        self.check_size(bytes, None)?;
        if let Ok(payload) = &response {
            multicodec::split(payload).map_err(|why| MessagingError::DeliveryFailed(why.to_string()))?;
        }
        let services = &self.gate.services;
        let reserved = u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut charge = None;
        let admit = |requester: &Requester| {
            let Requester::Component(component) = requester else { return Ok(()) };
            self.check_size(bytes, Some(component))?;
            if let Ok(payload) = &response {
                component.check_codec(payload).map_err(|why| MessagingError::DeliveryFailed(why.to_string()))?;
            }
            charge = Some(services.messaging.budget.charge(reserved).ok_or(MessagingError::MailboxFull)?);
            component.mailbox.reserve(reserved).map_err(|_| MessagingError::MailboxFull)
        };
        let answered = match outcome::number(&request) {
            Some(number) => services.messaging.requests.answer(number, self.gate.component.number, admit),
            None => Err(Unanswerable::Unknown),
        };
        match answered {
            Ok(closed) => {
                let outcome = response.map_err(Undelivered::DeliveryFailed);
                outcome::tell(services, closed, outcome, (reserved, charge));
                Ok(())
            }
            Err(Unanswerable::Refused(error)) => Err(error),
            Err(Unanswerable::Unknown) => {
                self.record_refused(&request);
                Err(MessagingError::UnknownRequest(request))
            }
        }
    }

    /// Leaves a record of a response that was refused: it may be an attempt to speak for somebody else.
    fn record_refused(&self, request: &str) {
        let services = &self.gate.services;
        let event = AuditEvent::response_refused(self.gate.component.id().clone(), request);
        if let Err(error) = services.record(event) {
            tracing::error!(component = self.gate.component.id().as_str(), %error, "a refused response could not be recorded");
        }
    }

    pub(super) fn cancel(&self, request: String) -> Result<(), MessagingError> {
        let component = &self.gate.component;
        let requests = &self.gate.services.messaging.requests;
        match outcome::number(&request).and_then(|number| requests.cancel(number, component.number)) {
            Some(_) => {
                component.mailbox.forgive();
                Ok(())
            }
            None => Err(MessagingError::UnknownRequest(request)),
        }
    }
}

/// Why a message went nowhere, as the guest is told. What does not run is not found.
fn refusal(error: CallError, target: String) -> MessagingError {
    match error {
        CallError::MailboxFull => MessagingError::MailboxFull,
        CallError::NotFound | CallError::NotRunning(_) => MessagingError::ComponentNotFound(target),
        CallError::MessageTooLarge(limit) => MessagingError::MessageTooLarge(limit),
        other => MessagingError::DeliveryFailed(other.to_string()),
    }
}

//! What was accepted and will never be handled: counted, told as an event, recorded in the audit trail, and, if it was a
//! request, its requester told.

use std::sync::atomic::Ordering;

use super::super::audit::AuditEvent;
use super::super::command::Command;
use super::super::component::Component;
use super::super::event::{EventKind, Mail};
use super::super::services::Services;
use super::outcome;

/// Buries what was waiting in a component's mailbox. Calls of the host are no dead letters: dropping them tells the
/// caller.
pub(crate) fn bury(services: &Services, component: &Component, waiting: Vec<Command>, reason: &str) {
    for command in waiting {
        match command {
            // Whoever waits for it to be handled is told by the answer.
            Command::Message(_, Some(_)) => {}
            Command::Message(letter, None) => {
                let kind = match (&letter.topic, letter.request) {
                    (Some(_), _) => Mail::Publication,
                    (None, Some(_)) => Mail::Request,
                    (None, None) => Mail::Message,
                };
                record(services, component, (&letter.sender, kind, letter.bytes()), reason);
                if let Some(closed) = letter.request.and_then(|request| services.messaging.requests.fail(request)) {
                    let why = format!("{}: {reason}", component.id());
                    outcome::tell_failed(services, vec![closed], &why);
                }
            }
            Command::Callback(callback) => {
                let bytes = outcome::bytes(&callback.outcome);
                record(services, component, (component.id().as_str(), Mail::Callback, bytes), reason);
            }
            Command::Execute(..)
            | Command::Health(_)
            | Command::Shutdown(_)
            | Command::Start(_)
            | Command::Unload(_) => {}
        }
    }
}

/// Tells of one dead letter of a component: who sent it, what it was, and the bytes of its payload.
pub(crate) fn record(
    services: &Services,
    component: &Component,
    (sender, kind, bytes): (&str, Mail, u64),
    reason: &str,
) {
    component.dead_letters.fetch_add(1, Ordering::Relaxed);
    let id = component.id().clone();
    let event = AuditEvent::dead_letter(id.clone(), sender, kind, bytes, reason);
    if let Err(error) = services.record(event) {
        tracing::error!(component = id.as_str(), %error, "a dead letter could not be recorded");
    }
    services.tell(EventKind::DeadLetter {
        component: id,
        sender: sender.to_owned(),
        kind,
        bytes,
        reason: reason.to_owned(),
    });
}

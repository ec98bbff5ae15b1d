//! Error cases of the contract, from the generated types to [`GuestError`], each as itself with its payload.

use super::bindings::types::{ComponentError, ExecutionError, MessagingError};
use super::error::{CallError, GuestError, GuestPayload};
use super::messaging::outcome::Undelivered;

fn guest(of: &'static str, case: &'static str, payload: GuestPayload) -> CallError {
    CallError::Guest(GuestError { of, case, payload })
}

pub(crate) fn execution(error: ExecutionError) -> CallError {
    let (case, payload) = match error {
        ExecutionError::InvalidInput(text) => ("invalid-input", GuestPayload::Text(text)),
        ExecutionError::TimeoutExceeded => ("timeout-exceeded", GuestPayload::None),
        ExecutionError::CapabilityDenied(text) => ("capability-denied", GuestPayload::Text(text)),
        ExecutionError::UnsupportedCodec(codec) => ("unsupported-codec", GuestPayload::Number(codec)),
        ExecutionError::InternalError(text) => ("internal-error", GuestPayload::Text(text)),
    };
    guest("execution-error", case, payload)
}

pub(crate) fn messaging(error: MessagingError) -> CallError {
    let (case, payload) = match error {
        MessagingError::ComponentNotFound(id) => ("component-not-found", GuestPayload::Text(id)),
        MessagingError::PermissionDenied(text) => ("permission-denied", GuestPayload::Text(text)),
        MessagingError::MessageTooLarge(limit) => ("message-too-large", GuestPayload::Number(limit)),
        MessagingError::MailboxFull => ("mailbox-full", GuestPayload::None),
        MessagingError::TimeoutExceeded => ("timeout-exceeded", GuestPayload::None),
        MessagingError::UnknownRequest(id) => ("unknown-request", GuestPayload::Text(id)),
        MessagingError::DeliveryFailed(text) => ("delivery-failed", GuestPayload::Text(text)),
    };
    guest("messaging-error", case, payload)
}

/// Why there is no response, as the requester is told.
pub(crate) fn undelivered(why: Undelivered) -> MessagingError {
    match why {
        Undelivered::TimeoutExceeded => MessagingError::TimeoutExceeded,
        Undelivered::DeliveryFailed(why) => MessagingError::DeliveryFailed(why),
    }
}

pub(crate) fn component(error: ComponentError) -> CallError {
    let (case, payload) = match error {
        ComponentError::InitializationFailed(text) => ("initialization-failed", GuestPayload::Text(text)),
        ComponentError::InvalidConfiguration(text) => ("invalid-configuration", GuestPayload::Text(text)),
        ComponentError::ResourceExhausted(text) => ("resource-exhausted", GuestPayload::Text(text)),
        ComponentError::NotFound(id) => ("not-found", GuestPayload::Text(id)),
        ComponentError::InternalError(text) => ("internal-error", GuestPayload::Text(text)),
    };
    guest("component-error", case, payload)
}

//! Why a load, a call or a build failed, each with a stable code.

use crate::contract::multicodec::PrefixError;
use crate::contract::{LoadCode, Phase, State, TrapKind};
use crate::manifest::ManifestError;

/// Why a runtime or an engine could not be built.
#[derive(Debug, thiserror::Error)]
#[error("failed to build the {what}: {reason}")]
pub struct BuildError {
    /// What could not be built.
    pub what: &'static str,
    /// Why, for people.
    pub reason: String,
}

/// Why a component was not loaded. Nothing of it is left.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code} in the {phase} phase: {message}")]
pub struct LoadError {
    /// Where the load failed.
    pub phase: Phase,
    /// Why it failed.
    pub code: LoadCode,
    /// Why it failed, for people; never to be matched on.
    pub message: String,
    /// Every error that was found in the manifest, if that is where the load failed.
    pub details: Vec<ManifestError>,
}

impl LoadError {
    pub(crate) fn new(code: LoadCode, message: impl Into<String>) -> Self {
        Self { phase: code.phase(), code, message: message.into(), details: Vec::new() }
    }
}

/// Why a call of a component has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No component of that name is loaded.
    #[error("no component of that name is loaded")]
    NotFound,
    /// The component is loaded and does not run, or ended before it came to this call.
    #[error("the component is not running: it is {0}")]
    NotRunning(State),
    /// The component is in a state from which the contract does not allow to start it.
    #[error("the component cannot be started: it is {0}")]
    NotStartable(State),
    /// The component could not be started again.
    #[error("the component could not be started: {code}: {message}")]
    StartFailed {
        /// Why.
        code: LoadCode,
        /// Why, for people.
        message: String,
    },
    /// The payload does not start with a multicodec prefix. The component was not called.
    #[error(transparent)]
    MalformedMulticodec(#[from] PrefixError),
    /// The payload is in a format that the component does not declare. The component was not called.
    #[error("the component does not declare the codec {0:#x} in its manifest")]
    UnsupportedCodec(u64),
    /// The payload is larger than the component's `max-message-bytes`. The component was not called.
    #[error("the message is larger than {0} bytes")]
    MessageTooLarge(u64),
    /// The mailbox has no room for the message now.
    #[error("the mailbox is full")]
    MailboxFull,
    /// There will be no response: the component rejected the request, trapped, or was stopped or unloaded first.
    #[error("there will be no response: {0}")]
    DeliveryFailed(String),
    /// The call passed its deadline, and the instance was discarded; or no response came in time.
    #[error("the time for it has passed")]
    TimeoutExceeded,
    /// The guest trapped. The instance was discarded.
    #[error("the component trapped: {0}")]
    Trapped(TrapKind),
    /// The guest answered an error. The component runs on, unless it was being shut down.
    #[error("the component answered {0}")]
    Guest(GuestError),
}

impl CallError {
    /// The stable name of the error, in kebab-case. A guest's error has the guest's case as its name.
    pub fn code(&self) -> &'static str {
        match self {
            CallError::NotFound => "not-found",
            CallError::NotRunning(_) => "not-running",
            CallError::NotStartable(_) => "not-startable",
            CallError::StartFailed { code, .. } => code.as_str(),
            CallError::MalformedMulticodec(_) => "malformed-multicodec",
            CallError::UnsupportedCodec(_) => "unsupported-codec",
            CallError::MessageTooLarge(_) => "message-too-large",
            CallError::MailboxFull => "mailbox-full",
            CallError::DeliveryFailed(_) => "delivery-failed",
            CallError::TimeoutExceeded => "timeout-exceeded",
            CallError::Trapped(_) => "trapped",
            CallError::Guest(error) => error.case,
        }
    }
}

/// An error case of the contract as a guest answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestError {
    /// The WIT type: `execution-error`, `messaging-error` or `component-error`.
    pub of: &'static str,
    /// The case, such as `invalid-input`.
    pub case: &'static str,
    /// What the case carries.
    pub payload: GuestPayload,
}

/// What an error case carries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestPayload {
    /// Nothing.
    None,
    /// A text or an identifier.
    Text(String),
    /// A number: a codec, or a limit in bytes.
    Number(u64),
}

impl std::fmt::Display for GuestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.payload {
            GuestPayload::None => f.write_str(self.case),
            GuestPayload::Text(text) => write!(f, "{}({text:?})", self.case),
            GuestPayload::Number(number) => write!(f, "{}({number})", self.case),
        }
    }
}

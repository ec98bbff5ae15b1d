//! What happened in a runtime, for whoever watches it.
//!
//! This module says what there is to tell; `event_stream` brings it to those who want to know.

use crate::contract::{ComponentId, LoadCode, Phase, State, TrapKind, kebab_enum};
use crate::permission::PolicyMode;

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// The runtime's clock, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// A component passed from one state to another.
    StateChanged {
        /// Which.
        component: ComponentId,
        /// The state it left.
        from: State,
        /// The state it is in.
        to: State,
    },
    /// A load succeeded; the component is running.
    Loaded {
        /// Which.
        component: ComponentId,
        /// Its own version.
        version: String,
        /// The SHA-256 of the manifest, in hexadecimal.
        manifest_sha256: String,
        /// The SHA-256 of the wasm, in hexadecimal.
        wasm_sha256: String,
    },
    /// A load failed and left nothing behind.
    LoadFailed {
        /// Which, if the manifest was good enough to tell.
        component: Option<ComponentId>,
        /// Where it failed.
        phase: Phase,
        /// Why it failed.
        code: LoadCode,
        /// Why it failed, for people.
        message: String,
    },
    /// The manifest asked for more than the operator's policy allows, and was loaded.
    PolicyExcess {
        /// Which component.
        component: ComponentId,
        /// The mode of the policy.
        mode: PolicyMode,
        /// The rules that were dropped.
        dropped: Vec<String>,
        /// The rules beyond the policy that are in force all the same.
        beyond: Vec<String>,
    },
    /// A component was loaded that imports a deprecated function: it works, and will not with the next major version.
    Deprecated {
        /// Which component.
        component: ComponentId,
        /// The interface of the function, such as `airssys:core/host-services`.
        interface: String,
        /// The function.
        function: String,
        /// The version that deprecates it.
        since: String,
        /// What takes its place, for people.
        advice: String,
    },
    /// Grants were taken away.
    Revoked {
        /// From which component.
        component: ComponentId,
        /// Which rules.
        rules: Vec<String>,
    },
    /// An instance ended by a trap.
    Trapped {
        /// Whose instance.
        component: ComponentId,
        /// How it trapped.
        kind: TrapKind,
        /// Which of its functions was running.
        during: Export,
        /// The ordinal of the instance.
        instance: u64,
    },
    /// A fresh instance could not be started.
    StartFailed {
        /// Which component.
        component: ComponentId,
        /// Why.
        code: LoadCode,
        /// Why, for people.
        message: String,
    },
    /// A fresh instance took over after a failure.
    Restarted {
        /// Which component.
        component: ComponentId,
        /// The ordinal of the new instance.
        instance: u64,
        /// How many restarts the component has had since it was loaded.
        restarts: u64,
    },
    /// `shutdown` did not end well; the component is stopped all the same.
    ShutdownFailed {
        /// Which component.
        component: ComponentId,
        /// What went wrong, for people.
        message: String,
    },
    /// What was accepted will never be handled.
    DeadLetter {
        /// For which component it was.
        component: ComponentId,
        /// Who sent it; of a callback, the component itself, which had asked.
        sender: String,
        /// What it was.
        kind: Mail,
        /// The bytes of its payload.
        bytes: u64,
        /// Why, for people.
        reason: String,
    },
    /// A mailbox is full and refuses messages; told once until it has room again.
    MailboxFull {
        /// Whose.
        component: ComponentId,
    },
    /// A component was uninstalled.
    Unloaded {
        /// Which.
        component: ComponentId,
    },
    /// The reader was too slow and missed events.
    Lagged {
        /// How many.
        missed: u64,
    },
}

kebab_enum! {
    /// What waits in a mailbox.
    pub enum Mail {
        /// A message that expects no response.
        Message = "message",
        /// A request.
        Request = "request",
        /// The outcome of a request.
        Callback = "callback",
        /// A message that was published to a topic.
        Publication = "publication",
    }
}

kebab_enum! {
    /// The functions that a component exports.
    pub enum Export {
        /// `init`
        Init = "init",
        /// `execute`
        Execute = "execute",
        /// `handle-message`
        HandleMessage = "handle-message",
        /// `handle-callback`
        HandleCallback = "handle-callback",
        /// `handle-publication`
        HandlePublication = "handle-publication",
        /// `metadata`
        Metadata = "metadata",
        /// `health`
        Health = "health",
        /// `shutdown`
        Shutdown = "shutdown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_flat_objects() {
        let kind = EventKind::Trapped {
            component: ComponentId::new("a").unwrap(),
            kind: TrapKind::OutOfFuel,
            during: Export::HandleMessage,
            instance: 1,
        };
        let text = serde_json::to_string(&Event { time_ms: 5, kind }).unwrap();
        assert_eq!(
            text,
            r#"{"time-ms":5,"event":"trapped","component":"a","kind":"out-of-fuel","during":"handle-message","instance":1}"#
        );
    }
}

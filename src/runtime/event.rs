//! What happened in a runtime, for whoever watches it.
//!
//! Events are told, never asked: a slow reader misses some and is told how many, and no component waits for a reader.

use tokio::sync::broadcast;

use crate::contract::{ComponentId, LoadCode, Phase, State, TrapKind, kebab_enum};
use crate::permission::PolicyMode;

use super::clock::Timestamp;

/// How many events wait for a reader: a burst of a thousand loads with their state changes.
const EVENT_BACKLOG: usize = 8_192;

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

/// Tells events to every stream.
#[derive(Debug)]
pub(crate) struct EventSink(broadcast::Sender<Event>);

impl EventSink {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(EVENT_BACKLOG))
    }

    pub(crate) fn tell(&self, now: Timestamp, kind: EventKind) {
        // An error says that nobody listens.
        let _ = self.0.send(Event { time_ms: now.millis(), kind });
    }

    pub(crate) fn stream(&self) -> EventStream {
        EventStream { receiver: self.0.subscribe(), last_time_ms: 0 }
    }
}

/// The events from the moment on at which the stream was made.
#[derive(Debug)]
pub struct EventStream {
    receiver: broadcast::Receiver<Event>,
    last_time_ms: u64,
}

impl EventStream {
    /// Waits for the next event. None once the runtime is gone. Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(self.seen(event)),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(self.lagged(missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next event, if one is waiting.
    pub fn try_next(&mut self) -> Option<Event> {
        match self.receiver.try_recv() {
            Ok(event) => Some(self.seen(event)),
            Err(broadcast::error::TryRecvError::Lagged(missed)) => Some(self.lagged(missed)),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => None,
        }
    }

    fn seen(&mut self, event: Event) -> Event {
        self.last_time_ms = event.time_ms;
        event
    }

    fn lagged(&self, missed: u64) -> Event {
        Event { time_ms: self.last_time_ms, kind: EventKind::Lagged { missed } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_learns_how_many_events_it_missed() {
        let sink = EventSink::new();
        let mut stream = sink.stream();
        let component = ComponentId::new("a").unwrap();
        for _ in 0..EVENT_BACKLOG + 3 {
            sink.tell(Timestamp::from_millis(7), EventKind::Unloaded { component: component.clone() });
        }
        assert_eq!(stream.try_next().unwrap().kind, EventKind::Lagged { missed: 3 });
        assert_eq!(stream.try_next().unwrap().kind, EventKind::Unloaded { component });
    }

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

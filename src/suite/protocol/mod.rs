//! What travels between the suite and a runtime under test.
//!
//! The suite sends a [`Stimulus`], the driver answers with a [`Reply`]; both are plain data, written as
//! JSON objects whose `do` or `is` names the kind. Times are milliseconds, bytes are base64. What a
//! case expects never crosses: a driver cannot know what would please.
//!
//! To another process they travel as [lines](wire), and what the lines may be is written down as JSON [schemas](schema).

mod hello;
mod reply;
pub mod schema;
pub mod wire;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::{Caller, TraceContext};

pub use self::hello::{Hello, Hook};
pub use self::reply::{FileState, GuestFailure, Leaks, LogRecord, ManifestFinding, ReceivedRequest, Reply};
pub use super::inspection::{ComponentInspection, Inspection};
pub use super::world::{ClockKind, FileKind, HostFunctionScript, NetworkWorld, Tamper, World, WorldFile};

/// The version of the protocol. It changes when an adapter of an earlier one would not be understood.
pub const PROTOCOL: u32 = 1;

/// Bytes, written as base64.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", crate::contract::payload::render(&self.0))
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "Bytes, in base64 with padding.", "type": "string", "contentEncoding": "base64" })
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes).map_err(serde::de::Error::custom)
    }
}

/// What the suite asks of a runtime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Stimulus {
    /// Who are you? Answered by `hello`.
    Hello {
        /// The version of the protocol that the suite speaks.
        protocol: u32,
    },
    /// Start a fresh runtime in a fresh directory with these files. Answered by `done`.
    #[serde(rename = "case.begin")]
    CaseBegin(World),
    /// Load the component in a directory of the world. Answered by `loaded` or `refused`.
    Load(LoadRequest),
    /// Call `execute`. Answered by `returned`, `failed`, `trapped` or `rejected`.
    Execute(ExecuteRequest),
    /// Have `handle-message` handle a message from outside. Answered by `done`, `failed`, `trapped` or `rejected`.
    Deliver(DeliverRequest),
    /// Put a message into a component's mailbox, without waiting for it to be handled. Answered by `done` or `rejected`.
    Send(SendRequest),
    /// Ask a component and wait for its response. Answered by `returned` or `rejected`.
    Request(AskRequest),
    /// Call `health`. Answered by `health` or `rejected`.
    Health {
        /// The component.
        component: String,
    },
    /// Shut a component down. Answered by `done`, `failed`, `trapped` or `rejected`.
    Shutdown {
        /// The component.
        component: String,
    },
    /// Start a stopped or failed component again. Answered by `done`, `refused` or `rejected`.
    Start {
        /// The component.
        component: String,
    },
    /// Uninstall a component, shutting it down if it runs. Answered like `shutdown`.
    Unload {
        /// The component.
        component: String,
    },
    /// Do something without waiting for its end. Answered by `done`.
    Begin {
        /// A name for it.
        ticket: String,
        /// What to do.
        stimulus: Box<Stimulus>,
    },
    /// Wait for the end of something begun. Answered by its reply.
    Await {
        /// The name it was begun under.
        ticket: String,
    },
    /// Let the virtual clock advance, when everything that can run without it has run. Answered by `done`.
    Advance {
        /// By how many milliseconds.
        ms: u64,
    },
    /// Wait until everything that can run without more time has run. Answered by `done`.
    Quiesce,
    /// Exchange a component for another version of it. Answered by `done`, `refused` or `rejected`. No case of contract 1.0
    /// or 1.1 updates.
    Update(UpdateRequest),
    /// Put other bytes into a file of the world. Answered by `done`.
    ReplaceFile(WorldFile),
    /// What is at that path of the world? Answered by `file`.
    LookAt {
        /// The path below the world's directory.
        path: String,
    },
    /// Take grants away from a component. Answered by `done` or `rejected`.
    Revoke(RevokeRequest),
    /// Let the store's disk be full, or have room again. Answered by `done`.
    FillStore {
        /// Whether it is full.
        full: bool,
    },
    /// End the runtime without ceremony, and start another in the same world. Answered by `done`.
    Crash,
    /// What was recorded in the audit trail since last asked? Answered by `audit`.
    Audit,
    /// Is the audit trail intact? Answered by `verified`.
    VerifyAudit {
        /// What is done to it first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tamper: Option<Tamper>,
    },
    /// What did a server of the case receive since last asked? Answered by `requests`, and by the suite itself, which
    /// runs the servers: it never reaches a driver.
    Requests {
        /// The server.
        server: String,
    },
    /// What is there? Answered by `inspection`.
    Inspect,
    /// What was logged since last asked? Answered by `logs`.
    Logs,
    /// What happened since last asked? Answered by `events`.
    Events,
    /// End the runtime and remove what it left. Answered by `ended`, or by `done` if nothing is known of what is left.
    #[serde(rename = "case.end")]
    CaseEnd,
}

/// What to load, and with what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoadRequest {
    /// The directory below the world's.
    pub directory: String,
    /// The host's environment for it.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// The host's configuration for it.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// What `init` gets as `config-data`.
    #[serde(default)]
    pub config_data: Option<Bytes>,
}

/// One call of `execute`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExecuteRequest {
    /// The component.
    pub component: String,
    /// The operation, prefix included.
    pub operation: Bytes,
    /// On whose behalf.
    #[serde(default)]
    pub caller: Caller,
    /// The request's id; the runtime makes one if there is none.
    #[serde(default)]
    pub request_id: Option<String>,
    /// A deadline nearer than the manifest's.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// The trace that it belongs to.
    #[serde(default)]
    pub trace_context: Option<TraceContext>,
}

/// One message from outside.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeliverRequest {
    /// The component.
    pub component: String,
    /// Who it is from.
    pub sender: String,
    /// The payload, prefix included.
    pub payload: Bytes,
    /// Set if a response is awaited.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// One message from outside that nobody waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SendRequest {
    /// The component.
    pub component: String,
    /// Who it is from.
    pub sender: String,
    /// The payload, prefix included.
    pub payload: Bytes,
    /// How long to wait for room in the mailbox, on the runtime's clock; not at all if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
}

/// One request from outside.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AskRequest {
    /// The component.
    pub component: String,
    /// Who it is from.
    pub sender: String,
    /// The payload, prefix included.
    pub payload: Bytes,
    /// How long to wait for the response, on the runtime's clock; 0 stands for the runtime's default.
    #[serde(default)]
    pub timeout_ms: u64,
}

/// Which component to update, to what, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UpdateRequest {
    /// The component.
    pub component: String,
    /// The directory of the new version, below the world's.
    pub directory: String,
    /// How it takes over.
    pub strategy: UpdateStrategy,
    /// Whether more permissions than the old version has are approved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
}

/// How a new version takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateStrategy {
    /// The old version stops, then the new one starts.
    #[default]
    StopStart,
    /// The new version starts beside the old one, and then takes over.
    BlueGreen,
    /// The new version starts beside the old one, and first takes so many of a hundred calls.
    Canary(u8),
}

/// Which grants to take away; what is not given stands for all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RevokeRequest {
    /// From which component.
    pub component: String,
    /// The class, such as `filesystem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The action, such as `read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The pattern, as the manifest writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

//! What travels between the suite and a runtime under test.
//!
//! The suite sends a [`Stimulus`], the driver answers with a [`Reply`]; both are plain data, written as
//! JSON objects whose `do` or `is` names the kind. Times are milliseconds, bytes are base64. What a
//! case expects never crosses: a driver cannot know what would please.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{Caller, ContractVersion, LoadCode, Phase, TraceContext, TrapKind};

pub use super::inspection::{ComponentInspection, Inspection};
pub use super::world::{ClockKind, FileKind, HostFunctionScript, NetworkWorld, Tamper, World, WorldFile};

/// Bytes, written as base64.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", crate::contract::payload::render(&self.0))
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Stimulus {
    /// Who are you? Answered by [`Reply::Hello`].
    Hello,
    /// Start a fresh runtime in a fresh directory with these files. Answered by [`Reply::Done`].
    Open(World),
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
    /// End the runtime and remove what it left. Answered by `done`.
    Close,
}

/// What to load, and with what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// Which grants to take away; what is not given stands for all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// What a driver answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Reply {
    /// Who the runtime is.
    Hello(Hello),
    /// It is done.
    Done,
    /// The component is loaded and running.
    Loaded {
        /// Its identifier.
        component: String,
    },
    /// The load failed.
    Refused {
        /// In which phase.
        phase: Phase,
        /// With which code.
        code: LoadCode,
        /// For people; never judged.
        message: String,
        /// The single errors of a manifest.
        #[serde(default)]
        errors: Vec<ManifestFinding>,
    },
    /// `execute` answered ok, or a request got its response.
    Returned {
        /// The answer.
        output: Bytes,
        /// The fuel that the call used, where the runtime meters it.
        #[serde(default)]
        fuel: Option<u64>,
    },
    /// The guest answered one of its errors.
    Failed(GuestFailure),
    /// The instance ended.
    Trapped {
        /// How.
        kind: TrapKind,
    },
    /// The runtime did not call the guest, or gave up on it.
    Rejected {
        /// `not-found`, `not-running`, `timeout-exceeded`, `malformed-multicodec`, `unsupported-codec`, `mailbox-full`, …
        code: String,
    },
    /// What `health` gave.
    Health {
        /// Whether the component is healthy.
        healthy: bool,
        /// Why not.
        #[serde(default)]
        reason: Option<String>,
    },
    /// What is there.
    Inspection(Inspection),
    /// What was logged.
    Logs {
        /// In order.
        records: Vec<LogRecord>,
    },
    /// What happened.
    Events {
        /// In order; each an object whose `event` names what happened.
        events: Vec<BTreeMap<String, Value>>,
    },
    /// What is at a path.
    File(FileState),
    /// What was recorded.
    Audit {
        /// The records in order, each a line as the trail keeps it: one JSON object.
        lines: Vec<String>,
    },
    /// Whether the audit trail is intact.
    Verified {
        /// The first line at fault, from 1; none if there is no fault. A missing line counts as the place where it was.
        #[serde(default)]
        fault: Option<usize>,
    },
    /// What a server received.
    Requests {
        /// In the order of arrival.
        requests: Vec<ReceivedRequest>,
    },
    /// The runtime cannot do that.
    Unsupported {
        /// What it lacks.
        what: String,
    },
}

/// Who a runtime is and what it offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hello {
    /// Its name.
    pub runtime: String,
    /// Its version.
    pub version: String,
    /// The newest version of the contract that it offers. It is judged by no later one.
    #[serde(default = "first_version")]
    pub contract: ContractVersion,
    /// The areas that it implements; cases of others are not applicable.
    pub features: Vec<String>,
    /// The hooks that its driver has; cases that need others are untestable.
    pub hooks: Vec<Hook>,
}

impl Default for Hello {
    fn default() -> Self {
        let (runtime, version) = Default::default();
        Self { runtime, version, contract: first_version(), features: Vec::new(), hooks: Vec::new() }
    }
}

fn first_version() -> ContractVersion {
    ContractVersion::V1_0
}

crate::contract::kebab_enum! {
    /// What a driver can do beyond calling components.
    pub enum Hook {
        /// A clock that the case advances.
        VirtualClock = "virtual-clock",
        /// Offering an older version of the contract than its newest.
        Contract = "contract",
        /// Telling what is loaded and what is held.
        Inspect = "inspect",
        /// Handing out log records.
        Logs = "logs",
        /// Handing out events.
        Events = "events",
        /// Doing things without waiting for their end.
        Begin = "begin",
        /// Repeating by a seed the order in which components go on.
        Schedule = "schedule",
        /// Exchanging files under a running runtime.
        ReplaceFile = "replace-file",
        /// The operator's limits.
        Limits = "limits",
        /// Reporting the fuel of a call.
        Fuel = "fuel",
        /// The operator's policy.
        Policy = "policy",
        /// Taking grants away.
        Revoke = "revoke",
        /// Functions of the embedder.
        HostFunctions = "host-functions",
        /// Names and addresses of the case instead of the network's.
        Network = "network",
        /// A store with content of the case.
        Storage = "storage",
        /// A store whose disk is full.
        FillStore = "fill-store",
        /// Ending the runtime without ceremony.
        Crash = "crash",
        /// Handing out audit records.
        Audit = "audit",
        /// An audit trail that takes no more records.
        AuditFault = "audit-fault",
        /// Verifying the audit trail.
        VerifyAudit = "verify-audit",
        /// Sending to components and asking them, as a component does.
        Peer = "peer",
    }
}

/// One error of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFinding {
    /// The code.
    pub code: LoadCode,
    /// The key path.
    pub key: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// An error that a guest answered, as the case of its variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestFailure {
    /// The name of the case.
    pub case: String,
    /// Its payload: a string or a number, or null.
    #[serde(default)]
    pub value: Value,
}

/// What is at a path of the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A file with this content.
    Content(Bytes),
    /// A directory with these names, sorted.
    Directory(Vec<String>),
    /// A link with this target.
    Link(String),
    /// Something else.
    Special,
}

/// A request as a server received it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRequest {
    /// Over which connection it came; the first is 1.
    pub connection: u64,
    /// The method.
    pub method: String,
    /// The target of the request line.
    pub target: String,
    /// The headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// One log record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Who logged it, set by the runtime.
    pub component: String,
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The message.
    pub message: String,
    /// Its context, in order.
    #[serde(default)]
    pub context: Vec<(String, String)>,
}

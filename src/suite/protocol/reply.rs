//! What a driver answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bytes, Hello, Inspection, Stimulus};
use crate::contract::{LoadCode, Phase, TrapKind};

/// What a driver answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
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
    File {
        /// What it is, and what it holds.
        state: FileState,
    },
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
    /// The case has ended, and this is left of it.
    Ended(Leaks),
    /// The runtime cannot do that.
    Unsupported {
        /// What it lacks.
        what: String,
    },
    /// The driver does not understand what it was sent.
    NotUnderstood {
        /// What is wrong with it.
        what: String,
    },
}

/// What is left of a case when its runtime has ended. All of it must be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Leaks {
    /// Live instances.
    pub instances: u64,
    /// Bytes of their memories and tables.
    pub memory_bytes: u64,
    /// Child processes that run.
    pub processes: u64,
    /// Tasks, threads or whatever components run on.
    pub tasks: u64,
}

/// One error of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestFailure {
    /// The name of the case.
    pub case: String,
    /// Its payload: a string or a number, or null.
    #[serde(default)]
    pub value: Value,
}

/// What is at a path of the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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

impl Reply {
    /// Whether a driver may answer that so. Whether the answer is right is another matter.
    pub fn may_answer(&self, stimulus: &Stimulus) -> bool {
        use Stimulus as S;
        match self {
            Reply::Unsupported { .. } | Reply::NotUnderstood { .. } => true,
            Reply::Hello(_) => matches!(stimulus, S::Hello { .. }),
            Reply::Done => matches!(
                stimulus,
                S::CaseBegin(_)
                    | S::Deliver(_)
                    | S::Send(_)
                    | S::Shutdown { .. }
                    | S::Start { .. }
                    | S::Unload { .. }
                    | S::Begin { .. }
                    | S::Await { .. }
                    | S::Advance { .. }
                    | S::Quiesce
                    | S::Update(_)
                    | S::ReplaceFile(_)
                    | S::Revoke(_)
                    | S::FillStore { .. }
                    | S::Crash
                    | S::CaseEnd
            ),
            Reply::Loaded { .. } => matches!(stimulus, S::Load(_) | S::Await { .. }),
            Reply::Refused { .. } => {
                matches!(
                    stimulus,
                    S::Load(_) | S::Start { .. } | S::Update(_) | S::Execute(_) | S::Deliver(_) | S::Await { .. }
                )
            }
            Reply::Returned { .. } => matches!(stimulus, S::Execute(_) | S::Request(_) | S::Await { .. }),
            Reply::Failed(_) | Reply::Trapped { .. } => matches!(
                stimulus,
                S::Execute(_) | S::Deliver(_) | S::Shutdown { .. } | S::Unload { .. } | S::Await { .. }
            ),
            Reply::Rejected { .. } => matches!(
                stimulus,
                S::Execute(_)
                    | S::Deliver(_)
                    | S::Send(_)
                    | S::Request(_)
                    | S::Health { .. }
                    | S::Shutdown { .. }
                    | S::Start { .. }
                    | S::Unload { .. }
                    | S::Update(_)
                    | S::Revoke(_)
                    | S::Await { .. }
            ),
            Reply::Health { .. } => matches!(stimulus, S::Health { .. } | S::Await { .. }),
            Reply::Inspection(_) => matches!(stimulus, S::Inspect),
            Reply::Logs { .. } => matches!(stimulus, S::Logs),
            Reply::Events { .. } => matches!(stimulus, S::Events),
            Reply::File { .. } => matches!(stimulus, S::LookAt { .. }),
            Reply::Audit { .. } => matches!(stimulus, S::Audit),
            Reply::Verified { .. } => matches!(stimulus, S::VerifyAudit { .. }),
            Reply::Requests { .. } => matches!(stimulus, S::Requests { .. }),
            Reply::Ended(_) => matches!(stimulus, S::CaseEnd),
        }
    }
}

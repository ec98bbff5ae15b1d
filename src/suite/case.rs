//! A case, as it stands in its file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::guest::Program;
use super::protocol::{ClockKind, FileKind, Hook, ManifestFinding, Tamper};
use super::server::ServerSource;
use crate::contract::{Caller, ContractVersion, LoadCode, Phase, State, TraceContext, TrapKind};

/// One case: a world, components, steps and what each step must show.
///
/// Its identifier is its path below `conformance/` without `.toml`; a file with `[[rows]]` holds a case
/// for each row, `path#id`, in which `${key}` stands for the row's value of that key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    /// What holds if the case passes, in one line.
    pub title: String,
    /// The requirements that it tests, by slug.
    pub requirements: Vec<String>,
    /// The contract version from which on it holds.
    #[serde(default = "first_version")]
    pub since: ContractVersion,
    /// The last contract version that it holds for; it holds for all later ones unless given.
    #[serde(default)]
    pub until: Option<ContractVersion>,
    /// What the runtime must implement besides the case's area.
    #[serde(default)]
    pub features: Vec<String>,
    /// What the driver must be able to do besides what the steps and the world need.
    #[serde(default)]
    pub hooks: Vec<Hook>,
    /// Which clock the runtime lives by.
    #[serde(default)]
    pub clock: ClockKind,
    /// The case may be run on a clock that cannot be advanced: each advance is waited out, and so many milliseconds more.
    #[serde(default)]
    pub margin_ms: Option<u64>,
    /// Where a virtual clock starts, in Unix milliseconds.
    #[serde(default = "default_now_ms")]
    pub now_ms: u64,
    /// The operator's limits, by name.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// The components, by directory.
    #[serde(default)]
    pub components: BTreeMap<String, ComponentSource>,
    /// Further files: path to content in payload notation.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Symbolic links: path to target.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// What is neither: path to kind.
    #[serde(default)]
    pub nodes: BTreeMap<String, FileKind>,
    /// Files that may be executed: path to content in payload notation.
    #[serde(default)]
    pub executables: BTreeMap<String, String>,
    /// Empty files, so many in a directory: path to count.
    #[serde(default)]
    pub crowds: BTreeMap<String, u32>,
    /// The operator's policy: `mode` and `allow`.
    #[serde(default)]
    pub policy: Option<toml::Table>,
    /// The functions of the embedder, by name.
    #[serde(default)]
    pub host_functions: BTreeMap<String, HostFunctionSource>,
    /// The names that resolve: each answer is a list of addresses with blanks between; the last stands for all that
    /// follow.
    #[serde(default)]
    pub names: BTreeMap<String, Vec<String>>,
    /// The servers, by name.
    #[serde(default)]
    pub servers: BTreeMap<String, ServerSource>,
    /// The host's consent to addresses that are not public.
    #[serde(default)]
    pub allow_private: bool,
    /// What is stored at the start: namespace, key, value in payload notation.
    #[serde(default)]
    pub storage: BTreeMap<String, BTreeMap<String, String>>,
    /// Where the store is kept, below the world's directory.
    #[serde(default)]
    pub store_file: Option<String>,
    /// Where the audit trail is kept, below the world's directory.
    #[serde(default)]
    pub audit_file: Option<String>,
    /// How many records the audit trail takes.
    #[serde(default)]
    pub audit_capacity: Option<u64>,
    /// Accesses go on although the audit trail takes no record.
    #[serde(default)]
    pub audit_lossy: bool,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

fn first_version() -> ContractVersion {
    ContractVersion::V1_0
}

/// 2001-09-09T01:46:40Z: an instant that nobody mistakes for now.
fn default_now_ms() -> u64 {
    1_000_000_000_000
}

/// What stands in the directory of a component.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ComponentSource {
    /// The manifest's tables, laid over the least manifest that is valid.
    pub manifest: toml::Table,
    /// Keys of the least manifest to leave out, such as `component.name`.
    pub manifest_unset: Vec<String>,
    /// The manifest's text as it is, instead of tables.
    pub manifest_text: Option<String>,
    /// The names of the manifest's files; `component.toml` unless given.
    pub manifest_files: Option<Vec<String>>,
    /// What the component does; the least guest unless given.
    pub guest: Program,
    /// Where the wasm is written, below the directory; none to leave it out.
    pub wasm: Option<String>,
    /// Leave the wasm out.
    pub without_wasm: bool,
}

/// One step: a verb with its particulars, and what is expected.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Step {
    /// Load the component in that directory.
    pub load: Option<String>,
    /// Call `execute` of a component.
    pub execute: Option<String>,
    /// Deliver a message to a component.
    pub deliver: Option<String>,
    /// Put a message into a component's mailbox, and do not wait for it to be handled.
    pub send: Option<String>,
    /// Ask a component, and wait for its response.
    pub request: Option<String>,
    /// Call `health` of a component.
    pub health: Option<String>,
    /// Shut a component down.
    pub shutdown: Option<String>,
    /// Start a stopped or failed component.
    pub start: Option<String>,
    /// Uninstall a component.
    pub unload: Option<String>,
    /// Let the clock advance by so many milliseconds.
    pub advance: Option<u64>,
    /// Wait for the end of what was begun under that name.
    #[serde(rename = "await")]
    pub awaits: Option<String>,
    /// Put other content into a file of the world.
    pub replace: Option<Replace>,
    /// Look at a path of the world.
    pub look_at: Option<String>,
    /// Take grants away from a component: those of `class`, `action` and `pattern`, as far as these are given.
    pub revoke: Option<String>,
    /// Let the store's disk be full, or have room again.
    pub fill_store: Option<bool>,
    /// End the runtime without ceremony and start another.
    pub crash: bool,
    /// Ask what was recorded in the audit trail since last asked.
    pub audit: bool,
    /// Have the audit trail verified, as it is or after `tamper`.
    pub verify_audit: bool,
    /// Ask what a server received since last asked.
    pub requests: Option<String>,
    /// Ask what the runtime holds.
    pub inspect: bool,
    /// Ask what was logged since last asked.
    pub logs: bool,
    /// Ask what happened since last asked.
    pub events: bool,

    /// Begin the step under this name and go on.
    pub begin: Option<String>,
    /// Do the step so many times.
    pub times: Option<u32>,
    /// The operation of `execute`, in payload notation; `raw:` unless given.
    pub operation: Option<String>,
    /// The payload of `deliver`, `send` and `request`, in payload notation; `raw:` unless given.
    pub payload: Option<String>,
    /// The sender of `deliver`, `send` and `request`; `outside` unless given.
    pub sender: Option<String>,
    /// The caller of `execute`.
    pub caller: Option<Caller>,
    /// The request's id.
    pub request_id: Option<String>,
    /// How long `send` waits for room in the mailbox, in milliseconds of the runtime's clock; not at all unless given.
    pub within: Option<u64>,
    /// A deadline nearer than the manifest's, in milliseconds; of `request`, how long it waits for the response, where 0
    /// or nothing is the runtime's default.
    pub timeout_ms: Option<u64>,
    /// The trace context.
    pub trace_context: Option<TraceContext>,
    /// The host's environment at load.
    pub env: BTreeMap<String, String>,
    /// The host's configuration at load.
    pub config: BTreeMap<String, String>,
    /// `config-data` at load, in payload notation.
    pub config_data: Option<String>,
    /// The class of the grants that `revoke` takes away.
    pub class: Option<String>,
    /// Their action.
    pub action: Option<String>,
    /// Their pattern.
    pub pattern: Option<String>,
    /// What is done to the audit trail before `verify-audit`.
    pub tamper: Option<Tamper>,

    /// What the step must show; that it succeeds, unless given.
    pub expect: Option<Expectation>,
    /// Which of the case's requirements the expectation asserts; all of them unless given.
    pub asserts: Option<Vec<String>>,
}

/// The source of a file's new content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Replace {
    /// The file, below the world's directory.
    pub path: String,
    /// The component whose wasm it gets, if any.
    pub wasm_of: Option<String>,
    /// The content in payload notation otherwise.
    pub content: Option<String>,
}

/// What a step must show. Every key that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Expectation {
    /// The load is refused in this phase with this code, and nothing is left behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// `execute` returns these bytes, in payload notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// `execute` returns a transcript of these lines; `_` stands for any value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Vec<String>>,
    /// `execute` returns a transcript that has these lines among others, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript_has: Option<Vec<String>>,
    /// `execute` returns a transcript whose lines are those of these lists, each in its order, mixed in any way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interleaved: Option<Vec<Vec<String>>>,
    /// `execute` returns a transcript of the lines of one of these lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Vec<String>>>,
    /// What `execute` returns, or the message of a refusal, contains each of these texts. For what must be named in texts
    /// whose wording is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<String>>,
    /// What `execute` returns, or the message of a refusal, contains none of these texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conceals: Option<Vec<String>>,
    /// `execute` returns so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<usize>,
    /// The guest answers this error, as WAVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The instance ends so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trapped: Option<TrapKind>,
    /// The runtime answers this code itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// Whether `health` says healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// The guest's own reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// There is some reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_reason: Option<bool>,
    /// The known components and their states, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<BTreeMap<String, State>>,
    /// Restarts of components.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<BTreeMap<String, u64>>,
    /// The live instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<u64>,
    /// No more bytes of memories and tables than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes_at_most: Option<u64>,
    /// So many messages, requests and callbacks wait in the mailbox, by component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<BTreeMap<String, u64>>,
    /// Their payloads have so many bytes, by component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_bytes: Option<BTreeMap<String, u64>>,
    /// So many of them were given up, by component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<BTreeMap<String, u64>>,
    /// So many requests await their response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Which component of the case has given the wasm that runs, by component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_wasm_of: Option<BTreeMap<String, String>>,
    /// The log records, all of them, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<RecordPattern>>,
    /// The log records are those of these lists, each in its order, mixed in any way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_interleaved: Option<Vec<Vec<RecordPattern>>>,
    /// Events that happened, in this order, among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<toml::Table>>,
    /// Of the kinds of events that are named here, these happened, in this order, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_events: Option<Vec<toml::Table>>,
    /// Events that did not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_events: Option<Vec<toml::Table>>,
    /// The path holds this content, in payload notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Nothing is at the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<bool>,
    /// The path is a directory with these names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    /// The path is a link with this target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The accesses in the audit trail, all of them, in order; of each, the given fields. `true` for a field says that it
    /// is there and not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accesses: Option<Vec<toml::Table>>,
    /// Records of the audit trail, in this order, among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audited: Option<Vec<toml::Table>>,
    /// Records that are not in the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audited_none: Option<Vec<toml::Table>>,
    /// Whether the audit trail is intact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intact: Option<bool>,
    /// The first line of the audit trail that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<usize>,
    /// What the server received, all of it, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Vec<RequestPattern>>,
    /// So many child processes run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// The reply comes within so many milliseconds of real time. For cases on the real clock, and generous: it tells a
    /// runtime that stops a guest from one that does not, not a fast machine from a slow one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
    /// The call used as much fuel as every other call with this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_fuel_as: Option<String>,
}

/// A function of the embedder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HostFunctionSource {
    /// It returns its arguments.
    Echo,
    /// It returns these bytes, in payload notation.
    Answer(String),
    /// It answers `invalid-input` with this text.
    InvalidInput(String),
    /// It answers `internal-error` with this text.
    InternalError(String),
    /// It panics.
    Panics,
    /// It never answers.
    Hangs,
}

/// What a server must have received. Every key that is given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RequestPattern {
    /// Over which connection it came; the first is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The target of the request line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Headers that are there with this value, by name in lower case.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Headers that are not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// The body, in payload notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// How a load is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The phase.
    pub phase: Phase,
    /// The code.
    pub code: LoadCode,
    /// The single errors of a manifest, all of them, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<ManifestFinding>>,
}

/// What a log record must show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RecordPattern {
    /// Who logged it.
    pub component: String,
    /// The level.
    pub level: String,
    /// The whole message, or its start if it was cut.
    pub message: String,
    /// The context; none at all unless given.
    #[serde(default)]
    pub context: Vec<(String, String)>,
    /// The message or the context was cut, visibly, to at most so many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_to_bytes: Option<usize>,
}

//! A case, as it stands in its file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::guest::Program;
use super::protocol::{ClockKind, ManifestFinding};
use crate::contract::{Caller, LoadCode, Phase, State, TraceContext, TrapKind};

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
    /// What the runtime must implement besides the case's area.
    #[serde(default)]
    pub features: Vec<String>,
    /// Which clock the runtime lives by.
    #[serde(default)]
    pub clock: ClockKind,
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
    /// What is done, in order.
    pub steps: Vec<Step>,
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
    /// The payload of `deliver`, in payload notation; `raw:` unless given.
    pub payload: Option<String>,
    /// The sender of `deliver`.
    pub sender: Option<String>,
    /// The caller of `execute`.
    pub caller: Option<Caller>,
    /// The request's id.
    pub request_id: Option<String>,
    /// A deadline nearer than the manifest's, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// The trace context.
    pub trace_context: Option<TraceContext>,
    /// The host's environment at load.
    pub env: BTreeMap<String, String>,
    /// The host's configuration at load.
    pub config: BTreeMap<String, String>,
    /// `config-data` at load, in payload notation.
    pub config_data: Option<String>,

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
    /// Which component of the case has given the wasm that runs, by component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_wasm_of: Option<BTreeMap<String, String>>,
    /// The log records, all of them, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<RecordPattern>>,
    /// Events that happened, in this order, among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<toml::Table>>,
    /// Events that did not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_events: Option<Vec<toml::Table>>,
    /// The reply comes within so many milliseconds of real time. For cases on the real clock, and generous: it tells a
    /// runtime that stops a guest from one that does not, not a fast machine from a slow one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
    /// The call used as much fuel as every other call with this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_fuel_as: Option<String>,
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

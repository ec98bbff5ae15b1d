//! The surroundings of a case as they travel to a driver: files, the operator's choices, names and addresses of the
//! network, functions of the embedder, what is stored and what fails.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::protocol::Bytes;
use crate::contract::{ContractVersion, kebab_enum};

/// The surroundings of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct World {
    /// Which case it is of, for the adapter's own records. It is judged by what it does, not by what it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub case: String,
    /// The version of the contract that the runtime is to offer, and none above it; its newest unless given. The suite
    /// gives it to drivers that have the hook `contract`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractVersion>,
    /// Which clock the runtime lives by.
    pub clock: ClockKind,
    /// Where a virtual clock starts, in Unix milliseconds.
    pub now_ms: u64,
    /// What decides the order in which components go on, down to their instructions; the runtime's own affair unless
    /// given. The same seed must give the same replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Files, by path below the world's directory. What components see as `/` is its directory `root`.
    pub files: Vec<WorldFile>,
    /// The operator's limits, by name; a runtime that does not know one says so.
    pub limits: BTreeMap<String, u64>,
    /// The operator's policy, as the TOML document that the reference runtime reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The functions of the embedder, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub host_functions: BTreeMap<String, HostFunctionScript>,
    /// What the runtime takes for the network.
    #[serde(default, skip_serializing_if = "NetworkWorld::is_default")]
    pub network: NetworkWorld,
    /// What is stored at the start: namespace, key, value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<String, BTreeMap<String, Bytes>>,
    /// Where the store is kept, below the world's directory; anywhere unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_file: Option<String>,
    /// Where the audit trail is kept, below the world's directory; anywhere unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_file: Option<String>,
    /// How many records the audit trail takes before it is full; any number unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_capacity: Option<u64>,
    /// Accesses go on although the audit trail takes no record: the operator's explicit choice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub audit_lossy: bool,
}

/// The clock of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// It stands still until the case advances it.
    #[default]
    Virtual,
    /// Real time, where the time that a processor takes is the subject.
    Real,
}

/// One file of a world.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldFile {
    /// Its path, with `/` between names.
    pub path: String,
    /// What it holds, unless it is a link.
    #[serde(default)]
    pub bytes: Bytes,
    /// The target, if it is a symbolic link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What it is, if it is no ordinary file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
}

kebab_enum! {
    /// What a path of a world is besides a file or a link.
    pub enum FileKind {
        /// A file that may be executed.
        Executable = "executable",
        /// A directory.
        Directory = "directory",
        /// A FIFO, which nobody writes to or reads from.
        Fifo = "fifo",
        /// A socket, on which nobody listens.
        Socket = "socket",
    }
}

/// What the runtime takes for the network. It connects to nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkWorld {
    /// The names that resolve, in lower case, each with its answers: the first question gets the first, the last stands
    /// for all that follow. An answer is a list of addresses.
    pub names: BTreeMap<String, Vec<Vec<String>>>,
    /// Where to connect instead: `ADDRESS:PORT`, as the runtime sees it, to a port of 127.0.0.1. Every other address
    /// refuses connections.
    pub endpoints: BTreeMap<String, u16>,
    /// The host's consent to addresses that are not public.
    pub allow_private: bool,
}

impl NetworkWorld {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a function of the embedder does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HostFunctionScript {
    /// It returns its arguments.
    Echo,
    /// It returns these bytes.
    Answer(Bytes),
    /// It answers `invalid-input` with this text.
    InvalidInput(String),
    /// It answers `internal-error` with this text.
    InternalError(String),
    /// It panics, or does what comes nearest.
    Panics,
    /// It never answers.
    Hangs,
}

/// What is done to a copy of the audit trail before it is verified. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Tamper {
    /// The outcome in that line is turned into its opposite.
    Edit(usize),
    /// That line and the next change places.
    Swap(usize),
    /// That line is taken out.
    Remove(usize),
    /// That line is repeated.
    Repeat(usize),
    /// So many lines are cut from the end.
    Cut(usize),
}

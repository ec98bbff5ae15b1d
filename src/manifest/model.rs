//! A manifest, parsed: every value is in range and in its own type.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};

use crate::contract::ComponentId;
use crate::contract::multicodec::Codec;

/// A valid `component.toml`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// `[component]`: who the component is.
    pub component: Identity,
    /// `[wit-dependencies]`: interface packages by name, such as `airssys:core`.
    pub wit_dependencies: BTreeMap<String, WitDependency>,
    /// `[multicodec]`: payload formats.
    pub multicodec: Formats,
    /// `[capabilities]`: what the component cannot do without.
    pub capabilities: Capabilities,
    /// `[capabilities.optional]`: what the component can do without.
    pub optional_capabilities: Capabilities,
    /// `[resources]`: limits.
    pub resources: Resources,
    /// `[runtime]`: how it is run.
    pub runtime: Execution,
    /// `[env]`: environment defaults, in the order written.
    pub env: Vec<(String, String)>,
    /// `[config]`: what `get-config` sees.
    pub config: BTreeMap<String, String>,
    /// `[custom-metadata]`: kept and returned, never interpreted; in the order written.
    pub custom_metadata: Vec<(String, String)>,
}

/// `[component]`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The identifier.
    pub name: ComponentId,
    /// The component's own version.
    pub version: Version,
    /// The version of the core contract that it was built against.
    pub api_version: Version,
    /// One line about it; may be empty.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// An SPDX expression; may be empty.
    pub license: String,
    /// The source language; may be empty.
    pub language: String,
    /// Where to read about it.
    pub homepage: Option<String>,
    /// Where its source is.
    pub repository: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The wasm file, relative to the manifest's directory and never outside it.
    pub wasm: String,
}

/// One entry of `[wit-dependencies]`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WitDependency {
    /// Which versions satisfy it.
    pub version: VersionReq,
    /// Where to get it, if not from the component's own `wit/`.
    pub source: Option<WitSource>,
}

/// Where an interface package comes from.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WitSource {
    /// A directory, relative to the manifest's.
    Path(String),
    /// A git repository.
    Git {
        /// Its URL.
        url: String,
        /// The tag to take; exactly one of `tag` and `rev` is set.
        tag: Option<String>,
        /// The revision to take.
        rev: Option<String>,
    },
}

/// `[multicodec]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Formats {
    /// The format the component prefers.
    pub primary_format: Option<Codec>,
    /// The formats it accepts; every codec of the contract unless the manifest says otherwise.
    pub supported_formats: Vec<Codec>,
}

/// Permissions asked for. An absent, empty or missing key grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capabilities {
    /// Path patterns by action.
    pub filesystem: FourActions,
    /// Host patterns.
    pub network: Vec<NetworkRule>,
    /// Namespace patterns by action; `namespaces` of the manifest stands in all four.
    pub storage: FourActions,
    /// How many patterns at the start of each of the four come from `namespaces`.
    #[serde(skip)]
    pub storage_everywhere: usize,
    /// `storage.max-size` in bytes.
    pub storage_max_bytes: Option<u64>,
    /// Patterns of executables that may be spawned.
    pub process_spawn: Vec<String>,
    /// Target patterns for messages.
    pub messaging_send: Vec<String>,
    /// Target patterns for requests.
    pub messaging_request: Vec<String>,
    /// Patterns of topics that may be published to. Contract 1.1, as the next.
    pub topics_publish: Vec<String>,
    /// Patterns of topics that may be subscribed to.
    pub topics_subscribe: Vec<String>,
    /// Names of host functions.
    pub host_functions: Vec<String>,
}

/// Patterns for the four actions that filesystem and storage tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FourActions {
    /// Patterns that may be read.
    pub read: Vec<String>,
    /// Patterns that may be written.
    pub write: Vec<String>,
    /// Patterns that may be deleted.
    pub delete: Vec<String>,
    /// Patterns that may be listed.
    pub list: Vec<String>,
}

/// One `[[capabilities.network]]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NetworkRule {
    /// The direction.
    pub action: NetworkAction,
    /// The host pattern, without a port.
    pub host: String,
    /// The port; none means any.
    pub port: Option<u16>,
}

crate::contract::kebab_enum! {
    /// The direction of a connection.
    pub enum NetworkAction {
        /// The component connects.
        Outbound = "outbound",
        /// The component is connected to.
        Inbound = "inbound",
    }
}

/// `[resources]`. Sizes are bytes, times are milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resources {
    /// `[resources.memory]`.
    pub memory: MemoryBytes,
    /// Fuel per call; none means unmetered.
    pub fuel: Option<u64>,
    /// The deadline of one `execute`, from its start to its answer, waits included.
    pub timeout_ms: u64,
    /// The largest payload of one message.
    pub max_message_bytes: u64,
    /// How many messages wait at most.
    pub mailbox_capacity: u32,
    /// How many bytes of storage it may use, by `[resources] storage`.
    pub storage_bytes: Option<u64>,
}

/// `[resources.memory]`, in bytes; `min <= preferred <= max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct MemoryBytes {
    /// Below this it cannot work; 0 unless given.
    pub min: u64,
    /// What it works well with; `max` unless given.
    pub preferred: u64,
    /// All memories and tables of an instance together never exceed this.
    pub max: u64,
}

/// `[runtime]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Execution {
    /// Whether an instance keeps its memory between calls.
    pub stateful: bool,
    /// Names of the operations that it answers, for people.
    pub supported_operations: Vec<String>,
    /// What follows the end of an instance.
    pub restart: RestartPolicy,
    /// How many restarts within `window_ms` before the component counts as failed.
    pub max_restarts: u32,
    /// The window of `max_restarts`, in milliseconds.
    pub window_ms: u64,
}

crate::contract::kebab_enum! {
    /// What follows the end of an instance.
    pub enum RestartPolicy {
        /// Nothing: the component is failed.
        Never = "never",
        /// A fresh instance after a trap.
        OnFailure = "on-failure",
        /// A fresh instance after any end but a requested one.
        Always = "always",
    }
}

impl Manifest {
    /// `[resources] timeout-ms` unless the manifest gives it: one minute.
    pub const DEFAULT_TIMEOUT_MS: u64 = 60_000;
    /// `[resources] max-message-bytes` unless the manifest gives it: 1 MiB.
    pub const DEFAULT_MAX_MESSAGE_BYTES: u64 = 1 << 20;
    /// `[resources] mailbox-capacity` unless the manifest gives it.
    pub const DEFAULT_MAILBOX_CAPACITY: u32 = 1024;
    /// `[runtime] max-restarts` unless the manifest gives it.
    pub const DEFAULT_MAX_RESTARTS: u32 = 3;
    /// `[runtime] window-ms` unless the manifest gives it: one minute.
    pub const DEFAULT_WINDOW_MS: u64 = 60_000;
}

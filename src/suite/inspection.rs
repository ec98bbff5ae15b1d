//! What a runtime holds at one moment, as a driver tells it. Plain data: how it is counted is the runtime's business.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::State;

/// What a runtime holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Inspection {
    /// The known components, by identifier.
    pub components: BTreeMap<String, ComponentInspection>,
    /// Live instances.
    pub instances: u64,
    /// Bytes of their memories and tables.
    #[serde(default)]
    pub memory_bytes: u64,
    /// Configuration overlays that are kept.
    #[serde(default)]
    pub overlays: u64,
    /// Child processes that run.
    #[serde(default)]
    pub processes: u64,
    /// Requests between components, and of the host, that await their response.
    #[serde(default)]
    pub requests: u64,
}

/// What a runtime knows of a component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ComponentInspection {
    /// Its state.
    pub state: State,
    /// Its version.
    pub version: String,
    /// How many restarts it had.
    #[serde(default)]
    pub restarts: u64,
    /// The SHA-256 of the wasm that runs.
    #[serde(default)]
    pub wasm_sha256: String,
    /// Messages, requests and callbacks in its mailbox.
    #[serde(default)]
    pub waiting: u64,
    /// The bytes of their payloads.
    #[serde(default)]
    pub waiting_bytes: u64,
    /// How many of them were given up before it handled them.
    #[serde(default)]
    pub dead_letters: u64,
}

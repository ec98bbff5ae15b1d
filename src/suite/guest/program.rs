//! A guest program: what a case says about the component that it needs.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::ContractVersion;

/// What each export of a generated guest does, and in what way the component is malformed, if it is.
///
/// An export that is not given does the least that the contract allows: `init`, `handle-message`,
/// `handle-publication`, `handle-callback` and `shutdown` answer ok, `execute` returns its operation, `health` is healthy,
/// and `metadata` repeats the manifest. Actions are written as in [`super::Action`].
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Program {
    /// The contract version that the guest is built against; 1.0 unless given.
    pub contract: Option<ContractVersion>,
    /// Actions of the core module's start function.
    pub start: Vec<String>,
    /// Actions of `metadata`.
    pub metadata: Vec<String>,
    /// Actions of `init`.
    pub init: Vec<String>,
    /// Actions of `execute`, unless `on` has the operation.
    pub execute: Vec<String>,
    /// Actions of `execute` for one operation, in payload notation.
    pub on: BTreeMap<String, Vec<String>>,
    /// Actions of `handle-message`, unless `on_message` has the payload.
    pub handle_message: Vec<String>,
    /// Actions of `handle-message` for one payload, in payload notation.
    pub on_message: BTreeMap<String, Vec<String>>,
    /// Actions of `handle-publication`, unless `on_publication` has the payload. The guest exports the function if either
    /// is given.
    pub handle_publication: Vec<String>,
    /// Actions of `handle-publication` for one payload, in payload notation.
    pub on_publication: BTreeMap<String, Vec<String>>,
    /// Actions of `handle-callback`.
    pub handle_callback: Vec<String>,
    /// Actions of `health`.
    pub health: Vec<String>,
    /// Actions of `shutdown`.
    pub shutdown: Vec<String>,
    /// Actions that run when the host has read the result of `execute`.
    pub post_execute: Vec<String>,
    /// Actions of the allocator that the host calls for what it passes in.
    pub realloc: Vec<String>,
    /// Fields of `metadata`, as WAVE, that differ from the manifest.
    pub metadata_fields: BTreeMap<String, String>,
    /// Functions that are imported without being called, as `interface.function`.
    pub imports: Vec<String>,
    /// The first memory; by default it is as large as the guest needs, without a maximum.
    pub memory: Option<Size>,
    /// Further memories, in pages of 64 KiB.
    pub memories: Vec<Size>,
    /// Further tables of function references, in elements.
    pub tables: Vec<Size>,
    /// Room for the transcript, in bytes.
    pub transcript_bytes: Option<u32>,
    /// How the guest's world differs from the contract's.
    pub wit: WorldEdits,
    /// What is handed to the runtime in the end.
    pub form: Form,
    /// Keep so many bytes of the file.
    pub truncate: Option<usize>,
    /// Add a custom section of so many bytes.
    pub padding: usize,
}

/// A size and its bound, in pages or elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// What there is from the start.
    pub min: u64,
    /// What it may grow to.
    pub max: Option<u64>,
}

/// Changes to the WIT that the guest is built against.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WorldEdits {
    /// Another version of a package, such as `"airssys:core" = "1.9.0"`; an empty version removes it.
    pub versions: BTreeMap<String, String>,
    /// Texts to replace wherever they stand; one that stands nowhere is an error.
    pub replace: Vec<Replacement>,
    /// Further packages, each `package ns:name@version { … }`.
    pub packages: Vec<String>,
    /// Further imports of the world, such as `wasi:cli/environment@0.2.0`.
    pub imports: Vec<String>,
}

/// One textual change of the WIT.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// What stands there.
    pub find: String,
    /// What shall stand there.
    pub with: String,
}

/// What is handed to the runtime as the component's wasm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The component.
    #[default]
    Component,
    /// Its core module alone.
    CoreModule,
    /// Its text instead of its bytes.
    Text,
    /// No byte.
    Empty,
    /// An ELF object, as precompiled code is.
    Elf,
    /// Bytes that are nothing.
    Garbage,
    /// The header of a component, then bytes that are nothing.
    GarbageBody,
}

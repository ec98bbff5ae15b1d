//! From the text of a `component.toml` to a [`Manifest`], or to every reason why not.
//!
//! Syntax and ranges only: this module reads no file but the manifest it is given, decides no
//! permission and knows no runtime. Text goes through [`Manifest::parse`]: `syntax` makes a tree whose
//! values know their places, `walk` reads it as `parse` (the schema) says, `sink` places what is wrong.
//! Files are `locate`'s business alone.

mod capabilities;
mod error;
mod locate;
#[cfg(feature = "cli")]
pub mod migrate;
mod migrate_hint;
mod model;
mod parse;
pub mod pattern;
mod policy;
mod read;
mod sink;
mod size;
mod syntax;
mod walk;
mod words;

pub use error::{ManifestError, ManifestErrors};
pub use locate::{ManifestReadError, ManifestSource, WasmPathError, find_manifest, read, read_source, resolve_wasm};
pub use model::{
    Capabilities, Execution, Formats, FourActions, Identity, Manifest, MemoryBytes, NetworkAction, NetworkRule,
    Resources, RestartPolicy, WitDependency, WitSource,
};
pub use parse::MAX_MANIFEST_BYTES;
pub(crate) use policy::parse_policy;
pub use size::{SizeError, parse_size};

//! From the text of a `component.toml` to a [`Manifest`], or to every reason why not.
//!
//! Syntax and ranges only: this module reads no file but the manifest it is given, decides no
//! permission and knows no runtime.

mod model;

pub use model::{
    Capabilities, Execution, Formats, FourActions, Identity, Manifest, MemoryBytes, NetworkAction, NetworkRule,
    Resources, RestartPolicy, WitDependency, WitSource,
};

//! WebAssembly components as plugins: a reference runtime and a conformance suite for any runtime.
#![warn(missing_docs)]

pub mod contract;
pub mod manifest;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "suite")]
pub mod suite;

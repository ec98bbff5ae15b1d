//! WebAssembly components as plugins: a reference runtime and a conformance suite for any runtime.
//!
//! A plugin is a directory with a `component.toml` and a wasm component. The contract says what a runtime and such a
//! component owe each other: which functions the component exports and may import (`wit/`), what the manifest means,
//! in which phase and with which code a load fails, what a trap ends. This crate has that contract twice: as a
//! runtime that keeps it, and as a suite of cases that can tell of any runtime whether it does.
//!
//! # Two roads
//!
//! Data goes one way, on two roads that meet in one place, `suite/driver/reference/`.
//!
//! **The suite**: case file → plan → guest bytes → driver → observations → verdict → report. A case is data
//! ([`suite::Case`](suite/struct.Case.html)). Planning it makes the files of its world, compiles its guest programs
//! to components, the same bytes on every machine, and lists stimuli. A driver carries these to a runtime and answers
//! with what was observed; a trap, a refusal and an error of the guest are observations like any other. What a case
//! expects stays behind, so a driver cannot know what would please; the verdict is made by the suite alone.
//!
//! **The runtime**: manifest → grants → loader → actor → gate → host function → audit. The manifest is read and
//! validated whole, by [`manifest`], before a byte of wasm is looked at. The loader goes through the phases of a
//! load; the first that fails ends it and leaves nothing. A component that runs is a task that owns one instance and
//! takes calls, messages and callbacks out of one bounded mailbox, one at a time, under a deadline, a fuel limit and a
//! memory limit. Every function of the host that
//! needs a permission passes one gate, which decides by the grants in force, leaves a record in the audit trail, and then
//! lets the function act on what was decided: a handle, addresses, a namespace.
//!
//! [`contract`] is what both share: identifiers, codes, states, trap kinds, the multicodec prefix, the version rule.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `runtime` | the module `runtime`, and with it wasmtime |
//! | `suite` | the module `suite`, without any runtime |
//! | `wit` | the module `wit`: the contract's WIT packages, and tools for others; each of the others brings it |
//! | `perf` | the module `perf`: the runtime measured beside the engine below it |
//! | `cli` | the command `airssys-wasm`, and `manifest::migrate` |
//!
//! All are on by default. [`contract`], [`manifest`] and [`permission`] are always there. A crate that has its own runtime judged
//! takes `default-features = false, features = ["suite"]` and starts at [`suite::main`](suite/fn.main.html).
//!
//! # Example
//!
//! A manifest is parsed into values that are in range, or into everything that is wrong with it:
//!
//! ```
//! use airssys_wasm::contract::LoadCode;
//! use airssys_wasm::manifest::Manifest;
//!
//! let text = r#"
//!     [component]
//!     name = "counter"
//!     version = "1.0.0"
//!     api-version = "1.0.0"
//!     [resources.memory]
//!     max = "4MiB"
//! "#;
//! let manifest = Manifest::parse(text).unwrap();
//! assert_eq!(manifest.component.wasm, "counter.wasm");
//! assert_eq!(manifest.resources.memory.max, 4 << 20);
//!
//! let errors = Manifest::parse(&text.replace("max", "maximum")).unwrap_err();
//! let codes: Vec<_> = errors.as_slice().iter().map(|error| (error.code, error.key.as_str())).collect();
//! assert!(codes.contains(&(LoadCode::ManifestUnknownField, "resources.memory.maximum")));
//! assert!(codes.contains(&(LoadCode::ManifestMissingField, "resources.memory.max")));
//! ```
#![warn(missing_docs)]

pub mod contract;
pub mod manifest;
#[cfg(feature = "perf")]
pub mod perf;
pub mod permission;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "suite")]
pub mod suite;
#[cfg(feature = "wit")]
pub mod wit;

/// The examples of the book are run, as those of the source are.
#[cfg(all(doctest, feature = "runtime"))]
#[doc = include_str!("../docs/src/messaging.md")]
mod messaging {}

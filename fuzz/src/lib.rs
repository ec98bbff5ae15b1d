//! What holds for every input, one file a target: `check` takes bytes and panics where something does not hold.
//!
//! libFuzzer calls the targets through `fuzz_targets/`; the crate's own tests include this file, and run the corpora
//! and mutations of them by [`drive`]. Oracles share nothing with what they judge, and prefer being plain to being
//! fast.
#![forbid(unsafe_code)]

pub mod address;
pub mod drive;
pub mod glob;
pub mod host;
#[cfg(feature = "wit")]
pub mod lock;
pub mod manifest;
pub mod multicodec;
pub mod patterns;
pub mod print;
#[cfg(feature = "runtime")]
pub mod url;
#[cfg(feature = "wit")]
pub mod wit;

//! The conformance suite: cases as data, judged against any runtime through a [`Driver`].
//!
//! A case file is planned into a world of files, generated guests and stimuli; a driver carries the
//! stimuli to a runtime and answers with what was observed; the verdict is made here alone. The suite
//! knows no runtime but in `driver/reference/`.

mod case;
mod discover;
pub mod driver;
mod evidence;
mod expect;
pub mod guest;
mod inspection;
mod interleave;
mod manifest_text;
mod plan;
pub mod protocol;
pub mod report;
mod requirement;
mod run;
mod seeds;
mod server;
mod trials;
mod verdict;
mod wave;
mod world;

pub use case::{
    Case, ComponentSource, Expectation, HostFunctionSource, RecordPattern, Refusal, Replace, RequestPattern, Step,
};
pub use discover::{CaseError, DiscoveredCase, embedded, in_directory};
pub use driver::{Driver, DriverError, DriverFactory};
pub use manifest_text::metadata_fields;
pub use plan::{Plan, PlannedStep, plan};
pub use protocol::{Hello, Hook, Reply, Stimulus};
pub use report::Report;
pub use requirement::{Catalogue, Level, Requirement};
pub use run::{run_all, run_case};
pub use seeds::Seeds;
pub use server::{RouteSource, Script, ServerSource};
pub use trials::{main, trials};
pub use verdict::{Exchange, Outcome, Verdict};

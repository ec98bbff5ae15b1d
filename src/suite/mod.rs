//! The conformance suite: cases as data, judged against any runtime through a [`Driver`].
//!
//! A case file is planned into a world of files, generated guests and stimuli; a driver carries the
//! stimuli to a runtime and answers with what was observed; the verdict is made here alone. The suite
//! knows no runtime but in `driver/reference/`.

mod case;
pub mod claim;
mod discover;
pub mod doctor;
pub mod driver;
mod evidence;
mod expect;
mod expected;
pub mod faulty;
pub mod guest;
mod inspection;
mod interleave;
mod manifest_text;
mod plan;
pub mod protocol;
pub mod replay;
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
pub use driver::adapter::Adapter;
pub use driver::{Driver, DriverError, DriverFactory, Loss, serve};
pub use expected::{CasePattern, ExpectedFailures, ExpectedFailuresError, StaleEntry};
pub use manifest_text::metadata_fields;
pub use plan::{Plan, PlannedStep, plan};
pub use protocol::{Hello, Hook, Reply, Stimulus};
pub use report::RunResult;
pub use requirement::{Catalogue, Level, Requirement, areas};
pub use run::{none_run, run_all, run_case};
pub use seeds::Seeds;
pub use server::{RouteSource, Script, ServerSource};
pub use trials::{main, trials};
pub use verdict::{Exchange, Outcome, Verdict};

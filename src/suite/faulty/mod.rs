//! Broken runtimes, made out of a sound one: the proof that cases can fail.
//!
//! A [`Fault`] says what a runtime gets wrong, names the requirements that this violates, and bends what reaches the runtime
//! or what it answers. [`selftest`] holds every fault against the cases, and every case against the faults: a fault that no
//! case catches and a case that catches no fault are findings. What a case expects is unknown here: a fault bends what a
//! runtime does, never a verdict.

mod bend;
mod driver;
mod edit;
mod faults;
mod findings;
mod parallel;
mod recorded;
mod report;
mod selftest;

pub use bend::{Bend, Fault, ReplyBend, Sent};
pub use driver::Faulty;
pub use edit::Record;
pub use faults::faults;
pub use findings::{Conclusion, FaultReport, Selftest, SelftestOptions};
pub use report::{faults_table, selftest_table};
pub use selftest::selftest;

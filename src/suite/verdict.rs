//! What the suite says about a case.

use serde::Serialize;

use super::protocol::{Reply, Stimulus};
use crate::contract::kebab_enum;

kebab_enum! {
    /// The verdict on a case; made by the suite alone.
    pub enum Verdict {
        /// Every expectation held.
        Pass = "pass",
        /// An expectation did not hold.
        Fail = "fail",
        /// The runtime took the process down, or panicked.
        Crash = "crash",
        /// The runtime did not answer in time.
        Timeout = "timeout",
        /// The driver failed, which says nothing about the runtime.
        DriverError = "driver-error",
        /// The runtime does not declare the feature.
        NotApplicable = "not-applicable",
        /// The driver lacks a hook that the case needs.
        Untestable = "untestable",
        /// It failed, as the list of expected failures says.
        Xfail = "xfail",
        /// It passed, although the list of expected failures says otherwise: the list is stale.
        Xpass = "xpass",
    }
}

impl Verdict {
    /// Whether a run with this verdict in it is not conforming.
    pub const fn is_red(self) -> bool {
        matches!(self, Verdict::Fail | Verdict::Crash | Verdict::Timeout | Verdict::Xpass)
    }
}

/// What came of one case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The case.
    pub id: String,
    /// Its area.
    pub area: String,
    /// The requirements that it names.
    pub requirements: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless it passed.
    pub message: String,
    /// Why it is expected to fail, if it is.
    pub reason: Option<String>,
    /// The requirements that were asserted, and whether each assertion held.
    pub asserted: Vec<(String, bool)>,
    /// How often it was run: freely and under seeds, up to the first run that failed.
    pub runs: u64,
    /// The seed of the run that message and exchange are of; none if it ran freely.
    pub seed: Option<u64>,
    /// How long all runs took, in milliseconds.
    pub duration_ms: u64,
    /// What was said in the run that failed, or in the first.
    pub exchange: Vec<Exchange>,
}

/// One stimulus and its reply.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// The step, from 1; none for what the suite does of its own accord.
    pub step: Option<usize>,
    /// What was sent.
    pub stimulus: Stimulus,
    /// What came back; none if the runtime never answered.
    pub reply: Option<Reply>,
}

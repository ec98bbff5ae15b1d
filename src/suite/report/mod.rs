//! From outcomes to reports: counts, coverage of requirements, JSON and a table.

mod json;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use json::to_json;
pub use table::{requirements_table, table};

use super::protocol::Hello;
use super::requirement::{Catalogue, Level, Requirement};
use super::verdict::{Outcome, Verdict};
use crate::contract::ContractVersion;

/// What a run showed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The contract version of the catalogue.
    pub contract: ContractVersion,
    /// The runtime under test.
    pub runtime: Hello,
    /// The outcomes, in the order of the cases.
    pub outcomes: Vec<Outcome>,
    /// Every requirement of the catalogue, in its order.
    pub requirements: Vec<RequirementReport>,
}

/// What a run showed about one requirement.
#[derive(Debug, Clone, Serialize)]
pub struct RequirementReport {
    /// Its slug.
    pub id: String,
    /// Its level.
    pub level: Level,
    /// What the run says of it.
    pub verdict: Coverage,
    /// The cases that asserted it, by identifier.
    pub cases: Vec<String>,
}

crate::contract::kebab_enum! {
    /// What a run says of a requirement.
    pub enum Coverage {
        /// It was asserted, and every assertion held.
        Pass = "pass",
        /// An assertion of it did not hold.
        Fail = "fail",
        /// Nothing asserted it.
        Uncovered = "uncovered",
        /// It cannot be tested by cases; the catalogue says what holds it.
        Excluded = "excluded",
    }
}

impl Report {
    /// Makes the report of a run.
    pub fn new(catalogue: &Catalogue, runtime: Hello, outcomes: Vec<Outcome>) -> Self {
        let requirements = catalogue.requirements.iter().map(|requirement| coverage(requirement, &outcomes)).collect();
        Self { contract: catalogue.contract, runtime, outcomes, requirements }
    }

    /// How many cases have each verdict.
    pub fn summary(&self) -> BTreeMap<Verdict, usize> {
        let mut summary: BTreeMap<Verdict, usize> = Verdict::ALL.iter().map(|verdict| (*verdict, 0)).collect();
        for outcome in &self.outcomes {
            *summary.entry(outcome.verdict).or_default() += 1;
        }
        summary
    }

    /// Whether the runtime conforms, as far as the run tells.
    pub fn is_conforming(&self) -> bool {
        !self.outcomes.iter().any(|outcome| outcome.verdict.is_red())
    }

    /// Whether the harness or a driver failed.
    pub fn is_harness_broken(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.verdict == Verdict::DriverError)
    }
}

/// What the outcomes say of a requirement: by what they asserted, never by what a case names.
fn coverage(requirement: &Requirement, outcomes: &[Outcome]) -> RequirementReport {
    let asserting = outcomes.iter().flat_map(|outcome| {
        outcome.asserted.iter().filter(|(slug, _)| *slug == requirement.slug).map(move |(_, held)| (&outcome.id, *held))
    });
    let (mut cases, mut held) = (BTreeSet::new(), true);
    for (case, holds) in asserting {
        cases.insert(case.clone());
        held &= holds;
    }
    let verdict = match (&requirement.excluded, cases.is_empty(), held) {
        (Some(_), ..) => Coverage::Excluded,
        (None, true, _) => Coverage::Uncovered,
        (None, false, true) => Coverage::Pass,
        (None, false, false) => Coverage::Fail,
    };
    let (id, level) = (requirement.slug.clone(), requirement.level);
    RequirementReport { id, level, verdict, cases: cases.into_iter().collect() }
}

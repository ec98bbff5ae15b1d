//! What a run says of the requirements: by what its cases asserted, never by what they name.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::{ContractVersion, kebab_enum};
use crate::suite::requirement::{Catalogue, Level};
use crate::suite::verdict::Outcome;

/// What a run showed about one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementResult {
    /// Its slug.
    pub id: String,
    /// Its level.
    pub level: Level,
    /// The section of the contract.
    pub section: String,
    /// What must hold.
    pub text: String,
    /// The contract version that it came with.
    pub since: ContractVersion,
    /// Why no case tests it, and what holds it instead, if none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// What the run says of it.
    pub verdict: Coverage,
    /// The cases that asserted it, by identifier.
    pub cases: Vec<String>,
}

kebab_enum! {
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

/// What the outcomes say of every requirement of the catalogue, in its order.
pub(super) fn coverage(catalogue: &Catalogue, outcomes: &[Outcome]) -> Vec<RequirementResult> {
    let mut asserted: BTreeMap<&str, (BTreeSet<&str>, bool)> = BTreeMap::new();
    for outcome in outcomes {
        for (slug, holds) in &outcome.asserted {
            let (cases, held) = asserted.entry(slug).or_insert_with(|| (BTreeSet::new(), true));
            cases.insert(&outcome.id);
            *held &= holds;
        }
    }
    let result = |requirement: &crate::suite::Requirement| {
        let found = asserted.get(requirement.slug.as_str());
        let verdict = match (&requirement.excluded, found) {
            (Some(_), _) => Coverage::Excluded,
            (None, None) => Coverage::Uncovered,
            (None, Some((_, true))) => Coverage::Pass,
            (None, Some((_, false))) => Coverage::Fail,
        };
        RequirementResult {
            id: requirement.slug.clone(),
            level: requirement.level,
            section: requirement.section.clone(),
            text: requirement.text.clone(),
            since: requirement.since,
            excluded: requirement.excluded.clone(),
            verdict,
            cases: found.iter().flat_map(|(cases, _)| cases).map(|case| (*case).to_owned()).collect(),
        }
    };
    catalogue.requirements.iter().map(result).collect()
}

//! From what was judged, and what came of it, to what may be claimed of the runtime.
//!
//! Which areas are core stands here alone. Nothing here knows how a claim is shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdict::Verdict;
use crate::contract::{ContractVersion, kebab_enum};

/// The areas that every runtime of the contract must declare; without one of them there is no claim.
pub const CORE_AREAS: [&str; 13] = [
    "audit",
    "config",
    "introspection",
    "isolation",
    "lifecycle",
    "limits",
    "log",
    "manifest",
    "messaging",
    "multicodec",
    "permission",
    "time",
    "versioning",
];

/// What a runtime may offer or not: extensions, and topics, which came with 1.1.
pub const OPTIONAL_FEATURES: [&str; 5] = ["filesystem", "network", "process", "storage", "topics"];

kebab_enum! {
    /// What may be claimed of a runtime.
    pub enum ClaimVerdict {
        /// Everything that applies was judged, and nothing is red.
        Conforming = "conforming",
        /// Nothing is red, but not everything was judged.
        Partial = "partial",
        /// A core area is missing, or nothing could be judged: there is nothing to claim.
        Void = "void",
        /// Something is red, was lost by the driver, or is stale in the list of expected failures.
        NotConforming = "not-conforming",
    }
}

/// A claim, and why it is no better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// What is claimed.
    pub verdict: ClaimVerdict,
    /// The newest contract version that the runtime was judged by.
    pub contract: ContractVersion,
    /// Why it is not `conforming`, each in words; none if it is.
    pub reasons: Vec<String>,
}

/// What a claim is made from.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The newest contract version that cases and runtime share.
    pub contract: ContractVersion,
    /// The features that the runtime declares.
    pub declared: &'a [String],
    /// The features that it was judged by, if that was bounded by `--features`.
    pub features: Option<&'a [String]>,
    /// The filters by which cases were selected; none if all were run.
    pub filters: &'a [String],
    /// The part of the cases that was run, such as `2/4`.
    pub shard: Option<&'a str>,
    /// How many cases have each verdict.
    pub summary: &'a BTreeMap<Verdict, usize>,
    /// How many entries of the list of expected failures are stale.
    pub stale: usize,
}

/// What may be claimed. What is red outweighs what is missing, and that what was not judged.
pub fn claim(judged: &Judged<'_>) -> Claim {
    let by_weight = [
        (ClaimVerdict::NotConforming, red(judged)),
        (ClaimVerdict::Void, missing(judged)),
        (ClaimVerdict::Partial, unjudged(judged)),
    ];
    let weighs = by_weight.into_iter().find(|(_, reasons)| !reasons.is_empty());
    let (verdict, reasons) = weighs.unwrap_or((ClaimVerdict::Conforming, Vec::new()));
    Claim { verdict, contract: judged.contract, reasons }
}

fn red(judged: &Judged<'_>) -> Vec<String> {
    if is_silent(judged.summary) {
        return Vec::new();
    }
    let mut reasons = counted(
        judged,
        &[
            (Verdict::Fail, "failed"),
            (Verdict::Crash, "crashed"),
            (Verdict::Timeout, "did not end in time"),
            (Verdict::DriverError, "could not be judged because the driver failed"),
            (Verdict::Xpass, "passed against the list of expected failures"),
        ],
    );
    let entries = if judged.stale == 1 { "entry" } else { "entries" };
    reasons.extend((judged.stale > 0).then(|| {
        format!(
            "{} {entries} of the list of expected failures {} stale",
            judged.stale,
            if judged.stale == 1 { "is" } else { "are" }
        )
    }));
    reasons
}

/// Whether the driver failed, and not one case was judged.
pub fn is_silent(summary: &BTreeMap<Verdict, usize>) -> bool {
    let any = |wanted: &[Verdict]| wanted.iter().any(|verdict| summary.get(verdict).is_some_and(|count| *count > 0));
    let judged = [Verdict::Pass, Verdict::Fail, Verdict::Crash, Verdict::Timeout, Verdict::Xfail, Verdict::Xpass];
    any(&[Verdict::DriverError]) && !any(&judged)
}

fn missing(judged: &Judged<'_>) -> Vec<String> {
    if is_silent(judged.summary) {
        return vec!["nothing could be judged, because the driver failed".to_owned()];
    }
    let mut reasons = Vec::new();
    for area in CORE_AREAS {
        let lacks = |features: &[String]| !features.iter().any(|feature| feature == area);
        if judged.features.is_some_and(lacks) {
            reasons.push(format!("the core area `{area}` was left out by --features"));
        } else if lacks(judged.declared) {
            reasons.push(format!("the core area `{area}` is not declared"));
        }
    }
    reasons
}

fn unjudged(judged: &Judged<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    if !judged.filters.is_empty() {
        let filters: Vec<String> = judged.filters.iter().map(|filter| format!("`{filter}`")).collect();
        reasons.push(format!("only the cases of {} were run", filters.join(", ")));
    }
    reasons.extend(judged.shard.map(|shard| format!("only the part {shard} of the cases was run")));
    reasons.extend(counted(
        judged,
        &[(Verdict::Untestable, "could not be tested"), (Verdict::Xfail, "failed as expected")],
    ));
    reasons
}

/// How many cases ended so, for each of the verdicts that any case has.
fn counted(judged: &Judged<'_>, words: &[(Verdict, &str)]) -> Vec<String> {
    let count = |verdict: Verdict| judged.summary.get(&verdict).copied().unwrap_or_default();
    let some = words.iter().map(|(verdict, word)| (count(*verdict), word)).filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {} {word}", if count == 1 { "case" } else { "cases" })).collect()
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { verdict, contract, reasons } = self;
        match verdict {
            ClaimVerdict::Conforming => write!(f, "conforming to contract {contract}"),
            ClaimVerdict::NotConforming => write!(f, "not conforming to contract {contract}"),
            ClaimVerdict::Partial | ClaimVerdict::Void => write!(f, "{verdict} for contract {contract}"),
        }?;
        if reasons.is_empty() { Ok(()) } else { write!(f, ": {}", reasons.join("; ")) }
    }
}

//! From what was seen of single cases to what a self-test found. Nothing runs here.

use std::collections::BTreeSet;

use super::Fault;
use crate::suite::discover::DiscoveredCase;
use crate::suite::requirement::{Catalogue, Level};
use crate::suite::verdict::Outcome;

/// What is asked of a self-test beyond that of each fault some case tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelftestOptions {
    /// How many cases run at a time.
    pub jobs: usize,
    /// All cases are there, so that every fault has to be caught, by every requirement that it violates.
    pub every_case: bool,
    /// All faults are there, so that every case has to catch one, and every requirement has to be violated by one.
    pub every_fault: bool,
}

/// What a self-test showed.
#[derive(Debug, Clone)]
pub struct Selftest {
    /// The cases of strength MUST that the sound runtime passed.
    pub cases: usize,
    /// The faults, in their order.
    pub faults: Vec<FaultReport>,
    /// The cases of strength MUST that caught no fault, by identifier: an assertion of theirs failed for none.
    pub idle: Vec<String>,
    /// The requirements of strength MUST that cases assert and no fault violates, by slug.
    pub unviolated: Vec<String>,
    /// The cases that the sound runtime did not pass: nothing can be said by them.
    pub unsound: Vec<Outcome>,
}

/// What became of a fault.
#[derive(Debug, Clone)]
pub struct FaultReport {
    /// The fault.
    pub fault: Fault,
    /// How many cases it changes anything in.
    pub changed: usize,
    /// In how many of them it was judged.
    pub judged: usize,
    /// The cases of strength MUST that caught it, by identifier.
    pub caught: Vec<String>,
    /// The requirements that it is said to violate, and of which no assertion failed.
    pub unshown: Vec<&'static str>,
    /// Whether it has to be caught.
    pub demanded: bool,
}

impl FaultReport {
    /// Whether it got away.
    pub fn survived(&self) -> bool {
        self.demanded && self.caught.is_empty()
    }
}

/// What a self-test comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Every fault was caught, by every requirement that it violates, and no case is idle.
    Clean,
    /// A fault survived, a requirement was not shown or is not violated, or a case is idle.
    Findings,
    /// The sound runtime did not pass, so that nothing can be said.
    Unsound,
}

impl Selftest {
    /// What it comes to.
    pub fn conclusion(&self) -> Conclusion {
        let caught = self.faults.iter().all(|fault| !fault.survived() && fault.unshown.is_empty());
        match (self.unsound.is_empty(), caught && self.idle.is_empty() && self.unviolated.is_empty()) {
            (false, _) => Conclusion::Unsound,
            (true, true) => Conclusion::Clean,
            (true, false) => Conclusion::Findings,
        }
    }
}

/// What a case says of a fault.
pub(super) struct Catch {
    /// Whether the case failed.
    pub(super) caught: bool,
    /// The requirements of which an assertion failed.
    pub(super) failed: BTreeSet<String>,
}

/// What was seen of one case.
pub(super) struct Seen {
    pub(super) unsound: Option<Outcome>,
    pub(super) asserted: BTreeSet<String>,
    /// By fault: none if the fault changes nothing in the case.
    pub(super) catches: Vec<Option<Catch>>,
    /// By fault: whether it changes what is sent.
    pub(super) sent: Vec<bool>,
}

impl Seen {
    pub(super) fn is_idle(&self) -> bool {
        self.unsound.is_none() && !self.catches.iter().flatten().any(|catch| !catch.failed.is_empty())
    }
}

/// What was seen of cases, by fault and by case.
pub(super) fn conclude(
    (cases, seen): (&[&DiscoveredCase], Vec<Seen>),
    faults: &[Fault],
    catalogue: &Catalogue,
    options: SelftestOptions,
) -> Selftest {
    let mut reports = Vec::new();
    for (index, fault) in faults.iter().enumerate() {
        let (mut caught, mut failed, mut judged, mut changed) = (Vec::new(), BTreeSet::new(), 0, 0);
        for (case, seen) in cases.iter().zip(&seen) {
            changed += usize::from(seen.sent[index] || seen.catches[index].is_some());
            let Some(catch) = &seen.catches[index] else { continue };
            judged += 1;
            failed.extend(&catch.failed);
            if catch.caught {
                caught.push(case.id.clone());
            }
        }
        let unshown = fault.violates.iter().copied().filter(|slug| !failed.contains(&(*slug).to_owned())).collect();
        let demanded = options.every_case || !options.every_fault;
        let unshown = if options.every_case { unshown } else { Vec::new() };
        reports.push(FaultReport { fault: *fault, changed, judged, caught, unshown, demanded });
    }
    let idle = cases.iter().zip(&seen).filter(|(_, seen)| options.every_fault && seen.is_idle());
    let idle = idle.map(|(case, _)| case.id.clone()).collect();
    let violated: BTreeSet<&str> = faults.iter().flat_map(|fault| fault.violates.iter().copied()).collect();
    let is_must = |slug: &&String| catalogue.get(slug).is_none_or(|requirement| requirement.level == Level::Must);
    let asserted: BTreeSet<&String> = seen.iter().flat_map(|seen| &seen.asserted).filter(is_must).collect();
    let unviolated = asserted.into_iter().filter(|slug| options.every_fault && !violated.contains(slug.as_str()));
    Selftest {
        cases: seen.iter().filter(|seen| seen.unsound.is_none()).count(),
        faults: reports,
        idle,
        unviolated: unviolated.cloned().collect(),
        unsound: seen.into_iter().filter_map(|seen| seen.unsound).collect(),
    }
}

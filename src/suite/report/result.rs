//! What a run showed, whole: every report shows a part of it, and its JSON form can be read back.
//!
//! It is made of the cases, what came of them, and how they were run. It knows nothing of how it is shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::coverage::{RequirementResult, coverage};
use super::run_info::RunInfo;
use super::shown::capped;
use super::transcript::{SHORT, Said, WHOLE, transcript};
use crate::contract::ContractVersion;
use crate::suite::claim::{Claim, Judged, claim, is_silent};
use crate::suite::discover::DiscoveredCase;
use crate::suite::expected::StaleEntry;
use crate::suite::protocol::Hello;
use crate::suite::requirement::{Catalogue, Level};
use crate::suite::verdict::{Outcome, Verdict};

/// The longest message of a case that is kept, in bytes: more than anybody reads, and a runtime may say megabytes.
const MAX_MESSAGE_BYTES: usize = 16 << 10;

/// Of so many cases that are red the whole transcript is kept; whoever has more has other troubles.
const WHOLE_TRANSCRIPTS: usize = 200;

/// A run, before what it showed is put together.
#[derive(Debug, Clone)]
pub struct Ran<'a> {
    /// The requirements that were judged by.
    pub catalogue: &'a Catalogue,
    /// The cases. An outcome whose case is not among them has no title and no source.
    pub cases: &'a [DiscoveredCase],
    /// The runtime under test, as it introduced itself.
    pub runtime: Hello,
    /// How the suite was asked to judge.
    pub info: RunInfo,
    /// What came of the cases, in their order.
    pub outcomes: &'a [Outcome],
    /// What is stale in the list of expected failures.
    pub stale: Vec<StaleEntry>,
}

/// What a run showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// What judged.
    pub suite: SuiteInfo,
    /// The runtime under test, as it introduced itself.
    pub runtime: Hello,
    /// How the suite was asked to judge.
    pub run: RunInfo,
    /// What may be claimed of the runtime.
    pub claim: Claim,
    /// How many cases have each verdict; every verdict is there.
    pub summary: BTreeMap<Verdict, usize>,
    /// What is stale in the list of expected failures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<StaleEntry>,
    /// The areas of the cases that were run, sorted.
    pub areas: Vec<AreaResult>,
    /// The cases, in order.
    pub cases: Vec<CaseResult>,
    /// Every requirement of the catalogue, in its order.
    pub requirements: Vec<RequirementResult>,
    /// The texts of the case files by identifier, each without its rows.
    pub sources: BTreeMap<String, String>,
}

/// What judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract version of its catalogue.
    pub contract: ContractVersion,
}

/// What a run showed of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaResult {
    /// Its name.
    pub id: String,
    /// How many cases it has.
    pub cases: usize,
    /// How many of them have each verdict that any of them has.
    pub summary: BTreeMap<Verdict, usize>,
}

/// What a run showed of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// Its permanent identifier.
    pub id: String,
    /// Its area.
    pub area: String,
    /// What holds if it passes.
    pub title: String,
    /// The requirements that it names.
    pub requirements: Vec<String>,
    /// The strongest level among them.
    pub level: Level,
    /// The verdict.
    pub verdict: Verdict,
    /// How often it was run, up to the first run that failed.
    pub runs: u64,
    /// The seed of the run that failed; absent if that ran freely, or none failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How long all runs took, in milliseconds.
    pub duration_ms: u64,
    /// Why, unless it passed.
    pub message: String,
    /// Why it is expected to fail, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The command that runs it again.
    pub reproduce: String,
    /// The row of the case's file that it is of, as text; what is around the rows stands in `sources`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// What was said in the run that failed, or in the first.
    pub transcript: Vec<Said>,
}

impl RunResult {
    /// Puts together what a run showed.
    pub fn new(ran: Ran<'_>) -> Self {
        let Ran { catalogue, cases, runtime, info: run, outcomes, stale } = ran;
        let mut summary: BTreeMap<Verdict, usize> = Verdict::ALL.iter().map(|verdict| (*verdict, 0)).collect();
        for outcome in outcomes {
            *summary.entry(outcome.verdict).or_default() += 1;
        }
        let claim = claim(&Judged {
            contract: catalogue.contract.min(runtime.contract),
            declared: &runtime.features,
            features: run.features.as_deref(),
            filters: &run.filters,
            shard: run.shard.as_deref(),
            summary: &summary,
            stale: stale.len(),
        });
        let by_id: BTreeMap<&str, &DiscoveredCase> = cases.iter().map(|case| (case.id.as_str(), case)).collect();
        let (mut sources, mut whole) = (BTreeMap::new(), 0);
        let mut results = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            let case = by_id.get(outcome.id.as_str()).copied();
            let (file, row) = case.map_or(("", ""), |case| parts(&case.source));
            if case.is_some() {
                sources.insert(file_of(&outcome.id).to_owned(), file.to_owned());
            }
            let needs_reading = outcome.verdict.is_red() || outcome.verdict == Verdict::DriverError;
            whole += usize::from(needs_reading);
            let bounds = if needs_reading && whole <= WHOLE_TRANSCRIPTS { WHOLE } else { SHORT };
            let seed = outcome.seed.filter(|_| !matches!(outcome.verdict, Verdict::Pass | Verdict::Xpass));
            results.push(CaseResult {
                id: outcome.id.clone(),
                area: outcome.area.clone(),
                title: case.map(|case| case.case.title.clone()).unwrap_or_default(),
                requirements: outcome.requirements.clone(),
                level: level(catalogue, &outcome.requirements),
                verdict: outcome.verdict,
                runs: outcome.runs,
                seed,
                duration_ms: outcome.duration_ms,
                message: capped(&outcome.message, MAX_MESSAGE_BYTES).into_owned(),
                reason: outcome.reason.clone(),
                reproduce: run.reproduce(&outcome.id, seed),
                row: row.to_owned(),
                transcript: transcript(&outcome.exchange, bounds),
            });
        }
        Self {
            suite: SuiteInfo {
                name: "airssys-wasm".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                contract: catalogue.contract,
            },
            runtime,
            run,
            claim,
            summary,
            stale,
            areas: areas(outcomes),
            cases: results,
            requirements: coverage(catalogue, outcomes),
            sources,
        }
    }

    /// How many cases have that verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.summary.get(&verdict).copied().unwrap_or_default()
    }

    /// How many cases are red.
    pub fn red(&self) -> usize {
        Verdict::ALL.iter().filter(|verdict| verdict.is_red()).map(|verdict| self.count(*verdict)).sum()
    }

    /// Whether the runtime conforms, as far as the run tells: nothing is red, lost by the driver, or stale.
    pub fn is_conforming(&self) -> bool {
        self.red() == 0 && self.count(Verdict::DriverError) == 0 && self.stale.is_empty()
    }

    /// Whether nothing could be judged, because harness or driver failed.
    pub fn is_harness_broken(&self) -> bool {
        is_silent(&self.summary)
    }

    /// The cases that people want to read about: those that are red, and those whose driver failed.
    pub fn to_read(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|case| case.verdict.is_red() || case.verdict == Verdict::DriverError)
    }
}

/// The identifier of the file that a case stands in.
pub(super) fn file_of(id: &str) -> &str {
    id.split_once('#').map_or(id, |(file, _)| file)
}

/// A case's text: what it shares with the other rows of its file, and its own row.
fn parts(source: &str) -> (&str, &str) {
    let row = source.match_indices("[[rows]]").map(|(at, _)| at).find(|at| *at == 0 || source[..*at].ends_with('\n'));
    source.split_at(row.unwrap_or(source.len()))
}

fn level(catalogue: &Catalogue, slugs: &[String]) -> Level {
    slugs.iter().filter_map(|slug| catalogue.get(slug)).map(|found| found.level).min().unwrap_or(Level::Must)
}

fn areas(outcomes: &[Outcome]) -> Vec<AreaResult> {
    let mut areas: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    for outcome in outcomes {
        *areas.entry(&outcome.area).or_default().entry(outcome.verdict).or_default() += 1;
    }
    let result = |(id, summary): (&str, BTreeMap<Verdict, usize>)| AreaResult {
        id: id.to_owned(),
        cases: summary.values().sum(),
        summary,
    };
    areas.into_iter().map(result).collect()
}

//! Decisions by many patterns, beside a scan of all of them.

use std::sync::Arc;

use super::lanes::loops;
use super::{Cores, Prepare, Prepared, Side, Statistic, Workload};
use crate::manifest::{Capabilities, FourActions};
use crate::perf::PerfError;
use crate::permission::{Access, FourAction, Grants};

const ABOUT: &str = "a decision on a path that is granted";
const SCAN: Option<&str> = Some("glob::Pattern, one after the other until one matches");

/// A point of the curve.
macro_rules! scan {
    ($id:literal, $patterns:literal) => {
        Workload {
            id: $id,
            about: ABOUT,
            against: SCAN,
            statistic: Statistic::Ratio,
            on: Cores::ALL,
            prepare: Prepare::Plain(|cores| against_scan(cores, $patterns)),
        }
    };
}

pub(super) const ALL: &[Workload] = &[
    scan!("permission/1-pattern", 1),
    scan!("permission/10-patterns", 10),
    scan!("permission/100-patterns", 100),
    scan!("permission/1000-patterns", 1_000),
    scan!("permission/10000-patterns", 10_000),
    Workload {
        id: "permission/growth",
        about: "a decision by ten thousand patterns",
        against: Some("a decision by one"),
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| {
            let [subject, baseline] = [10_000, 1].map(|patterns| decide(cores, patterns));
            Ok(Prepared::Pair(subject?, baseline?))
        }),
    },
];

/// Pattern number `n`, and a path that it matches. As in the manifest of a component that serves many: directories with all
/// that is in them, files, kinds of files, and kinds of files anywhere below.
fn pattern(n: usize) -> (String, String) {
    let place = format!("/srv/plugins/tenant-{n:05}");
    match n % 4 {
        0 => (format!("{place}/data/**"), format!("{place}/data/2026/11/report.json")),
        1 => (format!("{place}/settings.toml"), format!("{place}/settings.toml")),
        2 => (format!("{place}/cache/*.db"), format!("{place}/cache/state.db")),
        _ => (format!("/srv/*/tenant-{n:05}/**/*.log"), format!("{place}/logs/old/today.log")),
    }
}

/// How many decisions are made in turn, whatever the number of patterns.
const DECISIONS: usize = 64;

/// What is decided: sets of so many patterns, each compiled by `compile`, and for each decision its set and a path that it
/// grants, all over the patterns. One pattern is not like another: of one, there is a set of each kind.
fn decisions<T>(
    patterns: usize,
    compile: impl Fn(Vec<String>) -> Result<T, PerfError>,
) -> Result<Vec<(Arc<T>, String)>, PerfError> {
    let kinds = if patterns == 1 { 4 } else { 1 };
    let set = |kind: usize| compile((kind..kind + patterns).map(|n| pattern(n).0).collect()).map(Arc::new);
    let sets = (0..kinds).map(set).collect::<Result<Vec<_>, _>>()?;
    let decision = |n: usize| (Arc::clone(&sets[n % kinds]), pattern(n % kinds + n * patterns / DECISIONS).1);
    Ok((0..DECISIONS).map(decision).collect())
}

fn against_scan(cores: Cores, patterns: usize) -> Result<Prepared, PerfError> {
    let compile = |texts: Vec<String>| {
        let patterns = texts.iter().map(|text| glob::Pattern::new(text).map_err(PerfError::from_error));
        patterns.collect::<Result<Vec<_>, _>>()
    };
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let baseline = loops(cores, |_| {
        let (decisions, mut next) = (decisions(patterns, compile)?, 0);
        Ok(move || {
            next = (next + 1) % DECISIONS;
            let (patterns, path) = &decisions[next];
            assert!(patterns.iter().any(|pattern| pattern.matches_with(path, options)), "{path}");
        })
    })?;
    Ok(Prepared::Pair(decide(cores, patterns)?, baseline))
}

fn decide(cores: Cores, patterns: usize) -> Result<Box<dyn Side>, PerfError> {
    let compile = |read| {
        let filesystem = FourActions { read, ..FourActions::default() };
        let required = Capabilities { filesystem, ..Capabilities::default() };
        Grants::new(&required, &Capabilities::default()).map_err(PerfError::from_error)
    };
    loops(cores, |_| {
        let (decisions, mut next) = (decisions(patterns, compile)?, 0);
        Ok(move || {
            next = (next + 1) % DECISIONS;
            let (grants, path) = &decisions[next];
            assert!(grants.decide(Access::Filesystem(FourAction::Read, path)).is_granted(), "{path}");
        })
    })
}

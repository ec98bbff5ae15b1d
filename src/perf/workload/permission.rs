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

/// Paths all over the patterns, as many whatever the number of patterns.
fn paths(patterns: usize) -> Vec<String> {
    const PATHS: usize = 64;
    (0..PATHS).map(|n| pattern(n * patterns / PATHS).1).collect()
}

fn against_scan(cores: Cores, patterns: usize) -> Result<Prepared, PerfError> {
    let subject = decide(cores, patterns)?;
    let compile = |n| glob::Pattern::new(&pattern(n).0).map_err(PerfError::from_error);
    let compiled = Arc::new((0..patterns).map(compile).collect::<Result<Vec<_>, _>>()?);
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let baseline = loops(cores, |_| {
        let (compiled, paths, mut next) = (Arc::clone(&compiled), paths(patterns), 0);
        Ok(move || {
            next = (next + 1) % paths.len();
            let found = compiled.iter().any(|pattern| pattern.matches_with(&paths[next], options));
            assert!(found, "{}", paths[next]);
        })
    })?;
    Ok(Prepared::Pair(subject, baseline))
}

fn decide(cores: Cores, patterns: usize) -> Result<Box<dyn Side>, PerfError> {
    let filesystem = FourActions { read: (0..patterns).map(|n| pattern(n).0).collect(), ..FourActions::default() };
    let required = Capabilities { filesystem, ..Capabilities::default() };
    let grants = Arc::new(Grants::new(&required, &Capabilities::default()).map_err(PerfError::from_error)?);
    loops(cores, |_| {
        let (grants, paths, mut next) = (Arc::clone(&grants), paths(patterns), 0);
        Ok(move || {
            next = (next + 1) % paths.len();
            assert!(grants.decide(Access::Filesystem(FourAction::Read, &paths[next])).is_granted(), "{}", paths[next]);
        })
    })
}

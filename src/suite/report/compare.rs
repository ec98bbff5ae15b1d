//! Several results beside each other: the cases on which they differ.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::result::RunResult;
use super::shown::on_one_line;
use crate::suite::verdict::Verdict;

/// A case on which results differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The case.
    pub id: &'a str,
    /// Its verdict in each result; none where it was not run.
    pub verdicts: Vec<Option<Verdict>>,
}

/// The cases whose verdicts are not the same in all results, by identifier. A case that only some of them have differs.
pub fn differences(results: &[RunResult]) -> Vec<Difference<'_>> {
    let mut cases: BTreeMap<&str, Vec<Option<Verdict>>> = BTreeMap::new();
    for (index, result) in results.iter().enumerate() {
        for case in &result.cases {
            let verdicts = cases.entry(&case.id).or_insert_with(|| vec![None; results.len()]);
            verdicts[index] = Some(case.verdict);
        }
    }
    cases.retain(|_, verdicts| verdicts.windows(2).any(|pair| pair[0] != pair[1]));
    cases.into_iter().map(|(id, verdicts)| Difference { id, verdicts }).collect()
}

/// The results, numbered, with what may be claimed of each; the cases on which they differ; and how many those are.
pub fn compare_table(results: &[RunResult]) -> String {
    let differences = differences(results);
    let mut out = String::new();
    for (index, result) in results.iter().enumerate() {
        let name = format!("{} {}", result.runtime.runtime, result.runtime.version);
        let _ = writeln!(out, "{}  {}: {}", index + 1, on_one_line(&name), on_one_line(&result.claim.to_string()));
    }
    let _ = writeln!(out);
    if !differences.is_empty() {
        let width = differences
            .iter()
            .map(|difference| on_one_line(difference.id).chars().count())
            .max()
            .unwrap_or_default()
            .max(4);
        let heads: Vec<String> = (1..=results.len()).map(|number| number.to_string()).collect();
        let _ = writeln!(out, "{}", row("case", width, &heads));
        for Difference { id, verdicts } in &differences {
            let verdicts: Vec<&str> = verdicts.iter().map(|verdict| verdict.map_or("-", Verdict::as_str)).collect();
            let _ = writeln!(out, "{}", row(&on_one_line(id), width, &verdicts));
        }
        let _ = writeln!(out);
    }
    let all: std::collections::BTreeSet<&str> =
        results.iter().flat_map(|result| &result.cases).map(|case| case.id.as_str()).collect();
    let _ = writeln!(out, "{} of {} cases differ", differences.len(), all.len());
    out
}

fn row(name: &str, width: usize, cells: &[impl AsRef<str>]) -> String {
    let cells: String = cells.iter().map(|cell| format!("  {:<14}", cell.as_ref())).collect();
    format!("{name:<width$}{cells}").trim_end().to_owned()
}

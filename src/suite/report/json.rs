//! The machine-readable report.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Report, RequirementReport};
use crate::suite::requirement::Level;
use crate::suite::verdict::Verdict;

#[derive(Serialize)]
struct CaseReport<'a> {
    id: &'a str,
    area: &'a str,
    requirements: &'a [String],
    level: Level,
    verdict: Verdict,
    runs: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    duration_ms: u64,
    message: &'a str,
}

/// The report as JSON: `{suite, runtime, summary, cases, requirements}`. The same run gives the same
/// JSON but for `duration_ms`.
pub fn to_json(report: &Report) -> Value {
    let level = |slugs: &[String]| {
        let levels = report.requirements.iter().filter(|requirement| slugs.contains(&requirement.id));
        levels.map(|requirement| requirement.level).min().unwrap_or(Level::Must)
    };
    let cases: Vec<CaseReport<'_>> = report
        .outcomes
        .iter()
        .map(|outcome| CaseReport {
            id: &outcome.id,
            area: &outcome.area,
            requirements: &outcome.requirements,
            level: level(&outcome.requirements),
            verdict: outcome.verdict,
            runs: outcome.runs,
            seed: outcome.seed.filter(|_| !matches!(outcome.verdict, Verdict::Pass | Verdict::Xpass)),
            duration_ms: outcome.duration_ms,
            message: &outcome.message,
        })
        .collect();
    let requirements: &[RequirementReport] = &report.requirements;
    let summary: serde_json::Map<String, Value> =
        report.summary().into_iter().map(|(verdict, count)| (verdict.to_string(), count.into())).collect();
    json!({
        "suite": { "name": "airssys-wasm", "version": env!("CARGO_PKG_VERSION"), "contract": report.contract },
        "runtime": report.runtime,
        "summary": summary,
        "cases": cases,
        "requirements": requirements,
    })
}

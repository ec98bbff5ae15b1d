//! What the page shows, in the form that its program reads: every case once, with what came of it in each result.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::suite::report::result::{CaseResult, RunResult, file_of};
use crate::suite::report::shown::visible;
use crate::suite::report::transcript::Said;

/// The data of the page. Nothing in it hides or reorders text.
pub(super) fn of(results: &[RunResult]) -> Value {
    let mut data = json!({
        "runs": results.iter().map(run).collect::<Vec<_>>(),
        "requirements": requirements(results),
        "sources": sources(results),
        "cases": cases(results),
    });
    make_visible(&mut data);
    data
}

fn run(result: &RunResult) -> Value {
    json!({
        "runtime": result.runtime.runtime,
        "version": result.runtime.version,
        "suite": result.suite.version,
        "verdict": result.claim.verdict,
        "claim": result.claim.to_string(),
        "asked": result.run,
        "summary": result.summary,
        "stale": result.stale,
    })
}

/// The requirements of all results: their texts once, and the verdict on them in each.
fn requirements(results: &[RunResult]) -> Value {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found: Vec<Value> = Vec::new();
    for (index, result) in results.iter().enumerate() {
        for requirement in &result.requirements {
            let at = *known.entry(&requirement.id).or_insert_with(|| {
                found.push(json!({
                    "id": requirement.id,
                    "level": requirement.level,
                    "section": requirement.section,
                    "text": requirement.text,
                    "excluded": requirement.excluded,
                    "verdicts": vec![Value::Null; results.len()],
                }));
                found.len() - 1
            });
            found[at]["verdicts"][index] = json!(requirement.verdict);
        }
    }
    Value::Array(found)
}

/// The texts of the case files. Of a file that differs from result to result, the first.
fn sources(results: &[RunResult]) -> BTreeMap<&str, &str> {
    let all = results.iter().rev().flat_map(|result| &result.sources);
    all.map(|(file, text)| (file.as_str(), text.as_str())).collect()
}

fn cases(results: &[RunResult]) -> Value {
    let mut found: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (index, result) in results.iter().enumerate() {
        for case in &result.cases {
            let entry = found.entry(&case.id).or_insert_with(|| described(case, results.len()));
            entry["runs"][index] = outcome(case);
        }
    }
    found.into_values().map(Value::Object).collect()
}

fn described(case: &CaseResult, runs: usize) -> Map<String, Value> {
    let fields = [
        ("id", json!(case.id)),
        ("area", json!(case.area)),
        ("file", json!(file_of(&case.id))),
        ("title", json!(case.title)),
        ("level", json!(case.level)),
        ("requirements", json!(case.requirements)),
        ("row", json!(case.row)),
        ("runs", json!(vec![Value::Null; runs])),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn outcome(case: &CaseResult) -> Value {
    let said = |said: &Said| json!([said.step, said.sent, said.got, said.left_out]);
    json!({
        "verdict": case.verdict,
        "message": case.message,
        "reason": case.reason,
        "seed": case.seed,
        "ms": case.duration_ms,
        "times": case.runs,
        "reproduce": case.reproduce,
        "said": case.transcript.iter().map(said).collect::<Vec<_>>(),
    })
}

fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(key, mut value)| {
                    make_visible(&mut value);
                    (visible(&key).into_owned(), value)
                })
                .collect();
        }
        _ => {}
    }
}

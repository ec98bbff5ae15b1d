//! The machine-readable report, its schema, and the way back.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::result::RunResult;

/// The report as JSON. The same run gives the same JSON but for `duration_ms`, and for what a transcript tells of time
/// and of an order that was free.
pub fn to_json(result: &RunResult) -> Value {
    serde_json::to_value(result).unwrap_or_default()
}

/// The result that was written as JSON.
///
/// # Errors
/// Says what is no result, and where.
pub fn from_json(text: &str) -> Result<RunResult, NotAResult> {
    serde_json::from_str(text).map_err(NotAResult)
}

/// Why a text is no result.
#[derive(Debug, thiserror::Error)]
#[error("not a JSON report of this version of `suite run`: {0}")]
pub struct NotAResult(serde_json::Error);

/// The JSON Schema of the report, which stands in `conformance/protocol/report.json`.
pub fn schema() -> Value {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut document = Value::from(generator.into_root_schema_for::<RunResult>());
    document["$id"] = "https://github.com/airsstack/airssys/conformance/protocol/report.json".into();
    document["title"] = "Report of a run of the conformance suite".into();
    document
}

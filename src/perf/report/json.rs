//! The report for programs.

use super::Report;

/// The report as one JSON object.
pub fn to_json(report: &Report) -> String {
    // Its keys are texts: it can always be written.
    serde_json::to_string_pretty(report).unwrap_or_default()
}

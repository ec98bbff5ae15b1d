//! The report: what was measured, and how it was judged. One form a file; no I/O.

mod curve;
mod json;
mod markdown;
mod table;

use serde::Serialize;

pub use json::to_json;
pub use markdown::to_markdown;
pub use table::{line, table};

use super::judge::{Row, Verdict};
use super::saved::{Machine, Saved, SavedRow};

/// What came of measuring.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Where it was measured.
    pub machine: Machine,
    /// How sure the intervals are.
    pub confidence: f64,
    /// By how much of itself a result may be worse than a saved one.
    pub tolerance: f64,
    /// The results.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether a budget is broken, or a result has become worse.
    pub fn is_bad(&self) -> bool {
        self.rows.iter().any(Row::is_bad)
    }

    /// The results, to be kept.
    pub fn to_saved(&self) -> Saved {
        let row = |row: &Row| SavedRow {
            workload: row.workload.clone(),
            cores: row.cores,
            unit: row.unit,
            estimate: row.estimate,
        };
        Saved::new(self.machine.clone(), self.rows.iter().map(row).collect())
    }

    /// What is wrong, a sentence each: which workload, by how much, and how sure that is.
    pub fn complaints(&self) -> Vec<String> {
        self.rows.iter().flat_map(|row| self.complaints_of(row)).collect()
    }

    fn complaints_of(&self, row: &Row) -> Vec<String> {
        let sure = format!(
            "{:.0} % sure: {} to {} in {} rounds",
            self.confidence * 100.0,
            row.unit.show(row.estimate.low),
            row.unit.show(row.estimate.high),
            row.estimate.rounds
        );
        let of = format!("{} on {} {}", row.workload, row.cores, if row.cores.count() == 1 { "core" } else { "cores" });
        let mut complaints = Vec::new();
        if let (Verdict::Over, Some(budget)) = (row.verdict, row.budget) {
            let (bound, what) = row.accepted.map_or((budget, "the budget"), |accepted| (accepted, "what is accepted,"));
            let off = (row.estimate.median / bound.value() - 1.0).abs() * 100.0;
            complaints.push(format!(
                "{of}: {} breaks {what} {} by {off:.0} % ({sure})",
                row.unit.show(row.estimate.median),
                bound.show(row.unit)
            ));
        }
        if let Some(saved) = row.saved.filter(|saved| saved.is_regression) {
            complaints.push(format!(
                "{of}: {} is worse than the saved {} by {:.0} %, more than {:.0} % ({sure}; saved: {} to {})",
                row.unit.show(row.estimate.median),
                row.unit.show(saved.estimate.median),
                saved.worse_by * 100.0,
                self.tolerance * 100.0,
                row.unit.show(saved.estimate.low),
                row.unit.show(saved.estimate.high)
            ));
        }
        complaints
    }
}

//! Speed: what the runtime costs beside what lies below it, measured in the same process at the same time.
//!
//! In: a choice of [`Workload`]s, [`Budgets`], an [`Effort`]. Out: a [`Report`] with one row a workload and number of
//! cores, whose verdict says whether a budget is kept and how sure that is. Absolute times differ from machine to machine
//! and from minute to minute; what is judged is, wherever there is a baseline, a ratio of both in turns. This module
//! decides nothing about how the runtime works; it looks at the runtime from outside, and at three of its parts through
//! `runtime::probe`.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use airssys_wasm::perf::{Budgets, Effort, run, workloads};
//!
//! let report = run(&workloads(), &Budgets::embedded()?, None, &Effort::default(), &|_| {})?;
//! for row in &report.rows {
//!     println!("{} on {}: {:?}", row.workload, row.cores, row.verdict);
//! }
//! assert!(!report.is_bad());
//! # Ok(())
//! # }
//! ```

mod budget;
mod estimate;
pub mod instructions;
mod judge;
mod measure;
pub mod report;
mod saved;
mod workload;

pub use budget::{Accepted, Bound, Budget, BudgetError, Budgets};
pub use estimate::Estimate;
pub use judge::{Regression, Row, Verdict, count, run};
pub use measure::{Effort, Measured, measure};
pub use report::Report;
pub use saved::{Machine, Saved, SavedRow};
pub use workload::{Cores, Prepared, Side, Statistic, Workload, all as workloads, of_driver};

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PerfError {
    message: String,
}

impl PerfError {
    /// An error with the reason in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    pub(crate) fn from_error(error: impl std::fmt::Display) -> Self {
        Self::new(error.to_string())
    }

    /// The same, with the workload that it is about before it.
    fn of(self, workload: &str) -> Self {
        Self::new(format!("{workload}: {}", self.message))
    }
}

//! Results that are kept, to hold later ones against.
//!
//! In: a report, or the text of a saved one. Out: JSON, or what a later report is compared with. Ratios are compared
//! wherever they were measured; times, rates and bytes only on the machine that they were saved on.

use serde::{Deserialize, Serialize};

use super::PerfError;
use super::estimate::Estimate;
use super::workload::{Cores, Statistic};

/// Which form a saved file has. Another number is another form.
const FORMAT: u32 = 1;

/// Saved results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Saved {
    /// The form of the file.
    pub format: u32,
    /// Where it was measured.
    pub machine: Machine,
    /// The results.
    pub rows: Vec<SavedRow>,
}

/// What was measured of a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SavedRow {
    /// The workload.
    pub workload: String,
    /// On how many cores.
    pub cores: Cores,
    /// What the estimate is of.
    pub unit: Statistic,
    /// What was found.
    pub estimate: Estimate,
}

/// A machine, as far as it makes a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Machine {
    /// The processor, as the system calls it.
    pub processor: String,
    /// How many of them the process may use.
    pub processors: usize,
    /// The architecture and the system.
    pub target: String,
    /// Whether this crate was compiled with debug assertions, as in the dev profile.
    pub debug: bool,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let named =
            |key: &str| info.lines().find(|line| line.starts_with(key)).and_then(|line| line.split(": ").nth(1));
        Self {
            processor: named("model name").or(named("CPU part")).unwrap_or("unknown").trim().to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            debug: cfg!(debug_assertions),
        }
    }
}

impl Saved {
    /// Results from this machine.
    pub fn new(machine: Machine, rows: Vec<SavedRow>) -> Self {
        Self { format: FORMAT, machine, rows }
    }

    /// Reads saved results.
    ///
    /// # Errors
    /// [`PerfError`] if the text is not what [`Saved::to_json`] wrote, or another version of this program wrote it.
    pub fn parse(text: &str) -> Result<Self, PerfError> {
        let saved: Self = serde_json::from_str(text).map_err(PerfError::from_error)?;
        if saved.format != FORMAT {
            let why = format!("form {} of saved results, this program reads {FORMAT}: save them again", saved.format);
            return Err(PerfError::new(why));
        }
        let numbers = |row: &SavedRow| [row.estimate.median, row.estimate.low, row.estimate.high];
        match saved.rows.iter().find(|row| !numbers(row).iter().all(|number| number.is_finite())) {
            Some(row) => Err(PerfError::new(format!("{} has no finite estimate", row.workload))),
            None => Ok(saved),
        }
    }

    /// As text.
    pub fn to_json(&self) -> String {
        // Its keys are texts and its numbers finite: it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What was saved of a workload, if it can be compared with what this machine gives.
    pub(super) fn row(
        &self,
        workload: &str,
        cores: Cores,
        statistic: Statistic,
        machine: &Machine,
    ) -> Option<&SavedRow> {
        let row = self.rows.iter().find(|row| row.workload == workload && row.cores == cores)?;
        // What is compiled without optimisation is another program.
        let comparable = row.unit == statistic && self.machine.debug == machine.debug;
        (comparable && (statistic.is_relative() || self.machine == *machine)).then_some(row)
    }
}

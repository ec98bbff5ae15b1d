//! Instructions instead of time: what a repetition of a workload executes, counted by valgrind's callgrind, for machines
//! whose clocks tell nothing.
//!
//! In: a workload and this program's own executable. Out: instructions a repetition, of either side. The program runs
//! under callgrind twice, with so many repetitions and with twice as many; the difference is what the repetitions took,
//! and what comes before and after them cancels out. Only the thread that does them counts.

use std::path::Path;
use std::process::Command;

use super::PerfError;
use super::workload::{Cores, Prepared, Side, Workload};

/// The workloads whose code is the runtime's own, and which one thread does alone.
pub const COUNTED: &[&str] = &["execute/64-bytes", "permission/100-patterns", "manifest/parse", "message/hop"];

/// One side of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The runtime.
    Subject,
    /// What it is held against.
    Baseline,
}

impl Which {
    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Which::Subject => "subject",
            Which::Baseline => "baseline",
        }
    }
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Which::Subject, Which::Baseline];
        all.into_iter().find(|which| which.as_str() == text).ok_or_else(|| format!("`{text}` is no side of a workload"))
    }
}

/// How many repetitions the first run does. What a tick of the engine in between adds to one is then lost among them.
const TIMES: u64 = 2_000;

/// Repeats one side of a workload so many times, for whoever counts.
///
/// # Errors
/// [`PerfError`] if the workload has no such side, or fails.
pub fn repeat(workload: &Workload, which: Which, times: u64) -> Result<(), PerfError> {
    let mut side: Box<dyn Side> = match (workload.prepare(Cores::One)?, which) {
        (Prepared::Pair(subject, _) | Prepared::Alone(subject), Which::Subject) => subject,
        (Prepared::Pair(_, baseline), Which::Baseline) => baseline,
        _ => return Err(PerfError::new(format!("{} has no {} to repeat", workload.id, which.as_str()))),
    };
    // What happens once happens here, in both runs.
    side.run(side.step())?;
    side.run(times.next_multiple_of(side.step()))?;
    Ok(())
}

/// What a repetition of each side executes. `program` is run with the arguments that `args` gives for a workload, a side
/// and a number of repetitions, and must [`repeat`] that.
///
/// # Errors
/// [`PerfError`] if there is no valgrind, or the program fails under it.
pub fn count(
    program: &Path,
    workload: &Workload,
    args: &dyn Fn(Which, u64) -> Vec<String>,
) -> Result<(f64, f64), PerfError> {
    let each = |which| {
        let [once, twice] = [TIMES, 2 * TIMES].map(|times| collected(program, &args(which, times)));
        Ok::<_, PerfError>(twice?.saturating_sub(once?) as f64 / TIMES as f64)
    };
    let counted = each(Which::Subject).and_then(|subject| Ok((subject, each(Which::Baseline)?)));
    counted.map_err(|why| why.of(workload.id))
}

/// Runs a program under callgrind and answers how many instructions its first thread executed.
fn collected(program: &Path, args: &[String]) -> Result<u64, PerfError> {
    let place = tempfile::tempdir().map_err(PerfError::from_error)?;
    let out = place.path().join("counts");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--separate-threads=yes", "--smc-check=all-non-file"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args(args)
        .output();
    let run =
        run.map_err(|why| PerfError::new(format!("valgrind cannot be run: {why}; Debian's package has that name")))?;
    if !run.status.success() {
        let told = String::from_utf8_lossy(&run.stderr);
        let last: Vec<&str> = told.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        return Err(PerfError::new(format!("it failed under valgrind ({}): {}", run.status, last.join("; "))));
    }
    let first = place.path().join("counts-01");
    let text =
        std::fs::read_to_string(&first).map_err(|why| PerfError::new(format!("callgrind left no counts: {why}")))?;
    total(&text).ok_or_else(|| PerfError::new("callgrind left no total"))
}

/// The total of a file that callgrind wrote.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found() {
        let table = [
            ("version: 1\nevents: Ir\nsummary: 123\n\nfn=(1) main\n1 2\ntotals: 123\n", Some(123)),
            ("events: Ir\nfn=(1)\n1 2\ntotals: 7", Some(7)),
            ("events: Ir\n", None),
            ("summary: many\n", None),
        ];
        for (text, expected) in table {
            assert_eq!(total(text), expected, "{text:?}");
        }
    }
}

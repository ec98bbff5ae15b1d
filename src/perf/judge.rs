//! The verdict on each workload: whether its budget is kept, and whether it is worse than a saved result.
//!
//! A budget is broken when the whole interval is beyond it, and a result has become worse when its interval is beyond that
//! of the saved one by more than the tolerance. So neither is called by an unlucky measurement: what is within the noise
//! is measured on until it is clear, or patience ends, and is then not held against anybody.

use std::path::Path;

use serde::Serialize;

use super::PerfError;
use super::budget::{Bound, Budget, Budgets};
use super::estimate::Estimate;
use super::instructions::{self, Which};
use super::measure::{Effort, Measured, measure};
use super::report::Report;
use super::saved::{Machine, Saved, SavedRow};
use super::workload::{Cores, Statistic, Workload};

/// What a result of a cost above the baseline, in nanoseconds, may always be worse: less is within what the same code
/// costs when it lies elsewhere in memory.
const ADDED_SLACK_NS: f64 = 30.0;

/// One line of a report: a workload on so many cores.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The workload.
    pub workload: String,
    /// What one repetition does.
    pub about: String,
    /// What one repetition of the baseline does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// On how many cores.
    pub cores: Cores,
    /// What the estimate is of.
    pub unit: Statistic,
    /// What was found.
    pub estimate: Estimate,
    /// What one repetition takes, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_ns: Option<f64>,
    /// What one repetition of the baseline takes, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_ns: Option<f64>,
    /// What one repetition of the baseline executes, if instructions were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_instructions: Option<f64>,
    /// The budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Bound>,
    /// What is accepted beyond the budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Bound>,
    /// Whether the budget is kept.
    pub verdict: Verdict,
    /// How it compares with a saved result; none if there is none that can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved: Option<Regression>,
}

/// Whether a budget is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The interval is not beyond it.
    Kept,
    /// More than it is accepted, and the interval is not beyond that. Whether this measurement happens to keep the budget
    /// makes no difference: what is at its edge would be called now so and now otherwise.
    Accepted,
    /// The whole interval is beyond it, or beyond what is accepted.
    Over,
    /// There is no budget.
    Free,
}

/// How a result compares with a saved one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Regression {
    /// What was saved.
    pub estimate: Estimate,
    /// By how much of the saved median this one is worse; below zero it is better.
    pub worse_by: f64,
    /// Whether it is surely worse by more than the tolerance.
    pub is_regression: bool,
}

/// Measures the workloads, on as many cores as each says, and judges what comes of it. `observe` is told of each row as
/// it is there.
///
/// # Errors
/// [`PerfError`] if a workload cannot be measured: it names which.
pub fn run(
    workloads: &[Workload],
    budgets: &Budgets,
    saved: Option<&Saved>,
    effort: &Effort,
    observe: &dyn Fn(&Row),
) -> Result<Report, PerfError> {
    let machine = Machine::this();
    let mut rows = Vec::new();
    for workload in workloads {
        for cores in workload.on.iter().filter(|cores| cores.count() <= machine.processors) {
            let budget = budgets.of(workload.id, *cores);
            let before = saved.and_then(|saved| saved.row(workload.id, *cores, workload.statistic, &machine));
            let gate = budget.map(Budget::gate);
            let sure = |estimate: &Estimate| is_sure(workload.statistic, estimate, gate, before, budgets.tolerance);
            let measured = measure(workload, *cores, effort, &sure)?;
            let row = judge(workload, *cores, measured, budget, before, budgets.tolerance);
            observe(&row);
            rows.push(row);
        }
    }
    Ok(Report { machine, confidence: effort.confidence, tolerance: budgets.tolerance, rows })
}

/// Counts what the workloads execute, and judges that as [`run`] judges what they take. `program` is this one. Counts have
/// no budgets, since an instruction is no time; they are held against saved ones.
///
/// # Errors
/// [`PerfError`] if there is no valgrind, or a workload cannot be repeated under it.
pub fn count(
    workloads: &[Workload],
    program: &Path,
    budgets: &Budgets,
    saved: Option<&Saved>,
    observe: &dyn Fn(&Row),
) -> Result<Report, PerfError> {
    let machine = Machine::this();
    let mut rows = Vec::new();
    for workload in workloads {
        let args = |which: Which, times: u64| {
            ["perf", workload.id, "--repeat"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("{}:{times}", which.as_str())])
        };
        let (subject, baseline) = instructions::count(program, workload, &|which, times| args(which, times).collect())?;
        let instructions = |count: f64| Estimate { median: count, low: count, high: count, rounds: 1 };
        let counted = Workload { statistic: Statistic::Instructions, ..workload.clone() };
        let before = saved.and_then(|saved| saved.row(counted.id, Cores::One, counted.statistic, &machine));
        let measured = Measured { estimate: instructions(subject), subject_ns: None, baseline_ns: None };
        let mut row = judge(&counted, Cores::One, measured, None, before, budgets.tolerance);
        row.baseline_instructions = Some(baseline);
        observe(&row);
        rows.push(row);
    }
    Ok(Report { machine, confidence: 1.0, tolerance: budgets.tolerance, rows })
}

/// Whether more rounds would hardly change a verdict.
fn is_sure(
    statistic: Statistic,
    estimate: &Estimate,
    bound: Option<Bound>,
    saved: Option<&SavedRow>,
    tolerance: f64,
) -> bool {
    let clear = |bound: Bound| bound.is_kept_by(estimate.low) == bound.is_kept_by(estimate.high);
    bound.is_none_or(clear) && saved.is_none_or(|saved| clear(worst(statistic, &saved.estimate, tolerance)))
}

/// The bound that a saved result is for those that follow.
fn worst(statistic: Statistic, saved: &Estimate, tolerance: f64) -> Bound {
    if statistic.is_better_larger() {
        return Bound::AtLeast(saved.low * (1.0 - tolerance));
    }
    let slack = tolerance * saved.high.abs();
    Bound::AtMost(saved.high + if statistic == Statistic::Added { slack.max(ADDED_SLACK_NS) } else { slack })
}

/// Whether a whole interval is beyond a bound.
fn is_beyond(estimate: &Estimate, bound: Bound) -> bool {
    !bound.is_kept_by(estimate.low) && !bound.is_kept_by(estimate.high)
}

fn judge(
    workload: &Workload,
    cores: Cores,
    measured: Measured,
    budget: Option<&Budget>,
    saved: Option<&SavedRow>,
    tolerance: f64,
) -> Row {
    let Measured { estimate, subject_ns, baseline_ns } = measured;
    let verdict = match budget {
        None => Verdict::Free,
        Some(budget) if is_beyond(&estimate, budget.gate()) => Verdict::Over,
        Some(budget) if budget.accepted.is_some() => Verdict::Accepted,
        Some(_) => Verdict::Kept,
    };
    let statistic = workload.statistic;
    let saved = saved.map(|SavedRow { estimate: before, .. }| {
        let change = (estimate.median - before.median) / before.median.abs();
        Regression {
            estimate: *before,
            worse_by: if statistic.is_better_larger() { -change } else { change },
            is_regression: is_beyond(&estimate, worst(statistic, before, tolerance)),
        }
    });
    Row {
        workload: workload.id.to_owned(),
        about: workload.about.to_owned(),
        against: workload.against.map(str::to_owned),
        cores,
        unit: statistic,
        estimate,
        subject_ns,
        baseline_ns,
        baseline_instructions: None,
        budget: budget.map(|budget| budget.bound),
        accepted: budget.and_then(|budget| budget.accepted.as_ref()).map(|accepted| accepted.bound),
        verdict,
        saved,
    }
}

impl Row {
    /// Whether a gate is closed to it.
    pub fn is_bad(&self) -> bool {
        self.verdict == Verdict::Over || self.saved.is_some_and(|saved| saved.is_regression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(median: f64, half: f64) -> Estimate {
        Estimate { median, low: median - half, high: median + half, rounds: 45 }
    }

    #[test]
    fn a_bound_is_broken_by_a_whole_interval_alone() {
        let (most, least) = (Bound::AtMost(1.4), Bound::AtLeast(0.6));
        // The estimate, the bound; whether it is broken, whether that is sure.
        let table = [
            (around(1.2, 0.1), most, false, true),
            (around(1.4, 0.1), most, false, false),
            (around(1.49, 0.1), most, false, false),
            (around(1.6, 0.1), most, true, true),
            (around(0.8, 0.1), least, false, true),
            (around(0.55, 0.1), least, false, false),
            (around(0.4, 0.1), least, true, true),
        ];
        for (estimate, bound, beyond, sure) in table {
            assert_eq!(is_beyond(&estimate, bound), beyond, "{estimate:?} {bound:?}");
            assert_eq!(is_sure(Statistic::Ratio, &estimate, Some(bound), None, 0.1), sure, "{estimate:?} {bound:?}");
        }
    }

    #[test]
    fn a_result_is_a_regression_beyond_the_interval_and_the_tolerance() {
        // The statistic, saved, now; whether that is a regression.
        let table = [
            (Statistic::Ratio, around(1.0, 0.05), around(1.10, 0.02), false),
            (Statistic::Ratio, around(1.0, 0.05), around(1.18, 0.02), true),
            (Statistic::Ratio, around(1.0, 0.05), around(1.18, 0.05), false),
            (Statistic::Ratio, around(1.0, 0.05), around(0.5, 0.01), false),
            (Statistic::Speed, around(0.8, 0.02), around(0.75, 0.02), false),
            (Statistic::Speed, around(0.8, 0.02), around(0.6, 0.02), true),
            (Statistic::Added, around(5.0, 2.0), around(35.0, 2.0), false),
            (Statistic::Added, around(5.0, 2.0), around(50.0, 2.0), true),
            (Statistic::Added, around(-20.0, 2.0), around(0.0, 2.0), false),
            (Statistic::PerSecond, around(200.0, 5.0), around(150.0, 5.0), true),
        ];
        for (statistic, before, now, expected) in table {
            let bound = worst(statistic, &before, 0.1);
            assert_eq!(is_beyond(&now, bound), expected, "{statistic:?} {before:?} {now:?}");
        }
    }
}

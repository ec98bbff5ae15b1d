//! The report for people at a terminal.

use super::Report;
use super::curve::curve;
use crate::perf::judge::{Row, Verdict};
use crate::perf::workload::show_ns;

/// A line a workload, the curve of the permission decision, what is wrong, and the closing line.
pub fn table(report: &Report) -> String {
    let mut out = heading();
    for row in &report.rows {
        out.push_str(&line(row));
    }
    out.push_str(&after(report));
    out
}

/// What stands above the lines.
fn heading() -> String {
    format!(
        "{:<30}{:>5}  {:>10}  {:>10}  {:>10}  {:>23}  {:>11}  {}\n",
        "workload", "cores", "takes", "baseline", "result", "interval", "budget", "verdict"
    )
}

/// What stands below them.
fn after(report: &Report) -> String {
    let mut out = curve(report);
    let bad = report.complaints();
    out.push('\n');
    for complaint in &bad {
        out.push_str(&format!("{complaint}\n"));
    }
    let judged = report.rows.iter().filter(|row| row.verdict != Verdict::Free).count();
    let count = |verdict| report.rows.iter().filter(|row| row.verdict == verdict).count();
    let (accepted, over) = (count(Verdict::Accepted), count(Verdict::Over));
    out.push_str(&format!(
        "{} measured, {judged} with a budget, {accepted} of which more is accepted, {over} over",
        report.rows.len()
    ));
    let compared = report.rows.iter().filter_map(|row| row.saved).collect::<Vec<_>>();
    if !compared.is_empty() {
        let worse = compared.iter().filter(|saved| saved.is_regression).count();
        out.push_str(&format!("; {} compared with a saved result, {worse} worse", compared.len()));
    }
    out.push('\n');
    out
}

/// One line.
pub fn line(row: &Row) -> String {
    let time = |ns: Option<f64>| ns.map_or_else(|| "-".to_owned(), show_ns);
    let verdict = match (row.verdict, row.saved) {
        (Verdict::Over, _) => "OVER".to_owned(),
        (_, Some(saved)) if saved.is_regression => format!("WORSE by {:.0} %", saved.worse_by * 100.0),
        (Verdict::Kept, _) => "kept".to_owned(),
        (Verdict::Accepted, _) => {
            let accepted = row.accepted.map(|accepted| accepted.show(row.unit));
            format!("accepted: {}", accepted.unwrap_or_default())
        }
        (Verdict::Free, _) => "-".to_owned(),
    };
    format!(
        "{:<30}{:>5}  {:>10}  {:>10}  {:>10}  {:>23}  {:>11}  {verdict}\n",
        row.workload,
        row.cores.to_string(),
        time(row.subject_ns),
        row.baseline_instructions.map_or_else(|| time(row.baseline_ns), |count| row.unit.show(count)),
        row.unit.show(row.estimate.median),
        format!("{} .. {}", row.unit.show(row.estimate.low), row.unit.show(row.estimate.high)),
        row.budget.map_or_else(|| "-".to_owned(), |budget| budget.show(row.unit)),
    )
}

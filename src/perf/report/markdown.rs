//! The report for a pull request, or for the summary of a job.

use super::Report;
use crate::perf::judge::Verdict;
use crate::perf::workload::show_ns;

/// A table in Markdown, after a line that says whether all is well.
pub fn to_markdown(report: &Report) -> String {
    let complaints = report.complaints();
    let mut out = match complaints.as_slice() {
        [] => "**Performance: no budget is broken.**\n\n".to_owned(),
        complaints => {
            let lines: String = complaints.iter().map(|complaint| format!("- {complaint}\n")).collect();
            format!("**Performance: {} over budget or worse than before.**\n\n{lines}\n", complaints.len())
        }
    };
    out.push_str("| workload | cores | takes | baseline | result | interval | budget | verdict |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|--:|---|\n");
    for row in &report.rows {
        let time = |ns: Option<f64>| ns.map_or_else(|| "-".to_owned(), show_ns);
        let show = |value| row.unit.show(value);
        let verdict = match row.verdict {
            _ if row.saved.is_some_and(|saved| saved.is_regression) => "**worse**",
            Verdict::Over => "**over**",
            Verdict::Kept => "kept",
            Verdict::Accepted => "accepted",
            Verdict::Free => "-",
        };
        out.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} .. {} | {} | {verdict} |\n",
            row.workload,
            row.cores,
            time(row.subject_ns),
            row.baseline_instructions.map_or_else(|| time(row.baseline_ns), show),
            show(row.estimate.median),
            show(row.estimate.low),
            show(row.estimate.high),
            row.budget.map_or_else(|| "-".to_owned(), |budget| budget.show(row.unit)),
        ));
    }
    let machine = &report.machine;
    out.push_str(&format!(
        "\n{}, {} processors, {}{}; intervals of {:.0} %.\n",
        machine.processor,
        machine.processors,
        machine.target,
        if machine.debug { ", without optimisation" } else { "" },
        report.confidence * 100.0
    ));
    out
}

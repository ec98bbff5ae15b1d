//! The report for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::coverage::Coverage;
use super::result::{CaseResult, RunResult};
use super::shown::{on_one_line, visible};
use crate::suite::verdict::Verdict;

/// A table by area, what went wrong above it, and below it the claim and the closing line `N passed, N failed`.
pub fn table(result: &RunResult, colours: bool) -> String {
    let paint = |style: Style, text: String| if colours { format!("{style}{text}{style:#}") } else { text };
    let (green, red) = (AnsiColor::Green.on_default(), AnsiColor::Red.on_default());
    let dim = Style::new().dimmed();
    let shown = shown(result);
    let mut out = String::new();
    let to_read: Vec<&CaseResult> = result.to_read().collect();
    // An adapter that cannot be started is one fault, and not thousands.
    let alike = |a: &&CaseResult, b: &&CaseResult| {
        (a.verdict, &a.message) == (b.verdict, &b.message) && a.verdict == Verdict::DriverError
    };
    for alike in to_read.chunk_by(alike) {
        let [case, others @ ..] = alike else { continue };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = visible(&case.message).replace('\n', "\n    ");
        let verdict = paint(red, case.verdict.to_string());
        let _ = writeln!(out, "{verdict} {}{more}\n    {message}", on_one_line(&case.id));
    }
    let _ = write!(out, "{:<16}{:>7}", "area", "cases");
    for verdict in &shown {
        let _ = write!(out, "{verdict:>width$}", width = width(*verdict));
    }
    let _ = writeln!(out);
    for area in &result.areas {
        let _ = write!(out, "{:<16}{:>7}", on_one_line(&area.id), area.cases);
        for verdict in &shown {
            let count = area.summary.get(verdict).copied().unwrap_or_default();
            let text = format!("{count:>width$}", width = width(*verdict));
            let style = if count == 0 {
                dim
            } else if verdict.is_red() {
                red
            } else {
                green
            };
            let _ = write!(out, "{}", paint(style, text));
        }
        let _ = writeln!(out);
    }
    let _ = writeln!(out, "\n{}", requirements_line(result));
    let _ = writeln!(out, "claim: {}", on_one_line(&result.claim.to_string()));
    let _ = writeln!(out, "{}", closing_line(result));
    out
}

/// The verdicts that have a column: two always, the others if any case has them.
pub(super) fn shown(result: &RunResult) -> Vec<Verdict> {
    let always = |verdict: Verdict| matches!(verdict, Verdict::Pass | Verdict::Fail);
    Verdict::ALL.iter().copied().filter(|verdict| always(*verdict) || result.count(*verdict) > 0).collect()
}

fn width(verdict: Verdict) -> usize {
    verdict.as_str().len().max(4) + 2
}

/// How much of the catalogue the run has covered.
pub(super) fn requirements_line(result: &RunResult) -> String {
    let covered = result.requirements.iter().filter(|requirement| requirement.verdict == Coverage::Pass).count();
    let (contract, all) = (result.suite.contract, result.requirements.len());
    format!("requirements of contract {contract}: {covered} of {all} covered and held")
}

/// `N passed, N failed`, and the rest if there is any.
pub(super) fn closing_line(result: &RunResult) -> String {
    let mut line = format!("{} passed, {} failed", result.count(Verdict::Pass), result.red());
    for (verdict, text) in [
        (Verdict::Xfail, "failed as expected"),
        (Verdict::NotApplicable, "not applicable"),
        (Verdict::Untestable, "untestable"),
        (Verdict::DriverError, "driver errors"),
    ] {
        if result.count(verdict) > 0 {
            let _ = write!(line, ", {} {text}", result.count(verdict));
        }
    }
    if !result.stale.is_empty() {
        let _ = write!(line, ", {} stale in the list", result.stale.len());
    }
    line
}

/// The requirements with what the run says of them.
pub fn requirements_table(result: &RunResult, only_uncovered: bool) -> String {
    let mut out = String::new();
    for requirement in &result.requirements {
        if only_uncovered && requirement.verdict != Coverage::Uncovered {
            continue;
        }
        let _ = writeln!(
            out,
            "{:<28} {:<6} {:<9} {}",
            requirement.id,
            requirement.level,
            requirement.verdict,
            first_sentence(&requirement.text)
        );
        if !only_uncovered && !requirement.cases.is_empty() {
            let _ = writeln!(out, "{:<45} {} cases: {}", "", requirement.cases.len(), sample(&requirement.cases));
        }
    }
    out
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

fn sample(cases: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = cases.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if cases.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

//! The report for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Coverage, Report};
use crate::suite::requirement::Catalogue;
use crate::suite::verdict::Verdict;

/// A table by area, what went wrong, and the closing line `N passed, N failed`.
pub fn table(report: &Report, colours: bool) -> String {
    let paint = |style: Style, text: String| if colours { format!("{style}{text}{style:#}") } else { text };
    let (green, red) = (AnsiColor::Green.on_default(), AnsiColor::Red.on_default());
    let dim = Style::new().dimmed();
    let mut areas: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    for outcome in &report.outcomes {
        *areas.entry(&outcome.area).or_default().entry(outcome.verdict).or_default() += 1;
    }
    let shown: Vec<Verdict> = Verdict::ALL
        .iter()
        .copied()
        .filter(|verdict| {
            *verdict == Verdict::Pass
                || *verdict == Verdict::Fail
                || areas.values().any(|counts| counts.contains_key(verdict))
        })
        .collect();
    let mut out = String::new();
    for outcome in
        report.outcomes.iter().filter(|outcome| outcome.verdict.is_red() || outcome.verdict == Verdict::DriverError)
    {
        let _ = writeln!(
            out,
            "{} {}\n    {}",
            paint(red, outcome.verdict.to_string()),
            outcome.id,
            outcome.message.replace('\n', "\n    ")
        );
    }
    let _ = write!(out, "{:<16}{:>7}", "area", "cases");
    for verdict in &shown {
        let _ = write!(out, "{verdict:>width$}", width = width(*verdict));
    }
    let _ = writeln!(out);
    for (area, counts) in &areas {
        let _ = write!(out, "{area:<16}{:>7}", counts.values().sum::<usize>());
        for verdict in &shown {
            let count = counts.get(verdict).copied().unwrap_or_default();
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
    let covered = report.requirements.iter().filter(|requirement| requirement.verdict == Coverage::Pass).count();
    let _ = writeln!(
        out,
        "\nrequirements of contract {}: {covered} of {} covered and held",
        report.contract,
        report.requirements.len()
    );
    let _ = writeln!(out, "{}", closing_line(report));
    out
}

fn width(verdict: Verdict) -> usize {
    verdict.as_str().len().max(4) + 2
}

/// `N passed, N failed`, and the rest if there is any.
fn closing_line(report: &Report) -> String {
    let summary = report.summary();
    let count = |verdict: Verdict| summary.get(&verdict).copied().unwrap_or_default();
    let red: usize = Verdict::ALL.iter().filter(|verdict| verdict.is_red()).map(|verdict| count(*verdict)).sum();
    let mut line = format!("{} passed, {red} failed", count(Verdict::Pass));
    for (verdict, text) in [
        (Verdict::Xfail, "failed as expected"),
        (Verdict::NotApplicable, "not applicable"),
        (Verdict::Untestable, "untestable"),
        (Verdict::DriverError, "driver errors"),
    ] {
        if count(verdict) > 0 {
            let _ = write!(line, ", {} {text}", count(verdict));
        }
    }
    line
}

/// The requirements with what the run says of them.
pub fn requirements_table(report: &Report, catalogue: &Catalogue, only_uncovered: bool) -> String {
    let mut out = String::new();
    for requirement in &report.requirements {
        if only_uncovered && requirement.verdict != Coverage::Uncovered {
            continue;
        }
        let text = catalogue.get(&requirement.id).map(|requirement| requirement.text.as_str()).unwrap_or_default();
        let _ = writeln!(
            out,
            "{:<28} {:<6} {:<9} {}",
            requirement.id,
            requirement.level,
            requirement.verdict,
            first_sentence(text)
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

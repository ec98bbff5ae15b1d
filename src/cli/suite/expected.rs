//! The list of expected failures on disk, and its update.

use std::path::Path;

use airssys_wasm::suite::{CasePattern, ExpectedFailures, Outcome, Verdict};
use anyhow::Context as _;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::super::replace::replace;

/// Reads a list. One that is to be updated need not be there.
pub(super) fn read(path: &Path, update: bool) -> anyhow::Result<(String, ExpectedFailures)> {
    let text = match std::fs::read_to_string(path) {
        Err(why) if update && why.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("failed to read {}", path.display()))?,
    };
    let list = ExpectedFailures::parse(&path.display().to_string(), &text)?;
    Ok((text, list))
}

/// Writes the list as the outcomes have it: what passes or names nothing any more is taken off, and what fails is added.
/// Comments, reasons and order of the others stay.
pub(super) fn update(
    path: &Path,
    text: &str,
    outcomes: &mut [Outcome],
    known: &[&str],
) -> anyhow::Result<ExpectedFailures> {
    let mut document: DocumentMut = text.parse().context("the list is not TOML")?;
    let is_listed = |verdict: Verdict| matches!(verdict, Verdict::Xfail | Verdict::Xpass);
    if !document.contains_array_of_tables("failure") {
        document.insert("failure", Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let entries = document["failure"].as_array_of_tables_mut().context("`failure` must be a list of tables")?;
    let mut kept = ArrayOfTables::new();
    for entry in entries.iter() {
        let Some(case) = entry.get("case").and_then(Item::as_str) else { continue };
        let pattern = CasePattern::new(case)?;
        let named: Vec<&Outcome> = outcomes.iter().filter(|outcome| pattern.matches(&outcome.id)).collect();
        let of_entry = |verdict: Verdict| named.iter().filter(move |outcome| outcome.verdict == verdict);
        let was_not_run = named.is_empty() && known.iter().any(|id| pattern.matches(id));
        if was_not_run || (of_entry(Verdict::Xfail).next().is_some() && of_entry(Verdict::Xpass).next().is_none()) {
            kept.push(entry.clone());
            continue;
        }
        // A pattern that has come to be too wide is replaced by what it still stands for.
        for outcome in of_entry(Verdict::Xfail) {
            let mut entry = entry.clone();
            entry.insert("case", value(outcome.id.as_str()));
            kept.push(entry);
        }
    }
    for outcome in outcomes.iter().filter(|outcome| outcome.verdict.is_red() && !is_listed(outcome.verdict)) {
        let why = outcome.message.lines().next().unwrap_or_default();
        let mut entry = Table::new();
        entry.insert("case", value(outcome.id.as_str()));
        entry.insert("reason", value(format!("to be explained: {}", why.chars().take(200).collect::<String>())));
        kept.push(entry);
    }
    *entries = kept;
    // What passes is off the list, and is a pass again.
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.verdict == Verdict::Xpass) {
        (outcome.verdict, outcome.reason) = (Verdict::Pass, None);
        outcome.message.clear();
    }
    let text = document.to_string();
    replace(path, &text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(ExpectedFailures::parse(&path.display().to_string(), &text)?)
}

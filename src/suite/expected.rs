//! Failures that are expected: which cases, why, and until when.
//!
//! In: the text of a list, and the outcomes of a run. Out: outcomes with `xfail` and `xpass`, and what is stale in the list.
//! The list can only become shorter by itself: what passes after all, what names no failure any more, and what has expired
//! are red.

use chrono::{NaiveDate, Utc};
use glob::{MatchOptions, Pattern, PatternError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdict::{Outcome, Verdict};

/// A list of expected failures.
#[derive(Debug, Clone, Default)]
pub struct ExpectedFailures {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    case: String,
    pattern: CasePattern,
    reason: String,
    expires: Option<NaiveDate>,
    line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    #[serde(default, rename = "failure")]
    failures: Vec<toml::Spanned<EntrySource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntrySource {
    case: String,
    reason: String,
    expires: Option<toml::value::Datetime>,
}

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct ExpectedFailuresError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub what: String,
}

/// What is wrong with an entry of a list, now that the cases were run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaleEntry {
    /// The case or pattern of the entry.
    pub case: String,
    /// The line of the list where the entry starts, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub why: String,
}

/// Identifiers of cases by a pattern: `*` ends at `/`, `**` does not, and an identifier stands for itself.
#[derive(Debug, Clone)]
pub struct CasePattern(Pattern);

impl CasePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Pattern::new(pattern).map(Self)
    }

    /// Whether it stands for a case.
    pub fn matches(&self, id: &str) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        self.0.matches_with(id, options)
    }
}

impl ExpectedFailures {
    /// Reads a list; `file` is what errors call it.
    ///
    /// # Errors
    /// [`ExpectedFailuresError`] names the first place that is not understood.
    pub fn parse(file: &str, text: &str) -> Result<Self, ExpectedFailuresError> {
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let fault = |line: usize, what: String| ExpectedFailuresError { file: file.to_owned(), line, what };
        let list: ListFile = toml::from_str(text).map_err(|why| {
            let line = why.span().map_or(1, |span| line_of(span.start));
            let mend = "an entry is `[[failure]]` with `case`, `reason` and, if it ends, `expires = 2027-06-30`";
            fault(line, format!("{}; {mend}", why.message()))
        })?;
        let mut entries = Vec::new();
        for source in list.failures {
            let line = line_of(source.span().start);
            let EntrySource { case, reason, expires } = source.into_inner();
            if reason.trim().is_empty() {
                return Err(fault(line, format!("`{case}` needs a reason")));
            }
            let pattern = CasePattern::new(&case).map_err(|why| {
                fault(line, format!("`{case}` is no pattern: {}, at character {}", why.msg, why.pos + 1))
            })?;
            let expires = expires.map(|date| {
                let whole = date.to_string();
                NaiveDate::parse_from_str(&whole, "%Y-%m-%d")
                    .map_err(|_| fault(line, format!("`expires` must be a date like 2027-06-30, not {whole}")))
            });
            entries.push(Entry { case, pattern, reason, expires: expires.transpose()?, line });
        }
        Ok(Self { entries })
    }

    /// Turns failures that are expected today into `xfail`, and passes that are not into `xpass`.
    pub fn apply_today(&self, outcomes: &mut [Outcome], known: &[&str]) -> Vec<StaleEntry> {
        self.apply(outcomes, known, Utc::now().date_naive())
    }

    /// The same on a given day. `known` are the identifiers of all cases, run or not: what is not among these is stale,
    /// and what was not run in this run is not.
    fn apply(&self, outcomes: &mut [Outcome], known: &[&str], today: NaiveDate) -> Vec<StaleEntry> {
        let mut stale = Vec::new();
        for entry in &self.entries {
            let mut says_so = |why: String| stale.push(StaleEntry { case: entry.case.clone(), line: entry.line, why });
            if !known.iter().any(|id| entry.pattern.matches(id)) {
                says_so("there is no such case: take the entry off the list".to_owned());
                continue;
            }
            if let Some(day) = entry.expires.filter(|day| *day < today) {
                says_so(format!("expired on {day}: mend the runtime, or say why it takes longer"));
                continue;
            }
            let of_entry = outcomes.iter_mut().filter(|outcome| entry.pattern.matches(&outcome.id));
            let (mut ran, mut failed) = (0, false);
            for outcome in of_entry {
                ran += 1;
                outcome.verdict = match outcome.verdict {
                    Verdict::Fail | Verdict::Crash | Verdict::Timeout | Verdict::Xfail => Verdict::Xfail,
                    Verdict::Pass | Verdict::Xpass => Verdict::Xpass,
                    _ => continue,
                };
                failed = true;
                outcome.reason = Some(entry.reason.clone());
                if outcome.verdict == Verdict::Xpass {
                    outcome.message =
                        "passes, although the list of expected failures names it: take it off the list".into();
                }
            }
            if ran > 0 && !failed {
                says_so(
                    "none of its cases was judged, so that none could fail: take the entry off the list".to_owned(),
                );
            }
        }
        stale
    }
}

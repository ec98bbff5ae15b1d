//! From case files to cases: the embedded ones and those of further directories.
//!
//! Every fault of a file is an error with the file and, where it has one, the line: a case that is
//! not understood must never be a case that silently does not run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::case::Case;
use super::requirement::{CONFORMANCE, Catalogue, Requirement};
use crate::contract::ContractVersion;

/// A case with its identity.
#[derive(Debug, Clone)]
pub struct DiscoveredCase {
    /// The permanent identifier, such as `lifecycle/init-once` or `manifest/unknown#top-level`.
    pub id: String,
    /// The first folder of the identifier.
    pub area: String,
    /// The file's text, for people; of several rows the case's own.
    pub source: String,
    /// The case.
    pub case: Case,
    /// The contract version that it is judged by; the newest that it holds for and the runtime offers unless given.
    pub contract: Option<ContractVersion>,
}

impl DiscoveredCase {
    /// Whether the case says anything about runtimes of that contract version.
    pub fn holds_for(&self, contract: ContractVersion) -> bool {
        self.case.since <= contract && self.case.until.is_none_or(|until| contract <= until)
    }

    /// The version to judge a runtime by that offers that one and those before; none if the case holds for none of them.
    pub(super) fn judged_by(&self, offered: ContractVersion) -> Option<ContractVersion> {
        let may = |contract: &ContractVersion| *contract <= offered && self.holds_for(*contract);
        match self.contract {
            Some(given) => Some(given).filter(may),
            None => ContractVersion::ALL.iter().copied().filter(may).max(),
        }
    }
}

/// Why a case file is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct CaseError {
    /// The file, as it was found.
    pub file: String,
    /// The line, from 1, where the fault has one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl CaseError {
    pub(super) fn new(file: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }

    pub(super) fn at_toml(file: &str, text: &str, why: &toml::de::Error) -> Self {
        let line = why.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Self::new(file, line, why.message())
    }

    /// The line where `word` stands in `text`, for faults that a parser found without a place.
    fn at_word(file: &str, text: &str, word: &str, message: String) -> Self {
        let line = text.lines().position(|line| !word.is_empty() && line.contains(word)).map(|index| index + 1);
        Self::new(file, line, message)
    }
}

/// The largest case file, in bytes: a case is written and read by people.
const MAX_CASE_BYTES: u64 = 1 << 20;

/// The cases that are embedded in the crate, sorted by identifier.
///
/// # Errors
/// [`CaseError`] names the file and line of the first fault.
pub fn embedded(catalogue: &Catalogue) -> Result<Vec<DiscoveredCase>, CaseError> {
    let mut cases = Vec::new();
    for (path, text) in CONFORMANCE.iter().filter(|(path, _)| !path.starts_with("requirements/")) {
        cases.extend(parse_file(path, path, text, catalogue)?);
    }
    sorted(cases)
}

/// The cases of a directory on disk; identifiers are relative to it.
///
/// # Errors
/// [`CaseError`] if the directory or a file in it cannot be read, or a case in it is not understood.
pub fn in_directory(root: &Path, catalogue: &Catalogue) -> Result<Vec<DiscoveredCase>, CaseError> {
    let mut pending = vec![root.to_path_buf()];
    let mut cases = Vec::new();
    while let Some(directory) = pending.pop() {
        let unreadable = |path: &Path, why: std::io::Error| {
            CaseError::new(&path.display().to_string(), None, format!("cannot be read: {why}"))
        };
        for entry in std::fs::read_dir(&directory).map_err(|why| unreadable(&directory, why))? {
            let path: PathBuf = entry.map_err(|why| unreadable(&directory, why))?.path();
            if path.is_dir() {
                if path.is_symlink() {
                    // Links may lead back up, and then there is no end of cases.
                    let why = "is a link to a directory: give that directory by itself";
                    return Err(CaseError::new(&path.display().to_string(), None, why));
                }
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let file = path.display().to_string();
                let size = path.metadata().map_err(|why| unreadable(&path, why))?.len();
                if size > MAX_CASE_BYTES {
                    return Err(CaseError::new(
                        &file,
                        None,
                        format!("has {size} bytes, a case has at most {MAX_CASE_BYTES}"),
                    ));
                }
                let text = std::fs::read_to_string(&path).map_err(|why| unreadable(&path, why))?;
                let id = path.strip_prefix(root).unwrap_or(&path).display().to_string().replace('\\', "/");
                cases.extend(parse_file(&file, &id, &text, catalogue)?);
            }
        }
    }
    sorted(cases)
}

fn sorted(mut cases: Vec<DiscoveredCase>) -> Result<Vec<DiscoveredCase>, CaseError> {
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    match cases.windows(2).find(|pair| pair[0].id == pair[1].id) {
        Some(pair) => Err(CaseError::new(&pair[0].id, None, "the identifier is used twice")),
        None => Ok(cases),
    }
}

fn parse_file(file: &str, path: &str, text: &str, catalogue: &Catalogue) -> Result<Vec<DiscoveredCase>, CaseError> {
    let id = path.strip_suffix(".toml").unwrap_or(path);
    let area = id.split_once('/').map_or(id, |(area, _)| area).to_owned();
    let found = |id: String, source: String, case: Case| DiscoveredCase {
        id,
        area: area.clone(),
        source,
        case,
        contract: None,
    };
    let mut table: toml::Table = toml::from_str(text).map_err(|why| CaseError::at_toml(file, text, &why))?;
    let Some(rows) = table.remove("rows") else {
        let case: Case = toml::from_str(text).map_err(|why| CaseError::at_toml(file, text, &why))?;
        check(file, text, &case, catalogue)?;
        return Ok(vec![found(id.to_owned(), text.to_owned(), case)]);
    };
    let rows = rows.as_array().cloned().unwrap_or_default();
    if rows.is_empty() {
        return Err(CaseError::at_word(
            file,
            text,
            "rows",
            "`rows` must be a list of tables with at least one row".into(),
        ));
    }
    let mut cases = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let fault = |message: String| CaseError::new(file, row_line(text, index), message);
        let row = row.as_table().ok_or_else(|| fault("a row must be a table".into()))?;
        let name = row.get("id").and_then(toml::Value::as_str);
        let name = name.ok_or_else(|| fault("a row needs an `id`".into()))?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(fault(format!("the row's id `{name}` is not made of lower-case letters, digits and hyphens")));
        }
        let own_id = format!("{id}#{name}");
        if cases.iter().any(|case: &DiscoveredCase| case.id == own_id) {
            return Err(fault(format!("an earlier row has the id `{name}`")));
        }
        let mut used = BTreeSet::new();
        let value = substitute(&toml::Value::Table(table.clone()), row, &mut used).map_err(&fault)?;
        if let Some(unused) = row.keys().find(|key| *key != "id" && !used.contains(key.as_str())) {
            return Err(fault(format!("the row's `{unused}` stands nowhere in the case as ${{{unused}}}")));
        }
        let case: Case = value.try_into().map_err(|why: toml::de::Error| {
            let word = why.message().split('`').nth(1).unwrap_or_default().to_owned();
            let at = CaseError::at_word(file, text, &word, String::new()).line.or(row_line(text, index));
            CaseError::new(file, at, format!("row `{name}`: {}", why.message()))
        })?;
        check(file, text, &case, catalogue)?;
        cases.push(found(own_id, with_one_row(text, index), case));
    }
    Ok(cases)
}

/// The text of a case with the row of that index and no other.
fn with_one_row(text: &str, index: usize) -> String {
    let mut row = None;
    let own = |line: &&str| {
        if line.trim_start().starts_with("[[rows]]") {
            row = Some(row.map_or(0, |row: usize| row + 1));
        }
        row.is_none_or(|row| row == index)
    };
    text.lines().filter(own).map(|line| format!("{line}\n")).collect()
}

/// The line of a row's `[[rows]]`, or where `rows` stands if its rows are written within brackets.
fn row_line(text: &str, index: usize) -> Option<usize> {
    let lines = || text.lines().enumerate().map(|(line, text)| (line + 1, text.trim_start()));
    let header = lines().filter(|(_, text)| text.starts_with("[[rows]]")).nth(index);
    header.or_else(|| lines().find(|(_, text)| text.starts_with("rows"))).map(|(line, _)| line)
}

/// Replaces `${key}` in every string and key; a string that is nothing else becomes the row's value itself.
fn substitute(value: &toml::Value, row: &toml::Table, used: &mut BTreeSet<String>) -> Result<toml::Value, String> {
    Ok(match value {
        toml::Value::String(text) => {
            if let Some(key) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
                && let Some(value) = row.get(key)
            {
                used.insert(key.to_owned());
                return Ok(value.clone());
            }
            toml::Value::String(substitute_text(text, row, used)?)
        }
        toml::Value::Array(items) => {
            toml::Value::Array(items.iter().map(|item| substitute(item, row, used)).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let entries =
                table.iter().map(|(key, item)| Ok((substitute_text(key, row, used)?, substitute(item, row, used)?)));
            toml::Value::Table(entries.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn substitute_text(text: &str, row: &toml::Table, used: &mut BTreeSet<String>) -> Result<String, String> {
    let mut text = text.to_owned();
    for (key, value) in row {
        let hole = format!("${{{key}}}");
        if text.contains(&hole) {
            used.insert(key.clone());
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&hole, &value);
        }
    }
    match text.split_once("${") {
        None => Ok(text),
        Some((_, rest)) => {
            let key = rest.split('}').next().unwrap_or_default();
            Err(format!("the case needs `{key}`, which the row does not give"))
        }
    }
}

/// A case must name requirements of the catalogue, and assert every one that it names.
fn check(file: &str, text: &str, case: &Case, catalogue: &Catalogue) -> Result<(), CaseError> {
    let fault = |word: &str, message: String| Err(CaseError::at_word(file, text, word, message));
    if case.requirements.is_empty() {
        return fault("requirements", "a case names at least one requirement".into());
    }
    for slug in &case.requirements {
        match catalogue.get(slug) {
            None => {
                return fault(
                    slug,
                    format!(
                        "`{slug}` is no requirement of the catalogue conformance/requirements/{}.toml",
                        catalogue.contract
                    ),
                );
            }
            Some(Requirement { excluded: Some(why), .. }) => {
                return fault(slug, format!("`{slug}` is excluded from testing by cases: {why}"));
            }
            Some(Requirement { since, .. }) if *since > case.since => {
                return fault(slug, format!("`{slug}` is of contract {since}: the case needs `since = \"{since}\"`"));
            }
            Some(_) => {}
        }
    }
    if case.until.is_some_and(|until| until < case.since) {
        return fault("until", format!("the case holds since {}, and until an earlier version", case.since));
    }
    let expecting = || case.steps.iter().filter(|step| step.expect.is_some());
    for slug in expecting().filter_map(|step| step.asserts.as_ref()).flatten() {
        if !case.requirements.contains(slug) {
            return fault(slug, format!("a step asserts `{slug}`, which the case's requirements do not name"));
        }
    }
    for slug in &case.requirements {
        if !expecting().any(|step| step.asserts.as_ref().is_none_or(|asserts| asserts.contains(slug))) {
            return fault(slug, format!("no step with an `expect` asserts `{slug}`"));
        }
    }
    Ok(())
}

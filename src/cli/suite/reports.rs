//! `--report FORMAT=PATH`: what it may say, and the writing of the reports.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use airssys_wasm::suite::RunResult;
use airssys_wasm::suite::report::{
    MAX_MARKDOWN_BYTES, table, to_html, to_json, to_junit, to_markdown, to_shields, to_svg,
};
use anyhow::Context as _;

use super::super::print::print;
use super::super::replace::replace;

/// The formats of a report, as `--report` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Table,
    Json,
    Junit,
    Markdown,
    Html,
    Badge,
    Shields,
}

/// Names of the formats, in the order of the documentation.
const FORMATS: [(&str, Format); 7] = [
    ("table", Format::Table),
    ("json", Format::Json),
    ("junit", Format::Junit),
    ("markdown", Format::Markdown),
    ("html", Format::Html),
    ("badge", Format::Badge),
    ("shields", Format::Shields),
];

/// One report to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportTo {
    format: Format,
    path: PathBuf,
}

impl std::str::FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = text.split_once('=').filter(|(_, path)| !path.is_empty()).and_then(|(name, path)| {
            let (_, format) = FORMATS.iter().find(|(known, _)| *known == name)?;
            Some(Self { format: *format, path: path.into() })
        });
        known.ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
            format!("write FORMAT=PATH with one of {}", names.join(", "))
        })
    }
}

impl ReportTo {
    fn is_stdout(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

/// What cannot be done about these reports: two into one place.
pub(super) fn conflict(reports: &[ReportTo]) -> Option<String> {
    let twice =
        reports.iter().enumerate().find(|(index, report)| reports[..*index].iter().any(|r| r.path == report.path));
    twice.map(|(_, report)| match report.is_stdout() {
        true => "two reports go to standard output: give one of them a file".to_owned(),
        false => format!("two reports go to {}: give each a file of its own", report.path.display()),
    })
}

/// Writes the reports, and the table to standard output unless one of them goes there.
pub(super) fn write(reports: &[ReportTo], result: &RunResult) -> anyhow::Result<()> {
    for report in reports {
        write_one(report, result).with_context(|| format!("failed to write the report {}", report.path.display()))?;
    }
    if !reports.iter().any(ReportTo::is_stdout) {
        let colours = std::io::stdout().is_terminal() && !no_color();
        print(&table(result, colours))?;
    }
    Ok(())
}

fn write_one(report: &ReportTo, result: &RunResult) -> anyhow::Result<()> {
    let text = match report.format {
        Format::Table => table(result, false),
        Format::Json => format!("{:#}\n", to_json(result)),
        Format::Junit => to_junit(result)?,
        Format::Markdown if report.is_stdout() => to_markdown(result, MAX_MARKDOWN_BYTES),
        Format::Markdown => return append_markdown(&report.path, result),
        Format::Html => to_html(std::slice::from_ref(result))?,
        Format::Badge => to_svg(result),
        Format::Shields => format!("{:#}\n", to_shields(result)),
    };
    if report.is_stdout() { print(&text).map(drop) } else { to_file(&report.path, &text) }
}

/// Replaces a file whole, so that nobody reads half a report. What is no file, such as /dev/stderr, is written to.
pub(super) fn to_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let is_special = path.metadata().is_ok_and(|found| !found.is_file());
    if is_special {
        std::fs::write(path, text)?
    } else {
        replace(path, text)?
    }
    Ok(())
}

/// Appends to the file: a step's summary is made of the pieces of all commands in the step, and bounded as a whole.
fn append_markdown(path: &Path, result: &RunResult) -> anyhow::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    let there = usize::try_from(file.metadata()?.len())?;
    file.write_all(to_markdown(result, MAX_MARKDOWN_BYTES.saturating_sub(there)).as_bytes())?;
    Ok(())
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

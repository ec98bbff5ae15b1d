//! `airssys-wasm wit check`.

use std::path::{Path, PathBuf};

use airssys_wasm::wit::check::{self, Report, Rule};
use airssys_wasm::wit::source::{self, SourceError};
use serde_json::json;

use super::{Format, print, print_json, refused};
use crate::cli::exit::Exit;

/// Whether a WIT package resolves, and keeps to the conventions of this contract.
///
/// Prints `PACKAGE: ok (…)`, or each finding with its place and what to do. The package of the directory is judged; those
/// in its `deps/` must be there as far as it refers to them, and are not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Rules:
  versioned   the package has a version
  gated       interfaces, functions and worlds say `@since`, and what is `@deprecated` names its replacement
  documented  everything has a doc comment
  named       names are in lower case; units, and what is an error, can be told by the name
  annotated   each function of the host has one line `@permission`, what components export has none

Examples:
  airssys-wasm wit check wit/core
  airssys-wasm wit check wit/deps/wasi-io --allow annotated --allow named
  airssys-wasm wit check wit --format json | jq '.packages[].findings[].rule'

Exit status:
  0  nothing was found
  1  something was found
  2  the directory cannot be read as a WIT package, or a rule is unknown
  3  the command itself failed")]
pub(crate) struct CheckArgs {
    /// The directory that holds the package's `.wit` files.
    dir: PathBuf,
    /// Do not hold the package against this rule; may be given several times.
    #[arg(long, value_name = "RULE")]
    allow: Vec<Rule>,
    /// For people, or one JSON object on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<Exit> {
    let reports = source::read(&args.dir).map(|source| check::check(&source, &args.allow));
    match (reports, args.format) {
        (Ok(reports), Format::Human) => {
            print(&text(&reports))?;
            Ok(exit(&reports))
        }
        (Ok(reports), Format::Json) => {
            let exit = exit(&reports);
            let ok = exit == Exit::Conforming;
            print_json(&json!({ "ok": ok, "directory": args.dir, "packages": reports, "error": null }))?;
            Ok(exit)
        }
        (Err(error), Format::Human) => refused(args.format, &error.to_string(), Exit::BadInput),
        (Err(error), Format::Json) => unreadable(&args.dir, &error),
    }
}

fn exit(reports: &[Report]) -> Exit {
    let clean = reports.iter().all(|report| report.findings.is_empty());
    if clean { Exit::Conforming } else { Exit::NotConforming }
}

/// A package in a line, or what was found in it.
fn text(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let Report { package, interfaces, functions, worlds, findings } = report;
        if findings.is_empty() {
            let counts = [(*interfaces, "interface"), (*functions, "function"), (*worlds, "world")];
            let counts = counts.map(|(count, what)| counted(count, what)).join(", ");
            text += &format!("{package}: ok ({counts})\n");
            continue;
        }
        for finding in findings {
            text += &format!("{finding}\n");
        }
        text += &format!("{package}: {}\n", counted(findings.len(), "finding"));
    }
    text
}

fn unreadable(dir: &Path, SourceError { fault, .. }: &SourceError) -> anyhow::Result<Exit> {
    let error = json!({ "place": fault.place, "what": fault.what, "mend": fault.mend });
    print_json(&json!({ "ok": false, "directory": dir, "packages": [], "error": error }))?;
    Ok(Exit::BadInput)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

//! `airssys-wasm suite compare`.

use std::path::{Path, PathBuf};

use airssys_wasm::suite::RunResult;
use airssys_wasm::suite::report::{compare_table, differences, from_json, to_html};
use anyhow::Context as _;

use super::super::exit::Exit;
use super::super::print::print;
use super::reports::to_file;

#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// Reports that were written by `suite run --report json=PATH`; two or more.
    #[arg(required = true, num_args = 2.., value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// Write a page with all of them beside each other, instead of printing the cases on which they differ.
    #[arg(long, value_name = "PATH")]
    html: Option<PathBuf>,
    /// End with 1 if a case has not the same verdict in all of them.
    #[arg(long)]
    fail_on_difference: bool,
}

pub(super) fn compare(args: &CompareArgs) -> anyhow::Result<Exit> {
    let results: Vec<RunResult> = match args.reports.iter().map(|path| read(path)).collect() {
        Ok(results) => results,
        Err(why) => {
            eprintln!("error: {why:#}");
            return Ok(Exit::BadInput);
        }
    };
    match &args.html {
        Some(path) => {
            let page = to_html(&results)?;
            to_file(path, &page).with_context(|| format!("failed to write {}", path.display()))?;
        }
        None => drop(print(&compare_table(&results))?),
    }
    let differ = args.fail_on_difference && !differences(&results).is_empty();
    Ok(if differ { Exit::NotConforming } else { Exit::Conforming })
}

fn read(path: &Path) -> anyhow::Result<RunResult> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    from_json(&text).with_context(|| path.display().to_string())
}

//! `airssys-wasm wit diff`.

use std::path::PathBuf;

use airssys_wasm::wit::{diff, source};

use super::{Format, print, print_json, refused};
use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints one line a change, major changes first: class, rule, place, and what was
there and is there now. The last line says which version the newer package needs.
The rules stand in wit/VERSIONING.md. Nothing is fetched: what a package refers to
stands in its deps/.

Examples:
  airssys-wasm wit diff wit/core wit/1.1/core
  git worktree add /tmp/released v1.0.0 && airssys-wasm wit diff /tmp/released/wit wit
  airssys-wasm wit diff old new --format json | jq '.changes[] | select(.class == \"major\")'

Exit status:
  0  the newer package declares a version that is high enough
  1  its version is too low
  2  a directory holds no WIT package that resolves, or one that has no version,
     or the two packages have different names
  3  the command itself failed")]
pub(crate) struct DiffArgs {
    /// The directory of the older version: its `.wit` files, and `deps/`.
    old: PathBuf,
    /// The directory of the newer version.
    new: PathBuf,
    /// For people, or one JSON object on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(args: &DiffArgs) -> anyhow::Result<Exit> {
    let diff = match compare(args) {
        Ok(diff) => diff,
        Err(error) => return refused(args.format, &format!("{error:#}"), Exit::BadInput),
    };
    match args.format {
        Format::Human => print(&diff.human())?,
        Format::Json => print_json(&diff.json())?,
    }
    Ok(if diff.is_enough() { Exit::Conforming } else { Exit::NotConforming })
}

/// Whatever fails here is about the two directories.
fn compare(args: &DiffArgs) -> anyhow::Result<diff::Diff> {
    let (old, new) = (source::read(&args.old)?, source::read(&args.new)?);
    Ok(diff::diff(&old, &new)?)
}

//! `airssys-wasm wit permissions`.

use std::path::PathBuf;

use airssys_wasm::wit::permissions::{markdown, plain, table};
use airssys_wasm::wit::printable::visible;
use airssys_wasm::wit::tree;

use super::{print, print_json, refused};
use crate::cli::exit::Exit;

/// Print which permission each function of the packages below a directory needs.
///
/// A function that needs the same in several versions of its package is one row. What components export is no function of
/// the host, and is left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  airssys-wasm wit permissions
  airssys-wasm wit permissions wit/ext --format markdown
  airssys-wasm wit permissions --format json | jq '.[] | select(.permissions == [])'

Exit status:
  0  every function says what it needs
  1  a function does not; the others are printed all the same
  2  a package cannot be read, or there is none
  3  the command itself failed")]
pub(crate) struct PermissionsArgs {
    /// The directory below which the packages are.
    #[arg(default_value = "wit")]
    dir: PathBuf,
    /// For people, a table in Markdown, or one JSON array.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Markdown,
    Json,
}

pub(crate) fn run(args: &PermissionsArgs) -> anyhow::Result<Exit> {
    let (rows, unannotated) = match tree::read(&args.dir) {
        Ok(sources) => table(&sources),
        Err(error) => return refused(super::Format::Human, &error.to_string(), Exit::BadInput),
    };
    match args.format {
        Format::Human => print(&plain(&rows))?,
        Format::Markdown => print(&markdown(&rows))?,
        Format::Json => print_json(&serde_json::to_value(&rows)?)?,
    }
    unannotated.iter().for_each(|why| eprintln!("{}", visible(&why.to_string())));
    Ok(if unannotated.is_empty() { Exit::Conforming } else { Exit::NotConforming })
}

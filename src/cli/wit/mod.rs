//! `airssys-wasm wit`: one file a subcommand.

mod check;
mod deps;
mod diff;
mod permissions;
mod reference;

use std::io::Write as _;

use airssys_wasm::wit::printable::visible;
use anyhow::Context as _;
use serde_json::{Value, json};

use super::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct WitArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check a WIT package: whether it resolves, is documented, gated, named and annotated as it should.
    Check(check::CheckArgs),
    /// Compare two versions of a WIT package, and tell whether the newer has a version that is high enough.
    Diff(diff::DiffArgs),
    /// Fetch the packages that a component's manifest names in `[wit-dependencies]` into its `wit/deps`.
    Deps(deps::DepsArgs),
    /// Write the reference page of the packages below a directory.
    Reference(reference::ReferenceArgs),
    /// Print which permission each function needs.
    Permissions(permissions::PermissionsArgs),
}

pub(crate) fn run(args: WitArgs) -> anyhow::Result<Exit> {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Deps(args) => deps::run(&args),
        Command::Reference(args) => reference::run(&args),
        Command::Permissions(args) => permissions::run(&args),
    }
}

/// What is told where standard output takes no more.
const NOT_WRITTEN: &str = "failed to write to standard output";

/// How a command says what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Prints text for people.
fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(visible(text).as_bytes()).context(NOT_WRITTEN)
}

/// Prints an object for tools.
fn print_json(object: &Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{object:#}").context(NOT_WRITTEN)
}

/// Says why nothing came of it: to people on standard error, to tools as one object on standard output.
fn refused(format: Format, why: &str, exit: Exit) -> anyhow::Result<Exit> {
    match format {
        Format::Human => eprintln!("error: {}", visible(why)),
        Format::Json => print_json(&json!({ "ok": false, "error": why }))?,
    }
    Ok(exit)
}

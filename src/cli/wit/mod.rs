//! `airssys-wasm wit`: one file a subcommand.

mod check;
mod deps;
mod diff;
mod permissions;
mod reference;

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

/// Says why an input cannot be used.
fn unusable(error: &dyn std::error::Error) -> Exit {
    eprintln!("error: {error}");
    Exit::BadInput
}

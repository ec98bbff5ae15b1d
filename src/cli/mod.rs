//! The command line: arguments in, a report and an exit code out.
//!
//! A subcommand is a file here, a line in [`args::Command`] and one in [`run`].

#[cfg(all(feature = "suite", feature = "runtime"))]
mod adapter;
pub(crate) mod args;
#[cfg(feature = "runtime")]
mod audit;
pub(crate) mod exit;
#[cfg(feature = "runtime")]
mod hosting;
mod manifest;
#[cfg(feature = "perf")]
mod perf;
mod permissions;
#[cfg(all(feature = "suite", feature = "runtime"))]
mod print;
#[cfg(feature = "runtime")]
mod record;
mod replace;
#[cfg(feature = "runtime")]
mod run;
mod snippet;
#[cfg(all(feature = "suite", feature = "runtime"))]
mod suite;
mod wit;
#[cfg(feature = "runtime")]
mod work;

use args::{Args, Command};
use exit::Exit;

/// Runs the subcommand.
pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    match args.command {
        Command::Manifest(args) => manifest::run(args),
        Command::Permissions(args) => permissions::run(args),
        Command::Wit(args) => wit::run(args),
        #[cfg(feature = "runtime")]
        Command::Audit(args) => audit::run(args),
        #[cfg(feature = "runtime")]
        Command::Run(args) => run::run(args),
        #[cfg(all(feature = "suite", feature = "runtime"))]
        Command::Suite(args) => suite::run(args),
        #[cfg(all(feature = "suite", feature = "runtime"))]
        Command::Adapter(args) => adapter::run(args),
        #[cfg(feature = "perf")]
        Command::Perf(args) => perf::run(args),
    }
}

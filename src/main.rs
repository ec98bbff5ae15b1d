//! The `airssys-wasm` command.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    cli::exit::report(cli::run(cli::args::Args::parse()))
}

//! Exit codes, the same for every subcommand.

use std::process::ExitCode;

/// What the help says about exit codes.
pub(crate) const HELP: &str = "\
Exit status:
  0  conforming, or done
  1  not conforming
  2  bad usage or input
  3  the harness or a driver failed";

/// How a command ended, unless the harness or a driver failed: that is the `Err` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was judged conforms, or what was asked for is done.
    Conforming,
    /// What was judged does not conform.
    NotConforming,
    /// The arguments, or the files they name, cannot be used. Clap ends with the same code.
    BadInput,
    /// The harness or a driver failed, and a report says so.
    #[cfg(all(feature = "suite", feature = "runtime"))]
    HarnessFailed,
}

/// Prints an error, once and here alone, and gives the exit code.
pub(crate) fn report(result: anyhow::Result<Exit>) -> ExitCode {
    let code = match result {
        Ok(Exit::Conforming) => 0,
        Ok(Exit::NotConforming) => 1,
        Ok(Exit::BadInput) => 2,
        #[cfg(all(feature = "suite", feature = "runtime"))]
        Ok(Exit::HarnessFailed) => 3,
        Err(error) => {
            eprintln!("error: {error:#}");
            3
        }
    };
    ExitCode::from(code)
}

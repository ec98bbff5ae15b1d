//! Reports on standard output.

use std::io::Write as _;

use anyhow::Context as _;

use super::exit::Exit;

/// Prints to standard output; a reader that went away ends the command quietly.
pub(crate) fn print(text: &str) -> anyhow::Result<Exit> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Conforming),
        other => other.map(|()| Exit::Conforming).context("failed to write to standard output"),
    }
}

//! `airssys-wasm wit check`.

use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {}

pub(crate) fn run(_args: &CheckArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("not there yet")
}

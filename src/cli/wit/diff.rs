//! `airssys-wasm wit diff`.

use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {}

pub(crate) fn run(_args: &DiffArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("not there yet")
}

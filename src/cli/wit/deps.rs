//! `airssys-wasm wit deps`.

use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct DepsArgs {}

pub(crate) fn run(_args: &DepsArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("not there yet")
}

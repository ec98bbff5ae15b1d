//! `airssys-wasm wit reference`.

use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct ReferenceArgs {}

pub(crate) fn run(_args: &ReferenceArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("not there yet")
}

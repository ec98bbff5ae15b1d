//! `airssys-wasm wit permissions`.

use crate::cli::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct PermissionsArgs {}

pub(crate) fn run(_args: &PermissionsArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("not there yet")
}

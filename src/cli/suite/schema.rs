//! `airssys-wasm suite schema`.

use std::path::Path;

use airssys_wasm::suite::protocol::schema::all;
use airssys_wasm::suite::report;
use anyhow::Context as _;

use super::super::exit::Exit;
use super::super::print::print;
use super::super::replace::replace;

/// Writes the schemas of the adapter protocol, and that of the JSON report.
pub(super) fn schema(dir: Option<&Path>) -> anyhow::Result<Exit> {
    for (name, schema) in all().into_iter().chain([("report.json", report::schema())]) {
        let text = format!("{schema:#}\n");
        match dir {
            None => drop(print(&text)?),
            Some(dir) => {
                let path = dir.join(name);
                replace(&path, &text).with_context(|| format!("failed to write {}", path.display()))?;
            }
        }
    }
    Ok(Exit::Conforming)
}

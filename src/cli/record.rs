//! `airssys-wasm permissions record`: what a component does, as the manifest that would have permitted just that.

use std::io::Write as _;
use std::sync::Arc;

use airssys_wasm::manifest::NetworkAction;
use airssys_wasm::permission::{Access, Class, Least, is_public};
use airssys_wasm::runtime::audit::{AccessRecord, AuditEvent, MemoryAudit, Outcome};
use airssys_wasm::runtime::parse_target;
use anyhow::Context as _;

use super::exit::Exit;
use super::work::Work;

/// How many accesses are taken down; a component that makes more makes the same ones again, and is stopped here.
const MAX_ACCESSES: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    work: Work,
}

pub(crate) fn run(args: RecordArgs) -> anyhow::Result<Exit> {
    let accesses = Arc::new(MemoryAudit::bounded(MAX_ACCESSES));
    let sink = Arc::clone(&accesses);
    let exit = args.work.run(|builder| builder.record_only(true).audit(sink), &mut std::io::stderr())?;
    let mut least = Least::default();
    for record in accesses.drain() {
        if let AuditEvent::Access(access) = record.event
            && access.outcome == Outcome::Granted
        {
            add(&mut least, &access);
        }
    }
    let tables = least.to_toml();
    let tables = if tables.is_empty() { "# the component did nothing that needs a permission\n" } else { &tables };
    std::io::stdout().write_all(tables.as_bytes()).context("failed to write the manifest")?;
    Ok(exit)
}

/// Adds what a record says was done, as the gate decided it.
fn add(least: &mut Least, access: &AccessRecord) {
    let object = access.resolved.as_deref().unwrap_or(&access.resource);
    match access.class {
        Class::Filesystem => {
            access.action.parse().into_iter().for_each(|action| least.add(Access::Filesystem(action, object)))
        }
        Class::Process => least.add(Access::Process(object)),
        Class::Storage => {
            access.action.parse().into_iter().for_each(|action| least.add(Access::Storage(action, object)))
        }
        Class::Messaging => {
            access.action.parse().into_iter().for_each(|action| least.add(Access::Messaging(action, object)))
        }
        Class::HostFunctions => least.add(Access::HostFunction(object)),
        Class::Network => {
            let Ok(target) = parse_target(&access.resource) else { return };
            let outbound = NetworkAction::Outbound;
            least.add(Access::Network(outbound, target.host(), target.port()));
            // What is not public needs a name of its own.
            let addresses =
                access.resolved.iter().flat_map(|list| list.split(", ")).filter_map(|text| text.parse().ok());
            for address in addresses.filter(|address| !is_public(*address)) {
                let shown = match address {
                    std::net::IpAddr::V4(address) => address.to_string(),
                    std::net::IpAddr::V6(address) => format!("[{address}]"),
                };
                least.add(Access::Network(outbound, &shown, target.port()));
            }
        }
    }
}

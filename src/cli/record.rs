//! `airssys-wasm permissions record`: what a component does, as the manifest that would have permitted just that.

use std::io::Write as _;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airssys_wasm::manifest::{Capabilities, MAX_MANIFEST_BYTES, NetworkAction, NetworkRule};
use airssys_wasm::permission::{Access, Class, Grants, Least};
use airssys_wasm::runtime::audit::{AccessRecord, AuditError, AuditEvent, AuditRecord, AuditSink, Outcome};
use airssys_wasm::runtime::parse_target;
use anyhow::Context as _;

use super::exit::Exit;
use super::work::Work;

#[derive(Debug, clap::Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    work: Work,
}

pub(crate) fn run(args: RecordArgs) -> anyhow::Result<Exit> {
    let recorder = Arc::new(Recorder::new(args.work.hosting.allow_private));
    let sink = Arc::clone(&recorder);
    let mut exit = args.work.run(|builder| builder.record_only(true).audit(sink), &mut std::io::stderr())?;
    let taken = recorder.taken();
    if taken.refused {
        eprintln!("error: the component asked for more than a manifest holds: what is printed is not all of it");
        exit = Exit::NotConforming;
    }
    let tables = match taken.least.to_toml() {
        none if none.is_empty() && exit == Exit::BadInput => none,
        none if none.is_empty() => "# the component did nothing that needs a permission\n".to_owned(),
        tables => tables,
    };
    std::io::stdout().write_all(tables.as_bytes()).context("failed to write the manifest")?;
    Ok(exit)
}

/// Keeps what was done, each kind of access once; of records, of which there is no end, it keeps none.
struct Recorder {
    allow_private: bool,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    least: Least,
    /// Something was not taken.
    refused: bool,
}

impl Recorder {
    fn new(allow_private: bool) -> Self {
        Self { allow_private, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for Recorder {
    /// Takes accesses as long as a manifest could hold them. Those that it does not take are refused to the component.
    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
        let AuditEvent::Access(access) = &record.event else { return Ok(()) };
        if access.outcome != Outcome::Granted {
            return Ok(());
        }
        let mut taken = self.taken();
        if taken.least.bytes() > MAX_MANIFEST_BYTES {
            taken.refused = true;
            return Err(AuditError::Other("a manifest holds no more".into()));
        }
        add(&mut taken.least, access, self.allow_private);
        Ok(())
    }
}

/// Adds what a record says was done, as the gate decided it.
fn add(least: &mut Least, access: &AccessRecord, allow_private: bool) {
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
        Class::Topics => access.action.parse().into_iter().for_each(|action| least.add(Access::Topic(action, object))),
        Class::HostFunctions => least.add(Access::HostFunction(object)),
        Class::Network => {
            let Ok(target) = parse_target(&access.resource) else { return };
            let (host, port) = (target.host(), target.port());
            least.add(Access::Network(NetworkAction::Outbound, host, port));
            let addresses = access.resolved.iter().flat_map(|list| list.split(", "));
            for address in addresses.filter_map(|text| text.parse().ok()) {
                if !reached_by_name(host, port, address, allow_private) {
                    let shown = match address {
                        IpAddr::V4(address) => address.to_string(),
                        IpAddr::V6(address) => format!("[{address}]"),
                    };
                    least.add(Access::Network(NetworkAction::Outbound, &shown, port));
                }
            }
        }
    }
}

/// Whether a rule for the host permits this address of it. What is not public mostly needs a rule of its own.
fn reached_by_name(host: &str, port: u16, address: IpAddr, allow_private: bool) -> bool {
    let rule = NetworkRule { action: NetworkAction::Outbound, host: host.to_owned(), port: Some(port) };
    let asked = Capabilities { network: vec![rule], ..Capabilities::default() };
    let Ok(grants) = Grants::new(&asked, &Capabilities::default()) else { return false };
    let grants = if allow_private { grants.allowing_private() } else { grants };
    grants.decide_address(NetworkAction::Outbound, host, port, address).is_granted()
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use airssys_wasm::contract::{ComponentId, Text};
    use airssys_wasm::runtime::audit::Asked;

    use super::*;

    fn record(class: Class, action: &'static str, resource: &str, resolved: Option<&str>) -> AuditRecord {
        let component = ComponentId::new("a").unwrap();
        let version = Text::from("1");
        let asked =
            Asked { component: &component, version: &version, instance: 1, class, action, resource, request_id: None };
        let access = AccessRecord::granted(&asked, resolved, "recorded, not decided");
        AuditRecord { sequence: 1, time_ms: 1, event: AuditEvent::Access(access) }
    }

    /// The hosts of the tables for one connection.
    fn hosts(allow_private: bool, url: &str, addresses: &str) -> String {
        let recorder = Recorder::new(allow_private);
        recorder.append(&Arc::new(record(Class::Network, "outbound", url, Some(addresses)))).unwrap();
        let tables = recorder.taken().least.to_toml();
        tables.lines().filter_map(|line| line.strip_prefix("host = ")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_address_is_named_where_the_name_does_not_suffice() {
        let rows = [
            (false, "http://a.example/x", "93.184.216.34", r#""a.example""#),
            (false, "http://a.example/x", "93.184.216.34, 10.0.0.1, fd00::1", r#""10.0.0.1" "[fd00::1]" "a.example""#),
            (true, "http://a.example/x", "93.184.216.34, 10.0.0.1, fd00::1", r#""a.example""#),
            (false, "http://LOCALHOST./", "127.0.0.1, ::1", r#""localhost""#),
            (false, "http://localhost/", "127.0.0.1, 10.0.0.1", r#""10.0.0.1" "localhost""#),
            (false, "http://a.localhost/", "127.0.0.1", r#""127.0.0.1" "a.localhost""#),
            (false, "http://0x7f.1/", "127.0.0.1", r#""127.0.0.1""#),
            (false, "http://[::1]/", "::1", r#""[::1]""#),
        ];
        for (allow_private, url, addresses, expected) in rows {
            assert_eq!(hosts(allow_private, url, addresses), expected, "{url} {addresses}");
        }
    }

    #[test]
    fn topics_are_named_by_what_was_done_with_them() -> Result<(), Box<dyn Error>> {
        let recorder = Recorder::new(false);
        for (action, topic) in [("subscribe", "orders.created"), ("publish", "audit"), ("subscribe", "orders.created")]
        {
            recorder.append(&Arc::new(record(Class::Topics, action, topic, None)))?;
        }
        let expected = "[capabilities.topics]\npublish = [\"audit\"]\nsubscribe = [\"orders.created\"]\n";
        assert_eq!(recorder.taken().least.to_toml(), expected);
        Ok(())
    }

    #[test]
    fn no_more_is_taken_than_a_manifest_holds() -> Result<(), Box<dyn Error>> {
        let recorder = Recorder::new(false);
        let access = |index: usize| record(Class::Filesystem, "read", &format!("/{index:04000}"), None);
        // The same again takes no room.
        (0..1000).try_for_each(|_| recorder.append(&Arc::new(access(0))))?;
        let taken = (1..1000).take_while(|index| recorder.append(&Arc::new(access(*index))).is_ok()).count();
        assert_eq!((taken, recorder.taken().refused), (MAX_MANIFEST_BYTES / 4001, true));
        let tables = recorder.taken().least.to_toml();
        assert!((MAX_MANIFEST_BYTES..2 * MAX_MANIFEST_BYTES).contains(&tables.len()));
        Ok(())
    }
}

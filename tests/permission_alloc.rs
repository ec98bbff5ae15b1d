//! What is granted allocates nothing, and its record next to nothing.

use airssys_wasm::manifest::{Capabilities, FourActions, NetworkAction, NetworkRule};
use airssys_wasm::permission::{Access, FourAction, Grants, MessagingAction, TopicAction};

#[test]
fn a_granted_decision_allocates_nothing() {
    let list = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>();
    let outbound = |host: &str| NetworkRule { action: NetworkAction::Outbound, host: host.to_owned(), port: None };
    let asked = Capabilities {
        filesystem: FourActions {
            read: list(&["/etc/a", "/data/**/x*.{json,txt}", "/var/**"]),
            ..FourActions::default()
        },
        storage: FourActions { read: list(&["app:*", "b:c"]), ..FourActions::default() },
        network: vec![outbound("*.example.com"), outbound("10.0.0.*"), outbound("*")],
        process_spawn: list(&["/usr/bin/*"]),
        messaging_send: list(&["acme:*"]),
        topics_publish: list(&["orders.*", "audit"]),
        topics_subscribe: list(&["*"]),
        host_functions: list(&["geo.lookup"]),
        ..Capabilities::default()
    };
    let grants = Grants::new(&asked, &Capabilities::default()).unwrap();
    for access in [
        Access::Filesystem(FourAction::Read, "/etc/a"),
        Access::Filesystem(FourAction::Read, "/data/a/b/c/xyz.json"),
        Access::Filesystem(FourAction::Read, "/var/a"),
        Access::Network(NetworkAction::Outbound, "API.Example.com.", 443),
        Access::Network(NetworkAction::Outbound, "0xa.0.0.1", 443),
        Access::Network(NetworkAction::Outbound, "[2606:4700::1111]", 443),
        Access::Storage(FourAction::Read, "app:x"),
        Access::Storage(FourAction::Read, "b:c"),
        Access::Process("/usr/bin/git"),
        Access::Messaging(MessagingAction::Send, "acme:db"),
        Access::Topic(TopicAction::Publish, "orders.eu.created"),
        Access::Topic(TopicAction::Publish, "audit"),
        Access::Topic(TopicAction::Subscribe, "orders.eu.created"),
        Access::HostFunction("geo.lookup"),
    ] {
        let mut granted = false;
        let counted = allocation_counter::measure(|| granted = grants.decide(access).is_granted());
        assert!(granted, "{access:?}");
        assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{access:?}");
    }
}

/// A record copies what the guest passed; what it has in common with other records it shares with them.
#[cfg(feature = "runtime")]
#[test]
fn the_record_of_a_granted_access_allocates_for_the_resource_and_for_itself() {
    use std::sync::Arc;

    use airssys_wasm::contract::{ComponentId, Text};
    use airssys_wasm::permission::{Class, Decision};
    use airssys_wasm::runtime::audit::{AccessRecord, Asked, AuditEvent, AuditRecord, Lossless, TracingAudit, Trail};

    let storage = FourActions { read: vec!["app:*".to_owned()], ..FourActions::default() };
    let asked = Capabilities { storage, ..Capabilities::default() };
    let grants = Grants::new(&asked, &Capabilities::default()).unwrap();
    let Decision::Granted { rule } = grants.decide(Access::Storage(FourAction::Read, "app:x")) else { panic!() };
    let (component, version) = (ComponentId::new("a").unwrap(), Text::from("1.2.0"));
    let request_id = Text::from("call-1");
    let trail = Trail::new(vec![Arc::new(TracingAudit)], Lossless::Refuse).unwrap();
    let counted = allocation_counter::measure(|| {
        let asked = Asked {
            component: &component,
            version: &version,
            instance: 1,
            class: Class::Storage,
            action: "read",
            resource: "app:x",
            request_id: Some(&request_id),
        };
        let access = AccessRecord::granted(&asked, None, rule.text().clone());
        trail.append(1, AuditEvent::Access(access)).unwrap();
    });
    let bytes = "app:x".len() + 2 * size_of::<usize>() + size_of::<AuditRecord>();
    assert_eq!((counted.count_total, counted.bytes_total), (2, bytes as u64));
}

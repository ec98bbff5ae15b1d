//! Records reach `tracing` as fields, and no text passes for anything else.

use std::sync::Arc;

use airssys_wasm::runtime::audit::{AuditEvent, AuditRecord, AuditSink as _, TracingAudit};

use super::access;
use super::capture::{Capture, Captured};

#[test]
fn records_are_fields_and_text_is_escaped() {
    let captured = Captured::default();
    tracing::subscriber::with_default(Capture("airssys_wasm::audit", captured.clone()), || {
        for (sequence, event) in [
            (1, access("/data/x", true)),
            (2, access("/x\nERROR outcome=granted\u{202e}\u{1b}[2J", false)),
            (3, AuditEvent::Lost { first: 2 }),
        ] {
            TracingAudit.append(&Arc::new(AuditRecord { sequence, time_ms: 9, event })).unwrap();
        }
    });
    let who = r#"time_ms=9 component="acme:reader" version="1.2.0" instance=3 class="filesystem" action="read""#;
    let expected = [
        format!(
            r#"INFO sequence=1 {who} resource="/data/x" resolved="/data/x" outcome="granted" rule="capabilities.filesystem.read[0] = \"/data/**\"" request_id="r-1""#
        ),
        format!(
            r#"WARN sequence=2 {who} resource="/x\\u{{a}}ERROR outcome=granted\\u{{202e}}\\u{{1b}}[2J" outcome="denied" reason="no rule permits it" request_id="r-1""#
        ),
        r#"INFO sequence=3 time_ms=9 record="{\"event\":\"lost\",\"first\":2}""#.to_owned(),
    ];
    assert_eq!(*captured.lock().unwrap(), expected);
}

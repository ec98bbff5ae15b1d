//! Records reach `tracing` as fields, and no text passes for anything else.

use std::sync::{Arc, Mutex};

use airssys_wasm::runtime::audit::{AuditEvent, AuditRecord, AuditSink as _, TracingAudit};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use super::access;

/// Keeps events, each as `LEVEL field=value …`.
struct Capture(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "airssys_wasm::audit"
    }
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[test]
fn records_are_fields_and_text_is_escaped() {
    let captured = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::with_default(Capture(captured.clone()), || {
        for (sequence, event) in [
            (1, access("/data/x", true)),
            (2, access("/x\nERROR outcome=granted\u{202e}\u{1b}[2J", false)),
            (3, AuditEvent::Lost { first: 2 }),
        ] {
            TracingAudit.append(&AuditRecord { sequence, time_ms: 9, event }).unwrap();
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

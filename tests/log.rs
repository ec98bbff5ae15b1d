//! What components log reaches `tracing` as fields, and guest text cannot pass for anything else.
#![cfg(all(feature = "suite", feature = "runtime"))]

use std::sync::{Arc, Mutex};

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::{Catalogue, DriverFactory, Verdict, embedded, run_case};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

type Captured = Arc<Mutex<Vec<String>>>;

/// Keeps the events of components, each as `LEVEL field=value …`.
struct Capture(Captured);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "airssys_wasm::component"
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
fn guest_text_is_a_value_and_never_structure() {
    let captured = Captured::default();
    tracing::subscriber::set_global_default(Capture(Arc::clone(&captured))).unwrap();
    let reference = Reference::new().unwrap();
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    let cases = embedded(&Catalogue::embedded().unwrap()).unwrap();
    let table = [
        ("log/levels#trace", r#"TRACE component="a" text="started" context="[[\"port\",\"80\"],[\"host\",\"x\"]]""#),
        ("log/levels#error", r#"ERROR component="a" text="started" context="[[\"port\",\"80\"],[\"host\",\"x\"]]""#),
        ("log/forgery#a-newline-in-the-message", r#"INFO component="a" text="ok\\u{a}ERROR component=b" context="[]""#),
        (
            "log/forgery#the-component-as-context",
            r#"INFO component="a" text="x" context="[[\"component\",\"b\"],[\"level\",\"error\"]]""#,
        ),
        ("log/forgery#terminal-codes", r#"WARN component="a" text="\\u{1b}[2Jgone" context="[]""#),
    ];
    for (id, expected) in table {
        let case = cases.iter().find(|case| case.id == id).unwrap();
        assert_eq!(run_case(case, &factory).verdict, Verdict::Pass, "{id}");
        assert_eq!(std::mem::take(&mut *captured.lock().unwrap()), [expected], "{id}");
    }
}

//! What components log reaches `tracing` as fields, and guest text cannot pass for anything else.
#![cfg(all(feature = "suite", feature = "runtime"))]

#[path = "log/capture.rs"]
mod capture;

use std::sync::Arc;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::{Catalogue, DriverFactory, Seeds, Verdict, embedded, run_case};
use capture::{Capture, Captured};

#[test]
fn guest_text_is_a_value_and_never_structure() {
    let captured = Captured::default();
    tracing::subscriber::set_global_default(Capture("airssys_wasm::component", Arc::clone(&captured))).unwrap();
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
        assert_eq!(run_case(case, &factory, &Seeds::default()).verdict, Verdict::Pass, "{id}");
        assert_eq!(std::mem::take(&mut *captured.lock().unwrap()), [expected], "{id}");
    }
}

//! The book's examples of the driver protocol: each is what the types write, and every kind has one.
#![cfg(feature = "suite")]

use std::collections::BTreeSet;

use airssys_wasm::suite::{Reply, Stimulus};
use serde_json::Value;

/// Every `do` and `is`. Some stand for a stimulus and for its reply.
const KINDS: &[&str] = &[
    "hello",
    "open",
    "load",
    "execute",
    "deliver",
    "send",
    "request",
    "health",
    "shutdown",
    "start",
    "unload",
    "begin",
    "await",
    "advance",
    "replace-file",
    "inspect",
    "logs",
    "events",
    "close",
    "done",
    "loaded",
    "refused",
    "returned",
    "failed",
    "trapped",
    "rejected",
    "inspection",
    "unsupported",
];
const PAGE: &str = include_str!("../docs/src/protocol.md");

#[test]
fn every_example_of_the_protocol_is_of_the_protocol() {
    let mut kinds = BTreeSet::new();
    for line in PAGE.lines().filter(|line| line.starts_with("{\"")) {
        let example: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        let kind = example.get("do").or(example.get("is")).and_then(Value::as_str);
        kinds.insert(kind.unwrap_or_default().to_owned());
        let written = if example.get("do").is_some() {
            serde_json::from_str::<Stimulus>(line).and_then(serde_json::to_value)
        } else {
            serde_json::from_str::<Reply>(line).and_then(serde_json::to_value)
        };
        assert_eq!(written.unwrap_or_else(|why| panic!("{why}: {line}")), example);
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

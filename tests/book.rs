//! What the book says that can be held against the code: each example of the driver protocol is what the types write, and
//! every kind has one; the operator's limits are those there are, with their defaults and the names that cases use.
#![cfg(feature = "suite")]

use std::collections::BTreeSet;

use airssys_wasm::suite::protocol::wire::Line;
use airssys_wasm::suite::{Reply, Stimulus};
use serde_json::Value;

/// Every `do` and `is`. Some stand for a stimulus and for its reply.
const KINDS: &[&str] = &[
    "hello",
    "case.begin",
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
    "case.end",
    "ended",
    "not-understood",
    "quiesce",
    "update",
    "file",
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
        if example.get("event").is_some() {
            assert_eq!(Line::parse(line).map(|line| line.to_line()), Ok(line.to_owned()));
            continue;
        }
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

#[cfg(feature = "runtime")]
mod limits {
    use std::collections::BTreeMap;

    use airssys_wasm::runtime::HostLimits;
    use airssys_wasm::suite::driver::reference::Reference;
    use airssys_wasm::suite::{Driver as _, Reply, Stimulus};
    use serde_json::json;

    const PAGE: &str = include_str!("../docs/src/limits.md");

    /// The rows of the first table: field, name in cases, default.
    fn rows() -> Vec<[&'static str; 3]> {
        let (_, table) = PAGE.split_once("|---|---|---|---|---|\n").expect("the page has the table of limits");
        let cells = |line: &'static str| {
            let mut cells = line.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
            [(); 3].map(|()| cells.next().expect("a row has five cells"))
        };
        table.lines().take_while(|line| line.starts_with('|')).map(cells).collect()
    }

    /// A default as it is written in the code's own words.
    fn in_words(default: &str) -> String {
        let (number, unit) = match default.rsplit_once(' ') {
            Some((number, "GiB")) => (number, 1 << 30),
            Some((number, "MiB")) => (number, 1 << 20),
            _ if default == "none" => return "None".to_owned(),
            _ => (default, 1),
        };
        (number.replace(' ', "").parse::<u64>().unwrap() * unit).to_string()
    }

    #[test]
    fn the_page_has_every_limit_with_its_default() {
        let code = format!("{:?}", HostLimits::default());
        let fields = code.trim_start_matches("HostLimits { ").trim_end_matches(" }").split(", ");
        let of_code: BTreeMap<String, String> = fields
            .map(|field| field.split_once(": ").map(|(name, value)| (name.into(), value.into())).unwrap())
            .collect();
        let of_page: BTreeMap<String, String> =
            rows().into_iter().map(|[field, _, default]| (field.to_owned(), in_words(default))).collect();
        assert_eq!(of_page, of_code);
    }

    #[test]
    fn the_names_on_the_page_are_those_that_cases_use() {
        let reference = Reference::new().unwrap();
        let open = |name: &str| {
            let world = json!({"do": "case.begin", "clock": "virtual", "now-ms": 0, "files": [], "limits": {name: 1}});
            reference.driver().perform(serde_json::from_value::<Stimulus>(world).unwrap())
        };
        for [field, name, _] in rows() {
            match name {
                "–" => assert!(open(&field.replace('_', "-")).is_err(), "{field} has a name"),
                _ => assert!(matches!(open(name), Ok(Reply::Done)), "{name} is no limit"),
            }
        }
    }
}

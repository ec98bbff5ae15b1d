//! Every host function passes the gate.
//!
//! For each function that a component may import, cases are made of its `@permission` line and the types of its
//! parameters, and run against the reference runtime. A function that is added to `wit/` is covered without a change
//! here, but for the snapshot that shows it was seen; what the generator cannot make makes the test fail and says what
//! to add.
#![cfg(all(feature = "suite", feature = "runtime"))]

#[path = "gate/case.rs"]
mod case;
#[path = "gate/class.rs"]
mod class;
#[path = "wit/platform.rs"]
mod platform;
#[path = "gate/value.rs"]
mod value;

use std::sync::Arc;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::{DriverFactory, Seeds, Verdict, run_all};
use airssys_wasm::wit::annotation::{permissions, written};
use platform::{functions, resolve};
use rstest::rstest;
use wit_parser::Resolve;

#[test]
fn every_host_function_passes_the_gate() {
    // It has every function of the versions before.
    let (resolve, _) = resolve("1.1");
    let functions = functions(&resolve, false);
    let (mut cases, mut faults, mut seen) = (Vec::new(), Vec::new(), String::new());
    for (interface, function) in &functions {
        match case::cases(&resolve, &functions, (interface, function)) {
            Err(fault) => faults.push(fault),
            Ok(made) => {
                let asked = written(&permissions(&resolve, function).unwrap());
                let ids: Vec<_> = made.iter().filter_map(|case| case.id.rsplit('/').next()).collect();
                seen += &format!("{interface}.{}  {asked}: {}\n", function.name, ids.join(", "));
                cases.extend(made);
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());

    let reference = Reference::new().unwrap();
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    // One after the other: a process that is being forked must not hold an executable of another case open for writing.
    let outcomes = run_all(&cases, &factory, 1, &Seeds::default(), &|_| {});
    let red = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass);
    let red: Vec<_> = red.map(|outcome| format!("{}: {}: {}", outcome.id, outcome.verdict, outcome.message)).collect();
    assert!(red.is_empty(), "{}", red.join("\n"));
    assert_eq!(outcomes.len(), cases.len());
    insta::assert_snapshot!("functions_seen", seen);
}

/// What becomes of a function `f` that is added to the contract: the cases and what its guest calls, or what is lacking.
#[rstest]
#[case(
    "/// @permission none\nf: func(a: u8, b: bool, c: f64, d: char, e: option<string>);",
    "free: f(0, false, 0.0, 'x', none)"
)]
#[case(
    "/// @permission none\nf: func(bytes: list<u8>, other: list<u16>, marks: flag, which: which, pair: tuple<u8, string>);",
    "free: f(\"raw:x\", [], {}, one({a: 0, b: \"x\"}), (0, \"x\"))"
)]
#[case(
    "/// @permission none\nf: func(nothing: result, all: result<string, u8>, letter: letter);",
    "free: f(ok, ok(\"x\"), a)"
)]
#[case(
    "/// @permission network.inbound(r.b)\nf: func(r: rec) -> result;",
    "denied: f({a: 0, b: \"http://host.example/\"})\ngranted-by-network-inbound: f({a: 0, b: \"http://host.example/\"})"
)]
#[case(
    "/// @permission storage.read(to) | storage.list(to)\nf: func(other: string, to: text) -> result;",
    "denied: f(\"x\", \"a:b\")\ngranted-by-storage-read: f(\"x\", \"a:b\")\ngranted-by-storage-list: f(\"x\", \"a:b\")"
)]
#[case(
    "/// @permission storage.read(s)\nf: func(s: handle) -> result;\n/// @permission storage.read(n)\nopen: func(n: string, x: u8) -> result<handle>;",
    "denied: open(\"a:b\", 0) as made, f($made.ok)\ngranted-by-storage-read: open(\"a:b\", 0) as made, f($made.ok)"
)]
#[case("f: func();", "a:b/i.f: 0 lines with @permission")]
#[case(
    "/// @permission storage.read(s)\nf: func(s: handle) -> result;",
    "a:b/i.f: `s` is no string, and no function of a:b/i returns such a handle under storage.read: let the annotation \
     name a string, or teach `find_maker` in tests/gate/case.rs where the handle comes from"
)]
#[case(
    "/// @permission storage.read(s)\nf: func(s: handle) -> result;\n/// @permission storage.list(n)\nopen: func(n: string) -> result<handle>;",
    "a:b/i.f: `s` is no string, and no function of a:b/i returns such a handle under storage.read: let the annotation \
     name a string, or teach `find_maker` in tests/gate/case.rs where the handle comes from"
)]
#[case(
    "/// @permission storage.read(s) | process.spawn(s)\nf: func(s: string) -> result;",
    "a:b/i.f: `s` would have to be \"a:b\" and \"/bin/tool\": let each class have a parameter"
)]
#[case(
    "/// @permission none\nf: func(r: own<thing>);",
    "a:b/i.f: `r` has a part of kind own, of which no value is known: add one to `value` in tests/gate/value.rs"
)]
#[case(
    "/// @permission none\nf: func(r: tuple<u8, stream<u8>>);",
    "a:b/i.f: `r` has a part of kind stream, of which no value is known: add one to `value` in tests/gate/value.rs"
)]
fn a_function_that_is_added(#[case] text: &str, #[case] expected: &str) {
    let types = "resource thing; type handle = u64; type text = string; flags flag { x } enum letter { a, b }\n\
                 record rec { a: u8, b: string } variant which { one(rec), two }";
    let mut resolve = Resolve::default();
    let package = resolve.push_str("a.wit", &format!("package a:b;\ninterface i {{ {types}\n{text} }}")).unwrap();
    let interface = &resolve.interfaces[resolve.packages[package].interfaces["i"]];
    let all: Vec<_> = interface.functions.values().map(|function| ("a:b/i".to_owned(), function)).collect();
    let made = case::cases(&resolve, &all, ("a:b/i", &interface.functions["f"])).map(|cases| {
        let told = cases.iter().map(|case| {
            let calls = case.case.components["a"]
                .guest
                .execute
                .iter()
                .filter_map(|line| line.strip_prefix("call airssys:a:b/i."));
            format!("{}: {}", case.id.rsplit('/').next().unwrap(), calls.collect::<Vec<_>>().join(", "))
        });
        told.collect::<Vec<_>>().join("\n")
    });
    assert_eq!(made.unwrap_or_else(|fault| fault), expected);
}

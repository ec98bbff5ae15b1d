//! The invariants of the architecture, held over the source tree: who may name whom, where I/O and sleeping
//! are, how long a file is, and what the suite depends on.

#[path = "layering/source.rs"]
mod source;

use std::process::Command;

use rstest::rstest;
use source::{NamedPath, code, files, paths, rust_files};

/// The modules of the crate.
const MODULES: [&str; 8] = ["contract", "manifest", "permission", "wit", "runtime", "suite", "perf", "cli"];

/// Which modules of the crate each folder or file may name; the first row that fits decides.
const LAYERS: [(&str, &[&str]); 11] = [
    ("src/contract/", &["contract"]),
    ("src/manifest/", &["contract", "manifest"]),
    ("src/permission/", &["contract", "manifest", "permission"]),
    ("src/wit/", &["contract", "manifest", "wit"]),
    ("src/runtime/", &["contract", "manifest", "permission", "wit", "runtime"]),
    ("src/suite/driver/reference/", &["contract", "manifest", "permission", "runtime", "suite"]),
    ("src/suite/", &["contract", "wit", "suite"]),
    ("src/perf/", &["contract", "manifest", "permission", "runtime", "suite", "perf"]),
    ("src/cli/", &["contract", "manifest", "permission", "wit", "runtime", "suite", "perf", "cli"]),
    ("src/main.rs", &["cli"]),
    ("src/lib.rs", &["contract", "manifest", "permission", "wit", "runtime", "suite", "perf"]),
];

/// Files that only turn values into values: the same input gives the same output everywhere.
const PURE: [&str; 29] = [
    "src/contract/",
    "src/perf/budget.rs",
    "src/perf/estimate.rs",
    "src/perf/judge.rs",
    "src/perf/report/",
    "src/permission/",
    "src/suite/case.rs",
    "src/suite/claim.rs",
    "src/suite/evidence.rs",
    "src/suite/doctor/steps.rs",
    "src/suite/expect.rs",
    "src/suite/faulty/bend.rs",
    "src/suite/faulty/edit.rs",
    "src/suite/faulty/faults/",
    "src/suite/faulty/findings.rs",
    "src/suite/faulty/report.rs",
    "src/suite/guest/",
    "src/suite/manifest_text.rs",
    "src/suite/plan.rs",
    "src/suite/protocol/",
    "src/suite/report/",
    "src/suite/requirement.rs",
    "src/suite/seeds.rs",
    "src/suite/verdict.rs",
    "src/suite/wave.rs",
    "src/suite/world.rs",
    "src/wit/deps/resolve.rs",
    "src/wit/deps/resolve/",
    "src/wit/diff/",
];

/// What reaches out of the process, or differs from run to run.
const IMPURE: [&[&str]; 11] = [
    &["std", "*"],
    &["std", "env"],
    &["std", "fs"],
    &["std", "io"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time"],
    &["std", "collections", "HashSet"],
    &["tokio"],
    &["tempfile"],
];

/// Files that sleep, and why they must.
const SLEEPERS: [(&str, &str); 5] = [
    ("tests/endurance.rs", "calls that are measured come one at a time, as they do to a server"),
    ("src/runtime/clock.rs", "the real clock waits in real time"),
    ("src/suite/driver/adapter/process.rs", "nothing tells that a process has ended without reaping it"),
    ("src/suite/run.rs", "a clock that cannot be advanced is waited out"),
    ("src/runtime/engine.rs", "the ticker of the engine makes epochs out of real time"),
];

/// Tests that look at a wall clock, and why they may.
const CLOCKED: [(&str, &str); 1] = [("tests/endurance.rs", "it holds latencies of the same moment against each other")];

/// The longest source file, in lines, without its tests.
const MAX_LINES: usize = 500;

/// Files above that, and why they are.
const LONG: [(&str, &str); 0] = [];

/// Reports every offence at once.
fn assert_none(offences: Vec<String>, rule: &str) {
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// The offending paths below `folder`, as `file:line names path`.
fn naming(folder: &str, offends: impl Fn(&str, &NamedPath) -> bool) -> Vec<String> {
    let each = rust_files(folder).into_iter().flat_map(|(file, text)| {
        let found = paths(&file, &text).into_iter().filter(|path| offends(&file, path)).collect::<Vec<_>>();
        found.into_iter().map(move |path| format!("{file}:{} names {}", path.line, path.segments.join("::")))
    });
    each.collect()
}

#[test]
fn each_layer_names_only_those_below() {
    let offences = naming("src", |file, path| {
        let allowed = LAYERS.iter().find(|(place, _)| file.starts_with(place)).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("{file} belongs to no layer: add it to LAYERS"));
        match path.segments.as_slice() {
            // The whole crate, or everything in it, under another name.
            [only] => only == "crate",
            [root, module, ..] if root == "crate" => {
                module == "*" || MODULES.contains(&module.as_str()) && !allowed.contains(&module.as_str())
            }
            // The binary names its own modules without `crate`.
            [module, ..] => file == "src/main.rs" && module != "cli" && module != "std" && module != "clap",
            [] => false,
        }
    });
    assert_none(offences, "a module names one that it must not know");
}

#[test]
fn every_folder_of_the_source_is_a_known_layer() {
    let known = |file: &str| {
        file.split('/')
            .nth(1)
            .is_some_and(|folder| MODULES.contains(&folder) || ["lib.rs", "main.rs"].contains(&folder))
    };
    let strangers = rust_files("src").into_iter().map(|(file, _)| file).filter(|file| !known(file)).collect();
    assert_none(strangers, "a module is missing from MODULES and LAYERS");
}

#[test]
fn planning_and_expecting_do_no_io() {
    let present: Vec<String> = rust_files("src").into_iter().map(|(file, _)| file).collect();
    let gone = PURE.iter().filter(|place| !present.iter().any(|file| file.starts_with(**place)));
    assert_none(gone.map(|place| (*place).to_owned()).collect(), "a place of PURE is not there any more");

    let offences = naming("src", |file, path| {
        let pure = PURE.iter().any(|place| file.starts_with(place));
        pure && IMPURE
            .iter()
            .any(|impure| path.segments.iter().map(String::as_str).take(impure.len()).eq(impure.iter().copied()))
    });
    assert_none(offences, "a pure file reaches outside");
}

fn sleeps(path: &NamedPath) -> bool {
    [
        ["thread", "sleep"],
        ["thread", "sleep_ms"],
        ["thread", "park_timeout"],
        ["time", "sleep"],
        ["time", "sleep_until"],
    ]
    .iter()
    .any(|sleep| path.has(sleep))
}

#[test]
fn nothing_sleeps() {
    let found: Vec<String> =
        ["src", "tests"].iter().flat_map(|folder| naming(folder, |_, path| sleeps(path))).collect();
    let allowed = |offence: &String| SLEEPERS.iter().any(|(file, _)| offence.starts_with(&format!("{file}:")));
    let (needed, offences): (Vec<String>, Vec<String>) = found.into_iter().partition(allowed);
    assert_none(offences, "time is a clock that the test advances");
    let stale = SLEEPERS.iter().filter(|(file, _)| !needed.iter().any(|offence| offence.starts_with(file)));
    assert_none(stale.map(|(file, _)| (*file).to_owned()).collect(), "does not sleep any more: take it off SLEEPERS");
}

#[test]
fn tests_look_at_no_wall_clock() {
    let mut offences = naming("tests", |_, path| path.has(&["Instant", "now"]) || path.has(&["SystemTime", "now"]));
    offences.retain(|offence| !CLOCKED.iter().any(|(file, _)| offence.starts_with(&format!("{file}:"))));
    assert_none(offences, "a test that looks at the clock fails on a slow machine");
}

#[test]
fn no_test_is_ignored() {
    let all = ["src", "tests"].into_iter().flat_map(rust_files);
    let offences = all.flat_map(|(file, text)| {
        let compact: String = code(&text).split_whitespace().collect();
        ["#[ignore", ",ignore)]"].iter().any(|needle| compact.contains(needle)).then_some(file)
    });
    assert_none(offences.collect(), "a test that does not run holds nothing");
}

/// The file that maps machine code, and how often it says `unsafe`.
const UNSAFE: (&str, usize) = ("src/runtime/compiled/machine_code.rs", 1);

#[test]
fn one_place_is_unsafe() {
    let manifest = std::fs::read_to_string(source::root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nunsafe_code = \"deny\""), "the compiler has to ask for a reason as well");
    let count = |text: &str| {
        let code = code(text);
        code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| *word == "unsafe").count()
    };
    let all = ["src", "tests", "fuzz", "examples", "docs"].into_iter().flat_map(rust_files);
    let found: Vec<(String, usize)> =
        all.map(|(file, text)| (file, count(&text))).filter(|(_, count)| *count > 0).collect();
    assert_eq!(found, [(UNSAFE.0.to_owned(), UNSAFE.1)], "what is unsafe stands in one place, for one reason");
}

#[test]
fn nothing_outside_the_package_is_named() {
    let foreign = [concat!("../", "shared"), concat!("/work", "/shared"), concat!("/work", "/wt")];
    let all = ["src", "tests", "fuzz", "conformance", "wit", "benches", "examples", "Cargo.toml", "README.md"];
    let offences = all.into_iter().flat_map(files).filter_map(|(file, bytes)| {
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().position(|line| foreign.iter().any(|place| line.contains(place)))?;
        Some(format!("{file}:{}", line + 1))
    });
    assert_none(offences.collect(), "a file names a place of somebody's machine");
}

#[test]
fn files_are_short() {
    let length = |text: &str| text.split("#[cfg(test)]\nmod ").next().unwrap_or(text).lines().count();
    let long: Vec<(String, usize)> = rust_files("src")
        .into_iter()
        .map(|(file, text)| (file, length(&text)))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    let excused = |file: &str| LONG.iter().any(|(long, _)| *long == file);
    let offences = long.iter().filter(|(file, _)| !excused(file)).map(|(file, lines)| format!("{file}: {lines} lines"));
    assert_none(offences.collect(), "split the file, or say in LONG why it is one");
    let stale = LONG.iter().filter(|(file, _)| !long.iter().any(|(long, _)| long == file));
    assert_none(stale.map(|(file, _)| (*file).to_owned()).collect(), "is short now: take it off LONG");
}

#[test]
fn every_file_says_what_it_is() {
    let silent = ["src", "tests", "fuzz", "examples"].into_iter().flat_map(rust_files);
    let silent = silent.filter(|(_, text)| !text.starts_with("//! ")).map(|(file, _)| file);
    assert_none(silent.collect(), "a file starts with a comment that says what it holds");
}

#[rstest]
#[case("suite")]
#[case("cli")]
fn a_feature_without_the_runtime_brings_no_engine(#[case] feature: &str) {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--no-default-features", "--features", feature])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(source::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.starts_with("airssys-wasm "), "{tree}");
    let engines = ["wasmtime", "cranelift", "tokio", "rayon"];
    let offences = tree.lines().filter(|line| engines.iter().any(|engine| line.starts_with(engine)));
    assert_none(offences.map(str::to_owned).collect(), "only the feature `runtime` may bring this in");
}

#[rstest]
#[case(
    "use crate::{contract::{Phase, State as S}, manifest};",
    "crate::contract::Phase crate::contract::State crate::manifest"
)]
#[case("use super::super::host::gate;", "crate::runtime::host::gate")]
#[case("use super::gate::{self, Access};", "crate::runtime::host::gate crate::runtime::host::gate::Access")]
#[case(
    "let x = self::gate::Access::of(std::fs::read(a::B));",
    "crate::runtime::host::x::gate::Access::of std::fs::read a::B"
)]
#[case(
    "mod tests { use super::*; fn f() { super::g::h(); } } use super::a;",
    "crate::runtime::host::x::* crate::runtime::host::x::g::h crate::runtime::host::a"
)]
#[case(
    "// crate::suite\n/* /* crate::suite */ crate::cli */ use airssys_wasm::manifest::Manifest;",
    "crate::manifest::Manifest"
)]
#[case(r##"let a = "crate::suite \" // crate::cli"; let b = br#"crate::x" crate::y"#; let c = '"'; a::b"##, "a::b")]
#[case("fn f<'a>(x: &'a str) -> char { '\\'' } /* ' */ b::c", "b::c")]
#[case("pub(crate) use x::{y::{z, w}, self};", "x::y::z x::y::w x")]
#[case("$crate::contract::kebab_enum! { pub enum A { B = \"b\", } }", "crate::contract::kebab_enum")]
fn the_reader_of_paths_sees(#[case] text: &str, #[case] expected: &str) {
    let found: Vec<String> =
        paths("src/runtime/host/x.rs", text).into_iter().map(|path| path.segments.join("::")).collect();
    assert_eq!(found.join(" "), expected);
}

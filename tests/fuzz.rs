//! The targets of `fuzz/` on their corpora and on mutations of them, without libFuzzer.
//!
//! `AIRSSYS_FUZZ_SECONDS=60` runs each for a minute instead of a fixed number of inputs.

/// The bodies of the targets.
#[path = "../fuzz/src/lib.rs"]
pub mod fuzz;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fuzz::drive::{Effort, drive};
use rstest::rstest;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

#[rstest]
#[case::manifest("manifest", fuzz::manifest::check, 6_000)]
#[case::patterns("patterns", fuzz::patterns::check, 12_000)]
#[case::multicodec("multicodec", fuzz::multicodec::check, 100_000)]
#[cfg_attr(feature = "wit", case::wit("wit", fuzz::wit::check, 3_000))]
#[cfg_attr(feature = "wit", case::lock("lock", fuzz::lock::check, 10_000))]
#[cfg_attr(feature = "runtime", case::url("url", fuzz::url::check, 100_000))]
fn target(#[case] name: &str, #[case] check: fn(&[u8]), #[case] rounds: u64) {
    let effort = match std::env::var("AIRSSYS_FUZZ_SECONDS") {
        Ok(seconds) => Effort::Time(Duration::from_secs(seconds.parse().expect("a number of seconds"))),
        Err(_) => Effort::Rounds(rounds),
    };
    println!("{name}: {} inputs", drive(&folder(), name, check, effort));
}

/// A program that libFuzzer runs is also run here, and has what it starts from.
#[test]
fn every_target_is_whole() {
    let package = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let package: toml::Table = package.parse().unwrap();
    let names = package["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap());
    let parts = |name: &str| {
        let files = [format!("fuzz_targets/{name}.rs"), format!("dictionaries/{name}.dict"), format!("corpus/{name}")];
        let there = files.iter().all(|file| folder().join(file).exists());
        there && include_str!("fuzz.rs").contains(&format!("(\"{name}\", fuzz::{name}::check, "))
    };
    let lacking: Vec<&str> = names.filter(|name| !parts(name)).collect();
    assert!(lacking.is_empty(), "without a program, a dictionary, a corpus or a row above: {lacking:?}");
}

/// Fails for an input that only a mutation has.
fn refuses_a_quote(input: &[u8]) {
    assert!(!input.contains(&b'\''));
}

#[test]
fn an_input_at_fault_is_told_as_it_can_be_run_again() {
    let fuzz = tempfile::tempdir().unwrap();
    let corpus = fuzz.path().join("corpus/example");
    std::fs::create_dir_all(&corpus).unwrap();
    std::fs::create_dir_all(fuzz.path().join("dictionaries")).unwrap();
    std::fs::write(corpus.join("one"), "").unwrap();
    std::fs::write(fuzz.path().join("dictionaries/example.dict"), "# a word\n\"'\\x00%\\\\ a\"\n").unwrap();
    let driven = std::panic::catch_unwind(|| drive(fuzz.path(), "example", refuses_a_quote, Effort::Rounds(1_000)));
    let told = *driven.unwrap_err().downcast::<String>().unwrap();
    let lines: Vec<&str> = told.lines().map(str::trim).collect();
    let [first, second] = lines.as_slice() else { panic!("{told}") };
    let shown = first.strip_prefix("the input b\"").and_then(|rest| rest.split_once("\" is at fault;")).unwrap().0;
    assert!(shown.contains(r"\x27\x00\x25\x5c a"), "{shown}");
    let again = format!("printf '{shown}' > fuzz/corpus/example/found && cargo test --test fuzz example");
    assert_eq!(*second, again);
}

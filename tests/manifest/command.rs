//! `airssys-wasm manifest`, from outside: output and exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::LEAST;

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_airssys-wasm")).args(args).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

/// A directory that holds a manifest.
fn with(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("component.toml"), text).unwrap();
    dir
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A manifest with most kinds of faults.
const FAULTY: &str = r#"[component]
name = "Data_Processor"
versoin = "1.2.0"
api-version = "1.0"
tags = ["a", "a"]

[multicodec]
primary-format = "jsn"

[capabilities.filesystem]
read = ["data/**", "/ok/**", 5]
[[capabilities.network]]
action = "outbound"
host = "2130706433"
port = 70000

[permissions.filesystem]
read = ["/x"]

[resources.memory]
min = "2MB"
max = "1MB"
[env]
PORT = 80
PORT = 81
"#;

#[test]
fn a_valid_manifest() {
    let dir = with(LEAST);
    let output = run(dir.path(), &["manifest", "check", "."]);
    assert_eq!((output.status.code(), text(&output.stdout), text(&output.stderr)), (Some(0), "a 1.0.0: ok\n", ""));

    let output = run(dir.path(), &["manifest", "check", "--format", "json", "."]);
    let object = json(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((&object["ok"], &object["errors"]), (&true.into(), &serde_json::json!([])));
    assert_eq!(object["path"], "./component.toml");
    assert_eq!(object["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(object["manifest"]["component"]["api-version"], "1.0.0");
}

#[test]
fn a_faulty_manifest_for_people() {
    let output = run(with(FAULTY).path(), &["manifest", "check", "."]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn a_faulty_manifest_for_tools() {
    let output = run(with(FAULTY).path(), &["manifest", "check", "--format", "json", "."]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""));
    insta::assert_json_snapshot!(json(&output));
}

#[test]
fn nothing_in_a_manifest_commands_the_terminal() {
    let hostile = format!("{LEAST}\"\\u001b[2J\u{9b}\u{202e}\" = 1 # \u{202e}\n");
    let output = run(with(&hostile).path(), &["manifest", "check", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!text(&output.stderr).contains(['\u{1b}', '\u{9b}', '\u{202e}']));
}

#[test]
fn long_lines_do_not_hide_the_report() {
    let long = format!("{LEAST}x = '{}'", "a".repeat(100_000));
    let output = run(with(&long).path(), &["manifest", "check", "."]);
    assert!(output.stderr.len() < 1000, "{}", text(&output.stderr));
}

#[test]
fn no_manifest_two_manifests_and_bad_usage() {
    let empty = tempfile::tempdir().unwrap();
    for args in [
        &["manifest", "check", "."][..],
        &["manifest", "check", "absent"],
        &["manifest", "check", "--format", "json", "."],
        &["manifest", "migrate", "."],
        &["manifest", "check"],
        &["manifest", "check", "--format", "xml", "."],
        &["no-such-command"],
        &[],
    ] {
        assert_eq!(run(empty.path(), args).status.code(), Some(2), "{args:?}");
    }
    let object = json(&run(empty.path(), &["manifest", "check", "--format", "json", "."]));
    assert_eq!(object["errors"][0]["code"], "manifest-missing-field");

    let two = with(LEAST);
    fs::write(two.path().join("Component.toml"), LEAST).unwrap();
    if fs::read_dir(two.path()).unwrap().count() == 2 {
        let object = json(&run(two.path(), &["manifest", "check", "--format", "json", "."]));
        assert_eq!(object["errors"][0]["code"], "manifest-invalid-value");
    }
}

#[test]
fn help_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("Exit status:"));
}

#[test]
fn migration_prints_or_replaces() {
    let old = LEAST.replace("[resources.memory]\nmax = \"1MB\"", "[metadata]\nmemory-limit = \"1MB\"");
    let dir = with(&old);
    let path = dir.path().join("component.toml");

    let printed = run(dir.path(), &["manifest", "migrate", "."]);
    assert_eq!(printed.status.code(), Some(0), "{}", text(&printed.stderr));
    assert_eq!(text(&printed.stderr), "changed: memory-limit is resources.memory.max\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), old);

    let written = run(dir.path(), &["manifest", "migrate", ".", "--write"]);
    assert_eq!((written.status.code(), text(&written.stdout)), (Some(0), ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), text(&printed.stdout));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays behind");
    assert_eq!(run(dir.path(), &["manifest", "check", "."]).status.code(), Some(0));

    let again = run(dir.path(), &["manifest", "migrate", ".", "--write"]);
    assert_eq!((again.status.code(), text(&again.stderr)), (Some(0), "nothing to change\n"));
}

#[test]
fn what_cannot_be_converted_is_not_written() {
    let old = format!("capabilities = [\"ai:model:load\"]\n{LEAST}");
    let dir = with(&old);
    let output = run(dir.path(), &["manifest", "migrate", ".", "--write"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not converted: the capability \"ai:model:load\""));
    assert_eq!(fs::read_to_string(dir.path().join("component.toml")).unwrap(), old);
}

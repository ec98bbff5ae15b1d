//! Runtimes behind an adapter: the reference is judged alike behind its own, and whatever an adapter does wrong costs a case
//! and is told.
#![cfg(all(feature = "cli", feature = "suite", feature = "runtime", unix))]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::protocol::schema;
use airssys_wasm::suite::protocol::wire::{Line, Request};
use airssys_wasm::suite::{Adapter, Catalogue, DriverFactory, Outcome, Seeds, Verdict, embedded, run_all};
use rstest::rstest;
use serde_json::Value;

const BIN: &str = env!("CARGO_BIN_EXE_airssys-wasm");

/// The reference behind its adapter gets the verdicts that it gets in this process, with the same reasons, case by case.
#[test]
fn the_reference_is_judged_alike_behind_its_adapter() {
    let cases = embedded(&Catalogue::embedded().unwrap()).unwrap();
    let reference = Reference::new().unwrap();
    let inside: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    let adapter = Adapter::new(&format!("'{BIN}' adapter"), Duration::from_secs(15)).unwrap();
    let judged = |factory: &Arc<DriverFactory>| -> BTreeMap<String, (Verdict, String)> {
        let outcomes = run_all(&cases, factory, 2, &Seeds::UpTo(0), &|_: &Outcome| {});
        outcomes.into_iter().map(|outcome| (outcome.id, (outcome.verdict, outcome.message))).collect()
    };
    let (inside, behind) = (judged(&inside), judged(&adapter.factory()));
    let differ: Vec<_> = inside.iter().filter(|(id, verdict)| behind.get(*id) != Some(verdict)).collect();
    assert_eq!((differ.len(), behind.len()), (0, cases.len()), "{differ:?}");
}

/// What the reference can be tested for without a clock that can be advanced: cases with a margin are waited out.
#[test]
fn without_a_virtual_clock_cases_with_a_margin_are_waited_out() {
    let dir =
        with(&[("cases/time/waits.toml", WAITS), ("cases/time/hurries.toml", &WAITS.replace("margin-ms = 60\n", ""))]);
    let adapter = format!("'{BIN}' adapter --without virtual-clock");
    let output =
        run(dir.path(), &["suite", "run", "time/waits", "time/hurries", "--cases", "cases", "--adapter", &adapter]);
    let (code, text, errors) = said(&output);
    assert_eq!((code, text.lines().last(), errors), (Some(0), Some("1 passed, 0 failed, 1 untestable"), ""), "{text}");
}

const WAITS: &str = r#"title = "a message is sent when the sleep is over"
requirements = ["time.sleep"]
margin-ms = 60
[components.a.guest]
execute = ['invoke host-services.sleep-millis(20)', 'return ok("raw:slept")']
[[steps]]
load = "a"
[[steps]]
begin = "sleep"
execute = "a"
[[steps]]
advance = 20
[[steps]]
await = "sleep"
expect.output = "raw:slept"
"#;

/// A shell's functions for adapters of a few lines: `ask` reads a request and its number, the others answer one.
const TOY: &str = r#"
ask() { IFS= read -r line || exit 0; id=${line#*'"id":'}; id=${id%%,*}; }
say() { ask; printf '{"id":%s,%s}\n' "$id" "$1"; }
hello() { say '"is":"hello","protocol":1,"runtime":"toy","version":"1","features":["lifecycle","manifest"],"hooks":[]'; }
"#;

/// What an adapter does from the second `hello` on, which belongs to the case; the verdict on the case, and what is said.
#[rstest]
#[case::exits(
    "exit 3",
    "driver-error",
    "the adapter ended, when it was asked `hello` (request 2); it ended with exit status: 3"
)]
#[case::exits_in_a_case(
    "hello; say '\"is\":\"done\"'; ask; exit 4",
    "crash",
    "the adapter ended, when it was asked `load` (request 4); it ended with exit status: 4"
)]
#[case::is_killed_in_a_case(
    "hello; say '\"is\":\"done\"'; ask; kill -9 $$",
    "crash",
    "the adapter ended, when it was asked `load` (request 4); it ended with signal: 9 (SIGKILL)"
)]
#[case::exits_at_the_start_of_a_case(
    "hello; ask; exit 0",
    "driver-error",
    "the adapter ended, when it was asked `case.begin` (request 3); it ended with exit status: 0"
)]
#[case::garbage(
    "hello; ask; echo garbage",
    "driver-error",
    "the adapter wrote what is not JSON: expected value at line 1 column 1: garbage, when it was asked `case.begin` (request 3)"
)]
#[case::a_list(
    "hello; ask; echo '[1]'",
    "driver-error",
    "the adapter wrote what is not a JSON object: [1], when it was asked `case.begin` (request 3)"
)]
#[case::no_kind(
    "hello; ask; echo '{\"id\":3}'",
    "driver-error",
    "the adapter wrote what is neither an answer nor an event: an answer has `is`, an event has `event`, when it was asked `case.begin` (request 3)"
)]
#[case::half_a_line(
    "hello; say '\"is\":\"done\"'; ask; printf '{\"id\":4'",
    "crash",
    "the adapter ended in the middle of a line, which starts with `{\\\"id\\\":4`, when it was asked `load` (request 4); it ended with exit status: 0"
)]
#[case::not_text(
    "hello; ask; printf '\\377\\n'",
    "driver-error",
    "the adapter wrote a line that is not UTF-8, which starts with `\u{fffd}`, when it was asked `case.begin` (request 3)"
)]
#[case::a_line_without_end(
    "hello; ask; head -c 70000000 /dev/zero; sleep 9",
    "driver-error",
    "the adapter wrote a line that is longer than any may be (64 MiB), when it was asked `case.begin` (request 3)"
)]
#[case::an_unknown_kind(
    "hello; say '\"is\":\"fine\"'",
    "driver-error",
    "the adapter wrote what is not an answer: unknown variant `fine`, expected one of "
)]
#[case::an_unknown_field(
    "hello; say '\"is\":\"loaded\",\"component\":\"a\",\"size\":1'",
    "driver-error",
    "the adapter wrote what is not an answer: unknown field `size`, expected `component`: "
)]
#[case::another_number(
    "hello; ask; echo '{\"id\":2,\"is\":\"done\"}'",
    "driver-error",
    "the adapter answered request 2, when it was asked `case.begin` (request 3)"
)]
#[case::no_number(
    "hello; ask; echo '{\"is\":\"done\"}'",
    "driver-error",
    "the adapter gave an answer without `id`, when it was asked `case.begin` (request 3)"
)]
#[case::another_protocol(
    "say '\"is\":\"hello\",\"protocol\":2,\"runtime\":\"toy\",\"version\":\"1\",\"features\":[],\"hooks\":[]'",
    "driver-error",
    "the adapter speaks version 2 of the protocol, and this suite speaks 1, when it was asked `hello` (request 2)"
)]
#[case::what_is_no_answer(
    "hello; say '\"is\":\"done\"'; say '\"is\":\"health\",\"healthy\":true'",
    "driver-error",
    "the adapter answered `health`, which is no answer to that, when it was asked `load` (request 4)"
)]
#[case::hangs(
    "hello; say '\"is\":\"done\"'; ask; sleep 9",
    "timeout",
    "the adapter gave no answer within 2 s, when it was asked `load` (request 4)"
)]
#[case::hangs_at_the_start_of_a_case(
    "hello; ask; sleep 9",
    "driver-error",
    "the adapter gave no answer within 2 s, when it was asked `case.begin` (request 3)"
)]
#[case::does_not_understand(
    "hello; say '\"is\":\"not-understood\",\"what\":\"no worlds\"'",
    "driver-error",
    "the adapter did not understand what is of the protocol, and said: no worlds, when it was asked `case.begin` (request 3)"
)]
#[case::talks_without_end(
    "hello; ask; yes '{\"event\":\"audit\",\"line\":\"{}\"}'",
    "driver-error",
    "the adapter told 100001 events of "
)]
#[case::errors_are_kept(
    "hello; echo 'no room' >&2; exit 1",
    "driver-error",
    "the adapter ended, when it was asked `case.begin` (request 3); it ended with exit status: 1\n    it last wrote to standard error:\n    no room"
)]
#[case::cannot(
    "hello; say '\"is\":\"done\"'; say '\"is\":\"unsupported\",\"what\":\"loading\"'; say '\"is\":\"done\"'",
    "untestable",
    ""
)]
#[case::leaves_something(
    "hello; say '\"is\":\"done\"'; say '\"is\":\"refused\",\"phase\":\"manifest\",\"code\":\"manifest-unknown-field\",\"message\":\"\"'; say '\"is\":\"ended\",\"instances\":2'",
    "fail",
    "expected nothing left of the case, got {\"instances\":2,\"memory-bytes\":0,\"processes\":0,\"tasks\":0}"
)]
#[case::is_right(
    "hello; say '\"is\":\"done\"'; say '\"is\":\"refused\",\"phase\":\"manifest\",\"code\":\"manifest-unknown-field\",\"message\":\"\"'; say '\"is\":\"ended\"'",
    "pass",
    ""
)]
fn an_adapter_costs_its_case(#[case] script: &str, #[case] verdict: &str, #[case] why: &str) {
    let dir = with(&[("toy.sh", &format!("{TOY}hello\n{script}\n")), ("cases/manifest/refused.toml", REFUSED)]);
    let args = [
        "suite",
        "run",
        "manifest/refused",
        "--cases",
        "cases",
        "--adapter",
        "sh toy.sh",
        "--answer-timeout",
        patience(script),
        "--report",
        "json=r.json",
    ];
    let output = run(dir.path(), &args);
    let (code, text, errors) = said(&output);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(dir.path().join("r.json")).unwrap()).unwrap();
    let expected = match verdict {
        "pass" | "untestable" => 0,
        "driver-error" => 3,
        _ => 1,
    };
    assert_eq!((code, report["cases"][0]["verdict"].as_str(), errors), (Some(expected), Some(verdict), ""), "{text}");
    assert!(text.contains(why), "{text}");
}

/// How long an answer is waited for, in milliseconds: not long where none comes.
fn patience(script: &str) -> &'static str {
    if script.contains("sleep 9") { "2000" } else { "25000" }
}

const REFUSED: &str = r#"title = "an unknown field is refused"
requirements = ["manifest.strict"]
[components.a.manifest.component]
nmae = "x"
[[steps]]
load = "a"
expect.refused = { phase = "manifest", code = "manifest-unknown-field" }
"#;

/// Adapters that do not get to the first case: exit code 3, and why, of every case.
#[rstest]
#[case::absent("./absent", "the adapter `./absent` cannot be started: No such file or directory (os error 2)")]
#[case::no_command("", "`` is no command: give a program and its arguments, and close all quotes")]
#[case::an_open_quote("sh 'x", "`sh 'x` is no command: give a program and its arguments, and close all quotes")]
#[case::exits_at_once("true", "the adapter ended, when it was asked `hello` (request 1); it ended with exit status: 0")]
#[case::echoes(
    "cat",
    "the adapter wrote what is neither an answer nor an event: an answer has `is`, an event has `event`, when it was asked `hello` (request 1)"
)]
#[case::talks_to_itself(
    "yes",
    "the adapter wrote what is not JSON: expected value at line 1 column 1: y, when it was asked `hello` (request 1)"
)]
#[case::hangs("sleep 9", "the adapter gave no answer within 2 s, when it was asked `hello` (request 1)")]
fn an_adapter_that_nothing_can_be_judged_of(#[case] adapter: &str, #[case] why: &str) {
    let dir = with(&[]);
    let args = [
        "suite",
        "run",
        "lifecycle",
        "config",
        "--adapter",
        adapter,
        "--answer-timeout",
        patience(adapter),
        "--report",
        "json=r.json",
    ];
    let output = run(dir.path(), &args);
    let (code, text, errors) = said(&output);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(dir.path().join("r.json")).unwrap()).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let so = |case: &Value| case["verdict"] == "driver-error" && case["message"] == why;
    assert_eq!((code, errors, cases.len() > 100, cases.iter().all(so)), (Some(3), "", true, true), "{text}");
    assert!(text.contains(why), "{text}");
}

/// What becomes of seven cases if each process dies at the N-th stimulus of a kind: what an earlier case may have done to it
/// is not put down to the case, and where nothing works, not all cases are tried.
#[rstest]
#[case::of_what_earlier_cases_left("load", 3, &["pass"; 7], "")]
#[case::of_every_case("load", 1, &["crash"; 7], "the adapter ended, when it was asked `load` (request 3); it ended with exit status: 9")]
#[case::before_every_case(
    "case.begin",
    1,
    &["driver-error"; 7],
    "not tried: the adapter failed 5 times in a row, at last because the adapter ended, when it was asked `case.begin` (request 2); it ended with exit status: 9; `suite doctor --adapter` says what to mend first"
)]
fn a_lost_process_is_replaced(#[case] at: &str, #[case] nth: u32, #[case] verdicts: &[&str], #[case] last: &str) {
    let script = format!(
        r#"{TOY}left={nth}
while ask; do
  case $line in *'"do":"{at}"'*) left=$((left - 1)); [ $left = 0 ] && exit 9;; esac
  case $line in
    *'"do":"hello"'*) reply='"is":"hello","protocol":1,"runtime":"toy","version":"1","features":["manifest"],"hooks":[]';;
    *'"do":"load"'*) reply='"is":"refused","phase":"manifest","code":"manifest-unknown-field","message":""';;
    *) reply='"is":"done"';;
  esac
  printf '{{"id":%s,%s}}\n' "$id" "$reply"
done
"#
    );
    let rows: String = (1..=7).map(|row| format!("[[rows]]\nid = \"r{row}\"\n")).collect();
    let dir = with(&[("toy.sh", &script), ("cases/manifest/refused.toml", &format!("{REFUSED}{rows}"))]);
    let args = ["suite", "run", "manifest/refused", "--cases", "cases", "--adapter", "sh toy.sh", "--jobs", "1"];
    let output = run(dir.path(), &[&args[..], &["--report", "json=-"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = |case: &Value, key: &str| case[key].as_str().unwrap().to_owned();
    let cases = report["cases"].as_array().unwrap();
    let found: Vec<String> = cases.iter().map(|case| said(case, "verdict")).collect();
    assert_eq!(
        (found, said(cases.last().unwrap(), "message").as_str()),
        (verdicts.iter().map(|verdict| (*verdict).to_owned()).collect(), last)
    );
}

#[test]
fn shards_are_parts() {
    let listed = |args: &[&str]| -> Vec<String> {
        let dir = with(&[]);
        let output = run(dir.path(), &[&["suite", "run", "config", "time", "--report", "json=-"], args].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut parts = [listed(&["--shard", "1/3"]), listed(&["--shard", "2/3"]), listed(&["--shard", "3/3"])].concat();
    parts.sort();
    assert_eq!(parts, listed(&[]));
}

#[rstest]
#[case(&["suite", "run", "time", "--shard", "0/4"], 2, "error: invalid value '0/4' for '--shard <K/N>': write K/N with K from 1 to N, such as 2/4")]
#[case(&["suite", "run", "time", "--features", "tme"], 2, "error: there is no feature `tme`; the features are audit, config, ")]
#[case(&["suite", "run", "time", "--answer-timeout", "5"], 2, "error: the following required arguments were not provided:\n  --adapter <CMD>")]
#[case(&["suite", "run", "time", "--update"], 2, "error: the following required arguments were not provided:\n  --expected-failures <FILE>")]
#[case(&["suite", "doctor"], 2, "error: name the adapter that is to be examined: --adapter CMD\n")]
#[case(&["suite", "replay", "absent"], 2, "error: absent: No such file or directory")]
#[case(&["adapter", "--without", "x"], 2, "error: invalid value 'x' for '--without <HOOK>': `x` is none of virtual-clock, ")]
fn bad_usage(#[case] args: &[&str], #[case] code: i32, #[case] error: &str) {
    let dir = with(&[]);
    let output = run(dir.path(), args);
    let (status, text, errors) = said(&output);
    assert_eq!((status, text, errors.starts_with(error)), (Some(code), "", true), "{errors}");
}

/// What is not declared is not judged.
#[test]
fn features_are_what_is_said_to_be_declared() {
    let dir = with(&[]);
    let output = run(dir.path(), &["suite", "run", "config", "time", "--features", "time"]);
    let (code, text, errors) = said(&output);
    assert_eq!(
        (code, text.lines().last(), errors),
        (Some(0), Some("11 passed, 0 failed, 17 not applicable"), ""),
        "{text}"
    );
}

/// Each row: what an adapter does, the exit code, and what the doctor says in the end.
#[rstest]
#[case::of_the_reference(&format!("'{BIN}' adapter"))]
#[case::absent("./absent")]
#[case::talks_to_itself("sh -c 'while read -r line; do echo nonsense; done'")]
#[case::says_hello_alone("sh toy.sh")]
fn the_doctor_says_what_to_mend_next(#[case] adapter: &str) {
    let dir = with(&[("toy.sh", &format!("{TOY}while :; do hello; done\n"))]);
    let output = run(dir.path(), &["suite", "doctor", "--adapter", adapter]);
    let (code, text, errors) = said(&output);
    insta::assert_snapshot!(format!("{code:?}\n{text}{errors}"));
}

/// A transcript is said again: to the same runtime nothing differs, to one that answers otherwise it does.
#[test]
fn a_transcript_is_said_again() {
    let dir = with(&[]);
    let traced = run(dir.path(), &["suite", "run", "lifecycle/init-once", "--trace", "t.jsonl"]);
    assert_eq!(said(&traced).0, Some(0));
    let adapter = format!("'{BIN}' adapter");
    let again = run(dir.path(), &["suite", "replay", "t.jsonl", "--adapter", &adapter]);
    let (code, text, errors) = said(&again);
    assert_eq!((code, errors), (Some(0), ""));
    insta::assert_snapshot!(text);
    let path = dir.path().join("t.jsonl");
    let changed = std::fs::read_to_string(&path)
        .unwrap()
        .replace("{\"component\":\"a\",\"is\":\"loaded\"}", "{\"component\":\"b\",\"is\":\"loaded\"}");
    std::fs::write(&path, changed).unwrap();
    let again = run(dir.path(), &["suite", "replay", "t.jsonl"]);
    let (code, text, errors) = said(&again);
    assert_eq!((code, errors), (Some(1), ""));
    assert!(text.contains("differs      loaded\n    /component: was \"b\", is \"a\"\n"), "{text}");
}

/// The schemas that are checked in are those of the types.
#[test]
fn the_schemas_are_those_of_the_types() {
    for (name, schema) in schema::all() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/protocol").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text == format!("{schema:#}\n"), "{name} is stale: airssys-wasm suite schema conformance/protocol");
    }
}

#[rstest]
#[case("", None, "not JSON: EOF while parsing a value at line 1 column 0: ")]
#[case("{}", None, "a request needs its number: `id` is missing")]
#[case("{\"id\":\"1\",\"do\":\"inspect\"}", None, "`id` must be a whole number: \"1\"")]
#[case("{\"id\":1,\"do\":\"inspect\"}", Some(1), "")]
#[case("{\"id\":2,\"do\":\"advance\"}", Some(2), "not a request: missing field `ms`: {\\\"do\\\":\\\"advance\\\"}")]
#[case(
    "{\"id\":3,\"do\":\"advance\",\"ms\":1,\"s\":1}",
    Some(3),
    "not a request: unknown field `s`, expected `ms`: {\\\"do\\\":\\\"advance\\\",\\\"ms\\\":1,\\\"s\\\":1}"
)]
fn requests(#[case] line: &str, #[case] id: Option<u64>, #[case] fault: &str) {
    let read = Request::parse(line);
    let (found, why) = match &read {
        Ok(request) => (Some(request.id), String::new()),
        Err(why) => (why.id, why.to_string()),
    };
    assert_eq!((found, why.as_str()), (id, fault));
    if let Ok(request) = read {
        assert_eq!(Request::parse(&request.to_line()), Ok(request));
    }
}

#[rstest]
#[case("{\"id\":1,\"is\":\"done\"}", "")]
#[case("{\"is\":\"not-understood\",\"what\":\"x\"}", "")]
#[case("{\"event\":\"audit\",\"line\":\"x\"}", "")]
#[case("{\"event\":\"audit\"}", "not an event: missing field `line`: {\\\"event\\\":\\\"audit\\\"}")]
#[case("{\"id\":1}", "neither an answer nor an event: an answer has `is`, an event has `event`")]
#[case("{\"id\":-1,\"is\":\"done\"}", "`id` must be a whole number: -1")]
fn lines(#[case] line: &str, #[case] fault: &str) {
    match Line::parse(line) {
        Ok(read) => assert_eq!((read.to_line().as_str(), fault), (line, "")),
        Err(why) => assert_eq!(why.to_string(), fault),
    }
}

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(BIN).args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("RUST_LOG").output().unwrap()
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A directory with these files.
fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    dir
}

//! `airssys-wasm suite` and `airssys-wasm run`, from outside: output and exit codes.
#![cfg(all(feature = "cli", feature = "suite", feature = "runtime"))]

#[path = "command/expected.rs"]
mod expected;
#[path = "command/hosting.rs"]
mod hosting;
#[path = "command/place.rs"]
mod place;
#[path = "command/record.rs"]
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use airssys_wasm::suite::protocol::{Reply, Stimulus};
use airssys_wasm::suite::{Catalogue, embedded};
use rstest::rstest;
use serde::Deserialize;
use serde_json::Value;

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("RUST_LOG").output().unwrap()
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A directory with these files.
fn with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

/// A case that passes.
const PASSES: &str = r#"title = "an echo answers"
requirements = ["lifecycle.execute-verbatim"]
[components.a]
[[steps]]
load = "a"
[[steps]]
execute = "a"
operation = "json:{}"
expect.output = "json:{}"
"#;

/// A case that cannot pass.
fn fails() -> String {
    PASSES.replace("expect.output = \"json:{}\"", "expect.output = \"json:[]\"")
}

#[test]
fn list_names_the_cases_of_an_area() {
    let output = run(Path::new("."), &["suite", "list", "lifecycle"]);
    let cases = embedded(&Catalogue::embedded().unwrap()).unwrap();
    let of_area = cases.iter().filter(|case| case.area == "lifecycle");
    let expected: String = of_area.map(|case| format!("{:<50} {}\n", case.id, case.case.title)).collect();
    assert_eq!(said(&output), (Some(0), expected.as_str(), ""));
}

#[test]
fn show_tells_everything_about_a_case() {
    let output = run(Path::new("."), &["suite", "show", "lifecycle/init-once"]);
    let (code, text, errors) = said(&output);
    assert_eq!((code, errors), (Some(0), ""));
    insta::assert_snapshot!(text);
}

#[rstest]
#[case(&["suite", "show", "nope"], "error: no case matches `nope`; the areas are ")]
#[case(&["suite", "show", "lifecycle/init"], "error: no case is named `lifecycle/init`; there are lifecycle/init-config#config-data, ")]
#[case(&["suite", "run", "nope"], "error: no case matches `nope`; the areas are ")]
#[case(&["suite", "run", "time", "nope"], "error: no case matches `nope`; the areas are ")]
#[case(&["suite", "list", "nope"], "error: no case matches `nope`; the areas are ")]
#[case(&["suite", "run", "time", "--report", "xml=x"], "error: invalid value 'xml=x' for '--report <FORMAT=PATH>': write FORMAT=PATH with one of table, json, junit, markdown, html, badge, shields\n")]
#[case(&["suite", "run", "time", "--jobs", "0"], "error: invalid value '0' for '--jobs <N>': 0 is not in 1..=65535\n")]
#[case(&["suite", "run", "time", "--seeds", "x"], "error: invalid value 'x' for '--seeds <N>': invalid digit found in string\n")]
#[case(&["suite", "run", "time", "--seeds", "2", "--seed", "1"], "error: the argument '--seeds <N>' cannot be used with '--seed <S>'\n")]
#[case(&["suite", "run", "time", "--cases", "absent"], "error: absent: cannot be read: ")]
#[case(&["suite", "run", "time", "--expected-failures", "absent"], "error: failed to read absent: ")]
fn bad_usage(#[case] args: &[&str], #[case] error: &str) {
    let output = run(Path::new(env!("CARGO_MANIFEST_DIR")), args);
    let (code, text, errors) = said(&output);
    assert_eq!((code, text, errors.starts_with(error)), (Some(2), "", true), "{errors}");
}

#[test]
fn a_run_ends_with_the_count() {
    let output = run(Path::new("."), &["suite", "run", "time", "config"]);
    let (code, text, errors) = said(&output);
    let listed = run(Path::new("."), &["suite", "list", "time", "config"]);
    let count = said(&listed).1.lines().count();
    let last = format!("{count} passed, 0 failed");
    assert_eq!((code, text.lines().last(), errors), (Some(0), Some(last.as_str()), ""), "{text}");
}

/// What programs may rely on in the report; the whole of it is in `conformance/protocol/report.json`.
#[derive(Debug, Deserialize)]
struct JsonReport {
    suite: BTreeMap<String, String>,
    runtime: Runtime,
    summary: BTreeMap<String, u64>,
    cases: Vec<JsonCase>,
    requirements: Vec<JsonRequirement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runtime {
    protocol: u32,
    contract: String,
    runtime: String,
    version: String,
    features: Vec<String>,
    hooks: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct JsonCase {
    id: String,
    area: String,
    requirements: Vec<String>,
    level: String,
    verdict: String,
    runs: u64,
    #[serde(default)]
    seed: Option<u64>,
    #[serde(rename = "duration_ms")]
    _duration_ms: u64,
    message: String,
}

#[derive(Debug, Deserialize)]
struct JsonRequirement {
    id: String,
    level: String,
    verdict: String,
    cases: Vec<String>,
}

#[test]
fn the_report_has_the_documented_shape() {
    let dir = with(&[]);
    let output = run(dir.path(), &["suite", "run", "time", "multicodec", "--report", "json=report.json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: JsonReport = serde_json::from_slice(&fs::read(dir.path().join("report.json")).unwrap()).unwrap();
    let suite: Vec<(&str, &str)> = report.suite.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(suite, [("contract", "1.1"), ("name", "airssys-wasm"), ("version", version)]);
    assert_eq!(report.runtime.protocol, 1);
    assert_eq!((report.runtime.runtime.is_empty(), report.runtime.version.is_empty()), (false, false));
    assert_eq!(report.runtime.contract, "1.1");
    assert!(
        report.runtime.features.contains(&"time".to_owned()) && report.runtime.hooks.contains(&"inspect".to_owned())
    );
    let verdicts =
        ["crash", "driver-error", "fail", "not-applicable", "pass", "timeout", "untestable", "xfail", "xpass"];
    assert_eq!(report.summary.keys().collect::<Vec<_>>(), verdicts);
    assert_eq!(report.summary["pass"], report.cases.len() as u64);

    let catalogue = Catalogue::embedded().unwrap();
    for case in &report.cases {
        assert_eq!(
            (case.id.starts_with(&format!("{}/", case.area)), case.verdict.as_str(), case.message.as_str()),
            (true, "pass", "")
        );
        assert_eq!((case.runs == 1 || case.runs == 9, case.seed), (true, None), "{}", case.id);
        assert!(["MUST", "SHOULD", "MAY"].contains(&case.level.as_str()));
        assert!(!case.requirements.is_empty());
    }
    let listed: Vec<(&str, String)> =
        report.requirements.iter().map(|requirement| (requirement.id.as_str(), requirement.level.clone())).collect();
    let known: Vec<(&str, String)> = catalogue
        .requirements
        .iter()
        .map(|requirement| (requirement.slug.as_str(), requirement.level.to_string()))
        .collect();
    assert_eq!(listed, known);
    for requirement in &report.requirements {
        let expected = match (catalogue.get(&requirement.id).unwrap().excluded.is_some(), requirement.cases.is_empty())
        {
            (true, _) => "excluded",
            (false, true) => "uncovered",
            (false, false) => "pass",
        };
        assert_eq!(requirement.verdict, expected, "{}", requirement.id);
    }
}

#[test]
fn two_runs_give_the_same_report() {
    let report = || {
        let output =
            run(Path::new("."), &["suite", "run", "time", "config", "log", "--jobs", "2", "--report", "json=-"]);
        assert_eq!(said(&output).0, Some(0));
        let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
        for case in report["cases"].as_array_mut().unwrap() {
            case["duration_ms"] = Value::Null;
            case["transcript"] = Value::Null;
        }
        report
    };
    assert_eq!(report(), report());
}

#[test]
fn a_directory_adds_cases() {
    let dir = with(&[("cases/time/mine.toml", PASSES.as_bytes())]);
    let output = run(dir.path(), &["suite", "run", "time/mine", "--cases", "cases"]);
    insta::assert_snapshot!(format!("{:?}", said(&output)).replace("\\n", "\n"));
    let listed = run(dir.path(), &["suite", "list", "time/mine", "--cases", "cases"]);
    assert_eq!(said(&listed).1, format!("{:<50} an echo answers\n", "time/mine"));
}

#[test]
fn a_directory_may_not_repeat_a_case() {
    let dir = with(&[("cases/lifecycle/init-once.toml", PASSES.as_bytes())]);
    let output = run(dir.path(), &["suite", "list", "--cases", "cases"]);
    let error =
        "error: the case `lifecycle/init-once` is there twice: rename the file in the directory given by --cases\n";
    assert_eq!(said(&output), (Some(2), "", error));
}

#[test]
fn a_failing_case_names_step_and_difference() {
    let dir = with(&[("cases/time/mine.toml", fails().as_bytes())]);
    let output = run(dir.path(), &["suite", "run", "time/mine", "--cases", "cases", "--report", "json=report.json"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(said(&output).1);
    let report: JsonReport = serde_json::from_slice(&fs::read(dir.path().join("report.json")).unwrap()).unwrap();
    assert_eq!((report.cases[0].verdict.as_str(), report.summary["fail"]), ("fail", 1));
}

#[test]
fn a_failure_under_a_seed_says_how_it_is_replayed() {
    let dir = with(&[("cases/time/mine.toml", fails().as_bytes())]);
    let selection = ["suite", "run", "time/mine", "--cases", "cases", "--trace", "trace.jsonl"];
    let arguments = ["--seed", "17", "--seed", "18", "--report", "json=report.json"];
    let output = run(dir.path(), &[&selection[..], &arguments].concat());
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(said(&output).1);
    let report: JsonReport = serde_json::from_slice(&fs::read(dir.path().join("report.json")).unwrap()).unwrap();
    assert_eq!((report.cases[0].seed, report.cases[0].runs), (Some(17), 1));
    let trace = fs::read_to_string(dir.path().join("trace.jsonl")).unwrap();
    let seeds: Vec<Value> =
        trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seed"].take()).collect();
    assert_eq!(seeds, vec![Value::from(17); seeds.len()]);
    assert!(seeds.len() > 3, "{trace}");
}

#[rstest]
#[case(&["suite", "run", "time"])]
#[case(&["suite", "list"])]
#[case(&["suite", "show", "time/mine"])]
#[case(&["suite", "requirements"])]
fn a_bad_case_file_is_named_with_its_line(#[case] args: &[&str]) {
    let text = PASSES.replace("operation =", "oparation =");
    let dir = with(&[("cases/time/mine.toml", text.as_bytes())]);
    let output = run(dir.path(), &[args, &["--cases", "cases"]].concat());
    let (code, text, errors) = said(&output);
    let start = "error: cases/time/mine.toml:8: unknown field `oparation`, expected one of `load`, ";
    assert_eq!((code, text, errors.starts_with(start)), (Some(2), "", true), "{errors}");
}

#[test]
fn requirements_tells_what_a_run_covers() {
    let output = run(Path::new("."), &["suite", "requirements", "time"]);
    let (code, text, errors) = said(&output);
    let catalogue = Catalogue::embedded().unwrap();
    let slugs: Vec<&str> =
        text.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(' ').next()).collect();
    let known: Vec<&str> = catalogue.requirements.iter().map(|requirement| requirement.slug.as_str()).collect();
    assert_eq!((code, slugs, errors), (Some(0), known, ""));

    let output = run(Path::new("."), &["suite", "requirements", "time", "--uncovered"]);
    let uncovered = said(&output).1.to_owned();
    assert!(uncovered.lines().all(|line| line.contains(" uncovered ")), "{uncovered}");
    assert_eq!(uncovered.lines().count(), text.matches(" uncovered ").count());
}

#[test]
fn a_trace_is_the_protocol() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        case: String,
        seed: Option<u64>,
        step: Option<usize>,
        stimulus: Stimulus,
        reply: Reply,
    }
    let dir = with(&[]);
    let output = run(dir.path(), &["suite", "run", "lifecycle/init-once", "--trace", "trace.jsonl"]);
    assert_eq!(output.status.code(), Some(0));
    let text = fs::read_to_string(dir.path().join("trace.jsonl")).unwrap();
    let lines: Vec<(Value, Line)> =
        text.lines().map(|line| (serde_json::from_str(line).unwrap(), serde_json::from_str(line).unwrap())).collect();
    let shown: Vec<String> = lines
        .iter()
        .map(|(value, line)| {
            assert_eq!((line.case.as_str(), line.seed), ("lifecycle/init-once", None));
            assert_eq!(
                (&value["stimulus"], &value["reply"]),
                (&serde_json::json!(line.stimulus), &serde_json::json!(line.reply))
            );
            let step = line.step.map_or_else(|| "-".to_owned(), |step| step.to_string());
            let kind = |part: &Value, tag: &str| part[tag].as_str().unwrap().to_owned();
            format!("{step} {} {}", kind(&value["stimulus"], "do"), kind(&value["reply"], "is"))
        })
        .collect();
    let expected = [
        "- hello hello",
        "- case.begin done",
        "1 load loaded",
        "2 execute returned",
        "2 execute returned",
        "2 execute returned",
        "3 deliver done",
        "4 health health",
        "5 execute returned",
        "- case.end ended",
    ];
    assert_eq!(shown, expected);
}

/// The least manifest.
const MANIFEST: &str = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = \"16MiB\"\n[runtime]\nstateful = true\n";

/// A guest for that manifest.
fn wasm(form: &str) -> Vec<u8> {
    use airssys_wasm::suite::{Case, plan};
    let text = format!("{PASSES}\n[components.a.guest]\n{form}\n").replacen("[components.a]\n", "", 1);
    let case: Case = toml::from_str(&text).unwrap();
    plan(&case).unwrap().guests.remove("a").unwrap().wasm
}

#[test]
fn run_answers_operations() {
    let program = "execute = [\"count\", \"return ok($counter)\"]\non.\"raw:bad\" = [\"return err(invalid-input(\\\"no\\\"))\"]\non.\"raw:trap\" = [\"trap unreachable\"]";
    let dir = with(&[("a/component.toml", MANIFEST.as_bytes()), ("a/a.wasm", &wasm(program))]);
    let output = run(dir.path(), &["run", "a", "--op", "raw:", "--op", "json:{}", "--op", "raw:bad"]);
    insta::assert_snapshot!(format!("{:?}", said(&output)).replace("\\n", "\n"));
    let output = run(dir.path(), &["run", "a", "--op", "raw:trap"]);
    insta::assert_snapshot!(format!("{:?}", said(&output)).replace("\\n", "\n"));
}

/// Directories that cannot be used: a name, and the files.
fn unusable() -> Vec<(&'static str, tempfile::TempDir)> {
    let manifest = ("a/component.toml", MANIFEST.as_bytes());
    let outside = MANIFEST.replace("version = \"1.0.0\"\napi", "version = \"1.0.0\"\nwasm = \"../a.wasm\"\napi");
    let faulty = MANIFEST.replace("16MiB", "16QiB");
    vec![
        ("no directory", with(&[])),
        ("a file", with(&[("a", b"")])),
        ("no manifest", with(&[("a/a.wasm", b"")])),
        ("two manifests", with(&[manifest, ("a/Component.toml", MANIFEST.as_bytes())])),
        ("a faulty manifest", with(&[("a/component.toml", faulty.as_bytes())])),
        ("no wasm", with(&[manifest])),
        ("an empty wasm", with(&[manifest, ("a/a.wasm", b"")])),
        ("a truncated wasm", with(&[manifest, ("a/a.wasm", &wasm("truncate = 1000"))])),
        ("a core module", with(&[manifest, ("a/a.wasm", &wasm("form = \"core-module\""))])),
        ("a text", with(&[manifest, ("a/a.wasm", b"(component)")])),
        ("a wasm outside", with(&[("a/component.toml", outside.as_bytes()), ("a.wasm", &wasm(""))])),
        (
            "a failing init",
            with(&[manifest, ("a/a.wasm", &wasm("init = [\"return err(invalid-configuration(\\\"no key\\\"))\"]"))]),
        ),
    ]
}

#[test]
fn run_says_which_place_cannot_be_used() {
    let said: Vec<String> = unusable()
        .into_iter()
        .map(|(name, dir)| {
            let output = run(dir.path(), &["run", "a", "--op", "raw:"]);
            let (code, text, errors) = said(&output);
            assert_eq!((code, text), (Some(2), ""), "{name}: {errors}");
            let real = dir.path().canonicalize().unwrap();
            let errors = errors.replace(&real.display().to_string(), "DIR");
            format!("# {name}\n{errors}")
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[rstest]
#[case(&["run"])]
#[case(&["run", "a", "--op", "hello"])]
#[case(&["run", "a", "--env", "x"])]
#[case(&["run", "a", "--timeout-ms", "x"])]
fn run_refuses_bad_arguments(#[case] args: &[&str]) {
    let output = run(Path::new("."), args);
    assert_eq!((output.status.code(), output.stdout.is_empty(), output.stderr.is_empty()), (Some(2), true, false));
}

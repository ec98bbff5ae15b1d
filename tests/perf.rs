//! `airssys-wasm perf` from outside, and every workload once. What the figures are is nobody's business here: bounds that
//! anything keeps and bounds that nothing keeps show whether the gate opens and closes.
#![cfg(all(feature = "cli", feature = "perf"))]

use std::path::Path;
use std::process::{Command, Output};

use airssys_wasm::perf::{Budgets, Cores, Prepared, Side, Statistic, of_driver, workloads};
use airssys_wasm::suite::DriverFactory;
use airssys_wasm::suite::driver::reference::Reference;
use rstest::rstest;
use serde_json::Value;

fn perf(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.arg("perf").args(args).current_dir(directory).env("NO_COLOR", "1").output().unwrap()
}

/// Exit code and standard error without the warning that the program is not optimised.
fn said(output: &Output) -> (Option<i32>, String) {
    let lines = std::str::from_utf8(&output.stderr).unwrap().lines();
    let told = lines.filter(|line| !line.starts_with("warning: this program is not optimised"));
    (output.status.code(), told.map(|line| format!("{line}\n")).collect())
}

fn budgets(bound: &str) -> String {
    format!("tolerance = 0.5\n[budgets]\n\"permission/1-pattern\" = {{ unit = \"ratio\", {bound} }}\n")
}

/// Saved results of a workload that took so many times as long as its baseline.
fn saved(median: f64) -> String {
    format!(
        "{{\"format\": 1, \"machine\": {{\"processor\": \"p\", \"processors\": 1, \"target\": \"t\", \"debug\": {debug}}}, \"rows\": [{{\
         \"workload\": \"permission/1-pattern\", \"cores\": \"1\", \"unit\": \"ratio\", \
         \"estimate\": {{\"median\": {median:?}, \"low\": {median:?}, \"high\": {median:?}, \"rounds\": 9}}}}]}}",
        debug = cfg!(debug_assertions)
    )
}

/// The bound, what was saved, the options; the exit code, and what the table says of the workload on one core.
#[rstest]
#[case::kept("at-most = 1e9", 1e9, "--gate", 0, "kept")]
#[case::broken("at-most = 1e-9", 1e9, "--gate", 1, "breaks the budget <= 0.00x")]
#[case::broken_and_nobody_asked("at-most = 1e-9", 1e9, "", 0, "OVER")]
#[case::accepted(
    "at-most = 1e-9, accepted = 1e9, because = \"it is a test\"",
    1e9,
    "--gate",
    0,
    "accepted: <= 1000000000.00x"
)]
#[case::beyond_what_is_accepted(
    "at-most = 1e-9, accepted = 1e-8, because = \"x\"",
    1e9,
    "--gate",
    1,
    "breaks what is accepted, <= 0.00x"
)]
#[case::worse("at-most = 1e9", 1e-9, "--gate", 1, "is worse than the saved 0.00x")]
#[case::worse_and_nobody_asked("at-most = 1e9", 1e-9, "", 0, "WORSE by")]
fn a_gate_closes_for_what_is_over_budget_or_worse(
    #[case] bound: &str,
    #[case] before: f64,
    #[case] gate: &str,
    #[case] code: i32,
    #[case] says: &str,
) {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("budgets.toml"), budgets(bound)).unwrap();
    std::fs::write(place.path().join("before.json"), saved(before)).unwrap();
    let mut args = vec!["permission/1-pattern", "--budgets", "budgets.toml", "--baseline", "before.json"];
    args.extend(["--json", "now.json", "--markdown", "now.md", "--save", "after.json", "--patience", "1"]);
    args.extend(gate.split_terminator(' '));
    let output = perf(place.path(), &args);
    assert_eq!(said(&output), (Some(code), String::new()));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains(says), "{table}");

    let read = |file: &str| std::fs::read_to_string(place.path().join(file)).unwrap();
    let report: Value = serde_json::from_str(&read("now.json")).unwrap();
    let row = &report["rows"][0];
    assert_eq!([&row["workload"], &row["cores"], &row["unit"]], ["permission/1-pattern", "1", "ratio"]);
    let is_bad = says != "kept" && !says.starts_with("accepted");
    assert_eq!(read("now.md").starts_with("**Performance: no budget is broken.**"), !is_bad);
    // What was saved now is what the report says, and can be read again.
    let after: Value = serde_json::from_str(&read("after.json")).unwrap();
    assert_eq!(after["rows"][0]["estimate"], row["estimate"]);
    let again = ["permission/1-pattern", "--budgets", "budgets.toml", "--baseline", "after.json", "--patience", "1"];
    assert_eq!(perf(place.path(), &again).status.code(), Some(0));
}

#[rstest]
#[case::no_such_workload(&["nonsense"], "error: no workload is named `nonsense`; there are memory/1000-idle, memory/5000-idle, ")]
#[case::no_budgets(&["--budgets", "none.toml"], "error: failed to read none.toml: No such file or directory")]
#[case::not_budgets(&["--budgets", "bad.toml"], "error: bad.toml:3: unknown field `at-mots`, expected one of ")]
#[case::no_baseline(&["--baseline", "none.json"], "error: failed to read none.json: No such file or directory")]
#[case::not_a_baseline(&["--baseline", "bad.toml"], "error: bad.toml is no result that --save wrote: expected ident at line 1")]
#[case::another_form(&["--baseline", "old.json"], "error: old.json is no result that --save wrote: form 0 of saved results")]
fn bad_input_is_named(#[case] args: &[&str], #[case] error: &str) {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("bad.toml"), budgets("at-mots = 1")).unwrap();
    std::fs::write(place.path().join("old.json"), saved(1.0).replace("\"format\": 1", "\"format\": 0")).unwrap();
    let (code, told) = said(&perf(place.path(), args));
    assert_eq!(code, Some(2), "{told}");
    assert!(told.starts_with(error), "{told}");
}

/// What a count runs under valgrind; without valgrind, what it says.
#[rstest]
#[case::a_side(&["permission/1-pattern", "--repeat", "subject:10"], 0, "")]
#[case::the_other_side(&["permission/1-pattern", "--repeat", "baseline:10"], 0, "")]
#[case::no_such_side(&["--repeat", "both:10"], 2, "`both` is no side of a workload")]
#[case::no_baseline(&["interface/cached", "--repeat", "baseline:1"], 3, "interface/cached has no baseline to repeat")]
#[case::no_valgrind(&["--instructions"], 3, "execute/64-bytes: valgrind cannot be run: No such file or directory")]
#[case::not_counted(&["--instructions", "load/cold"], 2, "no workload is named `load/cold`; there are execute/64-bytes, ")]
fn instructions_are_counted_side_by_side(#[case] args: &[&str], #[case] code: i32, #[case] says: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    // There is nothing on that path.
    let place = tempfile::tempdir().unwrap();
    let output = command.arg("perf").args(args).env("PATH", place.path()).env("NO_COLOR", "1").output().unwrap();
    let (ended, told) = said(&output);
    assert_eq!(ended, Some(code), "{told}");
    assert!(told.contains(says) && (code != 0 || told.is_empty()), "{told}");
}

#[test]
fn the_list_says_what_each_workload_does_and_may_come_to() {
    let output = perf(Path::new("."), &["--list"]);
    assert_eq!(said(&output), (Some(0), String::new()));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn the_curve_of_the_permission_decision_is_drawn() {
    let output = perf(Path::new("."), &["permission", "--patience", "1"]);
    assert_eq!(said(&output), (Some(0), String::new()));
    let table = String::from_utf8(output.stdout).unwrap();
    let curve = table.lines().skip_while(|line| !line.starts_with("permission decision by the number of patterns"));
    let points: Vec<&str> = curve.filter_map(|line| line.split_once("  decision ")).map(|(n, _)| n.trim()).collect();
    assert_eq!(points, ["1", "10", "100", "1000", "10000"]);
}

/// Every workload does what it says, on one core and on two: both sides check what they get.
#[test]
fn every_workload_works() {
    let reference = Reference::new().unwrap();
    let factory: std::sync::Arc<DriverFactory> = std::sync::Arc::new(move || Ok(Box::new(reference.driver())));
    let budgets = Budgets::embedded().unwrap();
    for workload in workloads().into_iter().chain(of_driver(&factory)) {
        // These take long; tests/endurance.rs and the suite itself do what they do.
        if workload.statistic == Statistic::Bytes || ["memory/growth", "suite/cases"].contains(&workload.id) {
            continue;
        }
        for cores in workload.on {
            let run = |mut side: Box<dyn Side>| {
                let times = 3 * side.step();
                side.run(times).unwrap_or_else(|why| panic!("{}: {why}", workload.id))
            };
            match workload.prepare(*cores) {
                Ok(Prepared::Pair(subject, baseline)) => {
                    run(subject);
                    run(baseline);
                    assert!(workload.against.is_some(), "{}", workload.id);
                }
                Ok(Prepared::Alone(subject)) => {
                    run(subject);
                    assert!(workload.against.is_none(), "{}", workload.id);
                }
                Ok(Prepared::Value(_)) => panic!("{} is no time", workload.id),
                Err(why) => panic!("{why}"),
            }
        }
        assert!(workload.on.contains(&Cores::One), "{}", workload.id);
        if workload.id.starts_with("driver/") {
            assert_eq!(budgets.of(workload.id, Cores::One), None);
        }
    }
}

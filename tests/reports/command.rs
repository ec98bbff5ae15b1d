//! Reports as the command writes them: where they go, and what cannot be asked for.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use airssys_wasm::suite::RunResult;
use airssys_wasm::suite::report::{
    compare_table, from_json, table, to_html, to_json, to_junit, to_markdown, to_shields, to_svg,
};
use rstest::rstest;

use super::made_up::{hostile, plain};

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.arg("suite").args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("RUST_LOG").output().unwrap()
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// One run gives all reports, each of the same result; the summary is appended to what is there, and nothing else is.
#[test]
fn one_run_writes_every_report() {
    let dir = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    fs::write(dir.path().join("summary.md"), "# Build\n\n").unwrap();
    fs::write(dir.path().join("r.xml"), "of another run").unwrap();
    let mut args = vec!["run", "config/get", "--jobs", "2"];
    let reports = [
        "json=r.json",
        "junit=r.xml",
        "markdown=summary.md",
        "html=r.html",
        "badge=r.svg",
        "shields=s.json",
        "table=r.txt",
    ];
    args.extend(reports.iter().flat_map(|report| ["--report", report]));
    let output = run(dir.path(), &args);

    let result = from_json(&read("r.json")).unwrap();
    assert_eq!(said(&output), (Some(0), table(&result, false).as_str(), ""));
    assert_eq!(read("r.xml"), to_junit(&result).unwrap());
    assert_eq!(read("summary.md"), format!("# Build\n\n{}", to_markdown(&result, 1 << 20)));
    assert_eq!(read("r.html"), to_html(std::slice::from_ref(&result)).unwrap());
    assert_eq!(read("r.svg"), to_svg(&result));
    assert_eq!(read("s.json"), format!("{:#}\n", to_shields(&result)));
    assert_eq!(read("r.txt"), table(&result, false));
    assert_eq!(result.run.filters, ["config/get"]);
}

#[test]
fn a_report_on_standard_output_stands_for_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["run", "config/get", "--report", "json=-"]);
    let (code, text, errors) = said(&output);
    assert_eq!((code, errors), (Some(0), ""));
    assert_eq!(text, format!("{:#}\n", to_json(&from_json(text).unwrap())));
}

#[rstest]
#[case(&["json=-", "junit=-"], 2, "error: two reports go to standard output: give one of them a file\n")]
#[case(&["json=a", "table=b", "junit=a"], 2, "error: two reports go to a: give each a file of its own\n")]
#[case(&["json=none/a"], 3, "error: failed to write the report none/a: No such file or directory (os error 2)\n")]
#[case(&["xml=a"], 2, "error: invalid value 'xml=a' for '--report <FORMAT=PATH>': write FORMAT=PATH with one of table, json, junit, markdown, html, badge, shields\n")]
#[case(&["json="], 2, "error: invalid value 'json=' for '--report <FORMAT=PATH>': write FORMAT=PATH with one of table, json, junit, markdown, html, badge, shields\n")]
fn what_cannot_be_written_is_told(#[case] reports: &[&str], #[case] code: i32, #[case] error: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut args = vec!["run", "config/get"];
    args.extend(reports.iter().flat_map(|report| ["--report", report]));
    let output = run(dir.path(), &args);
    let (status, text, errors) = said(&output);
    assert_eq!((status, text, errors.starts_with(error)), (Some(code), "", true), "{errors}");
}

fn with(results: &[(&str, &RunResult)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, result) in results {
        fs::write(dir.path().join(name), to_json(result).to_string()).unwrap();
    }
    fs::write(dir.path().join("none.json"), "{}").unwrap();
    dir
}

#[rstest]
#[case(&["a.json", "b.json"], 0)]
#[case(&["a.json", "b.json", "--fail-on-difference"], 1)]
#[case(&["a.json", "b.json", "--html", "page.html"], 0)]
fn reports_are_compared(#[case] args: &[&str], #[case] code: i32) {
    let (a, b) = (plain(), hostile());
    let dir = with(&[("a.json", &a), ("b.json", &b)]);
    let output = run(dir.path(), &[&["compare"], args].concat());
    let results = [a, b];
    let page = fs::read_to_string(dir.path().join("page.html")).ok();
    let expected = if args.contains(&"--html") {
        (String::new(), to_html(&results).ok())
    } else {
        (compare_table(&results), None)
    };
    assert_eq!((said(&output), page), ((Some(code), expected.0.as_str(), ""), expected.1));
}

#[rstest]
#[case(&["a.json", "a.json", "--fail-on-difference"], 0, "")]
#[case(&["a.json", "absent.json"], 2, "error: failed to read absent.json: No such file or directory (os error 2)\n")]
#[case(&["a.json", "none.json"], 2, "error: none.json: not a JSON report of this version of `suite run`: missing field `suite` at line 1 column 2\n")]
#[case(&["a.json"], 2, "error: 2 values required by '<REPORT> <REPORT>...'; only 1 was provided\n")]
fn what_cannot_be_compared_is_told(#[case] args: &[&str], #[case] code: i32, #[case] error: &str) {
    let dir = with(&[("a.json", &plain())]);
    let output = run(dir.path(), &[&["compare"], args].concat());
    let (status, _, errors) = said(&output);
    assert_eq!((status, errors.starts_with(error)), (Some(code), true), "{errors}");
}

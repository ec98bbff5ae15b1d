//! `airssys-wasm wit diff`, from outside: one case a file, real packages, properties, and the page about versions.
#![cfg(feature = "cli")]

#[path = "wit_diff/page.rs"]
mod page;
#[path = "wit_diff/properties.rs"]
mod properties;
#[cfg(feature = "runtime")]
#[path = "wit_diff/wasi.rs"]
mod wasi;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airssys_wasm::wit::diff::Rule;
use serde::Deserialize;

/// One comparison: two packages, and all that the command says of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Arguments behind the two directories.
    #[serde(default)]
    args: Vec<String>,
    /// The text of the older package.
    old: String,
    /// The text of the newer one.
    new: String,
    exit: i32,
    /// What is printed: the report, or the error where there is none; to standard error if people asked for it.
    output: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit/diff")
}

/// The cases in a folder, by their names.
fn cases(folder: &Path) -> Vec<(String, Case)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let case = toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), case)
    };
    files.into_iter().map(read).collect()
}

/// Runs the command: exit code, standard output, standard error.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    let output = command.args(["wit", "diff"]).args(args).current_dir(dir).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A directory with these files.
fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

/// What is wrong with a case, if anything.
fn judge(name: &str, case: &Case) -> Option<String> {
    let dir = with(&[("old/package.wit", &case.old), ("new/package.wit", &case.new)]);
    let args: Vec<&str> = ["old", "new"].into_iter().chain(case.args.iter().map(String::as_str)).collect();
    let said = run(dir.path(), &args);
    let expected = match case.exit {
        2 if case.args.is_empty() => (Some(2), String::new(), case.output.clone()),
        exit => (Some(exit), case.output.clone(), String::new()),
    };
    (said != expected).then(|| format!("{name}: expected {expected:#?}, got {said:#?}"))
}

#[test]
fn every_case_says_what_it_should() {
    let folders = ["", "version", "input", "json"].map(|name| folder().join(name));
    let cases = folders.iter().flat_map(|folder| cases(folder));
    let wrong: Vec<String> = cases.filter_map(|(name, case)| judge(&name, &case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_no_other_folders_of_cases() {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let mut folders: Vec<_> = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).collect();
    folders.sort();
    assert_eq!(folders, ["input", "json", "version"]);
}

/// A case is called after its rule, or after its rule and what is special about it.
#[test]
fn every_rule_has_a_case_and_every_case_a_rule() {
    let cases = cases(&folder());
    let lacking = Rule::ALL.iter().map(|rule| rule.as_str()).filter(|rule| !cases.iter().any(|(name, _)| name == rule));
    assert_eq!(lacking.collect::<Vec<_>>(), Vec::<&str>::new(), "rules without a case of their name");
    let strangers = cases.iter().filter(|(name, case)| {
        let rules = Rule::ALL.iter().map(|rule| rule.as_str());
        let names = |rule: &&str| name.strip_prefix(*rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        let rule = rules.filter(names).max_by_key(|rule| rule.len());
        !rule.is_some_and(|rule| {
            // A case may show as well that the rule does not apply.
            let not = name.ends_with("-not") || name.ends_with("-newly-exported");
            not != case.output.lines().any(|line| line.split_whitespace().nth(1) == Some(rule))
        })
    });
    let strangers: Vec<&str> = strangers.map(|(name, _)| name.as_str()).collect();
    assert_eq!(strangers, Vec::<&str>::new(), "cases that are called after no rule, or whose rule does not apply");
}

/// Where the contract's packages stand.
fn contract(place: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wit").join(place).to_str().unwrap().to_owned()
}

#[test]
fn the_contract_goes_from_1_0_to_1_1_by_additions() {
    let said = run(Path::new("."), &[&contract("core"), &contract("1.1/core")]);
    let expected = "\
minor  deprecated          host-services.current-time-millis: is deprecated since 1.1.0
minor  function-added      host-services.current-time-nanos: function is new: `func() -> u64`
minor  interface-added     publish-subscribe: interface is new
minor  interface-added     subscriber: interface is new
minor  world-import-added  world component import publish-subscribe: import is new
minor  world-added         world subscribing-component: world is new
patch  docs-changed        host-services.current-time-millis: documentation goes on with \"Deprecated in favour of `current-time-nanos`, which also tel…\"
patch  docs-changed        package airssys:core: documentation goes on with \"1.1.0 adds publish/subscribe and the time in nanoseconds, an…\"
airssys:core 1.0.0 -> 1.1.0: 0 major, 6 minor, 2 patch; 1.1.0 is enough
";
    assert_eq!(said, (Some(0), expected.to_owned(), String::new()));
}

/// The files of `wit/core` without `sleep-millis`, under another version.
fn without_sleep(version: &str) -> tempfile::TempDir {
    let mut files = Vec::new();
    for entry in fs::read_dir(contract("core")).unwrap().map(|entry| entry.unwrap()) {
        let text = fs::read_to_string(entry.path()).unwrap();
        let text = text.replace("package airssys:core@1.0.0;", &format!("package airssys:core@{version};"));
        let kept = text.split("\n\n").filter(|part| !part.contains("  sleep-millis: func("));
        files.push((entry.file_name().into_string().unwrap(), kept.collect::<Vec<_>>().join("\n\n")));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    with(&files)
}

#[rstest::rstest]
#[case("1.0.1", 1, "2.0.0 or higher is needed, 1.0.1 is declared")]
#[case("2.0.0", 0, "2.0.0 is enough")]
fn a_function_that_the_contract_loses_needs_a_major_version(
    #[case] version: &str,
    #[case] exit: i32,
    #[case] judgement: &str,
) {
    let new = without_sleep(version);
    let said = run(Path::new("."), &[&contract("core"), new.path().to_str().unwrap()]);
    let expected = format!(
        "major  function-removed  host-services.sleep-millis: function is gone: `func(duration: u64)`\n\
         airssys:core 1.0.0 -> {version}: 1 major, 0 minor, 0 patch; {judgement}\n"
    );
    assert_eq!(said, (Some(exit), expected, String::new()));
}

/// Which words the error has beside the directory is not this command's business.
#[rstest::rstest]
#[case::absent("absent")]
#[case::no_wit("empty")]
#[case::no_syntax("broken")]
#[case::no_such_type("dangling")]
fn what_does_not_resolve_is_unusable(#[case] place: &str) {
    let dir = with(&[
        ("good/package.wit", "package a:b@1.0.0;"),
        ("empty/readme.md", ""),
        ("broken/package.wit", "package a:b@1.0.0;\ninterface {"),
        ("dangling/package.wit", "package a:b@1.0.0;\ninterface i { f: func(x: nothing); }"),
    ]);
    for args in [[place, "good"], ["good", place]] {
        let (code, output, error) = run(dir.path(), &args);
        assert_eq!((code, output.as_str()), (Some(2), ""), "{args:?}");
        assert!(error.starts_with(&format!("error: {place}")), "{args:?}: {error}");
    }
}

//! `airssys-wasm wit check`, from outside: every file of `tests/wit/check` is a package and what is said of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// A package, the rules that are switched off, and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is shown.
    title: String,
    #[serde(default)]
    allow: Vec<String>,
    /// The exit code.
    exit: i32,
    /// The whole standard output, or of code 2 the whole standard error; the other is empty.
    output: String,
    /// Texts by their paths in the directory; of the empty path, the directory is a file.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Files that are no text.
    #[serde(default)]
    bytes: BTreeMap<String, Vec<u8>>,
    /// What symbolic links lead to.
    #[serde(default)]
    links: BTreeMap<String, String>,
}

#[test]
fn every_package_is_judged_as_it_should_be() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit/check");
    let mut paths: Vec<_> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60, "cases are missing");
    let faults: Vec<String> = paths.iter().filter_map(|path| fault(path)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// In what a case differs from what comes of it.
fn fault(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let root = tempfile::tempdir().unwrap();
    let package = root.path().join("p");
    for (path, text) in &case.files {
        write(&package.join(path), text.as_bytes());
    }
    for (path, bytes) in &case.bytes {
        write(&package.join(path), bytes);
    }
    for (path, target) in &case.links {
        fs::create_dir_all(package.join(path).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, package.join(path)).unwrap();
    }

    let allow = case.allow.iter().flat_map(|rule| ["--allow", rule]);
    let output = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"))
        .args(["wit", "check", "p"])
        .args(allow)
        .current_dir(root.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let exit = output.status.code();
    let expected = match case.exit {
        2 => (Some(2), String::new(), case.output.clone()),
        exit => (Some(exit), case.output.clone(), String::new()),
    };
    let found = (exit, out, err);
    (found != expected).then(|| format!("{}: {}\nexpected {expected:#?}\nfound {found:#?}", path.display(), case.title))
}

fn write(path: &Path, bytes: &[u8]) {
    // Of the empty path, the directory itself.
    let path = path.components().collect::<std::path::PathBuf>();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

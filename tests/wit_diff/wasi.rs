//! Packages that others wrote: those of WASI, in the version that the crate `wasi` comes with, and in the two of
//! `wasmtime-wasi`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use rstest::rstest;
use serde_json::Value;

use super::run;

/// The packages that all versions have.
const PACKAGES: [&str; 5] = ["cli", "clocks", "filesystem", "random", "sockets"];

/// Where each version is: the crate, its version, the folder of packages in it. A package is a file or a folder there.
const VERSIONS: [(&str, (&str, &str), &str); 3] = [
    ("0.2.0", ("wasi", "0.12.1+wasi-0.2.0"), "wit/deps"),
    ("0.2.12", ("wasmtime-wasi", "48."), "src/p2/wit/deps"),
    ("0.3.0", ("wasmtime-wasi", "48."), "src/p3/wit/deps"),
];

/// The crates that this one stands on, as the registry has them.
static CRATES: LazyLock<Value> = LazyLock::new(|| {
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        let output = command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let about = cargo(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host]);
    serde_json::from_str::<Value>(&metadata).unwrap()["packages"].take()
});

/// The folder of the packages of a version.
fn folder(version: &str) -> PathBuf {
    let (_, (name, start), folder) = VERSIONS.iter().find(|(known, ..)| *known == version).unwrap();
    let is_it = |package: &&Value| package["name"] == *name && package["version"].as_str().unwrap().starts_with(start);
    let package = CRATES.as_array().unwrap().iter().find(is_it).unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join(folder)
}

/// The files of a package in the folder of a version.
fn files(path: &Path) -> Vec<PathBuf> {
    match path.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![path.to_owned()],
    }
}

/// A directory for one package of a version, with all others of that version as its dependencies. `edit` may change
/// every text.
fn lay_out(place: &Path, version: &str, package: &str, edit: impl Fn(String) -> String) {
    for entry in fs::read_dir(folder(version)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap();
        let target = if name == package { place.to_owned() } else { place.join("deps").join(name) };
        fs::create_dir_all(&target).unwrap();
        for file in files(&path) {
            let text = edit(fs::read_to_string(&file).unwrap());
            fs::write(target.join(file.file_name().unwrap()), text).unwrap();
        }
    }
}

/// All that changed from the first release of 0.2 to the one that is linked here, which is much documentation and few
/// functions.
#[rstest]
fn the_first_release_and_a_later_one(
    #[values("cli", "clocks", "filesystem", "io", "random", "sockets")] package: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&dir.path().join("old"), "0.2.0", package, |text| text);
    lay_out(&dir.path().join("new"), "0.2.12", package, |text| text);
    let (code, output, error) = run(dir.path(), &["old", "new"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    insta::assert_snapshot!(format!("wasi_0.2_{package}"), output);
}

/// All that changed from 0.2 to 0.3, gone through by hand.
#[rstest]
fn a_preview_and_the_next(#[values(0, 1, 2, 3, 4)] index: usize) {
    let package = PACKAGES[index];
    let dir = tempfile::tempdir().unwrap();
    lay_out(&dir.path().join("old"), "0.2.12", package, |text| text);
    lay_out(&dir.path().join("new"), "0.3.0", package, |text| text);
    let (code, output, error) = run(dir.path(), &["old", "new"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    insta::assert_snapshot!(format!("wasi_{package}"), output);
}

#[rstest]
fn a_package_and_itself(#[values("0.2.0", "0.2.12", "0.3.0")] preview: &str, #[values(0, 1, 2, 3, 4)] index: usize) {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&dir.path().join("one"), preview, PACKAGES[index], |text| text);
    let (code, output, error) = run(dir.path(), &["one", "one"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(output.contains(": 0 major, 0 minor, 0 patch; "), "{output}");
    assert_eq!(output.lines().count(), 1, "{output}");
}

/// The next patch of 0.2 as it might have been: all packages have it, and one text is replaced in the one compared.
#[rstest]
#[case::a_method_of_an_imported_resource(
    "io",
    "    block: func();\n",
    "    block: func();\n    @since(version = 0.2.13)\n    unblock: func();\n",
    0,
    "\
minor  function-added  poll.pollable.unblock: method is new: `func()`
wasi:io 0.2.12 -> 0.2.13: 0 major, 1 minor, 0 patch; 0.2.13 is enough
"
)]
#[case::another_name(
    "filesystem",
    "    @since(version = 0.2.0)\n    advise: func(",
    "    @since(version = 0.2.13)\n    advise-all: func(",
    1,
    "\
major  function-removed   types.descriptor.advise: method is gone: `func(offset: filesize, length: filesize, advice: advice) -> result<_, error-code>`
minor  dependency-raised  package wasi:clocks: was referred to in version 0.2.12, is in version 0.2.13
minor  dependency-raised  package wasi:io: was referred to in version 0.2.12, is in version 0.2.13
minor  function-added     types.descriptor.advise-all: method is new: `func(offset: filesize, length: filesize, advice: advice) -> result<_, error-code>`
wasi:filesystem 0.2.12 -> 0.2.13: 1 major, 3 minor, 0 patch; 0.3.0 or higher is needed, 0.2.13 is declared
"
)]
#[case::a_function_of_an_exported_interface(
    "cli",
    "  run: func() -> result;\n",
    "  run: func() -> result;\n  @since(version = 0.2.13)\n  stop: func();\n",
    1,
    "\
major  exported-function-added  run.stop: function is new: `func()`
minor  dependency-raised        package wasi:clocks: was referred to in version 0.2.12, is in version 0.2.13
minor  dependency-raised        package wasi:filesystem: was referred to in version 0.2.12, is in version 0.2.13
minor  dependency-raised        package wasi:io: was referred to in version 0.2.12, is in version 0.2.13
minor  dependency-raised        package wasi:random: was referred to in version 0.2.12, is in version 0.2.13
minor  dependency-raised        package wasi:sockets: was referred to in version 0.2.12, is in version 0.2.13
wasi:cli 0.2.12 -> 0.2.13: 1 major, 5 minor, 0 patch; 0.3.0 or higher is needed, 0.2.13 is declared
"
)]
fn a_package_and_its_next_patch(
    #[case] package: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] exit: i32,
    #[case] expected: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    lay_out(&dir.path().join("old"), "0.2.12", package, |text| text);
    lay_out(&dir.path().join("new"), "0.2.12", package, |text| text.replace("@0.2.12", "@0.2.13").replace(from, to));
    let said = run(dir.path(), &["old", "new"]);
    assert_eq!(said, (Some(exit), expected.to_owned(), String::new()));
}

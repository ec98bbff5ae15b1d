//! Packages that others wrote: those of WASI, in the two versions that `wasmtime-wasi` comes with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use rstest::rstest;
use serde_json::Value;

use super::run;

/// The packages that both versions have.
const PACKAGES: [&str; 5] = ["cli", "clocks", "filesystem", "random", "sockets"];

/// The folder of the crate, wherever the registry keeps it.
static CRATE: LazyLock<PathBuf> = LazyLock::new(|| {
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        let output = command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let about = cargo(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "wasmtime-wasi");
    let manifest = Path::new(package.unwrap()["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
});

/// A directory for one package of a preview, with all others of that preview as its dependencies. `edit` may change
/// every text.
fn lay_out(place: &Path, preview: &str, package: &str, edit: impl Fn(String) -> String) {
    fs::create_dir_all(place.join("deps")).unwrap();
    for entry in fs::read_dir(CRATE.join("src").join(preview).join("wit/deps")).unwrap() {
        let file = entry.unwrap().path();
        let own = file.file_stem().unwrap() == package;
        let target = if own { place.to_owned() } else { place.join("deps") };
        let text = edit(fs::read_to_string(&file).unwrap());
        fs::write(target.join(file.file_name().unwrap()), text).unwrap();
    }
}

/// All that changed from 0.2 to 0.3, gone through by hand.
#[rstest]
fn a_preview_and_the_next(#[values(0, 1, 2, 3, 4)] index: usize) {
    let package = PACKAGES[index];
    let dir = tempfile::tempdir().unwrap();
    lay_out(&dir.path().join("old"), "p2", package, |text| text);
    lay_out(&dir.path().join("new"), "p3", package, |text| text);
    let (code, output, error) = run(dir.path(), &["old", "new"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    insta::assert_snapshot!(format!("wasi_{package}"), output);
}

#[rstest]
fn a_package_and_itself(#[values("p2", "p3")] preview: &str, #[values(0, 1, 2, 3, 4)] index: usize) {
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
    lay_out(&dir.path().join("old"), "p2", package, |text| text);
    lay_out(&dir.path().join("new"), "p2", package, |text| text.replace("@0.2.12", "@0.2.13").replace(from, to));
    let said = run(dir.path(), &["old", "new"]);
    assert_eq!(said, (Some(exit), expected.to_owned(), String::new()));
}

//! `airssys-wasm wit check` of packages that others wrote: those of WASI, which come with the crate `wasmtime-wasi`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rstest::rstest;
use serde_json::Value;

/// What is found in each, but for annotations, of which WASI knows nothing.
#[rstest]
#[case("p2")]
#[case("p3")]
fn wasi_is_judged(#[case] preview: &str) {
    let texts = wasmtime_wasi().join("src").join(preview).join("wit/deps");
    let mut files: Vec<PathBuf> = fs::read_dir(&texts).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let root = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for file in &files {
        let name = file.file_stem().unwrap();
        let package = root.path().join(name);
        fs::create_dir_all(package.join("deps")).unwrap();
        for other in &files {
            let place = if other == file { package.clone() } else { package.join("deps") };
            fs::copy(other, place.join(other.file_name().unwrap())).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"))
            .args(["wit", "check", "--allow", "annotated"])
            .arg(name)
            .current_dir(root.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        said += &String::from_utf8(output.stdout).unwrap();
        said += &format!("exit {}\n\n", output.status.code().unwrap());
    }
    insta::assert_snapshot!(format!("wasi_{preview}"), said);
}

/// Where the sources of the crate are, as Cargo has them for this build.
fn wasmtime_wasi() -> PathBuf {
    let cargo = |args: &[&str]| {
        let output = Command::new(env!("CARGO")).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Without a platform, Cargo asks for the sources of crates that are of other platforms.
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&cargo(&metadata)).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "wasmtime-wasi").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

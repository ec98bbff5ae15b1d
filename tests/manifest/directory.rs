//! Directories: which file is the manifest, and which the wasm.

use std::fs;

use airssys_wasm::contract::LoadCode;
use airssys_wasm::manifest::{self, MAX_MANIFEST_BYTES, Manifest, ManifestReadError, WasmPathError};
use rstest::rstest;

use super::LEAST;

#[rstest]
#[case::none(&[], Err(LoadCode::ManifestMissingField))]
#[case::lower(&["component.toml"], Ok("component.toml"))]
#[case::upper(&["Component.toml"], Ok("Component.toml"))]
#[case::both(&["component.toml", "Component.toml"], Err(LoadCode::ManifestInvalidValue))]
#[case::strangers(&["COMPONENT.toml", "component.toml.bak"], Err(LoadCode::ManifestMissingField))]
fn names(#[case] files: &[&str], #[case] expected: Result<&str, LoadCode>) {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        fs::write(dir.path().join(file), LEAST).unwrap();
    }
    // Where case does not count, the two names are one file.
    let written = fs::read_dir(dir.path()).unwrap().count();
    if written < files.len() {
        assert!(manifest::read(dir.path()).is_ok());
        return;
    }
    let found = manifest::read(dir.path()).map(|(_, source)| source.path).map_err(|error| error.code());
    assert_eq!(found, expected.map(|name| dir.path().join(name)));
}

#[test]
fn a_manifest_is_bound_to_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("component.toml"), LEAST).unwrap();
    let (manifest, source) = manifest::read(dir.path()).unwrap();
    assert_eq!(manifest, Manifest::parse(LEAST).unwrap());
    assert_eq!(source.text, LEAST);
    assert_eq!(source.sha256, "4a65ed5014fe929d41823e1284d794a3ecac6bee42d67712bc4c2d040b3fc2e0");
}

#[test]
fn what_cannot_be_read_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let absent = manifest::read(&dir.path().join("absent")).unwrap_err();
    assert!(matches!(absent, ManifestReadError::Unreadable { .. }));
    assert_eq!(absent.code(), LoadCode::ManifestSyntax);

    fs::create_dir(dir.path().join("component.toml")).unwrap();
    let directory = manifest::read(dir.path()).unwrap_err();
    assert!(matches!(directory, ManifestReadError::Unreadable { .. }));

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("component.toml"), b"a = \"\xff\"").unwrap();
    assert_eq!(manifest::read(dir.path()).unwrap_err().code(), LoadCode::ManifestSyntax);
    fs::write(dir.path().join("component.toml"), vec![b'#'; MAX_MANIFEST_BYTES + 1]).unwrap();
    assert_eq!(manifest::read(dir.path()).unwrap_err().code(), LoadCode::ManifestTooLarge);
}

#[cfg(unix)]
#[test]
fn the_wasm_stays_inside_the_directory() {
    use std::os::unix::fs::symlink;

    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("component");
    fs::create_dir_all(dir.join("d.wasm")).unwrap();
    fs::write(outer.path().join("outside.wasm"), "").unwrap();
    fs::write(dir.join("inside.wasm"), "").unwrap();
    symlink("inside.wasm", dir.join("a.wasm")).unwrap();
    symlink("../outside.wasm", dir.join("b.wasm")).unwrap();
    symlink("..", dir.join("up")).unwrap();
    let resolve = |wasm: &str| {
        let text = LEAST.replace("[resources", &format!("wasm = '{wasm}'\n[resources"));
        manifest::resolve_wasm(&dir, &Manifest::parse(&text).unwrap())
    };
    assert_eq!(resolve("a.wasm").unwrap(), dir.join("inside.wasm").canonicalize().unwrap());
    assert!(matches!(resolve("b.wasm"), Err(WasmPathError::Outside { .. })));
    assert!(matches!(resolve("up/outside.wasm"), Err(WasmPathError::Outside { .. })));
    assert!(resolve("up/component/a.wasm").is_ok());
    assert!(matches!(resolve("c.wasm"), Err(WasmPathError::Unreachable { .. })));
    assert!(matches!(resolve("d.wasm"), Err(WasmPathError::NotAFile { .. })));
    assert_eq!(resolve("c.wasm").unwrap_err().code(), LoadCode::ManifestInvalidValue);
}

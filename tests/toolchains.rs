//! Foreign guests load: a Python component of 18 MB, built here by its own toolchain.
//!
//! Opt-in, because it takes Python 3.10 or later and PyPI: `cargo test --features toolchains --test toolchains`.

use std::path::Path;
use std::process::Command;

use airssys_wasm::contract::payload;
use airssys_wasm::runtime::{Call, Runtime};

#[tokio::test]
async fn a_python_component_counts() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/counter-python");
    let directory = tempfile::tempdir().unwrap();
    let wasm = directory.path().join("counter-python.wasm");
    let built = Command::new("sh").arg(source.join("build.sh")).arg(&wasm).status().unwrap();
    assert!(built.success(), "fixtures/counter-python/build.sh failed: {built}");
    std::fs::copy(source.join("component.toml"), directory.path().join("component.toml")).unwrap();

    let runtime = Runtime::builder().build().unwrap();
    let id = runtime.load(directory.path()).await.unwrap();
    let mut answers = Vec::new();
    for operation in [r#"json:{"add":2}"#, r#"json:{"add":3}"#] {
        let operation = payload::parse(operation).unwrap();
        answers.push(payload::render(&runtime.execute(&id, operation, Call::default()).await.unwrap().output));
    }
    assert_eq!(answers, [r#"json:{"total":2}"#, r#"json:{"total":5}"#]);
}

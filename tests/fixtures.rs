//! Components that real toolchains built run on the reference runtime, and files that are none are refused.
#![cfg(feature = "runtime")]

use std::path::{Path, PathBuf};

use airssys_wasm::contract::multicodec::Codec;
use airssys_wasm::contract::{ComponentId, ContractVersion, LoadCode, Topic, payload};
use airssys_wasm::runtime::{Call, CallError, LoadOptions, Message, Runtime};
use rstest::rstest;
use sha2::{Digest as _, Sha256};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// What a counter answers to each operation, in payload notation or as the code of its error.
async fn answers(runtime: &Runtime, id: &ComponentId, operations: &[&str]) -> Vec<String> {
    let mut answers = Vec::new();
    for operation in operations {
        let bytes = payload::parse(operation).unwrap();
        let answer = runtime.execute(id, bytes, Call::default()).await;
        answers.push(answer.map_or_else(|why| why.code().to_owned(), |executed| payload::render(&executed.output)));
    }
    answers
}

#[rstest]
#[case::rust("counter")]
#[case::c("counter-c")]
#[tokio::test]
async fn a_counter_counts(#[case] name: &str) {
    let runtime = Runtime::builder().build().unwrap();
    let config = [("start".to_owned(), "10".to_owned())].into();
    let options = LoadOptions { directory: fixture(name), config, ..LoadOptions::default() };
    let id = runtime.load_with(options).await.unwrap();
    let operations = [
        r#"json:{"add":2}"#,
        r#"json: { "add" : -3 } "#,
        r#"json:{"get":true}"#,
        "json:{",
        "json:{\"add\":9223372036854775807}",
        "raw:x",
        "text:",
        r#"json:{"add":1}"#,
    ];
    let expected = [
        r#"json:{"total":12}"#,
        r#"json:{"total":9}"#,
        r#"json:{"total":9}"#,
        "invalid-input",
        "invalid-input",
        "unsupported-codec",
        "malformed-multicodec",
        r#"json:{"total":10}"#,
    ];
    assert_eq!(answers(&runtime, &id, &operations).await, expected);

    let payload = airssys_wasm::contract::multicodec::join(Codec::Json.code(), br#"{"add":5}"#);
    runtime.deliver(&id, Message { sender: "front".into(), payload, request_id: None }).await.unwrap();
    assert_eq!(answers(&runtime, &id, &[r#"json:{"get":true}"#]).await, [r#"json:{"total":15}"#]);
    assert!(runtime.health(&id).await.unwrap().healthy);
    runtime.unload(&id).await.unwrap();
    assert_eq!(runtime.residue(), Default::default());
}

#[tokio::test]
async fn words_are_counted() {
    let runtime = Runtime::builder().build().unwrap();
    let id = runtime.load(fixture("words")).await.unwrap();
    let operations = ["raw:", "raw:one", "raw: two \t\r\nwords ", "json:{}", "cbor:x", "hex:55ff20fe"];
    let expected = ["raw:0", "raw:1", "raw:2", "invalid-input", "unsupported-codec", "raw:2"];
    assert_eq!(answers(&runtime, &id, &operations).await, expected);

    // A message that nobody awaits a response to has no use.
    let message = Message { sender: "front".into(), payload: payload::parse("raw:x").unwrap(), request_id: None };
    assert_eq!(runtime.deliver(&id, message).await.unwrap_err().code(), "delivery-failed");
    assert!(runtime.health(&id).await.unwrap().healthy);
    runtime.unload(&id).await.unwrap();
    assert_eq!(runtime.residue(), Default::default());
}

/// A component of contract 1.1 beside one of 1.0, in a runtime that offers both.
#[tokio::test]
async fn a_board_keeps_what_is_published() {
    let runtime = Runtime::builder().build().unwrap();
    let counter = runtime.load(fixture("counter-c")).await.unwrap();
    let board = runtime.load(fixture("board")).await.unwrap();
    let topic: Topic = "board.notes".parse().unwrap();
    let operations = [
        "raw:board.notes from itself",
        "raw:board.other to nobody",
        "raw:elsewhere x",
        "raw:Board x",
        "raw:x",
        "json:{}",
    ];
    let expected = ["raw:", "raw:", "invalid-input", "invalid-input", "invalid-input", "unsupported-codec"];
    assert_eq!(answers(&runtime, &board, &operations).await, expected);
    runtime.publish(&topic, "the host", &payload::parse("raw:hello").unwrap()).unwrap();
    assert_eq!(answers(&runtime, &board, &["raw:"]).await, ["raw:board: from itself\nthe host: hello\n"]);
    assert_eq!(answers(&runtime, &counter, &[r#"json:{"add":2}"#]).await, [r#"json:{"total":2}"#]);

    // What it does not take, and what is no payload at all.
    runtime.publish(&topic, "the host", &payload::parse("json:{}").unwrap()).unwrap();
    assert_eq!(runtime.status(&board).unwrap().dead_letters, 1);
    assert_eq!(runtime.publish(&topic, "the host", b"").unwrap_err().code(), "malformed-multicodec");
    let large = vec![0x55; (16 << 20) + 1];
    assert_eq!(runtime.publish(&topic, "the host", &large).unwrap_err().code(), "message-too-large");

    runtime.unload(&board).await.unwrap();
    runtime.publish(&topic, "the host", &payload::parse("raw:nobody hears").unwrap()).unwrap();
    runtime.unload(&counter).await.unwrap();
    assert_eq!(runtime.residue(), Default::default());
}

/// Where only 1.0 is offered, a component of 1.1 is told so.
#[tokio::test]
async fn a_board_needs_contract_1_1() {
    let runtime = Runtime::builder().contract(ContractVersion::V1_0).build().unwrap();
    let error = runtime.load(fixture("board")).await.unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            LoadCode::IncompatibleVersion,
            "component.api-version of the manifest is 1.1.0, and this runtime offers airssys:core 1.0.0; a component may use what is new in the version it was built against: run it on a newer runtime, or build it against a version that is offered"
        )
    );
    assert_eq!(runtime.residue(), Default::default());
}

#[test]
fn the_files_are_those_whose_hashes_are_written_down() {
    let page = std::fs::read_to_string(fixture("README.md")).unwrap();
    let (_, block) = page.split_once("## SHA-256").unwrap();
    let mut held = Vec::new();
    for (hash, file) in block.lines().filter_map(|line| line.split_once("  ")) {
        let digest = Sha256::digest(std::fs::read(fixture(file)).unwrap());
        assert_eq!(format!("{}", payload::Hex(&digest)), hash, "{file}");
        held.push(file);
    }
    assert!(
        ["board/board.wasm", "counter/counter.wasm", "counter-c/counter-c.wasm", "words/words.wasm"]
            .iter()
            .all(|it| held.contains(it))
    );
}

#[rstest]
#[case::a_bad_start("counter", "ten")]
#[case::a_bad_start_in_c("counter-c", "1.5")]
#[tokio::test]
async fn a_counter_refuses_a_start_that_is_no_number(#[case] name: &str, #[case] start: &str) {
    let runtime = Runtime::builder().build().unwrap();
    let config = [("start".to_owned(), start.to_owned())].into();
    let options = LoadOptions { directory: fixture(name), config, ..LoadOptions::default() };
    assert_eq!(runtime.load_with(options).await.unwrap_err().code, LoadCode::InitFailed);
    assert_eq!(runtime.residue(), Default::default());
}

#[rstest]
#[case::empty("empty", LoadCode::NotAComponent)]
#[case::core_module("core-module", LoadCode::NotAComponent)]
#[case::text("text", LoadCode::NotAComponent)]
#[case::precompiled("precompiled", LoadCode::PrecompiledRefused)]
#[case::truncated("truncated", LoadCode::InvalidComponent)]
#[case::trailing("trailing", LoadCode::InvalidComponent)]
#[case::false_length("false-length", LoadCode::InvalidComponent)]
#[case::bare("bare", LoadCode::MissingExport)]
#[case::outside("outside", LoadCode::ManifestInvalidValue)]
#[case::not_utf8("not-utf8", LoadCode::ManifestSyntax)]
#[tokio::test]
async fn a_hostile_file_is_refused(#[case] name: &str, #[case] code: LoadCode) {
    let runtime = Runtime::builder().build().unwrap();
    let error = runtime.load(fixture("hostile").join(name)).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert_eq!(runtime.residue(), Default::default());
    let unknown = runtime.health(&ComponentId::new("hostile").unwrap()).await;
    assert_eq!(unknown, Err(CallError::NotFound));
}

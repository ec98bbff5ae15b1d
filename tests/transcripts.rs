//! What the reference runtime answers to a case of each area, whole, for review.
//!
//! The bytes of files stand as their length and hash; durations and temporary paths are not among what is said.
#![cfg(all(feature = "suite", feature = "runtime"))]

use std::sync::{Arc, LazyLock};

use airssys_wasm::contract::payload::render;
use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::guest::sha256_hex;
use airssys_wasm::suite::protocol::WorldFile;
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, DriverFactory, Exchange, Reply, Seeds, Stimulus, Verdict, embedded, run_case,
};
use rstest::rstest;
use serde_json::{Value, json};

static CASES: LazyLock<Vec<DiscoveredCase>> = LazyLock::new(|| embedded(&Catalogue::embedded().unwrap()).unwrap());

static FACTORY: LazyLock<Arc<DriverFactory>> = LazyLock::new(|| {
    let reference = Reference::new().unwrap();
    Arc::new(move || Ok(Box::new(reference.driver())))
});

fn file(file: &WorldFile) -> Value {
    let content = match &file.link {
        Some(target) => format!("link to {target}"),
        None => format!("{} bytes, sha256 {}", file.bytes.0.len(), sha256_hex(&file.bytes.0)),
    };
    json!({ "path": file.path, "content": content })
}

/// The text with the case's temporary directory written as `DIR`, on disk or in memory.
fn without_place(text: &str) -> String {
    let temporary = format!("{}/", std::env::temp_dir().display());
    let found = [temporary.as_str(), "/dev/shm/"].into_iter().find_map(|place| text.split_once(place));
    match found {
        None => text.to_owned(),
        Some((before, behind)) => {
            let rest = behind.trim_start_matches(|c: char| c == '.' || c.is_ascii_alphanumeric());
            format!("{before}DIR{}", without_place(rest))
        }
    }
}

/// A stimulus with files summarised and bytes in payload notation.
fn asked(stimulus: &Stimulus) -> Value {
    let mut told = json!(stimulus);
    match stimulus {
        Stimulus::CaseBegin(world) => told["files"] = world.files.iter().map(file).collect(),
        Stimulus::ReplaceFile(replaced) => told = json!({ "do": "replace-file", "file": file(replaced) }),
        Stimulus::Execute(request) => told["operation"] = json!(render(&request.operation.0)),
        Stimulus::Deliver(request) => told["payload"] = json!(render(&request.payload.0)),
        Stimulus::Send(request) => told["payload"] = json!(render(&request.payload.0)),
        Stimulus::Request(request) => told["payload"] = json!(render(&request.payload.0)),
        Stimulus::Begin { stimulus, .. } => told["stimulus"] = asked(stimulus),
        _ => {}
    }
    told
}

/// A reply with bytes in payload notation.
fn answered(reply: &Reply) -> Value {
    let mut told = json!(reply);
    match reply {
        Reply::Returned { output, .. } => told["output"] = json!(render(&output.0)),
        Reply::Refused { message, .. } => told["message"] = json!(without_place(message)),
        _ => {}
    }
    told
}

fn transcript(id: &str) -> Value {
    let case = CASES.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("there is no case {id}"));
    let outcome = run_case(case, &FACTORY, &Seeds::default());
    assert_eq!((outcome.verdict, outcome.message.as_str()), (Verdict::Pass, ""));
    // Who the runtime is, is no matter of the case.
    let exchanges = outcome.exchange.iter().filter(|exchange| !matches!(exchange.stimulus, Stimulus::Hello { .. }));
    let told = |exchange: &Exchange| json!({ "step": exchange.step, "stimulus": asked(&exchange.stimulus), "reply": exchange.reply.as_ref().map(answered) });
    exchanges.map(told).collect()
}

#[rstest]
fn transcripts(
    #[values(
        "audit/instance",
        "config/kept#a-trap",
        "introspection/list",
        "isolation/stateful",
        "isolation/trap-event",
        "lifecycle/init-config#the-limits",
        "lifecycle/load-failed-event",
        "lifecycle/states",
        "limits/fuel-deterministic",
        "limits/memory-growth#past-the-maximum-answers-minus-one",
        "log/order",
        "manifest/all-errors",
        "messaging/at-most-once/restart-chain",
        "messaging/dead-letters/each-told-once",
        "messaging/drain/order#shutdown",
        "messaging/fifo-one-call#messages-and-requests",
        "messaging/requests/chain#a-response",
        "multicodec/round-trip#json",
        "permission/host-functions/answer-codec#empty",
        "permission/universal-imports",
        "storage/operations",
        "time/sleep#some"
    )]
    id: &str,
) {
    let transcript = transcript(id);
    insta::assert_json_snapshot!(id.replace(['/', '#'], "-"), transcript);
}

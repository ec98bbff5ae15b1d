//! What the reference runtime answers to a case of each area, whole, for review.
//!
//! The bytes of files stand as their length and hash; durations and temporary paths are not among what is said.
#![cfg(all(feature = "suite", feature = "runtime"))]

use std::sync::{Arc, LazyLock};

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::guest::sha256_hex;
use airssys_wasm::suite::protocol::WorldFile;
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, DriverFactory, Exchange, Reply, Stimulus, Verdict, embedded, run_case,
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

/// The text with the case's temporary directory written as `DIR`.
fn without_place(text: &str) -> String {
    let temporary = format!("{}/", std::env::temp_dir().display());
    match text.split_once(&temporary) {
        None => text.to_owned(),
        Some((before, behind)) => {
            let rest = behind.trim_start_matches(|c: char| c == '.' || c.is_ascii_alphanumeric());
            format!("{before}DIR{}", without_place(rest))
        }
    }
}

/// One stimulus and its reply, with files summarised and bytes in payload notation.
fn told(exchange: &Exchange) -> Value {
    let mut stimulus = json!(exchange.stimulus);
    match &exchange.stimulus {
        Stimulus::Open(world) => stimulus["files"] = world.files.iter().map(file).collect(),
        Stimulus::ReplaceFile(replaced) => stimulus = json!({ "do": "replace-file", "file": file(replaced) }),
        Stimulus::Execute(request) => stimulus["operation"] = json!(format!("{:?}", request.operation)),
        Stimulus::Deliver(request) => stimulus["payload"] = json!(format!("{:?}", request.payload)),
        _ => {}
    }
    let mut reply = json!(exchange.reply);
    match &exchange.reply {
        Reply::Returned { output, .. } => reply["output"] = json!(format!("{output:?}")),
        Reply::Refused { message, .. } => reply["message"] = json!(without_place(message)),
        _ => {}
    }
    json!({ "step": exchange.step, "stimulus": stimulus, "reply": reply })
}

fn transcript(id: &str) -> Value {
    let case = CASES.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("there is no case {id}"));
    let outcome = run_case(case, &FACTORY);
    assert_eq!((outcome.verdict, outcome.message.as_str()), (Verdict::Pass, ""));
    // Who the runtime is, is no matter of the case.
    outcome.exchange.iter().filter(|exchange| exchange.stimulus != Stimulus::Hello).map(told).collect()
}

#[rstest]
fn transcripts(
    #[values(
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
        "multicodec/round-trip#json",
        "permission/universal-imports",
        "time/sleep#some"
    )]
    id: &str,
) {
    let transcript = transcript(id);
    insta::assert_json_snapshot!(id.replace(['/', '#'], "-"), transcript);
}

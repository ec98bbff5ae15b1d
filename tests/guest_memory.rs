//! What generated guests keep from call to call, seen by running them: cases against the reference runtime.
#![cfg(all(feature = "suite", feature = "runtime"))]

use std::sync::{Arc, LazyLock};

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::{Catalogue, DriverFactory, Reply, Seeds, in_directory, run_case};
use rstest::rstest;

static FACTORY: LazyLock<Arc<DriverFactory>> = LazyLock::new(|| {
    let reference = Reference::new().unwrap();
    Arc::new(move || Ok(Box::new(reference.driver())))
});

/// Loads `a` with that program, does the steps, and tells what each was answered: a transcript or output as text.
fn answers(program: &str, steps: &[&str]) -> Vec<String> {
    let steps: String = steps.iter().map(|step| format!("[[steps]]\n{step}\n")).collect();
    let case = format!(
        "title = \"a\"\nrequirements = [\"isolation.fresh\"]\n[components.a]\nmanifest.capabilities.messaging.send = [\"*\"]\n\
         [components.a.guest]\n{program}\n[[steps]]\nload = \"a\"\nexpect = {{}}\n{steps}"
    );
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("isolation")).unwrap();
    std::fs::write(dir.path().join("isolation/a.toml"), case).unwrap();
    let case = in_directory(dir.path(), &Catalogue::embedded().unwrap()).unwrap().remove(0);
    let outcome = run_case(&case, &FACTORY, &Seeds::default());
    let replies = outcome.exchange.iter().filter(|exchange| exchange.step.is_some_and(|step| step > 1));
    let told = replies.map(|exchange| match &exchange.reply {
        Some(Reply::Returned { output, .. }) => String::from_utf8(output.0[1..].to_vec()).unwrap(),
        Some(Reply::Health { reason, .. }) => format!("health {reason:?}"),
        other => serde_json::to_string(other).unwrap(),
    });
    let told: Vec<String> = told.collect();
    assert!(!told.is_empty(), "{}", outcome.message);
    told
}

const DONE: &str = r#"{"is":"done"}"#;
/// Fills what was free of the guest's memory with other bytes.
const CHURN: &str = "execute = \"a\"\noperation = \"raw*70000:z\"";

#[rstest]
#[case::never_remembered(
    r#"
    execute = ["record id", "record caller", "record said.some", "return ok($transcript)"]
    handle-message = ["remember message.request-id.some as id", "remember message.request-id as said"]
    handle-callback = ["remember outcome as caller"]"#,
    &["execute = \"a\""],
    &["id -> \"\"\ncaller -> ok([])\nsaid.some -> \"\"\n"]
)]
#[case::remembered_by_one_export_and_read_by_others(
    r#"
    on."raw:tell" = ["record id", "record who", "call host-services.send-message($who, $what)", "call host-services.send-response($id, ok($what))", "return ok($transcript)"]
    execute = ["return ok(\"raw:\")"]
    handle-message = ["remember message.request-id.some as id", "remember message.sender as who", "remember message.payload as what"]
    health = ["return {healthy: true, reason: some($id)}"]"#,
    &[
        "deliver = \"a\"\nsender = \"first\"\nrequest-id = \"r-1\"\npayload = \"raw:AB\"",
        CHURN,
        "execute = \"a\"\noperation = \"raw:tell\"",
        "health = \"a\"",
    ],
    &[
        DONE,
        "",
        "id -> \"r-1\"\nwho -> \"first\"\nsend-message -> err(component-not-found(\"first\"))\nsend-response -> err(unknown-request(\"r-1\"))\n",
        "health Some(\"r-1\")",
    ]
)]
#[case::a_case_that_is_not_there_is_not_remembered(
    r#"
    execute = ["record id", "return ok($transcript)"]
    handle-message = ["remember message.request-id.some as id"]"#,
    &["deliver = \"a\"\nrequest-id = \"r-1\"", "deliver = \"a\"", "execute = \"a\"", "deliver = \"a\"\nrequest-id = \"r-2\"", "execute = \"a\""],
    &[DONE, DONE, "id -> \"r-1\"\n", DONE, "id -> \"r-1\"\nid -> \"r-2\"\n"]
)]
#[case::a_result_is_read_before_its_place_in_the_program(
    r#"
    on."raw:a" = ["record r", "record copy", "return ok($transcript)"]
    on."raw:b" = ["call multicodec.encode(85, $operation) as r", "return ok(\"raw:\")"]
    on."raw:c" = ["call multicodec.encode(85, $operation) as r", "remember r as copy", "return ok(\"raw:\")"]
    execute = ["return ok(\"raw:\")"]"#,
    &["execute = \"a\"\noperation = \"raw:a\"", "execute = \"a\"\noperation = \"raw:c\"", "execute = \"a\"\noperation = \"raw:b\"", CHURN, "execute = \"a\"\noperation = \"raw:a\""],
    &[
        "r -> []\ncopy -> []\n",
        "",
        "",
        "",
        "r -> []\ncopy -> []\nencode -> [85, 85, 99]\nencode -> [85, 85, 98]\nr -> [85, 85, 98]\ncopy -> [85, 85, 99]\n",
    ]
)]
#[case::a_fresh_instance_remembers_nothing(
    r#"
    on."raw:trap" = ["remember operation as op", "trap unreachable"]
    on."raw:set" = ["remember operation as op", "return ok(\"raw:\")"]
    execute = ["record op", "return ok($transcript)"]"#,
    &["execute = \"a\"\noperation = \"raw:set\"", "execute = \"a\"", "execute = \"a\"\noperation = \"raw:trap\"\nexpect.trapped = \"unreachable\"", "execute = \"a\""],
    &["", "op -> [85, 115, 101, 116]\n", r#"{"is":"trapped","kind":"unreachable"}"#, "op -> []\n"]
)]
#[case::a_payload_has_actions_of_its_own(
    r#"
    execute = ["return ok($counter)"]
    handle-message = ["count 1"]
    [components.a.guest.on-message]
    "raw:ten" = ["count 10"]
    "raw:no" = ["count 100", "return err(delivery-failed($message.sender))"]"#,
    &["deliver = \"a\"\npayload = \"raw:ten\"", "deliver = \"a\"\npayload = \"raw:te\"", "deliver = \"a\"\npayload = \"raw:no\"\nexpect.error = 'delivery-failed(\"outside\")'", "execute = \"a\""],
    &[DONE, DONE, r#"{"is":"failed","case":"delivery-failed","value":"outside"}"#, "111"]
)]
fn what_guests_keep(#[case] program: &str, #[case] steps: &[&str], #[case] expected: &[&str]) {
    assert_eq!(answers(program, steps), expected);
}

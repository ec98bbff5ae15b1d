//! What the suite sends for a step, and what it makes of a reply: against a driver that says what the table says.
#![cfg(feature = "suite")]

use std::sync::Arc;

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::protocol::Hook;
use airssys_wasm::suite::{
    Catalogue, Driver, DriverError, DriverFactory, Hello, Outcome, Reply, Seeds, Stimulus, Verdict, in_directory,
    run_case,
};
use rstest::rstest;
use serde_json::{Value, json};

/// Answers everything with one reply, but who it is.
struct Scripted {
    reply: Reply,
    hooks: Vec<Hook>,
}

impl Driver for Scripted {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        Ok(match stimulus {
            Stimulus::Hello { .. } => Reply::Hello(Hello {
                protocol: 1,
                runtime: "scripted".into(),
                version: "1.0.0".into(),
                contract: ContractVersion::V1_0,
                features: vec!["time".into()],
                hooks: self.hooks.clone(),
            }),
            Stimulus::CaseBegin(_) | Stimulus::CaseEnd => Reply::Done,
            _ => self.reply.clone(),
        })
    }
}

/// Runs a case of one step.
fn run(step: &str, expect: &str, reply: &Value, hooks: &[Hook]) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("time")).unwrap();
    let text = format!(
        "title = \"a\"\nrequirements = [\"time.clock\"]\n[components.a]\n[[steps]]\n{step}\nexpect = {{{expect}}}\n"
    );
    std::fs::write(dir.path().join("time/a.toml"), text).unwrap();
    let case = in_directory(dir.path(), &Catalogue::embedded().unwrap()).unwrap().remove(0);
    let (reply, hooks) = (serde_json::from_value::<Reply>(reply.clone()).unwrap(), hooks.to_vec());
    let factory: Arc<DriverFactory> =
        Arc::new(move || Ok(Box::new(Scripted { reply: reply.clone(), hooks: hooks.clone() })));
    run_case(&case, &factory, &Seeds::default())
}

/// `pass`, or why not.
fn judged(step: &str, expect: &str, reply: &Value) -> String {
    let outcome = run(step, expect, reply, Hook::ALL);
    match outcome.verdict {
        Verdict::Pass => "pass".to_owned(),
        verdict => format!("{verdict}: {}", outcome.message),
    }
}

#[rstest]
#[case("send = \"b\"", json!({"do": "send", "component": "b", "sender": "outside", "payload": "VQ=="}))]
#[case(
    "send = \"b\"\npayload = \"raw:hi\"\nsender = \"ns:x\"\nwithin = 5",
    json!({"do": "send", "component": "b", "sender": "ns:x", "payload": "VWhp", "within-ms": 5})
)]
#[case(
    "request = \"b\"",
    json!({"do": "request", "component": "b", "sender": "outside", "payload": "VQ==", "timeout-ms": 0})
)]
#[case(
    "request = \"b\"\npayload = \"raw:hi\"\nsender = \"x\"\ntimeout-ms = 7",
    json!({"do": "request", "component": "b", "sender": "x", "payload": "VWhp", "timeout-ms": 7})
)]
#[case(
    "begin = \"t\"\nrequest = \"b\"",
    json!({"do": "begin", "ticket": "t", "stimulus":
        {"do": "request", "component": "b", "sender": "outside", "payload": "VQ==", "timeout-ms": 0}})
)]
fn what_a_peer_says(#[case] step: &str, #[case] stimulus: Value) {
    let answers = json!({"send": {"is": "done"}, "request": {"is": "returned", "output": ""}, "begin": {"is": "done"}});
    let outcome = run(step, "", &answers[stimulus["do"].as_str().unwrap()], Hook::ALL);
    assert_eq!((outcome.verdict, outcome.message.as_str()), (Verdict::Pass, ""));
    let said = outcome.exchange.iter().find(|exchange| exchange.step.is_some()).unwrap();
    assert_eq!(json!(said.stimulus), stimulus);
    // Without the hook nothing of it is asked.
    let others: Vec<Hook> = Hook::ALL.iter().copied().filter(|hook| *hook != Hook::Peer).collect();
    let outcome = run(step, "", &json!({"is": "done"}), &others);
    assert_eq!(outcome.message, "the driver of scripted lacks the hook `peer`");
    assert_eq!((outcome.verdict, outcome.exchange.len()), (Verdict::Untestable, 2));
}

#[rstest]
#[case("send = \"a\"", "rejected = \"mailbox-full\"", json!({"is": "rejected", "code": "mailbox-full"}), "pass")]
#[case(
    "send = \"a\"",
    "rejected = \"mailbox-full\"",
    json!({"is": "done"}),
    "fail: step 1: expected the code mailbox-full, got {\"is\":\"done\"}"
)]
#[case("request = \"a\"", "output = \"raw:hi\"", json!({"is": "returned", "output": "VWhp"}), "pass")]
#[case(
    "request = \"a\"",
    "output = \"raw:ho\"",
    json!({"is": "returned", "output": "VWhp"}),
    "fail: step 1: expected raw:ho, got raw:hi"
)]
#[case(
    "request = \"a\"",
    "output = \"raw:ho\"",
    json!({"is": "rejected", "code": "delivery-failed"}),
    "fail: step 1: expected success, got {\"is\":\"rejected\",\"code\":\"delivery-failed\"}"
)]
#[case("request = \"a\"", "rejected = \"timeout-exceeded\"", json!({"is": "rejected", "code": "timeout-exceeded"}), "pass")]
fn what_a_peer_is_told(#[case] step: &str, #[case] expect: &str, #[case] reply: Value, #[case] verdict: &str) {
    assert_eq!(judged(step, expect, &reply), verdict);
}

#[rstest]
#[case("waiting = { a = 2 }", "pass")]
#[case("waiting = { a = 1 }", "fail: step 1: expected waiting of a Some(1), got Some(2)")]
#[case("waiting = { b = 0 }", "pass")]
#[case("waiting = { c = 0 }", "fail: step 1: expected waiting of c Some(0), got None")]
#[case("waiting-bytes = { a = 10, b = 0 }", "pass")]
#[case("waiting-bytes = { a = 9 }", "fail: step 1: expected bytes waiting of a Some(9), got Some(10)")]
#[case("dead-letters = { a = 3 }", "pass")]
#[case("dead-letters = { a = 0 }", "fail: step 1: expected dead letters of a Some(0), got Some(3)")]
#[case("requests = 4", "pass")]
#[case("requests = 0", "fail: step 1: expected requests 0, got 4")]
#[case("restarts = { a = 1, b = 0 }", "pass")]
#[case("restarts = { a = 0 }", "fail: step 1: expected restarts of a Some(0), got Some(1)")]
fn what_waits(#[case] expect: &str, #[case] verdict: &str) {
    let a = json!({"state": "running", "version": "1.0.0", "restarts": 1, "waiting": 2, "waiting-bytes": 10, "dead-letters": 3});
    let b = json!({"state": "running", "version": "1.0.0"});
    let reply = json!({"is": "inspection", "components": {"a": a, "b": b}, "instances": 2, "requests": 4});
    assert_eq!(judged("inspect = true", expect, &reply), verdict);
}

const MIXED: &str = "got \n  f -> ok\n  a2\n  b1";

#[rstest]
#[case("interleaved = [[\"f -> ok\", \"a2\"], [\"b1\"]]", "pass")]
#[case("interleaved = [[\"b1\"], [], [\"f -> _\"], [\"a2\"]]", "pass")]
#[case("interleaved = [[\"f -> ok\", \"b1\"], [\"a2\"]]", "pass")]
#[case("interleaved = [[\"a2\", \"f -> ok\"], [\"b1\"]]", &format!("fail: step 1: expected an interleaving of\n  a2\n  f -> ok\n and\n  b1, {MIXED}"))]
#[case("interleaved = [[\"f -> ok\", \"a2\"]]", &format!("fail: step 1: expected an interleaving of\n  f -> ok\n  a2, {MIXED}"))]
#[case("interleaved = [[\"f -> ok\", \"a2\", \"b1\"], [\"b1\"]]", &format!("fail: step 1: expected an interleaving of\n  f -> ok\n  a2\n  b1\n and\n  b1, {MIXED}"))]
#[case("one-of = [[\"a2\"], [\"f -> _\", \"a2\", \"b1\"]]", "pass")]
#[case("one-of = [[\"f -> ok\", \"b1\", \"a2\"], [\"f -> ok\", \"a2\"]]", &format!("fail: step 1: expected the transcript\n  f -> ok\n  b1\n  a2\n or\n  f -> ok\n  a2, {MIXED}"))]
fn what_a_transcript_shows(#[case] expect: &str, #[case] verdict: &str) {
    // The bytes of "U", which says raw, and the lines.
    let output = "VWYgLT4gb2sKYTIKYjEK";
    assert_eq!(judged("execute = \"a\"", expect, &json!({"is": "returned", "output": output})), verdict);
}

#[rstest]
#[case(
    "[[{ component = \"a\", level = \"info\", message = \"1\" }], [{ component = \"b\", level = \"info\", message = \"1\" }]]",
    true
)]
#[case(
    "[[{ component = \"b\", level = \"info\", message = \"1\" }], [{ component = \"a\", level = \"info\", message = \"1\" }]]",
    true
)]
#[case(
    "[[{ component = \"b\", level = \"info\", message = \"1\" }, { component = \"a\", level = \"info\", message = \"1\" }]]",
    false
)]
#[case(
    "[[{ component = \"a\", level = \"info\", message = \"1\" }], [{ component = \"b\", level = \"warn\", message = \"1\" }]]",
    false
)]
#[case("[[{ component = \"a\", level = \"info\", message = \"1\" }]]", false)]
fn what_logs_show(#[case] lists: &str, #[case] holds: bool) {
    let record = |component: &str| json!({"component": component, "level": "info", "message": "1"});
    let reply = json!({"is": "logs", "records": [record("a"), record("b")]});
    let verdict = judged("logs = true", &format!("records-interleaved = {lists}"), &reply);
    assert_eq!(
        (verdict == "pass", verdict.starts_with("fail: step 1: expected an interleaving of [[")),
        (holds, !holds)
    );
}

#[rstest]
#[case("audited-none = [{ event = \"access\" }]", None, "pass")]
#[case("audited-none = [{ event = \"dead-letter\", sender = \"c\" }]", None, "pass")]
#[case("audited-none = [{ event = \"access\" }, { event = \"dead-letter\", sender = \"b\" }]", None, "no record")]
#[case("audited-none = [{ reason = true }]", None, "no record")]
#[case(
    "audited = [{ event = \"dead-letter\", component = \"a\", kind = \"request\", bytes = 3 }, { event = \"response-refused\", request-id = \"r-1\" }]",
    None,
    "pass"
)]
#[case("audited = [{ event = \"response-refused\" }, { event = \"dead-letter\" }]", None, "the record")]
#[case("audited = []", Some((0, "reason", json!(""))), "records with all their fields")]
#[case("audited = []", Some((0, "sender", json!(null))), "records with all their fields")]
#[case("audited = []", Some((0, "bytes", json!("3"))), "records with all their fields")]
#[case("audited = []", Some((0, "kind", json!("letter"))), "records with all their fields")]
#[case("audited-none = []", Some((1, "request-id", json!(null))), "records with all their fields")]
#[case("audited-none = []", Some((1, "component", json!(null))), "records with all their fields")]
fn what_an_audit_trail_shows(
    #[case] expect: &str,
    #[case] falsified: Option<(usize, &str, Value)>,
    #[case] verdict: &str,
) {
    let mut records = [
        json!({"sequence": 1, "time-ms": 5, "event": "dead-letter", "component": "a", "sender": "b", "kind": "request", "bytes": 3, "reason": "stopped"}),
        json!({"sequence": 2, "time-ms": 5, "event": "response-refused", "component": "a", "request-id": "r-1"}),
    ];
    if let Some((index, field, value)) = falsified {
        records[index][field] = value;
    }
    let lines = records.map(|record| record.to_string());
    let judged = judged("audit = true", expect, &json!({"is": "audit", "lines": lines}));
    let expected = if verdict == "pass" { verdict.to_owned() } else { format!("fail: step 1: expected {verdict}") };
    assert!(judged.starts_with(&expected), "{judged}");
}

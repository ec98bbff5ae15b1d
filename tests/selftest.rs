//! The suite against broken runtimes, and the proof that this finds what it should.
#![cfg(all(feature = "suite", feature = "runtime", feature = "cli"))]

use std::process::Command;
use std::sync::Arc;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::faulty::{
    Bend, Conclusion, Fault, Faulty, SelftestOptions, Sent, faults, selftest, selftest_table,
};
use airssys_wasm::suite::{Catalogue, DiscoveredCase, Driver, DriverError, DriverFactory, Reply, Stimulus, embedded};
use rstest::rstest;
use serde_json::{Value, json};

fn reference() -> Arc<DriverFactory> {
    let reference = Reference::new().unwrap();
    Arc::new(move || Ok(Box::new(reference.driver()) as Box<dyn Driver>))
}

fn cases(filter: &str) -> (Vec<DiscoveredCase>, Catalogue) {
    let catalogue = Catalogue::embedded().unwrap();
    let cases = embedded(&catalogue).unwrap().into_iter().filter(|case| case.id.contains(filter)).collect();
    (cases, catalogue)
}

fn fault(name: &str) -> Fault {
    *faults().iter().find(|fault| fault.name == name).unwrap_or_else(|| panic!("no fault is named {name}"))
}

#[test]
fn every_fault_is_caught_and_every_case_catches_one() {
    let (cases, catalogue) = cases("");
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let options = SelftestOptions { jobs, every_case: true, every_fault: true };
    let selftest = selftest((&cases, &catalogue), &faults(), &reference(), options, &|_| ());
    assert_eq!(selftest.conclusion(), Conclusion::Clean, "{}", selftest_table(&selftest));
    assert!(selftest.cases > 4000, "{} cases", selftest.cases);
}

#[test]
fn faults_are_named_once_and_of_the_catalogue() {
    let faults = faults();
    assert!(faults.len() >= 40, "{} faults", faults.len());
    let catalogue = Catalogue::embedded().unwrap();
    for fault in &faults {
        assert_eq!(faults.iter().filter(|other| other.name == fault.name).count(), 1, "{}", fault.name);
        assert!(fault.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", fault.name);
        assert!(fault.wrong.starts_with(['I']) && fault.wrong.ends_with('.'), "{}: {}", fault.name, fault.wrong);
        for slug in fault.violates {
            assert!(catalogue.get(slug).is_some(), "{}: {slug}", fault.name);
        }
    }
    let names: Vec<&str> = faults.iter().map(|fault| fault.name).collect();
    insta::assert_snapshot!(names.join("\n"));
}

/// A runtime that is as it should be.
const SOUND: Fault =
    Fault { name: "none", wrong: "It is as it should be.", violates: &["time.clock"], bend: Bend::Reply(|_| ()) };

/// A runtime that says less in what nobody judges.
const UNJUDGED: Fault = Fault {
    name: "says-little",
    wrong: "It gives its version as 0.",
    violates: &[],
    bend: Bend::Reply(|reply| {
        if let Reply::Hello(hello) = reply {
            hello.version = "0".to_owned();
        }
    }),
};

/// A runtime that is told what no case of time asks for.
const UNSENT: Fault = Fault {
    name: "waits-less-for-health",
    wrong: "It waits half a second for `health`.",
    violates: &["time.clock"],
    bend: Bend::Stimuli(|stimulus| match stimulus {
        Stimulus::CaseBegin(world) => {
            let mut world = world.clone();
            world.limits.insert("health-ms".to_owned(), 500);
            Sent::Other(Stimulus::CaseBegin(world))
        }
        _ => Sent::Same,
    }),
};

#[rstest]
#[case::nothing_is_wrong(SOUND, true)]
#[case::nothing_that_is_judged(UNJUDGED, true)]
#[case::nothing_that_is_asked(UNSENT, true)]
#[case::of_one_fault_alone(SOUND, false)]
fn what_is_not_wrong_survives(#[case] fault: Fault, #[case] every_case: bool) {
    let (cases, catalogue) = cases("time/clock");
    let options = SelftestOptions { jobs: 1, every_case, every_fault: false };
    let selftest = selftest((&cases, &catalogue), &[fault], &reference(), options, &|_| ());
    assert_eq!(selftest.conclusion(), Conclusion::Findings);
    insta::allow_duplicates! {
        insta::with_settings!({ snapshot_suffix => format!("{}-{every_case}", fault.name) }, {
            insta::assert_snapshot!(selftest_table(&selftest));
        });
    }
}

#[test]
fn a_case_that_catches_nothing_is_idle() {
    let (cases, catalogue) = cases("time/clock");
    let options = SelftestOptions { jobs: 1, every_case: false, every_fault: true };
    let selftest = selftest((&cases, &catalogue), &[fault("forges-senders")], &reference(), options, &|_| ());
    assert_eq!(selftest.conclusion(), Conclusion::Findings);
    insta::assert_snapshot!(selftest_table(&selftest));
}

/// Fails whatever it is asked.
struct Broken;

impl Driver for Broken {
    fn perform(&mut self, _: Stimulus) -> Result<Reply, DriverError> {
        Err(DriverError::new("broken"))
    }
}

#[test]
fn nothing_is_said_by_an_unsound_runtime() {
    let (cases, catalogue) = cases("time/clock");
    let options = SelftestOptions { jobs: 1, every_case: true, every_fault: true };
    let broken: Arc<DriverFactory> = Arc::new(|| Ok(Box::new(Broken) as Box<dyn Driver>));
    let selftest = selftest((&cases, &catalogue), &[fault("steps-back")], &broken, options, &|_| ());
    assert_eq!(selftest.conclusion(), Conclusion::Unsound);
    insta::assert_snapshot!(selftest_table(&selftest));
}

#[rstest]
#[case(&["--list", "--fault", "merges-records"], 0)]
#[case(&["time/clock", "--fault", "steps-back"], 0)]
#[case(&["time/clock", "--fault", "merges-records"], 1)]
#[case(&["time", "--fault", "no-such-fault"], 2)]
#[case(&["no-such-case"], 2)]
fn the_command_ends_with(#[case] args: &[&str], #[case] code: i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    let output = command.args(["suite", "selftest"]).args(args).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    insta::with_settings!({ snapshot_suffix => args.join(" ").replace(['/', ' '], "_") }, {
        insta::assert_snapshot!(format!("{}{}", text(&output.stdout), text(&output.stderr)));
    });
}

/// Answers each stimulus with what is next.
struct Scripted(std::vec::IntoIter<Reply>, Arc<std::sync::Mutex<Vec<Value>>>);

impl Driver for Scripted {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        self.1.lock().unwrap().push(serde_json::to_value(&stimulus).unwrap());
        self.0.next().ok_or_else(|| DriverError::new("nothing is left to answer"))
    }
}

/// What a runtime with a fault answers to stimuli, where a sound one answers with the replies; and what the sound one is sent.
fn bent(name: &str, said: &[(Value, Value)]) -> (Vec<Value>, Vec<Value>) {
    let replies: Vec<Reply> = said.iter().map(|(_, reply)| serde_json::from_value(reply.clone()).unwrap()).collect();
    let sent = Arc::default();
    let mut faulty = Faulty::new(Box::new(Scripted(replies.into_iter(), Arc::clone(&sent))), fault(name));
    let answered = said.iter().map(|(stimulus, _)| {
        let stimulus = serde_json::from_value(stimulus.clone()).unwrap();
        faulty.perform(stimulus).map_or_else(|why| json!(why.message()), |reply| json!(reply))
    });
    let answered = answered.collect();
    let sent = sent.lock().unwrap().clone();
    (answered, sent)
}

fn execute() -> Value {
    json!({ "do": "execute", "component": "a", "operation": "VQ==", "caller": "host", "request-id": null, "timeout-ms": null, "trace-context": null })
}

/// A reply with these lines as its transcript.
fn transcript(lines: &[&str]) -> Value {
    let output: Vec<u8> =
        [b"\x55".as_slice(), lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>().as_bytes()].concat();
    json!(Reply::Returned { output: airssys_wasm::suite::protocol::Bytes(output), fuel: None })
}

#[rstest]
#[case("acts-on-what-it-denies", &["read-file -> err(permission-denied(\"add\"))", "note"], &["read-file -> ok([])", "note"])]
#[case("denies-whatever-is-granted", &["set -> ok", "read-file -> ok([97])", "get -> err(invalid-key(\"\"))"], &["set -> err(permission-denied(\"no\"))", "read-file -> err(permission-denied(\"no\"))", "get -> err(invalid-key(\"\"))"])]
#[case("tells-what-is-not-there", &["get -> err(permission-denied(\"a\"))", "permission-denied"], &["get -> err(not-found(\"nothing is there\"))", "permission-denied"])]
#[case("forges-senders", &["message -> {sender: \"a\", payload: [85], request-id: none}", "message.sender -> \"b\""], &["message -> {sender: \"host\", payload: [85], request-id: none}", "message.sender -> \"host\""])]
#[case("handles-two-at-a-time", &["in 1", "out 1", "in 2", "out 2"], &["in 1", "in 2", "out 1", "out 2"])]
#[case("cuts-the-prefix-off", &["message.payload -> [85, 49]", "encode -> [85, 49]"], &["message.payload -> [49]", "encode -> [85, 49]"])]
#[case("calls-back-twice", &["outcome -> ok([85])", "note"], &["outcome -> ok([85])", "outcome -> ok([85])", "note"])]
#[case("asks-without-a-request", &["message -> {sender: \"a\", payload: [85], request-id: some(\"1\")}"], &["message -> {sender: \"a\", payload: [85], request-id: none}"])]
#[case("lists-components-as-loaded", &["list-components -> [\"a\", \"b\", \"c\"]"], &["list-components -> [\"c\", \"b\", \"a\"]"])]
#[case("counts-one-byte-too-many", &["usage -> ok({used-bytes: 99, max-bytes: 100, keys: 1})"], &["usage -> ok({used-bytes: 100, max-bytes: 100, keys: 1})"])]
#[case("steps-back", &["current-time-millis -> 5000", "current-time-millis -> 5001"], &["current-time-millis -> 5000", "current-time-millis -> 4001"])]
#[case("encodes-known-codecs-alone", &["encode -> [128, 4, 1]", "encode -> [0, 1]"], &["encode -> [128, 4, 1]", "encode -> []"])]
#[case("initialises-twice", &["init", "init"], &["init", "init", "init"])]
#[case("forgets-callbacks", &["in", "outcome -> ok([85])"], &["in"])]
fn bends_what_guests_saw(#[case] name: &str, #[case] sound: &[&str], #[case] wrong: &[&str]) {
    assert_eq!(bent(name, &[(execute(), transcript(sound))]).0, [transcript(wrong)]);
}

#[rstest]
#[case("mixes-up-traps", json!({"is": "trapped", "kind": "divide-by-zero"}), json!({"is": "trapped", "kind": "host-limit"}))]
#[case("mixes-up-traps", json!({"is": "trapped", "kind": "unreachable"}), json!({"is": "trapped", "kind": "unreachable"}))]
#[case("cuts-answers", json!({"is": "returned", "output": "VWFi", "fuel": 1}), json!({"is": "returned", "output": "VWE=", "fuel": 1}))]
#[case("cuts-answers", json!({"is": "returned", "output": "", "fuel": 1}), json!({"is": "returned", "output": "", "fuel": 1}))]
#[case("answers-without-a-prefix", json!({"is": "returned", "output": "VWFi", "fuel": null}), json!({"is": "returned", "output": "YWI=", "fuel": null}))]
#[case("adds-a-prefix", json!({"is": "returned", "output": "", "fuel": null}), json!({"is": "returned", "output": "VQ==", "fuel": null}))]
#[case("adds-a-prefix", json!({"is": "returned", "output": "VQ==", "fuel": null}), json!({"is": "returned", "output": "VQ==", "fuel": null}))]
#[case("flattens-errors", json!({"is": "failed", "case": "invalid-input", "value": "x"}), json!({"is": "failed", "case": "internal-error", "value": "x"}))]
#[case("has-one-code-for-what-is-not-there", json!({"is": "rejected", "code": "not-running"}), json!({"is": "rejected", "code": "not-found"}))]
#[case("has-one-code-for-what-is-not-there", json!({"is": "rejected", "code": "mailbox-full"}), json!({"is": "rejected", "code": "mailbox-full"}))]
#[case("hides-traps", json!({"is": "trapped", "kind": "unreachable"}), json!({"is": "failed", "case": "internal-error", "value": "trap"}))]
#[case("loses-memory-between-calls", json!({"is": "returned", "output": "VTc=", "fuel": null}), json!({"is": "returned", "output": "VTE=", "fuel": null}))]
fn bends_what_a_call_comes_to(#[case] name: &str, #[case] sound: Value, #[case] wrong: Value) {
    assert_eq!(bent(name, &[(execute(), sound)]).0, [wrong]);
}

fn record(sequence: u64, outcome: &str, text: &str) -> String {
    json!({ "sequence": sequence, "time-ms": 7, "event": "access", "outcome": outcome, "resource": text, "rule": "r" })
        .to_string()
}

#[rstest]
#[case("records-no-denials", &[record(1, "granted", "a"), record(2, "denied", "b")], &[record(1, "granted", "a")])]
#[case("samples-records", &[record(1, "granted", "a"), record(2, "granted", "b"), record(3, "granted", "c")], &[record(1, "granted", "a"), record(3, "granted", "c")])]
#[case("merges-records", &[record(1, "granted", "a"), record(2, "granted", "a"), record(3, "denied", "a")], &[record(1, "granted", "a"), record(3, "denied", "a")])]
#[case("numbers-by-the-clock", &[record(1, "granted", "a"), record(2, "granted", "b")], &[record(7, "granted", "a"), record(7, "granted", "b")])]
#[case("writes-guest-text-as-it-is", &["{\"resource\":\"a\\u001bb\\nc\\\"\\\\n\"}".to_owned()], &["{\"resource\":\"a\u{1b}b\nc\\\"\\\\n\"}".to_owned()])]
#[case("replaces-what-it-escapes", &["{\"resource\":\"a\\u001bb\\nc\"}".to_owned()], &["{\"resource\":\"a?b?c\"}".to_owned()])]
fn bends_the_audit_trail(#[case] name: &str, #[case] sound: &[String], #[case] wrong: &[String]) {
    let audit = |lines: &[String]| json!({ "is": "audit", "lines": lines });
    assert_eq!(bent(name, &[(json!({ "do": "audit" }), audit(sound))]).0, [audit(wrong)]);
}

/// A world with this manifest, and these further files.
fn world(manifest: &str, files: &[Value]) -> Value {
    let file =
        |path: &str, text: &str| json!({ "path": path, "bytes": airssys_wasm::suite::protocol::Bytes(text.into()) });
    let files: Vec<Value> = std::iter::once(file("a/component.toml", manifest)).chain(files.iter().cloned()).collect();
    json!({ "do": "case.begin", "clock": "virtual", "now-ms": 0, "files": files, "limits": {} })
}

#[rstest]
#[case("grants-nothing", "[capabilities.filesystem]\nread = [\"/a\"]\n", "")]
#[case(
    "ignores-ports",
    "[[capabilities.network]]\nhost = \"a\"\nport = 1\n",
    "[[capabilities.network]]\nhost = \"a\"\n"
)]
#[case(
    "lets-a-wildcard-be-the-host-itself",
    "[[capabilities.network]]\nhost = \"*.a\"\n",
    "[[capabilities.network]]\nhost = \"*.a\"\n\n[[capabilities.network]]\nhost = \"a\"\n"
)]
#[case(
    "lets-a-star-span-segments",
    "[capabilities.filesystem]\nread = [\"/a/*.x\", \"/a/**\", \"/b\"]\n",
    "[capabilities.filesystem]\nread = [\"/a/**/*.x\", \"/a/**\", \"/b\"]\n"
)]
#[case(
    "lets-a-globstar-be-its-directory",
    "[capabilities.optional.filesystem]\nread = [\"/a/**\", \"/**\"]\n",
    "[capabilities.optional.filesystem]\nread = [\"/a/**\", \"/**\", \"/a\"]\n"
)]
#[case(
    "takes-one-action-for-all",
    "[capabilities.filesystem]\nread = [\"/a\"]\n",
    "[capabilities.filesystem]\ndelete = [\"/a\"]\nlist = [\"/a\"]\nread = [\"/a\"]\nwrite = [\"/a\"]\n"
)]
#[case(
    "grants-the-whole-category",
    "[capabilities.storage]\nread = [\"a:b\"]\n",
    "[capabilities.storage]\nread = [\"a:*\"]\n"
)]
#[case("ignores-wit-dependencies", "[wit-dependencies]\n\"a:b\" = \"9\"\n", "")]
#[case("grants-nothing", "no = toml [", "no = toml [")]
fn bends_manifests(#[case] name: &str, #[case] sound: &str, #[case] wrong: &str) {
    let sent = bent(name, &[(world(sound, &[]), json!({ "is": "done" }))]).1;
    assert_eq!(sent, [serde_json::to_value(serde_json::from_value::<Stimulus>(world(wrong, &[])).unwrap()).unwrap()]);
}

#[rstest]
#[case::a_link_to_a_file("root/d/l", "/s", &[("root/s", "c2VjcmV0")], &[("root/s", "c2VjcmV0"), ("root/d/l", "c2VjcmV0")])]
#[case::upwards("root/d/l", "../s", &[("root/s", "c2VjcmV0")], &[("root/s", "c2VjcmV0"), ("root/d/l", "c2VjcmV0")])]
#[case::a_link_to_a_directory("root/d/l", "/s", &[("root/s/x", "c2VjcmV0")], &[("root/s/x", "c2VjcmV0"), ("root/d/l/x", "c2VjcmV0")])]
fn bends_links(
    #[case] link: &str,
    #[case] target: &str,
    #[case] files: &[(&str, &str)],
    #[case] after: &[(&str, &str)],
) {
    let file = |(path, bytes): &(&str, &str)| json!({ "path": path, "bytes": bytes });
    let before: Vec<Value> =
        files.iter().map(file).chain([json!({ "path": link, "bytes": "", "link": target })]).collect();
    let after: Vec<Value> = after.iter().map(file).collect();
    let sent = bent("decides-by-the-link", &[(world("", &before), json!({ "is": "done" }))]).1;
    assert_eq!(sent, [serde_json::to_value(serde_json::from_value::<Stimulus>(world("", &after)).unwrap()).unwrap()]);
}

#[rstest]
#[case("loses-messages", 0, json!({ "is": "done" }))]
#[case("handles-messages-twice", 2, json!({ "is": "rejected", "code": "mailbox-full" }))]
#[case("forges-senders", 1, json!({ "is": "rejected", "code": "mailbox-full" }))]
fn bends_what_is_sent(#[case] name: &str, #[case] times: usize, #[case] answered: Value) {
    let send = json!({ "do": "send", "component": "a", "sender": "outside", "payload": "VQ==" });
    // The second reply is for a runtime that is sent the stimulus twice.
    let replies = vec![Reply::Rejected { code: "mailbox-full".to_owned() }, Reply::Done];
    let sent = Arc::default();
    let mut faulty = Faulty::new(Box::new(Scripted(replies.into_iter(), Arc::clone(&sent))), fault(name));
    let reply = faulty.perform(serde_json::from_value(send.clone()).unwrap()).unwrap();
    assert_eq!((json!(reply), sent.lock().unwrap().clone()), (answered, vec![send; times]));
}

#[test]
fn bends_by_what_was_said_before() {
    let load = json!({ "do": "load", "directory": "a", "env": [], "config": {}, "config-data": null });
    let refused = json!({ "is": "refused", "phase": "init", "code": "init-failed", "message": "no", "errors": [] });
    let inspection = |instances: u64| json!({ "is": "inspection", "components": {}, "instances": instances, "memory-bytes": 0, "overlays": 0, "processes": 0, "requests": 0 });
    let said = [
        (json!({ "do": "inspect" }), inspection(0)),
        (load, refused.clone()),
        (json!({ "do": "inspect" }), inspection(0)),
    ];
    assert_eq!(bent("leaves-what-it-refused", &said).0, [inspection(0), refused, inspection(1)]);
}

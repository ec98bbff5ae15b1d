//! What `run` offers a component: files, commands, a store, an audit trail, a policy, a network.

use airssys_wasm::runtime::Store;
use airssys_wasm::runtime::audit::{FileAudit, Sync};
use rstest::rstest;

use super::place::{Place, Said, operations};

const FILES: &str = "\
[capabilities.filesystem]
read = [\"/data/*\"]
write = [\"/data/*\"]
delete = [\"/data/*\"]
list = [\"/data\"]
[capabilities.process]
spawn = [\"/bin/*\"]
";

const STORAGE: &str = "[capabilities.storage]\nnamespaces = [\"app:*\"]\n";

fn run(place: &Place, options: &str, names: &str) -> Said {
    place.says(&format!("run a{options}{}", operations(names)))
}

/// What standard error says of a denied access, without the time.
fn denied(sequence: u64, what: &str, reason: &str) -> String {
    format!(
        "TIME  WARN airssys_wasm::audit: sequence={sequence} time_ms=TIME component=\"a\" version=\"1.0.0\" \
         instance={sequence} {what} outcome=\"denied\" reason=\"{reason}\" request_id=\"call-{sequence}\"\n"
    )
}

#[test]
fn a_root_is_what_the_component_sees_as_its_files() {
    let place = Place::new(FILES);
    let said = run(&place, " --root root", "write read link list");
    let expected = r#"write-file -> ok

read-file -> ok([120])

read-file -> ok([120])

list-directory -> ok([{name: "link", is-directory: false, size: 0}, {name: "x", is-directory: false, size: 1}, {name: "y", is-directory: false, size: 1}])

"#;
    assert_eq!(said, Said::new(0, expected, ""));
    assert_eq!(std::fs::read_to_string(place.path("root/data/y")).unwrap(), "y");
    assert_eq!(run(&place, " --root root", "remove"), Said::new(0, "delete-file -> ok\n\n", ""));
    assert!(!place.path("root/data/y").exists());
}

#[test]
fn a_command_lies_below_the_root() {
    let said = run(&Place::new(FILES), " --root root", "spawn");
    let expected =
        "spawn-process -> ok(1)\nwait-process -> ok({exit-code: 3, stdout: [97, 32, 98, 10], stderr: []})\n\n";
    assert_eq!(said, Said::new(0, expected, ""));
}

#[test]
fn without_a_root_there_are_no_files_and_no_commands() {
    let said = run(&Place::new(FILES), "", "write start");
    let expected = "write-file -> err(io-error(\"the host gives components no files\"))\n\n\
        spawn-process -> err(io-error(\"the host gives components no processes\"))\n\n";
    assert_eq!(said, Said::new(0, expected, ""));
}

#[test]
fn a_denied_access_is_told_on_standard_error() {
    let said = run(&Place::new(""), " --root root", "link get send function relative");
    let out = r#"read-file -> err(permission-denied("add \"/data/link\" to capabilities.filesystem.read in component.toml"))

get -> err(permission-denied("add \"app:cache\" to capabilities.storage.read in component.toml"))

send-message -> err(permission-denied("add \"logger\" to capabilities.messaging.send in component.toml"))

call-host-function -> err(permission-denied("add \"geo.lookup\" to capabilities.host-functions.call in component.toml"))

read-file -> err(invalid-path("the path is not absolute"))

"#;
    let none = "no rule permits it";
    let errors = [
        denied(1, r#"class="filesystem" action="read" resource="/data/link" resolved="/data/x""#, none),
        denied(2, r#"class="storage" action="read" resource="app:cache""#, none),
        denied(3, r#"class="messaging" action="send" resource="logger""#, none),
        denied(4, r#"class="host-functions" action="call" resource="geo.lookup""#, none),
        denied(5, r#"class="filesystem" action="read" resource="data/x""#, "the path is not absolute"),
    ];
    assert_eq!(said, Said::new(0, out, &errors.concat()));
}

#[test]
fn an_audit_log_goes_on_from_run_to_run() {
    let place = Place::new(FILES);
    run(&place, " --root root --audit log", "read get");
    let log = |args: &str| place.says(&format!("audit {args}"));
    let Said { code, out, err } = log("verify log");
    assert_eq!((code, out.starts_with("2 records, 1…2, head 2:"), err.as_str()), (Some(0), true, ""), "{out}");
    // The numbers of the second run follow on; those of its calls and instances begin anew.
    let Said { err, .. } = run(&place, " --root root --audit log", "set");
    let what = r#"class="storage" action="write" resource="app:cache""#;
    assert_eq!(err, denied(1, what, "no rule permits it").replace("sequence=1", "sequence=3"));
    let Said { code, out, err } = log("verify log");
    assert_eq!((code, out.starts_with("3 records, 1…3, head 3:"), err.as_str()), (Some(0), true, ""), "{out}");

    let read = "     1  TIME  granted  a@1.0.0#1  filesystem read  \"/data/x\"  rule \"capabilities.filesystem.read[0] = \\\"/data/*\\\"\"  request \"call-1\"\n";
    let get = "     2  TIME  denied   a@1.0.0#2  storage read  \"app:cache\"  reason \"no rule permits it\"  request \"call-2\"\n";
    let set = "     3  TIME  denied   a@1.0.0#1  storage write  \"app:cache\"  reason \"no rule permits it\"  request \"call-1\"\n";
    assert_eq!(log("show log"), Said::new(0, &[read, get, set].concat(), ""));
    assert_eq!(log("show log --denied"), Said::new(0, &[get, set].concat(), ""));
}

/// Loads that fail, with what is done to the place before, and the record that each leaves.
#[rstest]
#[case("a/component.toml", "[component]", "-  manifest manifest-missing-field")]
#[case("a/a.wasm", "", "a  component not-a-component")]
#[case("policy", "mode = \"strict\"", "a  policy policy-denied")]
fn a_load_that_fails_is_in_the_audit_log(#[case] path: &str, #[case] content: &str, #[case] expected: &str) {
    let place = Place::new(FILES);
    place.write("policy", "mode = \"development\"");
    place.write(path, content);
    assert_eq!(run(&place, " --policy policy --audit log", "read").code, Some(2));
    let Said { out, .. } = place.says("audit show log");
    let failed: Vec<_> = out.lines().filter_map(|line| line.split_once("  TIME  load-failed  ")).collect();
    let [(number, what)] = failed.as_slice() else { panic!("{out}") };
    assert!(what.starts_with(expected), "{number} {what}");
}

#[test]
fn a_store_outlasts_the_run() {
    let place = Place::new(STORAGE);
    let (set, none) = ("set -> ok\n\n", "get -> ok(none)\n\n");
    assert_eq!(run(&place, " --store kept", "get set"), Said::new(0, &[none, set].concat(), ""));
    assert_eq!(run(&place, " --store kept", "get"), Said::new(0, "get -> ok(some([118]))\n\n", ""));
    assert_eq!(run(&place, " --store other", "get"), Said::new(0, none, ""));
    assert_eq!(run(&place, "", "set"), Said::new(0, set, ""));
    assert_eq!(run(&place, "", "get"), Said::new(0, none, ""));
}

#[test]
fn the_runtimes_own_files_are_out_of_reach() {
    let place = Place::new("[capabilities.filesystem]\nread = [\"/**\"]\ndelete = [\"/**\"]\n");
    let said = run(&place, " --root . --store store --audit log", "own-log own-store");
    let why = "the file is the runtime's own, which no rule reaches";
    let out =
        format!("read-file -> err(permission-denied({why:?}))\n\ndelete-file -> err(permission-denied({why:?}))\n\n");
    let errors = [
        denied(1, r#"class="filesystem" action="read" resource="/log" resolved="/log""#, why),
        denied(2, r#"class="filesystem" action="delete" resource="/store" resolved="/store""#, why),
    ];
    assert_eq!(said, Said::new(0, &out, &errors.concat()));
    assert_eq!(place.made(), ["log", "log.head", "store"]);
}

/// What policies make of a manifest that asks for more than `read`.
#[rstest]
fn a_policy_bounds_the_manifest(#[values("strict", "permissive", "development", "within")] name: &str) {
    let place = Place::new(&[FILES, STORAGE].concat());
    let policy = match name {
        "within" => format!("mode = \"strict\"\n{}", [FILES, STORAGE].concat().replace("[capabilities.", "[allow.")),
        mode => format!("mode = \"{mode}\"\n[allow.filesystem]\nread = [\"/data/**\"]\n"),
    };
    place.write("policy", &policy);
    insta::assert_snapshot!(format!("policy_{name}"), run(&place, " --root root --policy policy", "read write get"));
}

#[rstest]
#[case(
    "faults",
    "mode = \"stric\"\n[allow.filesystem]\nraed = [\"/x\"]\nread = [\"/ok\", \"x\"]\n[[allow.network]]\naction = \"outbound\"\nhost = \"*\"\nport = 0\n"
)]
#[case("no_mode", "[allow]\n")]
#[case("no_toml", "mode =\n")]
fn a_policy_with_faults_names_them(#[case] name: &str, #[case] policy: &str) {
    let place = Place::new("");
    place.write("policy", policy);
    let said = run(&place, " --root root --store store --audit log --policy policy", "read");
    assert_eq!((said.code, place.made()), (Some(2), vec!["policy".to_owned()]), "nothing is begun");
    insta::assert_snapshot!(format!("policy_with_{name}"), said);
}

/// What cannot be used, and what is there afterwards.
#[rstest]
#[case(" --root nowhere", "failed to use nowhere as the root: No such file or directory (os error 2)", "file")]
#[case(" --root file", "failed to use file as the root: Not a directory (os error 20)", "file")]
#[case(" --store nowhere/s", "failed to use the store in nowhere/s: its directory does not exist; create it", "file")]
#[case(" --store root", "failed to use the store in root: it is a directory; use another file", "file")]
#[case(
    " --store file",
    "failed to use the store in file: it is damaged (Not a redb database: magic number mismatch); restore it from a backup, or move it away to begin with an empty one",
    "file"
)]
#[case(
    " --audit nowhere/l",
    "failed to use the audit log: nowhere/l: failed to open it: No such file or directory (os error 2)",
    "file"
)]
#[case(" --audit root", "failed to use the audit log: root: is no regular file", "file")]
#[case(
    " --audit file",
    "failed to use the audit log: file.head: the head is missing, at byte 4 of the log; see what `airssys-wasm audit verify` says, keep the log and its head as they are, and start a new log elsewhere",
    "file"
)]
#[case(" --store new --audit new", "new cannot be both the store and the audit log", "file")]
#[case(" --policy nowhere", "failed to read the policy nowhere: No such file or directory (os error 2)", "file")]
#[case(" --policy root", "failed to read the policy root: Is a directory (os error 21)", "file")]
#[case(" --policy a/a.wasm", "failed to read the policy a/a.wasm: it is not UTF-8", "file")]
#[case(" --policy /dev/zero", "failed to read the policy /dev/zero: it has more than 1048576 bytes", "file")]
#[case(
    " --store new --root nowhere",
    "failed to use nowhere as the root: No such file or directory (os error 2)",
    "file"
)]
#[case(
    " --audit new --policy nowhere",
    "failed to read the policy nowhere: No such file or directory (os error 2)",
    "file"
)]
fn a_place_that_cannot_be_used(#[case] options: &str, #[case] error: &str, #[case] made: &str) {
    let place = Place::new("");
    place.write("file", "text");
    assert_eq!(run(&place, options, "read"), Said::new(2, "", &format!("error: {error}\n")));
    assert_eq!(place.made(), [made]);
    assert_eq!(std::fs::read_to_string(place.path("file")).unwrap(), "text");
}

#[test]
fn a_store_or_a_log_that_is_in_use() {
    let place = Place::new("");
    let _store = Store::open(place.path("store")).unwrap();
    let error =
        "error: failed to use the store in store: it is open elsewhere; end what has it open, or use another file\n";
    assert_eq!(run(&place, " --store store", "read"), Said::new(2, "", error));
    let _log = FileAudit::open(place.path("log"), Sync::Never).unwrap();
    let error = "error: failed to use the audit log: log: is in use by another writer\n";
    assert_eq!(run(&place, " --audit log", "read"), Said::new(2, "", error));
}

#[test]
fn addresses_that_are_not_public_need_consent_or_a_name() {
    let answered = "http-request -> ok({status: 200, headers: [(\"content-length\", \"0\")], body: []})\n\n";
    let refused = |host: &str| {
        let what = format!(
            "add {{ action = \"outbound\", host = \"{host}\", port = PORT }} to capabilities.network in component.toml"
        );
        format!("http-request -> err(permission-denied({what:?}))\n\n")
    };
    let why = "no rule names this address, which is not public";
    let warned =
        |host: &str| denied(1, &format!(r#"class="network" action="outbound" resource="http://{host}:PORT/""#), why);
    let rule = |host: &str| format!("[[capabilities.network]]\naction = \"outbound\"\nhost = \"{host}\"\n");

    let any = Place::new(&rule("*"));
    assert_eq!(run(&any, "", "address"), Said::new(0, &refused("127.0.0.1"), &warned("127.0.0.1")));
    assert_eq!(run(&any, " --allow-private", "address localhost"), Said::new(0, &answered.repeat(2), ""));
    assert_eq!(run(&Place::new(&rule("127.0.0.1")), "", "address"), Said::new(0, answered, ""));
    assert_eq!(run(&Place::new(&rule("localhost")), "", "localhost"), Said::new(0, answered, ""));
}

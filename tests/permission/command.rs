//! `airssys-wasm permissions explain`, from outside: output and exit codes.

use std::fs;
use std::process::Command;

use rstest::rstest;

const MANIFEST: &str = r#"[component]
name = "a"
version = "1.0.0"
api-version = "1.1.0"
[resources.memory]
max = "1MiB"
[capabilities.filesystem]
read = ["/etc/a", "/data/*"]
[capabilities.storage]
namespaces = ["app:*"]
[[capabilities.network]]
action = "outbound"
host = "*.ex.com:443"
[capabilities.topics]
publish = ["orders.*"]
"#;

/// Exit code, standard output, standard error.
fn explain(manifest: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("component.toml"), manifest).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    let output =
        command.args(["permissions", "explain", "."]).args(args).current_dir(dir.path()).env("NO_COLOR", "1").output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[rstest]
#[case("filesystem read /data/./x", 0, "granted by capabilities.filesystem.read[1] = \"/data/*\"\n")]
#[case("storage write app:x", 0, "granted by capabilities.storage.namespaces[0] = \"app:*\"\n")]
#[case("network outbound https://a.ex.com/x?y", 0, "granted by capabilities.network[0] = \"*.ex.com\", port 443\n")]
#[case("network outbound a.ex.com:443", 0, "granted by capabilities.network[0] = \"*.ex.com\", port 443\n")]
#[case(
    "filesystem read /data/x/y",
    1,
    "denied: no rule permits it\n\
     nearest: capabilities.filesystem.read[1] = \"/data/*\": it ends, and the path goes on with `y`\n\
     add \"/data/x/y\" to capabilities.filesystem.read in component.toml\n"
)]
#[case(
    "network outbound http://a.ex.com",
    1,
    "denied: no rule permits it\n\
     nearest: capabilities.network[0] = \"*.ex.com\", port 443: it permits port 443 alone\n\
     add { action = \"outbound\", host = \"a.ex.com\", port = 80 } to capabilities.network in component.toml\n"
)]
#[case(
    "process spawn /usr/bin/git",
    1,
    "denied: no rule permits it\nadd \"/usr/bin/git\" to capabilities.process.spawn in component.toml\n"
)]
#[case("topics publish orders.created", 0, "granted by capabilities.topics.publish[0] = \"orders.*\"\n")]
#[case(
    "topics publish orders",
    1,
    "denied: no rule permits it\n\
     nearest: capabilities.topics.publish[0] = \"orders.*\": `.*` stands for one segment at least\n\
     add \"orders\" to capabilities.topics.publish in component.toml\n"
)]
#[case(
    "topics subscribe orders.created",
    1,
    "denied: no rule permits it\n\
     nearest: capabilities.topics.publish[0] = \"orders.*\": it permits publish, not subscribe\n\
     add \"orders.created\" to capabilities.topics.subscribe in component.toml\n"
)]
#[case("filesystem list /", 1, "denied: no rule permits it\nno pattern can permit it\n")]
fn a_decision_for_people(#[case] args: &str, #[case] code: i32, #[case] expected: &str) {
    let args: Vec<&str> = args.split(' ').collect();
    assert_eq!(explain(MANIFEST, &args), (Some(code), expected.to_owned(), String::new()));
}

#[rstest]
#[case("filesystem read x", "error: `x`: the path is not absolute\n")]
#[case("filesystem spawn /x", "error: no action of filesystem: `spawn` is none of read, write, delete, list\n")]
#[case("process run /x", "error: no action of process: `run` is none of spawn\n")]
#[case("network outbound a.ex.com", "error: `a.ex.com` has no port: write HOST:PORT, or a URL\n")]
#[case("network outbound a.ex.com:0", "error: `a.ex.com:0`: the port is 0\n")]
#[case("network outbound http://ok@evil/", "error: the URL names a user\n")]
#[case(r"network outbound http://ok\evil/", "error: the URL has a backslash or a control character\n")]
#[case(
    "storage read app:*",
    "error: `app:*`: the namespace is not of the form category:subcategory, in lower-case letters, digits and `-`, at most 128 bytes\n"
)]
#[case("messaging send A", "error: `A`: the target is no component identifier\n")]
#[case("topics send a", "error: no action of topics: `send` is none of publish, subscribe\n")]
#[case(
    "topics publish orders.*",
    "error: `orders.*`: the topic has `*` at character 8: only lower-case letters, digits, `-` and `.` may stand there\n"
)]
fn an_access_that_cannot_be_used(#[case] args: &str, #[case] expected: &str) {
    let args: Vec<&str> = args.split(' ').collect();
    assert_eq!(explain(MANIFEST, &args), (Some(2), String::new(), expected.to_owned()));
}

#[test]
fn a_manifest_that_cannot_be_used() {
    let (code, out, err) = explain("[component", &["filesystem", "read", "/x"]);
    assert_eq!((code, out.as_str(), err.is_empty()), (Some(2), "", false));
}

#[test]
fn a_decision_for_tools() {
    let json = |args: &[&str]| serde_json::from_str::<serde_json::Value>(&explain(MANIFEST, args).1).unwrap();
    let rule = |key: &str, pattern: &str| serde_json::json!({ "class": "filesystem", "action": "read", "pattern": pattern, "port": null, "key": key });
    let expected = serde_json::json!({ "granted": true, "rule": rule("capabilities.filesystem.read[0]", "/etc/a") });
    assert_eq!(json(&["--format", "json", "filesystem", "read", "/etc/a"]), expected);
    let expected = serde_json::json!({
        "granted": false,
        "reason": "no rule permits it",
        "nearest": {
            "rule": rule("capabilities.filesystem.read[0]", "/etc/a"), "why": "it permits read, not write",
        },
        "mend": "add \"/etc/a\" to capabilities.filesystem.write in component.toml",
    });
    assert_eq!(json(&["--format", "json", "filesystem", "write", "/etc/a"]), expected);
}

//! Manifests: what is accepted, what is rejected and where, and the command that says so.

#[path = "manifest/bounds.rs"]
mod bounds;
#[path = "manifest/command.rs"]
mod command;
#[path = "manifest/directory.rs"]
mod directory;
#[path = "manifest/migration.rs"]
mod migration;
#[path = "manifest/properties.rs"]
mod properties;
#[path = "manifest/rejections.rs"]
mod rejections;
#[path = "manifest/topics.rs"]
mod topics;

use airssys_wasm::contract::multicodec::Codec;
use airssys_wasm::manifest::{FourActions, Manifest, NetworkAction, NetworkRule, RestartPolicy, WitSource, parse_size};

/// The least that a manifest says.
const LEAST: &str = r#"[component]
name = "a"
version = "1.0.0"
api-version = "1.0.0"
[resources.memory]
max = "1MB"
"#;

/// A manifest with every key of the schema.
const MOST: &str = r#"
[component]
name = "acme:data-processor"
version = "1.2.0"
api-version = "1.1.0"
description = "…"
authors = ["a", "b"]
license = "MIT"
language = "rust"
homepage = "https://example.com"
repository = "https://example.com/git"
tags = ["x"]
wasm = "out/data-processor.wasm"

[wit-dependencies]
"airssys:core" = "^1.0.0"
"airssys:ext-filesystem" = { version = "~1.0.0", path = "../wit" }
"acme:geo" = { version = "1", git = "https://example.com/geo", tag = "v1" }

[multicodec]
primary-format = "json"
supported-formats = ["json", "msgpack"]

[capabilities.filesystem]
read = ["/var/data/input/**"]
write = ["/out/*.{txt,json}"]
delete = ["/out/[!ab]?"]
list = []
[[capabilities.network]]
action = "outbound"
host = "*.example.com"
port = 443
[[capabilities.network]]
action = "inbound"
host = "[::1]:8080"
[capabilities.storage]
namespaces = ["myapp:config", "shared:*"]
write = ["myapp:log", "shared:*"]
max-size = "100MB"
[capabilities.process]
spawn = ["/usr/bin/git"]
[capabilities.messaging]
send = ["logger"]
request = ["db:*", "*"]
[capabilities.topics]
publish = ["orders.*"]
subscribe = ["orders.eu-west.created", "*"]
[capabilities.host-functions]
call = ["geo.lookup"]
[capabilities.optional.filesystem]
read = ["/extra/**"]
[[capabilities.optional.network]]
action = "outbound"
host = "10.0.0.*"

[resources.memory]
min = "1MiB"
preferred = 2_000_000
max = "64MB"
[resources]
fuel = 10_000_000
timeout-ms = 5_000
max-message-bytes = "64KiB"
mailbox-capacity = 16
storage = "1GB"
[runtime]
stateful = true
supported-operations = ["process-text"]
restart = "always"
max-restarts = 0
window-ms = 1_000
[env]
LOG_FORMAT = "json"
A = ""
[config]
batch-size = "100"
"a.b" = "c"
[custom-metadata]
"ml:model-type" = "llm"
"a" = "z"
"#;

#[test]
fn the_least_manifest_has_defaults() {
    let manifest = Manifest::parse(LEAST).unwrap();
    assert_eq!(manifest.component.wasm, "a.wasm");
    assert_eq!(manifest.multicodec.supported_formats, Codec::ALL);
    assert_eq!(manifest.multicodec.primary_format, None);
    assert_eq!(manifest.capabilities, Default::default());
    assert_eq!(manifest.optional_capabilities, Default::default());
    let resources = &manifest.resources;
    assert_eq!((resources.memory.min, resources.memory.preferred, resources.memory.max), (0, 1_000_000, 1_000_000));
    assert_eq!((resources.fuel, resources.timeout_ms, resources.max_message_bytes), (None, 60_000, 1 << 20));
    assert_eq!((resources.mailbox_capacity, resources.storage_bytes), (1024, None));
    let runtime = &manifest.runtime;
    assert_eq!((runtime.stateful, runtime.restart), (false, RestartPolicy::OnFailure));
    assert_eq!((runtime.max_restarts, runtime.window_ms), (3, 60_000));
}

#[test]
fn every_key_of_the_schema_arrives() {
    let manifest = Manifest::parse(MOST).unwrap();
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let pairs = |list: &[(&str, &str)]| {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(manifest.component.name.as_str(), "acme:data-processor");
    assert_eq!(manifest.component.wasm, "out/data-processor.wasm");
    assert_eq!(manifest.component.homepage.as_deref(), Some("https://example.com"));
    let source = |name: &str| manifest.wit_dependencies[name].source.clone();
    assert_eq!(source("airssys:core"), None);
    assert_eq!(source("airssys:ext-filesystem"), Some(WitSource::Path("../wit".to_owned())));
    assert_eq!(
        source("acme:geo"),
        Some(WitSource::Git { url: "https://example.com/geo".to_owned(), tag: Some("v1".to_owned()), rev: None })
    );
    assert_eq!(manifest.multicodec.primary_format, Some(Codec::Json));
    assert_eq!(manifest.multicodec.supported_formats, [Codec::Json, Codec::Msgpack]);
    assert_eq!(
        manifest.capabilities.network,
        [
            NetworkRule { action: NetworkAction::Outbound, host: "*.example.com".to_owned(), port: Some(443) },
            NetworkRule { action: NetworkAction::Inbound, host: "[::1]".to_owned(), port: Some(8080) },
        ]
    );
    let all = ["myapp:config", "shared:*"];
    assert_eq!(
        manifest.capabilities.storage,
        FourActions {
            read: strings(&all),
            write: strings(&["myapp:config", "shared:*", "myapp:log"]),
            delete: strings(&all),
            list: strings(&all),
        }
    );
    assert_eq!(manifest.capabilities.storage_max_bytes, Some(100_000_000));
    assert_eq!(manifest.capabilities.messaging_request, ["db:*", "*"]);
    assert_eq!(manifest.capabilities.topics_publish, ["orders.*"]);
    assert_eq!(manifest.capabilities.topics_subscribe, ["orders.eu-west.created", "*"]);
    assert_eq!(manifest.optional_capabilities.filesystem.read, ["/extra/**"]);
    assert_eq!(manifest.optional_capabilities.network[0].host, "10.0.0.*");
    assert_eq!(manifest.resources.memory.min, 1 << 20);
    assert_eq!(manifest.resources.max_message_bytes, 64 << 10);
    assert_eq!(manifest.runtime.restart, RestartPolicy::Always);
    assert_eq!(manifest.env, pairs(&[("LOG_FORMAT", "json"), ("A", "")]));
    assert_eq!(manifest.config.into_iter().collect::<Vec<_>>(), pairs(&[("a.b", "c"), ("batch-size", "100")]));
    assert_eq!(manifest.custom_metadata, pairs(&[("ml:model-type", "llm"), ("a", "z")]));
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let with = |text: &str| Manifest::parse_bytes(format!("\u{feff}{text}").as_bytes());
    assert!(with(LEAST).is_ok());
    let errors = with("x = 1").unwrap_err();
    assert_eq!((errors.first().line, errors.first().column), (1, 1));
}

#[rstest::rstest]
#[case("64MB", Some(64_000_000))]
#[case("64 MiB", Some(64 << 20))]
#[case("64mb", Some(64_000_000))]
#[case("64M", Some(64_000_000))]
#[case("1024", Some(1024))]
#[case("0B", Some(0))]
#[case("1.5kB", Some(1500))]
#[case("0.5KiB", Some(512))]
#[case("9007199254740993B", Some(9_007_199_254_740_993))]
#[case("18446744073709551615", Some(u64::MAX))]
#[case("18446744073709551616", None)]
#[case("16EiB", None)]
#[case("0.5B", None)]
#[case("-1MB", None)]
#[case("+1MB", None)]
#[case("", None)]
#[case("MB", None)]
#[case("1..2MB", None)]
#[case(".5MB", None)]
#[case("1.MB", None)]
#[case("1e3", None)]
#[case("64XB", None)]
#[case("64MB ", None)]
#[case(" 64MB", None)]
#[case("64 ", None)]
#[case("٣MB", None)]
#[case("0.000000000000000000000000000000001MB", None)]
fn sizes(#[case] text: &str, #[case] bytes: Option<u64>) {
    assert_eq!(parse_size(text).ok(), bytes, "{text}");
}

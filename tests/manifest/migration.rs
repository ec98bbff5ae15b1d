//! Earlier drafts, whole: the new text, what was changed, what was not.

use airssys_wasm::contract::LoadCode;
use airssys_wasm::manifest::Manifest;
use airssys_wasm::manifest::migrate::migrate;

/// Strings for capabilities, limits under `[metadata]`.
const FIRST_DRAFT: &str = r#"[component]
name = "my-ai-processor"
version = "1.0.0"
language = "rust"                   # rust, javascript, go, python, etc.

[wit-dependencies]
# Required core interfaces
airssys-component-core = "1.0.0"
airssys-host-core = "1.0.0"
airssys-ai-extensions = "0.5.0"

[capabilities]
# Capabilities this component requires from host
required = [
    "filesystem:read:/models",
    "network:outbound:api.example.co:443",
    "ai:model:load",
]

[metadata]
entrypoint = "execute"
memory-limit = "256MB"
execution-timeout = "60s"
expected-operations = ["process-text"]
"#;

/// Tables for permissions, limits under `[runtime]`.
const SECOND_DRAFT: &str = r#"[component]
name = "my-ai-processor"
version = "1.0.0"

[wit-dependencies]
airssys-component-core = "1.0.0"
airssys-host-core = "1.0.0"
airssys-ai-extensions = "0.5.0"

# Runtime enforced by host
[permissions.filesystem]
# Read access to model files
read = ["/models/**", "/config/*.json"]

[permissions.network]
outbound = [
    { host = "api.example.co", port = 443 },
    { host = "*.example.com" },
]

[runtime]
memory-min = "128MB"
memory-max = "512MB"
timeout-ms = 60000
stateful = true
"#;

#[test]
fn the_first_draft() {
    let migration = migrate(FIRST_DRAFT).unwrap();
    insta::assert_snapshot!(report(&migration));
}

#[test]
fn the_second_draft() {
    let migration = migrate(SECOND_DRAFT).unwrap();
    insta::assert_snapshot!(report(&migration));
    assert_eq!(migration.unresolved, Vec::<String>::new());
    let manifest = Manifest::parse(&migration.text).unwrap();
    assert_eq!(manifest.capabilities.network.len(), 2);
    assert_eq!(migrate(&migration.text).unwrap().changes, Vec::<String>::new(), "a second time, nothing changes");
}

#[test]
fn a_valid_manifest_is_left_alone() {
    let migration = migrate(super::MOST).unwrap();
    assert_eq!(migration.text, super::MOST);
    assert_eq!((migration.changes.len(), migration.unresolved.len()), (0, 0));
}

#[test]
fn what_has_no_place_stays_where_it_is() {
    for text in [
        "permissions = 5\n",
        "[permissions]\nfilesystem = { read = ['/x'] }\nmagic = true\nnetwork = 3\n",
        "resources = 3\n[metadata]\nmemory-limit = '1MB'\n",
        "[metadata]\nmemory-limit = '1MB'\nentrypoint = 'main'\n[resources.memory]\nmax = '2MB'\n",
        "capabilities = ['fs:read:/x', 'sudo', 7]\n",
        "[capabilities]\noptional = ['ai:model:load']\n",
        "capabilities = ['fs:read:/x', 'network:outbound:']\n",
        "[permissions.filesystem]\nread = ['/a']\n[capabilities.filesystem]\nread = ['/b']\n",
    ] {
        let migration = migrate(text).unwrap();
        assert!(!migration.unresolved.is_empty(), "{text}");
        for word in [
            "5",
            "magic",
            "3",
            "'main'",
            "\"sudo\"",
            "'ai:model:load'",
            "'network:outbound:'",
            "'/a'",
            "'/b'",
            "'2MB'",
            "7",
        ] {
            if text.contains(word) {
                assert!(migration.text.contains(word), "{word} of\n{text}is lost in\n{}", migration.text);
            }
        }
    }
}

#[test]
fn broken_toml_is_not_touched() {
    assert_eq!(migrate("[component").unwrap_err().primary(), LoadCode::ManifestSyntax);
    assert_eq!(migrate(&"[".repeat(20_000)).unwrap_err().primary(), LoadCode::ManifestSyntax);
}

fn report(migration: &airssys_wasm::manifest::migrate::Migration) -> String {
    let list = |title: &str, lines: &[String]| format!("== {title}\n{}\n", lines.join("\n"));
    format!("{}{}{}", list("changed", &migration.changes), list("left", &migration.unresolved), migration.text)
}

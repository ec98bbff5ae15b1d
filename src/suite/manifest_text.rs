//! The least valid manifest of a case's component, and what its guest's `metadata` says about it.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::case::ComponentSource;

/// The least manifest for a component of that name, with the case's tables laid over it. It is built against the version
/// that its guest is.
pub(super) fn least_manifest(name: &str, source: &ComponentSource) -> Table {
    let mut manifest: Table = toml::toml! {
        [component]
        version = "1.0.0"
        api-version = "1.0.0"
        [resources.memory]
        max = "16MiB"
        [runtime]
        stateful = true
    };
    insert(&mut manifest, &["component", "name"], Value::String(name.to_owned()));
    if let Some(contract) = source.guest.contract {
        insert(&mut manifest, &["component", "api-version"], Value::String(contract.core().to_string()));
    }
    merge(&mut manifest, &source.manifest);
    for key in &source.manifest_unset {
        let path: Vec<&str> = key.split('.').collect();
        remove(&mut manifest, &path);
    }
    manifest
}

fn insert(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            if let Value::Table(inner) = table.entry((*first).to_owned()).or_insert_with(|| Value::Table(Table::new()))
            {
                insert(inner, rest, value);
            }
        }
    }
}

fn remove(table: &mut Table, path: &[&str]) {
    match path {
        [] => {}
        [last] => {
            table.remove(*last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(*first) {
                remove(inner, rest);
            }
        }
    }
}

fn merge(base: &mut Table, overlay: &Table) {
    for (key, value) in overlay {
        match (base.get_mut(key), value) {
            (Some(Value::Table(base)), Value::Table(value)) => merge(base, value),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The record that `metadata` returns for a manifest, field by field as WAVE. Fields that the manifest
/// has in the wrong form get a harmless value: such a manifest is refused before `metadata` is called.
pub fn metadata_fields(manifest: &Table) -> BTreeMap<String, String> {
    let component = |key: &str| lookup(manifest, &["component", key]);
    let text = |value: Option<&Value>| quoted(value.and_then(Value::as_str).unwrap_or_default());
    let optional = |value: Option<&Value>| match value.and_then(Value::as_str) {
        Some(value) => format!("some({})", quoted(value)),
        None => "none".to_owned(),
    };
    let list = |value: Option<&Value>| {
        let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let items: Vec<String> = items.iter().filter_map(Value::as_str).map(quoted).collect();
        format!("[{}]", items.join(", "))
    };
    let memory = |key: &str| lookup(manifest, &["resources", "memory", key]).and_then(bytes);
    let max = memory("max").unwrap_or_default();
    let authors = component("authors").and_then(Value::as_array).and_then(|authors| authors.first());
    let custom: Vec<String> = lookup(manifest, &["custom-metadata"])
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some(format!("({}, {})", quoted(key), quoted(value.as_str()?))))
        .collect();
    let custom = if custom.is_empty() { "none".to_owned() } else { format!("some([{}])", custom.join(", ")) };
    let fields = [
        ("name", text(component("name"))),
        ("version", text(component("version"))),
        ("description", text(component("description"))),
        ("author", text(authors)),
        ("license", text(component("license"))),
        (
            "requested-permissions",
            "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}".to_owned(),
        ),
        ("supported-operations", list(lookup(manifest, &["runtime", "supported-operations"]))),
        ("supported-codecs", "[]".to_owned()),
        ("language", text(component("language"))),
        (
            "memory-requirements",
            format!(
                "{{min-memory-bytes: {}, max-memory-bytes: {max}, preferred-memory-bytes: {}}}",
                memory("min").unwrap_or(0),
                memory("preferred").unwrap_or(max)
            ),
        ),
        ("timeout-ms", "none".to_owned()),
        (
            "stateful",
            lookup(manifest, &["runtime", "stateful"]).and_then(Value::as_bool).unwrap_or_default().to_string(),
        ),
        ("api-version", text(component("api-version"))),
        ("homepage", optional(component("homepage"))),
        ("repository", optional(component("repository"))),
        ("tags", list(component("tags"))),
        ("custom-metadata", custom),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn lookup<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { lookup(value.as_table()?, rest) }
}

fn bytes(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        Value::String(text) => text.parse::<bytesize::ByteSize>().ok().map(|size| size.as_u64()),
        _ => None,
    }
}

/// A WAVE string literal.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

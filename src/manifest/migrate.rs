//! From the manifests of earlier drafts to the one schema.
//!
//! Text in, text out; comments and order stay with the keys and tables that stay. What has no counterpart is
//! left in place and told, never dropped, and no permission becomes wider than it read.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Key, Table, Value, value};

use super::error::ManifestErrors;
use super::model::Manifest;
use crate::contract::LoadCode;

/// A converted manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The new text; equal to the old one if nothing was changed.
    pub text: String,
    /// What was changed, one line each.
    pub changes: Vec<String>,
    /// What could not be converted, or is not valid in the result, one line each. Empty means that the
    /// new text is a valid manifest.
    pub unresolved: Vec<String>,
}

/// Converts the forms of earlier drafts.
///
/// # Errors
/// [`ManifestErrors`] if the text is no TOML.
pub fn migrate(text: &str) -> Result<Migration, ManifestErrors> {
    let syntax_errors =
        |errors: &ManifestErrors| matches!(errors.primary(), LoadCode::ManifestSyntax | LoadCode::ManifestTooLarge);
    if let Some(errors) = Manifest::parse(text).err().filter(syntax_errors) {
        return Err(errors);
    }
    // Text that nests too deeply for any parser has ended above.
    let mut draft = Draft { changes: Vec::new(), unresolved: Vec::new() };
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        draft.left("the text: it is not TOML to the editing parser");
        return Ok(Migration { text: text.to_owned(), changes: draft.changes, unresolved: draft.unresolved });
    };
    let root = document.as_table_mut();
    if draft.odd_shapes(root) {
        return Ok(Migration { text: text.to_owned(), changes: draft.changes, unresolved: draft.unresolved });
    }
    draft.dependencies(root);
    draft.capability_strings(root);
    draft.permissions(root);
    draft.metadata(root);
    draft.runtime(root);
    let text = if draft.changes.is_empty() { text.to_owned() } else { document.to_string() };
    if let Err(errors) = Manifest::parse(&text) {
        draft.unresolved.extend(errors.into_iter().map(|error| match &error.key {
            key if key.is_empty() => format!("line {}: {}", error.line, error.message),
            key => format!("{key}: {}", error.message),
        }));
    }
    Ok(Migration { text, changes: draft.changes, unresolved: draft.unresolved })
}

struct Draft {
    changes: Vec<String>,
    unresolved: Vec<String>,
}

impl Draft {
    fn did(&mut self, change: impl Into<String>) {
        self.changes.push(change.into());
    }

    fn left(&mut self, what: impl Into<String>) {
        self.unresolved.push(what.into());
    }

    /// Whether a value stands where every draft has a table: then nothing is moved about.
    fn odd_shapes(&mut self, root: &Table) -> bool {
        const TABLES: &[&[&str]] = &[
            &["component"],
            &["dependencies"],
            &["wit-dependencies"],
            &["permissions"],
            &["metadata"],
            &["runtime"],
            &["resources"],
            &["resources", "memory"],
            &["capabilities", "filesystem"],
            &["capabilities", "storage"],
            &["capabilities", "process"],
            &["capabilities", "messaging"],
        ];
        for path in TABLES {
            let found = path.iter().try_fold(None, |table: Option<&Item>, key| match table {
                None => root.get(key).map(Some),
                Some(item) => item.get(key).map(Some),
            });
            if found.flatten().is_some_and(|item| !item.is_table_like()) {
                self.left(format!("{}: expected a table", path.join(".")));
            }
        }
        !self.unresolved.is_empty()
    }

    /// `[dependencies]`, and package names without a namespace.
    fn dependencies(&mut self, root: &mut Table) {
        if root.contains_key("dependencies") && !root.contains_key("wit-dependencies") {
            let item = root.remove("dependencies").unwrap_or_default();
            root.insert("wit-dependencies", item);
            self.did("[dependencies] is [wit-dependencies]");
        }
        let Some(table) = root.get_mut("wit-dependencies").and_then(Item::as_table_mut) else { return };
        let old: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
        let mut core_version = None;
        for key in old {
            let Some(new) = package_of(&key) else { continue };
            let Some((old_key, item)) = table.remove_entry(&key) else { continue };
            let version = item.as_str().map(str::to_owned);
            match table.get(&new) {
                Some(present) if present.as_str() == version.as_deref() => self.did(format!("{key} is part of {new}")),
                Some(_) => {
                    self.left(format!("wit-dependencies.{key}: {new} is required in another version already"));
                    table.insert_formatted(&old_key, item);
                    continue;
                }
                None => {
                    let named = Key::new(&new).with_leaf_decor(old_key.leaf_decor().clone());
                    table.insert_formatted(&named, item);
                    self.did(format!("{key} is {new}"));
                }
            }
            core_version = version.filter(|_| new == "airssys:core").or(core_version);
        }
        let exact = core_version.filter(|version| semver::Version::parse(version).is_ok());
        let component = root.get_mut("component").and_then(Item::as_table_mut);
        if let (Some(version), Some(component)) = (exact, component)
            && !component.contains_key("api-version")
        {
            self.did(format!("component.api-version is {version}, the version of the core interfaces required"));
            component.insert("api-version", value(version));
        }
    }

    /// `capabilities = ["filesystem:read:/x"]`, and the same under `required` and `optional`.
    fn capability_strings(&mut self, root: &mut Table) {
        if root.get("capabilities").is_some_and(Item::is_array) {
            let strings = root.remove("capabilities").unwrap_or_default();
            let left = self.strings(root, &["capabilities"], &strings);
            if !left.is_empty() {
                // The table now has the name, so what is left goes where a check will point at it.
                table_at(root, &["capabilities"]).insert("required", value(left));
            }
        }
        for (key, path) in [("required", &["capabilities"][..]), ("optional", &["capabilities", "optional"])] {
            let Some(capabilities) = root.get_mut("capabilities").and_then(Item::as_table_mut) else { return };
            if !capabilities.get(key).is_some_and(Item::is_array) {
                continue;
            }
            let strings = capabilities.remove(key).unwrap_or_default();
            let left = self.strings(root, path, &strings);
            match (left.is_empty(), key) {
                (true, _) => {}
                (false, "required") => drop(table_at(root, path).insert(key, value(left))),
                (false, _) => drop(table_at(root, path).insert("required", value(left))),
            }
        }
    }

    /// Grants what each string says in the table at `path`; returns the strings that say nothing known.
    fn strings(&mut self, root: &mut Table, path: &[&str], strings: &Item) -> Array {
        let mut left = Array::new();
        for entry in strings.as_array().into_iter().flatten() {
            let text = entry.as_str().unwrap_or_default();
            let mut parts = text.splitn(3, ':');
            let words = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let target = parts.next().unwrap_or_default();
            let (table, key) = match words {
                ("filesystem" | "fs", key @ ("read" | "write" | "delete" | "list")) => ("filesystem", key),
                ("storage", key @ ("read" | "write" | "delete" | "list")) => ("storage", key),
                ("process", "spawn" | "exec") => ("process", "spawn"),
                ("messaging", key @ ("send" | "request")) => ("messaging", key),
                ("network" | "net", key @ ("outbound" | "inbound")) if !target.is_empty() => {
                    self.network(root, path, key, target, None);
                    continue;
                }
                _ => ("", ""),
            };
            if table.is_empty() || target.is_empty() {
                self.left(format!(
                    "the capability {entry}: there is no permission of this kind",
                    entry = entry.to_string().trim()
                ));
                left.push(entry.clone());
                continue;
            }
            let here = table_at(root, &[path, &[table]].concat());
            if let Some(list) = here.entry(key).or_insert(value(Array::new())).as_array_mut() {
                list.push(target);
            }
            let path = path.join(".");
            let note = if table == "filesystem" { "; that path alone, add /** for what is below it" } else { "" };
            self.did(format!("the capability \"{text}\" is {path}.{table}.{key}{note}"));
        }
        left
    }

    fn network(&mut self, root: &mut Table, path: &[&str], action: &str, host: &str, port: Option<Value>) {
        let mut rule = Table::new();
        rule.insert("action", value(action));
        rule.insert("host", value(host));
        if let Some(mut port) = port {
            port.decor_mut().clear();
            rule.insert("port", Item::Value(port));
        }
        let here = table_at(root, path);
        let rules = here.entry("network").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        match rules.as_array_of_tables_mut() {
            Some(rules) => {
                rules.push(rule);
                self.did(format!("network {action} \"{host}\" is a [[{}.network]]", path.join(".")));
            }
            None => self.left(format!("network {action} \"{host}\": {}.network is written inline", path.join("."))),
        }
    }

    /// `[permissions.*]`.
    fn permissions(&mut self, root: &mut Table) {
        let Some(mut permissions) = take_table(root, "permissions") else { return };
        let classes: Vec<String> = permissions.iter().map(|(key, _)| key.to_owned()).collect();
        for class in classes {
            match class.as_str() {
                "network" => {
                    let mut left = Table::new();
                    let Some(network) = take_table(&mut permissions, &class) else {
                        self.left("permissions.network: expected a table");
                        continue;
                    };
                    for (action, rules) in network {
                        match rule_list(&action, &rules) {
                            Some(rules) => rules.into_iter().for_each(|(host, port)| {
                                self.network(root, &["capabilities"], &action, &host, port);
                            }),
                            None => {
                                self.left(format!("permissions.network.{action}: not a list of hosts and ports"));
                                left.insert(&action, rules);
                            }
                        }
                    }
                    if !left.is_empty() {
                        permissions.insert(&class, Item::Table(left));
                    }
                }
                "filesystem" | "storage" | "process" | "messaging" | "host-functions"
                    if !table_at(root, &["capabilities"]).contains_key(&class) =>
                {
                    let item = permissions.remove(&class).unwrap_or_default();
                    table_at(root, &["capabilities"]).insert(&class, item);
                    self.did(format!("[permissions.{class}] is [capabilities.{class}]"));
                }
                _ => self.left(format!("[permissions.{class}]: there is no place for it")),
            }
        }
        if !permissions.is_empty() {
            root.insert("permissions", Item::Table(permissions));
        }
    }

    /// `[metadata]`.
    fn metadata(&mut self, root: &mut Table) {
        let Some(mut metadata) = take_table(root, "metadata") else { return };
        let keys: Vec<String> = metadata.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            let Some(item) = metadata.remove(&key) else { continue };
            let left = match key.as_str() {
                "memory-limit" | "memory_limit" => self.moved(root, &key, &["resources", "memory"], "max", item),
                "execution-timeout" | "execution_timeout" => match item.as_str().and_then(milliseconds) {
                    Some(ms) => self.moved(root, &key, &["resources"], "timeout-ms", value(ms)),
                    None => Some(item),
                },
                "expected-operations" | "expected_operations" => {
                    self.moved(root, &key, &["runtime"], "supported-operations", item)
                }
                "entrypoint" if item.as_str() == Some("execute") => {
                    self.did("metadata.entrypoint is gone: it is always `execute`");
                    None
                }
                _ => Some(item),
            };
            if let Some(item) = left {
                self.left(format!("metadata.{key}: there is no place for it"));
                metadata.insert(&key, item);
            }
        }
        if !metadata.is_empty() {
            root.insert("metadata", Item::Table(metadata));
        }
    }

    /// Limits under `[runtime]`.
    fn runtime(&mut self, root: &mut Table) {
        let places = [
            ("memory-min", &["resources", "memory"][..], "min"),
            ("memory-preferred", &["resources", "memory"], "preferred"),
            ("memory-max", &["resources", "memory"], "max"),
            ("timeout-ms", &["resources"], "timeout-ms"),
        ];
        for (old, path, new) in places {
            let Some(runtime) = root.get_mut("runtime").and_then(Item::as_table_mut) else { return };
            let Some(item) = runtime.remove(old) else { continue };
            if let Some(item) = self.moved(root, old, path, new, item) {
                self.left(format!("runtime.{old}: {}.{new} is there already", path.join(".")));
                table_at(root, &["runtime"]).insert(old, item);
            }
        }
    }

    /// Puts `item` at a new place, or gives it back if that place is taken.
    fn moved(&mut self, root: &mut Table, old: &str, path: &[&str], new: &str, item: Item) -> Option<Item> {
        let here = table_at(root, path);
        if here.contains_key(new) {
            return Some(item);
        }
        here.insert(new, item);
        self.did(format!("{old} is {}.{new}", path.join(".")));
        None
    }
}

/// Removes a table, in whichever form it is written; leaves anything else where it is.
fn take_table(root: &mut Table, key: &str) -> Option<Table> {
    if !root.get(key)?.is_table_like() {
        return None;
    }
    root.remove(key)?.into_table().ok()
}

/// The package that an earlier draft called so.
fn package_of(old: &str) -> Option<String> {
    let name = old.strip_prefix("airssys-").or_else(|| old.strip_prefix("airssys:"))?;
    match name {
        "component-core" | "host-core" | "multicodec-core" => Some("airssys:core".to_owned()),
        _ => name.strip_suffix("-extensions").map(|extension| format!("airssys:ext-{extension}")),
    }
}

/// `[{ host = "…", port = 443 }]`, or `["…"]`; `None` if it is anything else.
fn rule_list(action: &str, rules: &Item) -> Option<Vec<(String, Option<Value>)>> {
    if !matches!(action, "outbound" | "inbound") {
        return None;
    }
    let rule = |rule: &Value| match rule {
        Value::String(host) => Some((host.value().clone(), None)),
        Value::InlineTable(rule) if rule.iter().all(|(key, _)| matches!(key, "host" | "port")) => {
            Some((rule.get("host")?.as_str()?.to_owned(), rule.get("port").cloned()))
        }
        _ => None,
    };
    rules.as_array()?.iter().map(rule).collect()
}

/// `60s`, `500ms`, `5m` as milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let factor = match text[unit..].trim_start() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        _ => return None,
    };
    text[..unit].parse::<i64>().ok()?.checked_mul(factor)
}

/// The table at `path`, made if absent. [`Draft::odd_shapes`] has seen to it that no value is in its place.
fn table_at<'a>(root: &'a mut Table, path: &[&str]) -> &'a mut Table {
    path.iter().fold(root, |table, key| {
        let item = table.entry(key).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        if !item.is_table() {
            let old = std::mem::take(item);
            *item = Item::Table(old.into_table().unwrap_or_default());
        }
        match item {
            Item::Table(table) => table,
            _ => unreachable!("made a table above"),
        }
    })
}

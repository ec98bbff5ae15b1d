//! The capability tables of the schema: patterns are checked for form, and mean nothing yet.

use std::collections::HashSet;

use semver::Version;

use super::model::{Capabilities, FourActions, NetworkAction, NetworkRule};
use super::pattern::{self, PatternError};
use super::read::{self, invalid_pattern, pattern, size, str_of, word};
use super::sink::Problem;
use super::walk::{Table, Value};
use crate::contract::ContractVersion;

/// Reads `[capabilities]`, or `[capabilities.optional]`, of a component that was built against `api_version`; if none is
/// given, with the tables of every contract.
pub(super) fn capabilities(t: &mut Table<'_>, api_version: Option<&Version>) -> Capabilities {
    let filesystem = t.table("filesystem", |t| four_actions(t, pattern::check_path));
    let network = network(t);
    let (storage, storage_everywhere, storage_max_bytes) = t.table("storage", storage);
    let process_spawn = t.table("process", |t| t.list("spawn", pattern(pattern::check_path)));
    let (messaging_send, messaging_request) = t.table("messaging", |t| {
        (t.list("send", pattern(pattern::check_target)), t.list("request", pattern(pattern::check_target)))
    });
    let (topics_publish, topics_subscribe) = topics(t, api_version);
    let host_functions = t.table("host-functions", |t| t.list("call", pattern(pattern::check_function)));
    Capabilities {
        filesystem,
        network,
        storage,
        storage_everywhere,
        storage_max_bytes,
        process_spawn,
        messaging_send,
        messaging_request,
        topics_publish,
        topics_subscribe,
        host_functions,
    }
}

fn four_actions(t: &mut Table<'_>, check: fn(&str) -> Result<(), PatternError>) -> FourActions {
    FourActions {
        read: t.list("read", pattern(check)),
        write: t.list("write", pattern(check)),
        delete: t.list("delete", pattern(check)),
        list: t.list("list", pattern(check)),
    }
}

fn storage(t: &mut Table<'_>) -> (FourActions, usize, Option<u64>) {
    let everywhere = t.list("namespaces", pattern(pattern::check_namespace));
    let mut actions = four_actions(t, pattern::check_namespace);
    let max_bytes = t.optional("max-size", size(0));
    for action in [&mut actions.read, &mut actions.write, &mut actions.delete, &mut actions.list] {
        let own = std::mem::replace(action, everywhere.clone());
        let known: HashSet<&String> = everywhere.iter().collect();
        action.extend(own.into_iter().filter(|namespace| !known.contains(namespace)));
    }
    (actions, everywhere.len(), max_bytes)
}

fn topics(t: &mut Table<'_>, api_version: Option<&Version>) -> (Vec<String>, Vec<String>) {
    const SINCE: ContractVersion = ContractVersion::V1_1;
    if api_version.is_some_and(|version| *version < SINCE.core()) {
        let help = format!("topics came with contract {SINCE}: raise component.api-version to {}", SINCE.core());
        t.unknown_here("topics", help);
        return Default::default();
    }
    t.table("topics", |t| {
        (t.list("publish", pattern(pattern::check_topic)), t.list("subscribe", pattern(pattern::check_topic)))
    })
}

fn network(t: &mut Table<'_>) -> Vec<NetworkRule> {
    let mut seen = HashSet::new();
    t.tables("network", |t| {
        let action = t.required("action", word(NetworkAction::ALL, NetworkAction::as_str));
        let host = t.required("host", host);
        let port = t.optional("port", read::port);
        let (host, port_of_host) = host?;
        if port_of_host.is_some() && t.has("port") {
            t.fault("port", Problem::value("the port stands in `host` as well").help("give it in one place"));
        }
        let rule = NetworkRule { action: action?, host, port: port.or(port_of_host) };
        if !seen.insert((rule.action, rule.host.to_lowercase(), rule.port)) {
            t.fault_here(Problem::value("the entry repeats an earlier one").help("remove it"));
        }
        Some(rule)
    })
}

/// A host pattern and the port behind it.
fn host(value: Value<'_>) -> Result<(String, Option<u16>), Problem> {
    let (host, port) = pattern::split_port(str_of(value)?).map_err(invalid_pattern)?;
    pattern::check_host(host).map_err(invalid_pattern)?;
    let port = port.map(|port| port.parse().ok().filter(|&port| port > 0)).map(|port: Option<u16>| {
        port.ok_or_else(|| Problem::value("the port behind the host must be from 1 to 65535"))
    });
    Ok((host.to_owned(), port.transpose()?))
}

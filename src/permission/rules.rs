//! The patterns of a manifest, each with its place.

use super::decision::{Class, Rule};
use crate::manifest::pattern::PatternError;
use crate::manifest::{Capabilities, FourActions};

/// A pattern that is none. A manifest that was parsed has none of these, but for names that IDNA refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no pattern: {kind}", .rule)]
pub struct RuleError {
    /// The rule that has it.
    pub rule: Rule,
    /// What is wrong with it.
    pub kind: PatternError,
}

/// The rules of one table of capabilities, in a fixed order; `table` is its key.
pub(super) fn rules(capabilities: &Capabilities, table: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    four(&mut rules, table, Class::Filesystem, &capabilities.filesystem, 0);
    rules.extend(capabilities.network.iter().enumerate().map(|(index, entry)| {
        let key = format!("{table}.network[{index}]");
        Rule::new(Class::Network, entry.action.as_str(), entry.host.clone(), entry.port, key)
    }));
    four(&mut rules, table, Class::Storage, &capabilities.storage, capabilities.storage_everywhere);
    for (class, action, patterns) in [
        (Class::Process, "spawn", &capabilities.process_spawn),
        (Class::Messaging, "send", &capabilities.messaging_send),
        (Class::Messaging, "request", &capabilities.messaging_request),
        (Class::Topics, "publish", &capabilities.topics_publish),
        (Class::Topics, "subscribe", &capabilities.topics_subscribe),
        (Class::HostFunctions, "call", &capabilities.host_functions),
    ] {
        list(&mut rules, table, class, action, patterns, 0);
    }
    rules
}

fn four(rules: &mut Vec<Rule>, table: &str, class: Class, actions: &FourActions, everywhere: usize) {
    for (action, patterns) in
        [("read", &actions.read), ("write", &actions.write), ("delete", &actions.delete), ("list", &actions.list)]
    {
        list(rules, table, class, action, patterns, everywhere);
    }
}

/// The first `everywhere` patterns stand in `namespaces`.
fn list(
    rules: &mut Vec<Rule>,
    table: &str,
    class: Class,
    action: &'static str,
    patterns: &[String],
    everywhere: usize,
) {
    rules.extend(patterns.iter().enumerate().map(|(index, pattern)| {
        let key = match index.checked_sub(everywhere) {
            Some(own) => format!("{table}.{class}.{action}[{own}]"),
            None => format!("{table}.{class}.namespaces[{index}]"),
        };
        Rule::new(class, action, pattern.clone(), None, key)
    }));
}

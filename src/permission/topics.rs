//! Topics, and the patterns of one action: what they match, and which contains which.

use std::collections::HashMap;

use super::grants::Work;

/// The patterns of one action: topics, `PREFIX.*`, and `*`.
#[derive(Debug, Clone, Default)]
pub(super) struct Topics {
    exact: HashMap<Box<str>, usize>,
    /// By what stands in front of `.*`.
    below: HashMap<Box<str>, usize>,
    any: Option<usize>,
}

impl Topics {
    pub(super) fn insert(&mut self, pattern: &str, rule: usize) {
        match (pattern, pattern.strip_suffix(".*")) {
            ("*", _) => self.any.get_or_insert(rule),
            (_, Some(prefix)) => self.below.entry(prefix.into()).or_insert(rule),
            (topic, None) => self.exact.entry(topic.into()).or_insert(rule),
        };
    }

    /// The rule that matches a well-formed topic: its own, that of its longest prefix which has one, or everyone's.
    /// Takes a look-up for each segment at most, however many patterns there are.
    pub(super) fn find(&self, topic: &str, work: &mut Work) -> Option<usize> {
        let look_up = |patterns: &HashMap<Box<str>, usize>, key: &str, work: &mut Work| {
            work.steps += 1;
            patterns.get(key).copied()
        };
        let exact = look_up(&self.exact, topic, work);
        exact
            .or_else(|| topic.rmatch_indices('.').find_map(|(dot, _)| look_up(&self.below, &topic[..dot], work)))
            .or(self.any)
    }
}

/// Whether a pattern matches a topic; or, if `other` is a pattern, all that this one matches.
pub(super) fn covers(pattern: &str, other: &str) -> bool {
    pattern == other || pattern.strip_suffix('*').is_some_and(|head| other.starts_with(head))
}

/// Why a pattern does not match a topic.
pub(super) fn why(pattern: &str, topic: &str) -> String {
    match pattern.strip_suffix(".*") {
        Some(prefix) if prefix == topic => "`.*` stands for one segment at least".to_owned(),
        Some(prefix) => format!("the topic is not below `{prefix}`"),
        None => format!("`{pattern}` is another topic"),
    }
}

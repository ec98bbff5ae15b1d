//! Names in families: storage namespaces, targets of messages, host functions.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::contract::ComponentId;
use crate::manifest::pattern;

/// The patterns of one action: exact names, `family:*`, and `*`.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    exact: HashMap<Box<str>, usize, RandomState>,
    families: HashMap<Box<str>, usize, RandomState>,
    any: Option<usize>,
}

impl Names {
    pub(super) fn insert(&mut self, pattern: &str, rule: usize) {
        match (pattern, pattern.strip_suffix(":*")) {
            ("*", _) => self.any.get_or_insert(rule),
            (_, Some(family)) => self.families.entry(family.into()).or_insert(rule),
            (name, None) => self.exact.entry(name.into()).or_insert(rule),
        };
    }

    /// The rule that matches a well-formed name: its own, its family's or everyone's, in this order.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let family = || self.families.get(name.split_once(':')?.0);
        self.exact.get(name).or_else(family).copied().or(self.any)
    }
}

/// Whether a pattern surely matches all that another one matches.
pub(super) fn covers(pattern: &str, other: &str) -> bool {
    let family = |family: &str| other.split_once(':').is_some_and(|(theirs, _)| theirs == family);
    pattern == "*" || pattern == other || pattern.strip_suffix(":*").is_some_and(family)
}

/// Whether a text is `category:subcategory`, no pattern.
pub(super) fn is_namespace(text: &str) -> bool {
    !text.ends_with('*') && pattern::check_namespace(text).is_ok()
}

/// Whether a text is the identifier of a component.
pub(super) fn is_target(text: &str) -> bool {
    ComponentId::check(text).is_ok()
}

/// Whether a text is the name of a host function.
pub(super) fn is_function(text: &str) -> bool {
    pattern::check_function(text).is_ok()
}

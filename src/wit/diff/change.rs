//! What a comparison has found so far, one change at a time.

use std::cmp::Reverse;

use semver::Version;

use super::rule::{Class, Rule};

/// One difference between two versions of a package.
///
/// The order is that of reports: what asks most of the version first, then by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which kind of change it is.
    pub rule: Rule,
    /// What changed: `host-services.sleep-millis`, `types.log-level.trace`, `world component`, `package wasi:io`.
    pub place: String,
    /// What was there and what is there now, as a sentence without its subject, which is the place.
    pub what: String,
}

impl Change {
    /// What the change asks of the version.
    pub const fn class(&self) -> Class {
        self.rule.class()
    }
}

/// A list that grows while a package is compared.
pub(super) struct Changes<'a> {
    found: Vec<Change>,
    /// The version that additions are held against.
    pub(super) old_version: &'a Version,
}

impl<'a> Changes<'a> {
    pub(super) const fn new(old_version: &'a Version) -> Self {
        Self { found: Vec::new(), old_version }
    }

    pub(super) fn report(&mut self, rule: Rule, place: &str, what: impl Into<String>) {
        self.found.push(Change { rule, place: place.to_owned(), what: what.into() });
    }

    /// Compares something that is unstable in both versions: what is found counts for nothing.
    pub(super) fn unstable(&mut self, compare: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        compare(self);
        for change in self.found.iter_mut().skip(before) {
            change.rule = change.rule.when_unstable();
        }
    }

    /// All of them, in the order of reports.
    pub(super) fn sorted(mut self) -> Vec<Change> {
        let key = |change: &Change| {
            let Change { rule, place, what } = change.clone();
            (Reverse(rule.class()), place, rule.as_str(), what)
        };
        self.found.sort_by_cached_key(key);
        self.found
    }
}

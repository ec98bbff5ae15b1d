//! The `@permission` line of a function's doc comment, as far as it tells who may call the function now and not before.
//!
//! Whether the line is well formed, and names classes and parameters that exist, is not judged here.

use std::collections::BTreeSet;
use std::fmt;

use super::change::Changes;
use super::rule::Rule;
use crate::wit::annotation::behind_mark;

/// Compares what is needed for calling a function, and tells whether anything was reported.
pub(super) fn compare(changes: &mut Changes<'_>, place: &str, old: &str, new: &str) -> bool {
    let (old, new) = (Need::of(old), Need::of(new));
    let rule = match (&old, &new) {
        (old, new) if old == new => return false,
        (Need::Nothing, Need::AnyOf(_)) => Rule::PermissionTightened,
        (Need::AnyOf(_), Need::Nothing) => Rule::PermissionLoosened,
        (Need::AnyOf(old), Need::AnyOf(new)) if new.is_subset(old) => Rule::PermissionTightened,
        (Need::AnyOf(old), Need::AnyOf(new)) if new.is_superset(old) => Rule::PermissionLoosened,
        _ => Rule::PermissionChanged,
    };
    changes.report(rule, place, format!("needed {old}, needs {new}"));
    true
}

/// A doc comment without its `@permission` line, and without the blank line that set it off.
pub(super) fn without_line(docs: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for text in docs.lines().filter(|text| behind_mark(text).is_none()) {
        if !text.trim().is_empty() || kept.last().is_some_and(|last| !last.trim().is_empty()) {
            kept.push(text);
        }
    }
    kept.join("\n")
}

/// What a call needs.
#[derive(PartialEq, Eq)]
enum Need<'a> {
    /// It is always permitted: the line says so, or there is none.
    Nothing,
    /// One of these permissions.
    AnyOf(BTreeSet<&'a str>),
    /// There are several lines, of which nobody knows how they go together.
    Unclear(Vec<&'a str>),
}

impl<'a> Need<'a> {
    fn of(docs: &'a str) -> Self {
        let lines: Vec<&str> = docs.lines().filter_map(behind_mark).collect();
        match lines.as_slice() {
            [] | ["none"] => Self::Nothing,
            [one] => Self::AnyOf(one.split(" | ").map(str::trim).collect()),
            _ => Self::Unclear(lines),
        }
    }
}

impl fmt::Display for Need<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no permission"),
            Self::AnyOf(some) => write!(f, "`{}`", some.iter().copied().collect::<Vec<_>>().join("` or `")),
            Self::Unclear(lines) => write!(f, "what several lines say: `{}`", lines.join("`, `")),
        }
    }
}

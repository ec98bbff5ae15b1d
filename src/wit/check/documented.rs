//! Everything has a doc comment.

use super::{Rule, Subject};
use crate::wit::annotation::behind_mark;

pub(super) fn check(subject: &mut Subject<'_>) {
    for item in subject.items {
        // What only says which permission is needed says nothing of what is done.
        let text = item.docs.contents.as_deref().unwrap_or_default();
        let says = text.lines().any(|line| !line.trim().is_empty() && behind_mark(line).is_none());
        if !says {
            let mend = match item.kind {
                "package" => "put a `///` comment above the line `package …;`, in the one file that has it",
                "function" => "put a `///` comment above it: what it does, units, errors, and what is guaranteed",
                _ => "put a `///` comment above it: what it stands for, and in which unit",
            };
            subject.find(Rule::Documented, item, format!("{} without a doc comment", is_a(item.kind)), mend);
        }
    }
}

/// A kind of item with its article.
fn is_a(kind: &str) -> String {
    match kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        _ if kind == "flags" => "are flags".to_owned(),
        true => format!("is an {kind}"),
        false => format!("is a {kind}"),
    }
}

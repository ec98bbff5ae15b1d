//! What came, and what became deprecated, in which version of a package.

use std::collections::BTreeMap;

use semver::Version;
use wit_parser::Stability;

use crate::wit::item::items;
use crate::wit::source::Source;
use crate::wit::tree::packages;
use crate::wit::unversioned::unversioned;

/// What a version brought.
#[derive(Debug, Default)]
struct Change {
    added: Vec<String>,
    deprecated: Vec<String>,
}

/// One row for each version that a gate names; nothing if none does. Of several versions of a package the newest knows of
/// all before.
pub(super) fn table(sources: &[Source]) -> String {
    let mut newest = BTreeMap::new();
    for (source, package) in packages(sources) {
        newest.insert(unversioned(&source.resolve.packages[package].name), (source, package));
    }
    let mut text = String::new();
    for (name, (source, package)) in newest {
        let mut changes = BTreeMap::<Version, Change>::new();
        for item in items(source, package) {
            let deprecated = match item.stability {
                // What is as old as what it stands in is not named beside it.
                Some(Stability::Stable { since, deprecated }) => {
                    if item.within.is_none_or(|within| !is_since(within, since)) {
                        changes.entry(since.clone()).or_default().added.push(format!("`{}`", item.path));
                    }
                    deprecated
                }
                Some(Stability::Unstable { deprecated, .. }) => deprecated,
                Some(Stability::Unknown) | None => continue,
            };
            if let Some(version) = deprecated {
                changes.entry(version.clone()).or_default().deprecated.push(format!("`{}`", item.path));
            }
        }
        for (version, Change { added, deprecated }) in changes {
            text += &format!("| `{name}` | {version} | {} | {} |\n", added.join(", "), deprecated.join(", "));
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("| package | version | since then | deprecated since then |\n|---|---|---|---|\n{text}"),
    }
}

fn is_since(stability: &Stability, version: &Version) -> bool {
    matches!(stability, Stability::Stable { since, .. } if since == version)
}

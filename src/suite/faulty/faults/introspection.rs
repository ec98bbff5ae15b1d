//! Runtimes that tell components wrongly what there is.

use crate::suite::faulty::{Bend, Fault, edit};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "says-that-all-is-granted",
        wrong: "It answers every question for a grant with yes.",
        violates: &["perm.introspection", "topic.introspection", "perm.revocation", "perm.policy-modes"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "is-granted -> ", "true");
            edit::answer(lines, "is-topic-granted -> ", "true");
        }),
    },
    Fault {
        name: "says-that-nothing-is-granted",
        wrong: "It answers every question for a grant with no, and lists none.",
        violates: &["perm.introspection", "topic.introspection"],
        bend: Bend::Lines(|lines| {
            let none = "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}";
            edit::answer(lines, "is-granted -> ", "false");
            edit::answer(lines, "is-topic-granted -> ", "false");
            edit::answer(lines, "granted -> ", none);
            edit::answer(lines, "granted-topics -> ", "[]");
        }),
    },
    Fault {
        name: "lists-components-as-loaded",
        wrong: "It lists components in the order of their loads, the newest first.",
        violates: &["introspection.list"],
        bend: Bend::Lines(|lines| reverse(lines, "list-components -> ")),
    },
    Fault {
        name: "hides-the-caller",
        wrong: "It lists the other components to a component, and not itself.",
        violates: &["introspection.list"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.starts_with("list-components -> [")) {
                *line = line.replace("\"a\", ", "").replace("[\"a\"]", "[]");
            }
        }),
    },
    Fault {
        name: "gives-metadata-of-the-manifest",
        wrong: "It tells others of a component what stands in its manifest, not what its `metadata` returned.",
        violates: &["introspection.metadata"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.starts_with("get-component-metadata -> ok(")) {
                if let Some(at) = line.find("custom-metadata: [") {
                    line.truncate(at);
                    line.push_str("custom-metadata: []})");
                }
            }
            edit::answer(lines, "get-component-metadata -> err(not-found", "err(internal-error(\"no manifest\"))");
        }),
    },
];

/// Turns a list of texts around.
pub(super) fn reverse(lines: &mut [String], begins: &str) {
    for line in lines.iter_mut().filter(|line| line.starts_with(begins)) {
        if let Some(list) = line.strip_prefix(begins).and_then(|list| list.strip_prefix('[')?.strip_suffix(']')) {
            let items: Vec<&str> = list.split(", ").collect();
            *line = format!("{begins}[{}]", items.into_iter().rev().collect::<Vec<_>>().join(", "));
        }
    }
}

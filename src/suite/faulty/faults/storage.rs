//! Runtimes with a wrong store.

use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::Stimulus;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "ignores-quotas",
        wrong: "It stores more than a component's `max-size`.",
        violates: &["storage.quota"],
        bend: Bend::Lines(|lines| edit::answer(lines, "set -> err(quota-exceeded", "ok")),
    },
    Fault {
        name: "counts-one-byte-too-many",
        wrong: "It counts a byte too many for every key of a namespace.",
        violates: &["storage.quota"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.starts_with("usage -> ok(")) {
                if let Some((start, rest)) = line.split_once("used-bytes: ")
                    && let Some((used, rest)) = rest.split_once(',')
                    && let Ok(used) = used.parse::<u64>()
                {
                    *line = format!("{start}used-bytes: {},{rest}", used + 1);
                }
            }
        }),
    },
    Fault {
        name: "forgets-values-in-a-crash",
        wrong: "It acknowledges writes that it has not brought to the disk, and loses them in a crash.",
        violates: &["storage.durable"],
        bend: Bend::Replies(|| {
            let mut crashed = false;
            Box::new(move |stimulus, reply| {
                crashed |= matches!(stimulus, Stimulus::Crash);
                if crashed {
                    edit::lines(reply, |lines| {
                        edit::answer(lines, "get -> ok(", "ok(none)");
                        edit::answer(lines, "list-keys -> ok(", "ok({keys: [], next-cursor: none})");
                        edit::answer(lines, "exists -> ok(", "ok(false)");
                    });
                }
            })
        }),
    },
    Fault {
        name: "lists-keys-in-any-order",
        wrong: "It lists the keys of a namespace in the order of its hash table.",
        violates: &["storage.isolated", "perm.storage.namespace"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.starts_with("list-keys -> ok(")) {
                if let Some((start, rest)) = line.split_once("keys: [")
                    && let Some((keys, rest)) = rest.split_once(']')
                {
                    let keys: Vec<&str> = keys.split(", ").collect();
                    *line = format!("{start}keys: [{}]{rest}", keys.into_iter().rev().collect::<Vec<_>>().join(", "));
                }
            }
        }),
    },
    Fault {
        name: "takes-any-key",
        wrong: "It takes keys that are empty, too long or have a NUL.",
        violates: &["perm.storage.namespace"],
        bend: Bend::Lines(|lines| edit::err(lines, "invalid-key", "ok")),
    },
    Fault {
        name: "shows-every-namespace",
        wrong: "It shows a component what another has stored in a namespace that it is not granted.",
        violates: &["storage.isolated"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "get -> err(permission-denied", "ok(some([118]))");
            edit::answer(lines, "exists -> err(permission-denied", "ok(true)");
            edit::answer(lines, "list-keys -> err(permission-denied", "ok({keys: [\"k\"], next-cursor: none})");
        }),
    },
];

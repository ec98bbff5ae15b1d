//! Runtimes that tell wrongly what components log and what happens.

use crate::suite::faulty::{Bend, Fault, edit};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "loses-the-last-record",
        wrong: "It loses the last thing that a component logs.",
        violates: &["log.structured", "log.capped"],
        bend: Bend::Reply(|reply| edit::logs(reply, |records| drop(records.pop()))),
    },
    Fault {
        name: "logs-what-was-not-logged",
        wrong: "It calls a component whose call it rejects, or whose load it refuses.",
        violates: &["version.checked-first", "codec.prefix", "codec.declared", "lifecycle.not-running"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                records.push(crate::suite::protocol::LogRecord {
                    component: "a".to_owned(),
                    level: "info".to_owned(),
                    message: "called".to_owned(),
                    context: Vec::new(),
                });
            });
        }),
    },
    Fault {
        name: "logs-at-one-level",
        wrong: "It logs everything at the level `info`.",
        violates: &["log.structured"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| records.iter_mut().for_each(|record| record.level = "info".to_owned()));
        }),
    },
    Fault {
        name: "logs-without-context",
        wrong: "It drops the context of what a component logs.",
        violates: &["log.structured", "log.capped"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| records.iter_mut().for_each(|record| record.context.clear()));
        }),
    },
    Fault {
        name: "logs-in-any-order",
        wrong: "It sorts what components log by their text.",
        violates: &["log.structured", "msg.fifo"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| records.sort_by(|one, other| one.message.cmp(&other.message)));
        }),
    },
    Fault {
        name: "logs-for-nobody",
        wrong: "It does not say which component logged.",
        violates: &["log.structured"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| records.iter_mut().for_each(|record| record.component.clear()));
        }),
    },
    Fault {
        name: "cuts-silently",
        wrong: "It cuts what is too long to be logged, and leaves no trace of that.",
        violates: &["log.capped"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                for record in records {
                    for text in std::iter::once(&mut record.message)
                        .chain(record.context.iter_mut().flat_map(|(key, value)| [key, value]))
                    {
                        if text.ends_with("cut]") {
                            text.truncate(text.rfind('[').unwrap_or(text.len()));
                        }
                    }
                }
            });
        }),
    },
    Fault {
        name: "lets-guests-write-log-lines",
        wrong: "It makes of a line break in a message a record of its own.",
        violates: &["log.structured"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                let lines = records.iter().flat_map(|record| {
                    record.message.lines().map(|line| {
                        let mut own = record.clone();
                        own.message = line.to_owned();
                        own
                    })
                });
                *records = lines.collect();
            });
        }),
    },
];

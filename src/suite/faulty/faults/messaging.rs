//! Runtimes that pass messages on wrongly.

use crate::suite::faulty::{Bend, Fault, Sent, edit};
use crate::suite::protocol::{Reply, Stimulus};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "forges-senders",
        wrong: "It tells a component that every message is of the host.",
        violates: &["msg.sender-authentic"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "message.sender -> ", "\"host\"");
            for line in lines.iter_mut().filter(|line| line.starts_with("message -> {sender: \"")) {
                if let Some((_, rest)) = line.split_once("\", payload") {
                    *line = format!("message -> {{sender: \"host\", payload{rest}");
                }
            }
        }),
    },
    Fault {
        name: "loses-messages",
        wrong: "It says that a message is accepted, and loses it.",
        violates: &["msg.fifo", "msg.at-most-once"],
        bend: Bend::Stimuli(|stimulus| match stimulus {
            Stimulus::Send(_) => Sent::Nothing(Reply::Done),
            _ => Sent::Same,
        }),
    },
    Fault {
        name: "handles-messages-twice",
        wrong: "It puts every message into the mailbox twice.",
        violates: &["msg.at-most-once", "msg.bounded"],
        bend: Bend::Stimuli(|stimulus| match stimulus {
            Stimulus::Send(_) => Sent::Twice,
            _ => Sent::Same,
        }),
    },
    Fault {
        name: "repeats-what-was-delivered",
        wrong: "It handles a message a second time when it is not sure of the first.",
        violates: &["msg.delivery", "msg.fifo", "topic.delivery", "msg.sequential"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| {
                    if let Some(last) = lines.iter().rfind(|line| is_delivery(line) || !line.contains(" -> ")).cloned()
                    {
                        lines.push(last);
                    }
                });
                edit::number(reply, |number| number + 1);
            })
        }),
    },
    Fault {
        name: "reorders-messages",
        wrong: "It handles the newest message first.",
        violates: &["msg.fifo", "topic.order"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| {
                    if lines.iter().any(|line| is_delivery(line) || !line.contains(" -> ")) {
                        lines.reverse();
                    }
                });
            })
        }),
    },
    Fault {
        name: "handles-two-at-a-time",
        wrong: "It handles a second message while a component handles the first.",
        violates: &["msg.sequential"],
        bend: Bend::Lines(|lines| {
            let mut at = 1;
            while at + 1 < lines.len() {
                if lines[at].starts_with("out") && lines[at + 1].starts_with("in") {
                    lines.swap(at, at + 1);
                }
                at += 1;
            }
        }),
    },
    Fault {
        name: "cuts-the-prefix-off",
        wrong: "It delivers a payload without the prefix that names its codec.",
        violates: &["msg.delivery", "topic.delivery"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| is_delivery(line)) {
                *line = line.replace("[85, ", "[").replace("[128, 4, ", "[");
            }
        }),
    },
    Fault {
        name: "waits-for-receivers",
        wrong: "It waits until a message is handled before it goes on with the sender.",
        violates: &["msg.non-blocking"],
        bend: Bend::Lines(|lines| {
            if let Some(at) = lines.iter().position(|line| line.starts_with("send-")) {
                lines[at..].reverse();
            }
        }),
    },
    Fault {
        name: "has-no-bound",
        wrong: "It takes any number of messages into a mailbox.",
        violates: &["msg.bounded", "msg.check-order"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                edit::lines(reply, |lines| edit::err(lines, "mailbox-full", "ok"));
                let full = matches!(reply, Reply::Rejected { code } if code == "mailbox-full");
                if full && Reply::Done.may_answer(stimulus) {
                    *reply = Reply::Done;
                }
            })
        }),
    },
    Fault {
        name: "keeps-what-is-handled",
        wrong: "It gives the room of a message back when the component ends, and not when the message is handled.",
        violates: &["msg.bounded", "topic.dead-letters"],
        bend: Bend::Reply(|reply| {
            edit::components(reply, |component| {
                component.waiting += 1;
                component.waiting_bytes += 2;
            });
        }),
    },
    Fault {
        name: "looks-for-the-target-first",
        wrong: "It looks whether the target is there before it asks for the permission.",
        violates: &["msg.check-order", "msg.grants", "perm.denial-explains"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "send-message -> err(permission-denied", "err(component-not-found(\"b\"))");
            edit::answer(lines, "send-request -> err(permission-denied", "err(component-not-found(\"b\"))");
        }),
    },
    Fault {
        name: "accepts-for-nobody",
        wrong: "It accepts messages and requests to components that are not there, or do not run.",
        violates: &["msg.check-order", "msg.dead-letters"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "send-message -> err(component-not-found", "ok");
            edit::answer(lines, "send-request -> err(component-not-found", "ok(\"r\")");
        }),
    },
    Fault {
        name: "measures-no-messages",
        wrong: "It accepts messages of any size.",
        violates: &["msg.check-order", "topic.checks"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                edit::lines(reply, |lines| edit::err(lines, "message-too-large", "ok"));
                let large = matches!(reply, Reply::Rejected { code } if code == "message-too-large");
                if large && Reply::Done.may_answer(stimulus) {
                    *reply = Reply::Done;
                }
            })
        }),
    },
    Fault {
        name: "counts-no-dead-letters",
        wrong: "It drops what nobody will handle, and does not count it.",
        violates: &["msg.dead-letters", "topic.dead-letters"],
        bend: Bend::Reply(|reply| edit::components(reply, |component| component.dead_letters = 0)),
    },
    Fault {
        name: "tells-of-no-dead-letters",
        wrong: "It tells nobody of dead letters, neither as an event nor in the audit trail.",
        violates: &["msg.dead-letters", "topic.dead-letters"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::forget_events(reply, "dead-letter");
                edit::audit(reply, |records| {
                    records.retain(|record| record.get("event").is_none_or(|event| event != "dead-letter"));
                });
            })
        }),
    },
    Fault {
        name: "calls-every-loss-a-dead-letter",
        wrong: "It reports whatever was handled as a dead letter as well.",
        violates: &["msg.dead-letters", "msg.delivery"],
        bend: Bend::Reply(|reply| edit::components(reply, |component| component.dead_letters += 1)),
    },
    Fault {
        name: "retries-what-trapped",
        wrong: "It gives the message at which an instance trapped to the next one.",
        violates: &["msg.at-most-once"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                if let Some(at) = records.iter().position(|record| record.message == "bad") {
                    records.insert(at, records[at].clone());
                }
            });
        }),
    },
    Fault {
        name: "drops-what-waits-at-a-trap",
        wrong: "It empties the mailbox when an instance traps.",
        violates: &["msg.at-most-once"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                if let Some(at) = records.iter().position(|record| record.message == "bad") {
                    records.truncate(at + 1);
                }
            });
        }),
    },
];

/// Whether a line shows something that was delivered to the component.
pub(super) fn is_delivery(line: &str) -> bool {
    ["message", "publication", "outcome"].iter().any(|start| line.starts_with(start))
}

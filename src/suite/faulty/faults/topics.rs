//! Runtimes that handle publications and subscriptions wrongly.

use crate::suite::faulty::{Bend, Fault, edit};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "forges-publishers",
        wrong: "It tells a subscriber that every publication is of the host.",
        violates: &["topic.delivery"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "publication.publisher -> ", "\"host\"");
            for line in lines.iter_mut().filter(|line| line.starts_with("publication -> {publisher: \"")) {
                if let Some((_, rest)) = line.split_once("\", topic") {
                    *line = format!("publication -> {{publisher: \"host\", topic{rest}");
                }
            }
        }),
    },
    Fault {
        name: "loses-publications",
        wrong: "It does not bring publications to subscribers.",
        violates: &["topic.delivery", "topic.order", "topic.subscription-lasts"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| lines.retain(|line| !line.starts_with("publication")));
                edit::number(reply, |_| 0);
            })
        }),
    },
    Fault {
        name: "takes-any-topic",
        wrong: "It takes topics of any form.",
        violates: &["topic.names", "topic.checks"],
        bend: Bend::Lines(|lines| edit::err(lines, "invalid-topic", "ok")),
    },
    Fault {
        name: "lets-anybody-publish",
        wrong: "It lets every component publish and subscribe to everything, granted or not.",
        violates: &["topic.grants", "topic.checks"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "publish -> err(permission-denied", "ok");
            edit::answer(lines, "subscribe -> err(permission-denied", "ok");
        }),
    },
    Fault {
        name: "lets-nobody-publish",
        wrong: "It denies every publication and subscription, granted or not.",
        violates: &["topic.names", "topic.delivery", "topic.optional-export"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "publish -> ok", "err(permission-denied(\"no\"))");
            edit::answer(lines, "subscribe -> ok", "err(permission-denied(\"no\"))");
        }),
    },
    Fault {
        name: "asks-for-the-grant-last",
        wrong: "It looks at a payload before it asks whether the component may publish.",
        violates: &["topic.checks"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "publish -> err(permission-denied", "err(malformed-payload(\"empty\"))");
        }),
    },
    Fault {
        name: "publishes-broken-payloads",
        wrong: "It publishes payloads without a codec.",
        violates: &["topic.checks"],
        bend: Bend::Lines(|lines| edit::err(lines, "malformed-payload", "ok")),
    },
    Fault {
        name: "forgets-subscriptions",
        wrong: "It forgets subscriptions when an instance ends.",
        violates: &["topic.introspection", "topic.subscription-lasts"],
        bend: Bend::Lines(|lines| edit::answer(lines, "subscriptions -> ", "[]")),
    },
    Fault {
        name: "keeps-subscriptions",
        wrong: "It keeps a subscription that has ended.",
        violates: &["topic.introspection", "topic.subscription-lasts", "topic.names"],
        bend: Bend::Lines(|lines| edit::answer(lines, "subscriptions -> []", "[\"orders\"]")),
    },
    Fault {
        name: "lists-subscriptions-as-made",
        wrong: "It lists subscriptions in the order in which they were made, the newest first.",
        violates: &["topic.introspection"],
        bend: Bend::Lines(|lines| super::introspection::reverse(lines, "subscriptions -> ")),
    },
    Fault {
        name: "ends-any-subscription",
        wrong: "It says that a subscription ended which never was.",
        violates: &["topic.subscription-lasts"],
        bend: Bend::Lines(|lines| edit::err(lines, "not-subscribed", "ok")),
    },
    Fault {
        name: "subscribes-without-a-subscriber",
        wrong: "It subscribes components that export nothing to handle a publication, and any number of times.",
        violates: &["topic.checks"],
        bend: Bend::Lines(|lines| {
            edit::err(lines, "no-subscriber", "ok");
            edit::err(lines, "too-many-subscriptions", "ok");
        }),
    },
    Fault {
        name: "fails-publishers-for-subscribers",
        wrong: "It counts what a subscriber does with a publication as a trap of it.",
        violates: &["topic.delivery", "topic.optional-export"],
        bend: Bend::Reply(|reply| edit::components(reply, |component| component.restarts += 1)),
    },
    Fault {
        name: "does-not-record-topics",
        wrong: "It records no access to topics.",
        violates: &["topic.grants", "audit.every-access"],
        bend: Bend::Audit(|records| {
            records.retain(|record| record.get("class").is_none_or(|class| class != "topics"));
        }),
    },
];

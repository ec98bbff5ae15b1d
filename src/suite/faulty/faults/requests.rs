//! Runtimes that lose the thread of requests and responses.

use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::Reply;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "forgets-callbacks",
        wrong: "It does not tell a component what became of its requests.",
        violates: &["msg.callback-exactly-once"],
        bend: Bend::Lines(|lines| lines.retain(|line| !line.starts_with("outcome -> "))),
    },
    Fault {
        name: "calls-back-twice",
        wrong: "It tells a component twice what became of a request.",
        violates: &["msg.callback-exactly-once", "msg.late-response"],
        bend: Bend::Lines(|lines| {
            if let Some(at) = lines.iter().position(|line| line.starts_with("outcome -> ")) {
                lines.insert(at, lines[at].clone());
            }
        }),
    },
    Fault {
        name: "calls-back-what-was-cancelled",
        wrong: "It tells a component what became of a request that it has cancelled.",
        violates: &["msg.cancel", "msg.callback-exactly-once"],
        bend: Bend::Lines(|lines| {
            if lines.iter().any(|line| line == "cancel-request -> ok") {
                lines.push("outcome -> ok([85, 121])".to_owned());
            }
        }),
    },
    Fault {
        name: "cancels-anything",
        wrong: "It says of every request that it is cancelled, whoever asks and whether it is open.",
        violates: &["msg.cancel"],
        bend: Bend::Lines(|lines| edit::answer(lines, "cancel-request -> err(unknown-request", "ok")),
    },
    Fault {
        name: "cancels-nothing",
        wrong: "It knows no request that could be cancelled.",
        violates: &["msg.cancel"],
        bend: Bend::Lines(|lines| edit::answer(lines, "cancel-request -> ok", "err(unknown-request(\"r\"))")),
    },
    Fault {
        name: "takes-every-response",
        wrong: "It takes a response from anybody, late and twice.",
        violates: &["msg.request-once", "msg.late-response"],
        bend: Bend::Lines(|lines| edit::answer(lines, "send-response -> err(unknown-request", "ok")),
    },
    Fault {
        name: "refuses-responses",
        wrong: "It knows no request when a response for it comes.",
        violates: &["msg.request-once", "msg.grants"],
        bend: Bend::Lines(|lines| edit::answer(lines, "send-response -> ok", "err(unknown-request(\"r\"))")),
    },
    Fault {
        name: "calls-time-outs-failures",
        wrong: "It tells a component that a request failed when its time was over.",
        violates: &["msg.callback-exactly-once"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| {
                    edit::answer(lines, "outcome -> err(timeout-exceeded", "err(delivery-failed(\"late\"))");
                });
                if let Reply::Rejected { code } = reply
                    && code == "timeout-exceeded"
                {
                    *code = "delivery-failed".to_owned();
                }
            })
        }),
    },
    Fault {
        name: "lets-requests-time-out",
        wrong: "It lets a request time out whose target has ended.",
        violates: &["msg.callback-exactly-once"],
        bend: Bend::Lines(|lines| edit::answer(lines, "outcome -> err(delivery-failed", "err(timeout-exceeded)")),
    },
    Fault {
        name: "keeps-requests-open",
        wrong: "It keeps a request open when it has got its outcome.",
        violates: &["msg.callback-exactly-once", "msg.request-cap", "msg.cancel"],
        bend: Bend::Reply(|reply| edit::inspection(reply, |inspection| inspection.requests += 1)),
    },
    Fault {
        name: "caps-no-requests",
        wrong: "It lets a component have any number of requests open.",
        violates: &["msg.request-cap"],
        bend: Bend::Lines(|lines| edit::answer(lines, "send-request -> err(mailbox-full", "ok(\"r\")")),
    },
    Fault {
        name: "asks-without-a-request",
        wrong: "It delivers a request as a message, without the id by which to respond.",
        violates: &["msg.request-once"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "message.request-id -> ", "none");
            for line in lines.iter_mut().filter(|line| line.starts_with("message -> ")) {
                if let Some((start, _)) = line.split_once("request-id: some(") {
                    *line = format!("{start}request-id: none}}");
                }
            }
        }),
    },
    Fault {
        name: "records-no-refused-responses",
        wrong: "It does not record that it refused a response.",
        violates: &["msg.request-once", "msg.late-response"],
        bend: Bend::Audit(|records| {
            records.retain(|record| record.get("event").is_none_or(|event| event != "response-refused"));
        }),
    },
];

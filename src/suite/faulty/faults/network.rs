//! Runtimes with a wrong HTTP client.

use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{Bytes, ReceivedRequest};

const OK: &str = "ok({status: 200, headers: [], body: []})";

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "asks-servers-that-it-denies",
        wrong: "It sends a request and then decides whether it was permitted.",
        violates: &[
            "perm.gate-order",
            "perm.net.private",
            "perm.net.one-parse",
            "perm.net.redirects",
            "audit.lossless",
        ],
        bend: Bend::Reply(|reply| {
            edit::requests(reply, |requests| {
                requests.push(ReceivedRequest {
                    connection: 1,
                    method: "GET".to_owned(),
                    target: "/".to_owned(),
                    headers: Vec::new(),
                    body: Bytes::default(),
                });
            });
        }),
    },
    Fault {
        name: "keeps-credentials-across-origins",
        wrong: "It sends the credentials of the first request to wherever it is redirected.",
        violates: &["perm.net.redirects"],
        bend: Bend::Replies(|| {
            let mut secrets: Vec<(String, String)> = Vec::new();
            Box::new(move |_, reply| {
                edit::requests(reply, |requests| {
                    for request in requests {
                        let own = request.headers.iter().filter(|(name, _)| is_secret(name)).cloned();
                        let own: Vec<_> = own.collect();
                        if own.is_empty() {
                            request.headers.extend(secrets.iter().cloned());
                        } else {
                            secrets = own;
                        }
                    }
                });
            })
        }),
    },
    Fault {
        name: "drops-headers-of-guests",
        wrong: "It sends none of the headers that the component gives.",
        violates: &["net.headers", "perm.net.redirects"],
        bend: Bend::Reply(|reply| {
            edit::requests(reply, |requests| {
                requests.iter_mut().for_each(|request| request.headers.retain(|(name, _)| name == "host"));
            });
        }),
    },
    Fault {
        name: "lets-guests-write-header-lines",
        wrong: "It takes methods, paths and headers with line breaks, and headers that are the host's alone.",
        violates: &["net.headers"],
        bend: Bend::Lines(|lines| edit::answer(lines, "http-request -> err(protocol-error", OK)),
    },
    Fault {
        name: "reads-urls-generously",
        wrong: "It takes URLs with user information, backslashes and control characters.",
        violates: &["perm.net.one-parse"],
        bend: Bend::Lines(|lines| edit::answer(lines, "http-request -> err(invalid-url", OK)),
    },
    Fault {
        name: "reads-bodies-without-end",
        wrong: "It gives a component bodies of any size.",
        violates: &["net.capped"],
        bend: Bend::Lines(|lines| edit::answer(lines, "http-request -> err(too-large", OK)),
    },
    Fault {
        name: "shares-connections",
        wrong: "It uses one connection for the requests of all components.",
        violates: &["net.capped"],
        bend: Bend::Reply(|reply| {
            edit::requests(reply, |requests| requests.iter_mut().for_each(|request| request.connection = 1));
        }),
    },
    Fault {
        name: "waits-for-servers-for-ever",
        wrong: "It does not tell a component that a server took too long.",
        violates: &["net.capped"],
        bend: Bend::Lines(|lines| edit::answer(lines, "http-request -> err(timeout-exceeded", OK)),
    },
];

fn is_secret(name: &str) -> bool {
    ["authorization", "cookie"].contains(&name)
}

//! Runtimes that decide wrongly, or answer a denial wrongly.

use crate::contract::TrapKind;
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{FileState, Reply};

/// What each function that needs a permission answers if all is well.
const GATED: [(&str, &str); 17] = [
    ("read-file", "ok([])"),
    ("write-file", "ok"),
    ("delete-file", "ok"),
    ("create-directory", "ok"),
    ("list-directory", "ok([])"),
    (
        "stat-file",
        "ok({size: 0, is-directory: false, is-symlink: false, created: none, modified: none, readonly: false})",
    ),
    ("http-request", "ok({status: 200, headers: [], body: []})"),
    ("get", "ok(none)"),
    ("set", "ok"),
    ("delete", "ok(true)"),
    ("exists", "ok(true)"),
    ("list-keys", "ok({keys: [], next-cursor: none})"),
    ("usage", "ok({used-bytes: 0, max-bytes: 0, keys: 0})"),
    ("spawn-process", "ok(1)"),
    ("send-message", "ok"),
    ("send-request", "ok(\"r\")"),
    ("call-host-function", "ok([85])"),
];

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "acts-on-what-it-denies",
        wrong: "It decides that an access is denied, and lets it happen.",
        violates: &[
            "perm.gate-order",
            "perm.universal-linker",
            "perm.fs.star-one-segment",
            "perm.fs.globstar",
            "perm.fs.links",
            "perm.fs.actions-separate",
            "perm.fs.special",
            "perm.net.private",
            "perm.net.redirects",
            "perm.storage.namespace",
            "perm.revocation",
            "storage.isolated",
            "msg.grants",
        ],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.contains(" -> err(permission-denied(")) {
                let call = line.split(" -> ").next().unwrap_or_default().to_owned();
                if let Some((_, result)) = GATED.iter().find(|(function, _)| *function == call) {
                    *line = format!("{call} -> {result}");
                }
            }
        }),
    },
    Fault {
        name: "denies-whatever-is-granted",
        wrong: "It denies every access, granted or not.",
        violates: &[
            "perm.fs.star-one-segment",
            "perm.fs.globstar",
            "perm.fs.normalise",
            "perm.linear-time",
            "perm.net.subdomain",
            "perm.net.one-parse",
            "perm.net.ip-forms",
            "perm.introspection",
            "msg.delivery",
        ],
        bend: Bend::Lines(|lines| {
            for (function, _) in GATED {
                edit::answer(lines, &format!("{function} -> ok"), "err(permission-denied(\"no\"))");
            }
        }),
    },
    Fault {
        name: "traps-where-it-denies",
        wrong: "It ends a component that asks for what it is not granted.",
        violates: &["perm.denial-explains", "perm.universal-linker"],
        bend: Bend::Reply(|reply| {
            if let Reply::Returned { output, .. } = reply
                && edit::find(&output.0, b"-> err(permission-denied(").is_some()
            {
                *reply = Reply::Trapped { kind: TrapKind::Unreachable };
            }
        }),
    },
    Fault {
        name: "denies-without-a-word",
        wrong: "It does not say which line of the manifest would grant what it denies.",
        violates: &["perm.denial-explains"],
        bend: Bend::Reply(|reply| {
            edit::output(reply, |output| {
                while let Some(at) = edit::find(output, b"add ") {
                    output.drain(at..at + 4);
                }
                while let Some(at) = edit::find(output, b"capabilities.") {
                    output.drain(at..at + 13);
                }
            });
        }),
    },
    Fault {
        name: "tells-what-is-not-there",
        wrong: "It answers `not-found` for a denied path or key at which nothing is.",
        violates: &["perm.no-oracle"],
        bend: Bend::Lines(|lines| edit::err(lines, "permission-denied", "err(not-found(\"nothing is there\"))")),
    },
    Fault {
        name: "accepts-broken-paths",
        wrong: "It looks for a file at a path that is relative, empty or too long, instead of refusing the path.",
        violates: &["perm.fs.normalise"],
        bend: Bend::Lines(|lines| edit::err(lines, "invalid-path", "err(not-found(\"nothing is there\"))")),
    },
    Fault {
        name: "acts-before-it-decides",
        wrong: "It creates a file and then asks whether it may.",
        violates: &["perm.gate-order", "perm.fs.root", "perm.fs.links", "perm.fs.special"],
        bend: Bend::Reply(|reply| {
            if let Reply::File { state } = reply {
                match state {
                    FileState::Directory(names) => names.insert(0, "!".to_owned()),
                    FileState::Absent => *state = FileState::Content(Default::default()),
                    _ => {}
                }
            }
        }),
    },
    Fault {
        name: "removes-what-links-lead-to",
        wrong: "It puts a file in the place of the link that it should have written through, or refused.",
        violates: &["perm.fs.links"],
        bend: Bend::Reply(|reply| {
            if let Reply::File { state: state @ FileState::Link(_) } = reply {
                *state = FileState::Content(Default::default());
            }
        }),
    },
    Fault {
        name: "opens-doors-for-wasi",
        wrong: "It gives a component that uses WASI a directory of the host and a network.",
        violates: &["perm.wasi-closed"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut() {
                for (function, open) in [
                    ("get-directories", "[(3, \"/\")]"),
                    ("create-tcp-socket", "ok(3)"),
                    ("create-udp-socket", "ok(3)"),
                    ("get-environment", "[(\"HOME\", \"/root\")]"),
                ] {
                    edit::answer(std::slice::from_mut(line), &format!("{function} -> "), open);
                }
            }
        }),
    },
];

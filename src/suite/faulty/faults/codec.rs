//! Runtimes that mistake what a payload begins with.

use crate::contract::multicodec;
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{Reply, Stimulus};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "checks-no-prefix",
        wrong: "It calls a component with payloads whose prefix is broken.",
        violates: &["codec.prefix"],
        bend: Bend::Replies(|| Box::new(|stimulus, reply| let_pass(stimulus, reply, "malformed-multicodec"))),
    },
    Fault {
        name: "ignores-declared-codecs",
        wrong: "It calls a component with payloads of codecs that it does not declare.",
        violates: &["codec.declared"],
        bend: Bend::Replies(|| Box::new(|stimulus, reply| let_pass(stimulus, reply, "unsupported-codec"))),
    },
    Fault {
        name: "calls-every-codec-undeclared",
        wrong: "It answers `unsupported-codec` where a prefix is broken.",
        violates: &["codec.prefix"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| edit::err(lines, "malformed-multicodec", "err(unsupported-codec(0))"));
                if let Reply::Rejected { code } = reply
                    && code == "malformed-multicodec"
                {
                    *code = "unsupported-codec".to_owned();
                }
            })
        }),
    },
    Fault {
        name: "answers-without-a-prefix",
        wrong: "It takes the prefix off what a component answers.",
        violates: &["lifecycle.execute-verbatim", "codec.prefix", "codec.declared"],
        bend: Bend::Reply(|reply| {
            edit::output(reply, |output| {
                if let Ok((_, data)) = multicodec::split(output) {
                    *output = data.to_vec();
                }
            });
        }),
    },
    Fault {
        name: "writes-json-as-two-bytes",
        wrong: "It writes the code of a codec as a number of two bytes, so that json is `02 00`.",
        violates: &["codec.prefix", "codec.round-trip"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.contains(" -> ")) {
                *line = line.replace("[128, 4, ", "[2, 0, ").replace("[129, 4, ", "[2, 1, ");
            }
        }),
    },
    Fault {
        name: "encodes-known-codecs-alone",
        wrong: "It does not prefix data with a code that it does not know.",
        violates: &["codec.round-trip"],
        bend: Bend::Lines(|lines| {
            let known = ["[85,", "[80,", "[81,", "[128, 4,", "[129, 4,", "[148, 2,", "[129, 14,", "[130, 14,"];
            for line in lines.iter_mut() {
                if let Some(bytes) = line.strip_prefix("encode -> ")
                    && !known.iter().any(|start| bytes.starts_with(start))
                {
                    *line = "encode -> []".to_owned();
                }
            }
        }),
    },
    Fault {
        name: "decodes-anything",
        wrong: "It decodes payloads of codes that it does not know.",
        violates: &["codec.round-trip"],
        bend: Bend::Lines(|lines| edit::err(lines, "unknown-codec", "ok({codec: 0, data: []})")),
    },
    Fault {
        name: "swaps-cbor-and-protobuf",
        wrong: "It takes cbor for protobuf.",
        violates: &["codec.round-trip"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.contains(" -> ")) {
                *line = line.replace("codec: 81", "codec: 80").replace("[81, ", "[80, ");
            }
        }),
    },
];

/// Acts as if the guest had been called, instead of rejecting with that code.
fn let_pass(stimulus: &Stimulus, reply: &mut Reply, rejected: &str) {
    let called = [Reply::Returned { output: Default::default(), fuel: None }, Reply::Done];
    if matches!(reply, Reply::Rejected { code } if code == rejected)
        && let Some(called) = called.into_iter().find(|called| called.may_answer(stimulus))
    {
        *reply = called;
    }
    edit::lines(reply, |lines| edit::err(lines, rejected, "ok"));
}

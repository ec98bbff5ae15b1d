//! Runtimes that load, call and end components wrongly.

use crate::contract::multicodec::{self, Codec};
use crate::contract::{LoadCode, Phase, State};
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{Leaks, Reply, Stimulus};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "swallows-refusals",
        wrong: "It says that a component is loaded whose load was refused.",
        violates: &["lifecycle.load-atomic", "version.checked-first", "manifest.strict", "perm.policy-modes"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if let (Stimulus::Load(load), Reply::Refused { .. }) = (stimulus, &*reply) {
                    *reply = Reply::Loaded { component: load.directory.clone() };
                }
            })
        }),
    },
    Fault {
        name: "has-no-room",
        wrong: "It loads nothing, because it finds no room for an instance.",
        violates: &["lifecycle.metadata-first", "version.checked-first"],
        bend: Bend::Replies(|| edit::refusing(|_| true, LoadCode::ResourceExhausted)),
    },
    Fault {
        name: "names-the-wrong-phase",
        wrong: "It says of every refusal that it came of `init`.",
        violates: &["lifecycle.load-atomic", "manifest.first", "lifecycle.metadata-first", "limits.compile"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { phase, .. } = reply {
                *phase = Phase::Init;
            }
        }),
    },
    Fault {
        name: "names-the-first-code-of-the-phase",
        wrong: "It has one code for every phase in which a load may fail.",
        violates: &["lifecycle.load-atomic", "version.explains", "manifest.strict", "perm.net.subdomain"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { phase, code, .. } = reply {
                let first = LoadCode::ALL.iter().find(|code| code.phase() == *phase);
                *code = first.copied().unwrap_or(*code);
            }
        }),
    },
    Fault {
        name: "leaves-what-it-refused",
        wrong: "It keeps the instance of a component whose load was refused.",
        violates: &["lifecycle.load-atomic"],
        bend: Bend::Replies(|| {
            let mut left = 0;
            Box::new(move |_, reply| match reply {
                Reply::Refused { .. } => left += 1,
                Reply::Inspection(inspection) => inspection.instances += left,
                _ => {}
            })
        }),
    },
    Fault {
        name: "tells-of-loads-that-were-refused",
        wrong: "It tells of a load before it is known whether it succeeds.",
        violates: &["lifecycle.load-atomic", "perm.policy-modes"],
        bend: Bend::Reply(|reply| {
            edit::events(reply, |events| {
                for event in events.iter_mut().filter(|event| event.get("event").is_some_and(|is| is == "load-failed"))
                {
                    event.insert("event".to_owned(), "loaded".into());
                }
            });
        }),
    },
    Fault {
        name: "initialises-twice",
        wrong: "It calls `init` of an instance twice.",
        violates: &["lifecycle.init-once"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::lines(reply, |lines| {
                    if let Some(at) = lines.iter().position(|line| line == "init") {
                        lines.insert(at, "init".to_owned());
                    }
                });
                edit::number(reply, |number| number + 1);
            })
        }),
    },
    Fault {
        name: "believes-metadata",
        wrong: "It does not hold what `metadata` returns against the manifest.",
        violates: &["lifecycle.metadata-first"],
        bend: Bend::Reply(|reply| {
            if matches!(reply, Reply::Refused { code: LoadCode::MetadataMismatch, .. }) {
                *reply = Reply::Loaded { component: "a".to_owned() };
            }
        }),
    },
    Fault {
        name: "cuts-answers",
        wrong: "It loses the last byte of what `execute` returns.",
        violates: &["lifecycle.execute-verbatim", "limits.hostcall", "limits.stack", "limits.neighbours"],
        bend: Bend::Reply(|reply| edit::output(reply, |output| output.truncate(output.len().saturating_sub(1)))),
    },
    Fault {
        name: "adds-a-prefix",
        wrong: "It puts the prefix of raw bytes before an answer that has none.",
        violates: &["lifecycle.execute-verbatim"],
        bend: Bend::Reply(|reply| {
            edit::output(reply, |output| {
                if multicodec::split(output).is_err() {
                    *output = multicodec::join(Codec::Raw.code(), output);
                }
            });
        }),
    },
    Fault {
        name: "loses-the-context",
        wrong: "It gives `execute` no caller, request, deadline or trace.",
        violates: &["lifecycle.execute-verbatim"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "context.caller -> ", "host");
            edit::answer(lines, "context.request-id -> ", "\"\"");
            edit::answer(lines, "context.timeout-ms -> ", "0");
            edit::answer(lines, "context.trace-context -> ", "none");
        }),
    },
    Fault {
        name: "flattens-errors",
        wrong: "It answers every error of a guest with `internal-error`.",
        violates: &["lifecycle.execute-errors"],
        bend: Bend::Reply(|reply| {
            if let Reply::Failed(failure) = reply {
                failure.case = "internal-error".to_owned();
            }
        }),
    },
    Fault {
        name: "drops-what-errors-say",
        wrong: "It passes on which error a guest answered, and not its text or number.",
        violates: &["lifecycle.execute-errors", "lifecycle.shutdown"],
        bend: Bend::Reply(|reply| {
            if let Reply::Failed(failure) = reply {
                failure.value = serde_json::Value::Null;
            }
        }),
    },
    Fault {
        name: "has-one-code-for-what-is-not-there",
        wrong: "It answers `not-found` for a component that is loaded and does not run.",
        violates: &["lifecycle.not-running", "lifecycle.states"],
        bend: Bend::Reply(|reply| {
            if let Reply::Rejected { code } = reply
                && code == "not-running"
            {
                *code = "not-found".to_owned();
            }
        }),
    },
    Fault {
        name: "answers-for-the-unknown",
        wrong: "It says done of what it is asked to do with a component that it does not know.",
        violates: &["lifecycle.not-running"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if matches!(reply, Reply::Rejected { .. }) && Reply::Done.may_answer(stimulus) {
                    *reply = Reply::Done;
                }
            })
        }),
    },
    Fault {
        name: "shuts-down-twice",
        wrong: "It calls `shutdown` of an instance twice.",
        violates: &["lifecycle.shutdown"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| {
                if let Some(at) = records.iter().position(|record| record.message == "shutdown") {
                    records.insert(at, records[at].clone());
                }
            });
        }),
    },
    Fault {
        name: "ends-without-shutdown",
        wrong: "It ends an instance without calling its `shutdown`.",
        violates: &["lifecycle.shutdown"],
        bend: Bend::Reply(|reply| {
            edit::logs(reply, |records| records.retain(|record| record.message != "shutdown"));
        }),
    },
    Fault {
        name: "keeps-ended-instances",
        wrong: "It keeps the memory of instances that have ended.",
        violates: &["isolation.trap", "lifecycle.shutdown", "lifecycle.states"],
        bend: Bend::Reply(|reply| {
            edit::inspection(reply, |inspection| {
                inspection.instances += 1;
                inspection.memory_bytes += 1 << 30;
            });
        }),
    },
    Fault {
        name: "leaves-tasks-behind",
        wrong: "It leaves a task of a component running when it has ended itself.",
        violates: &[],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if *stimulus == Stimulus::CaseEnd {
                    *reply = Reply::Ended(Leaks { tasks: 1, ..Leaks::default() });
                }
            })
        }),
    },
    Fault {
        name: "says-that-all-is-running",
        wrong: "It reports every component as running.",
        violates: &["lifecycle.states", "lifecycle.shutdown", "supervision.intensity"],
        bend: Bend::Reply(|reply| edit::components(reply, |component| component.state = State::Running)),
    },
    Fault {
        name: "forgets-changes-of-state",
        wrong: "It tells of no change of state.",
        violates: &["lifecycle.states"],
        bend: Bend::Reply(|reply| edit::forget_events(reply, "state-changed")),
    },
    Fault {
        name: "calls-everybody-healthy",
        wrong: "It answers that a component is healthy without asking it.",
        violates: &["lifecycle.health"],
        bend: Bend::Reply(|reply| {
            if let Reply::Health { healthy, .. } = reply {
                *healthy = true;
            }
        }),
    },
    Fault {
        name: "calls-everybody-ill",
        wrong: "It answers that a component is unhealthy until it has shown the opposite.",
        violates: &["lifecycle.health"],
        bend: Bend::Reply(|reply| {
            if let Reply::Health { healthy, .. } = reply {
                *healthy = false;
            }
        }),
    },
    Fault {
        name: "gives-no-reason",
        wrong: "It does not say why a component is unhealthy.",
        violates: &["lifecycle.health"],
        bend: Bend::Reply(|reply| {
            if let Reply::Health { reason, .. } = reply {
                *reason = None;
            }
        }),
    },
    Fault {
        name: "calls-ill-health-an-error",
        wrong: "It rejects a question for the health of a component whose `health` fails.",
        violates: &["lifecycle.health"],
        bend: Bend::Reply(|reply| {
            if matches!(reply, Reply::Health { healthy: false, .. }) {
                *reply = Reply::Rejected { code: "internal-error".to_owned() };
            }
        }),
    },
];

//! Runtimes that handle traps and restarts wrongly.

use crate::contract::{State, TrapKind};
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{GuestFailure, Reply};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "hides-traps",
        wrong: "It answers a trap as if the guest had answered an error.",
        violates: &["isolation.trap", "limits.fuel", "limits.stack"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                let error = Reply::Failed(GuestFailure { case: "internal-error".to_owned(), value: "trap".into() });
                if matches!(reply, Reply::Trapped { .. }) && error.may_answer(stimulus) {
                    *reply = error;
                }
            })
        }),
    },
    Fault {
        name: "mixes-up-traps",
        wrong: "It knows two kinds of traps: `unreachable`, and `host-limit` for all others.",
        violates: &["isolation.trap", "limits.fuel", "limits.stack"],
        bend: Bend::Reply(|reply| {
            if let Reply::Trapped { kind } = reply {
                *kind = if *kind == TrapKind::Unreachable { *kind } else { TrapKind::HostLimit };
            }
        }),
    },
    Fault {
        name: "keeps-trapped-instances",
        wrong: "It goes on with the instance that trapped, and all that was in its memory.",
        violates: &["isolation.fresh"],
        bend: Bend::Replies(|| {
            let mut trapped = false;
            Box::new(move |_, reply| {
                trapped |= matches!(reply, Reply::Trapped { .. });
                if trapped {
                    edit::number(reply, |number| number + 1);
                }
            })
        }),
    },
    Fault {
        name: "loses-memory-between-calls",
        wrong: "It makes an instance anew for every call, of stateful components as well.",
        violates: &["isolation.fresh"],
        bend: Bend::Reply(|reply| edit::number(reply, |number| number.min(1))),
    },
    Fault {
        name: "never-restarts",
        wrong: "It leaves a component failed after its first trap.",
        violates: &["isolation.trap"],
        bend: Bend::Reply(|reply| {
            edit::components(reply, |component| {
                if component.restarts > 0 {
                    (component.restarts, component.state) = (0, State::Failed);
                }
            });
        }),
    },
    Fault {
        name: "restarts-for-ever",
        wrong: "It restarts a component however often it fails.",
        violates: &["supervision.intensity", "isolation.trap"],
        bend: Bend::Reply(|reply| {
            edit::components(reply, |component| {
                if component.state == State::Failed {
                    (component.state, component.restarts) = (State::Running, component.restarts + 1);
                }
            });
        }),
    },
    Fault {
        name: "counts-no-restarts",
        wrong: "It does not count restarts.",
        violates: &["isolation.trap", "supervision.intensity", "msg.at-most-once"],
        bend: Bend::Reply(|reply| edit::components(reply, |component| component.restarts = 0)),
    },
    Fault {
        name: "tells-of-no-traps",
        wrong: "It tells nobody that a component trapped.",
        violates: &["isolation.trap"],
        bend: Bend::Reply(|reply| edit::forget_events(reply, "trapped")),
    },
    Fault {
        name: "calls-a-deadline-a-trap",
        wrong: "It answers a call past its deadline with a trap.",
        violates: &["limits.deadline", "time.sleep"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                let trap = Reply::Trapped { kind: TrapKind::Deadline };
                let late = matches!(reply, Reply::Rejected { code } if code == "timeout-exceeded");
                if late && trap.may_answer(stimulus) {
                    *reply = trap;
                }
            })
        }),
    },
];

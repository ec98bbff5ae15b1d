//! Runtimes that do not bound what they should.

use crate::contract::{LoadCode, Phase};
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{Reply, Stimulus};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "ignores-the-operators-limits",
        wrong: "It runs components by its own defaults, whatever limits the operator sets.",
        violates: &["limits.compile", "msg.request-cap", "limits.hostcall"],
        bend: Bend::Stimuli(|stimulus| edit::world(stimulus, |world| world.limits.clear())),
    },
    Fault {
        name: "grows-past-the-maximum",
        wrong: "It lets memories and tables grow past the component's maximum.",
        violates: &["limits.memory"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "grow-memory -> -1", "1");
            edit::answer(lines, "grow-table -> -1", "1");
        }),
    },
    Fault {
        name: "does-not-grow",
        wrong: "It lets no memory grow.",
        violates: &["limits.memory"],
        bend: Bend::Lines(|lines| edit::answer(lines, "grow-memory -> ", "-1")),
    },
    Fault {
        name: "loads-what-is-too-large",
        wrong: "It loads components of any size, with memories of any size.",
        violates: &["limits.memory", "limits.compile"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if let (Stimulus::Load(load), Reply::Refused { code, .. }) = (stimulus, &*reply)
                    && [LoadCode::MemoryExceedsLimit, LoadCode::ComponentTooLarge].contains(code)
                {
                    *reply = Reply::Loaded { component: load.directory.clone() };
                }
            })
        }),
    },
    Fault {
        name: "uses-other-fuel-each-time",
        wrong: "It counts fuel by the time that a call takes.",
        violates: &["limits.fuel"],
        bend: Bend::Replies(|| {
            let mut calls = 0;
            Box::new(move |_, reply| {
                if let Reply::Returned { fuel: Some(fuel), .. } = reply {
                    calls += 1;
                    *fuel += calls;
                }
            })
        }),
    },
    Fault {
        name: "meters-nothing",
        wrong: "It lets a call use any amount of fuel.",
        violates: &["limits.fuel"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                let empty = Reply::Returned { output: Default::default(), fuel: None };
                let out = matches!(reply, Reply::Trapped { kind: crate::contract::TrapKind::OutOfFuel });
                if out && empty.may_answer(stimulus) {
                    *reply = empty;
                }
            })
        }),
    },
    Fault {
        name: "ends-itself-with-a-stack",
        wrong: "It cannot survive a component that exhausts its stack, and is started again with nothing in it.",
        violates: &["limits.stack"],
        bend: Bend::Replies(|| {
            let mut gone = false;
            Box::new(move |stimulus, reply| {
                gone |= matches!(reply, Reply::Trapped { kind: crate::contract::TrapKind::StackOverflow });
                let lost = Reply::Rejected { code: "not-found".to_owned() };
                if gone && lost.may_answer(stimulus) {
                    *reply = lost;
                }
            })
        }),
    },
    Fault {
        name: "takes-anything-from-guests",
        wrong: "It copies whatever a guest passes to it, however large.",
        violates: &["limits.hostcall"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                let empty = Reply::Returned { output: Default::default(), fuel: None };
                let limited = matches!(reply, Reply::Trapped { kind: crate::contract::TrapKind::HostLimit });
                if limited && empty.may_answer(stimulus) {
                    *reply = empty;
                }
            })
        }),
    },
    Fault {
        name: "shares-its-time",
        wrong: "It lets a component that spins keep its neighbours waiting until their requests are over.",
        violates: &["limits.neighbours"],
        bend: Bend::Replies(|| {
            let mut spins = false;
            Box::new(move |stimulus, reply| {
                spins |= matches!(stimulus, Stimulus::Begin { .. });
                let late = Reply::Rejected { code: "timeout-exceeded".to_owned() };
                if spins && matches!(reply, Reply::Returned { .. }) && late.may_answer(stimulus) {
                    *reply = late;
                }
            })
        }),
    },
    Fault {
        name: "gives-init-half-its-time",
        wrong: "It gives `init` half a second where nobody has set another limit.",
        violates: &["lifecycle.init-once"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| {
                world.limits.entry("init-ms".to_owned()).or_insert(500);
            })
        }),
    },
    Fault {
        name: "initialises-for-ever",
        wrong: "It waits for `init`, `metadata` and start functions as long as they take.",
        violates: &["lifecycle.init-once"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if let (Stimulus::Load(load), Reply::Refused { code, .. }) = (stimulus, &*reply)
                    && [LoadCode::InitTimeout, LoadCode::MetadataTimeout, LoadCode::InstantiationTimeout].contains(code)
                {
                    *reply = Reply::Loaded { component: load.directory.clone() };
                }
                if let Reply::Refused { phase: phase @ Phase::Init, code: code @ LoadCode::InitTimeout, .. } = reply {
                    (*phase, *code) = (Phase::Init, LoadCode::InitFailed);
                }
            })
        }),
    },
    Fault {
        name: "matches-in-exponential-time",
        wrong: "It tries every way in which the stars of a pattern may match, and runs past the deadline of the call.",
        violates: &["perm.linear-time"],
        bend: Bend::Replies(|| {
            let mut stars = false;
            Box::new(move |stimulus, reply| {
                if let Stimulus::CaseBegin(world) = stimulus {
                    let many = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'*').count() > 100;
                    stars = world.files.iter().any(|file| edit::is_manifest(&file.path) && many(&file.bytes.0));
                }
                if stars && matches!(reply, Reply::Returned { .. }) {
                    *reply = Reply::Rejected { code: "timeout-exceeded".to_owned() };
                }
            })
        }),
    },
];

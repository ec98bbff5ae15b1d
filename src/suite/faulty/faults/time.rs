//! Runtimes with a wrong clock.

use crate::suite::faulty::{Bend, Fault, Sent, edit};
use crate::suite::protocol::{Reply, Stimulus};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "tells-the-time-of-its-start",
        wrong: "It tells components the time at which it was started.",
        violates: &["time.clock", "time.nanos"],
        bend: Bend::Replies(|| {
            let mut start = 0;
            Box::new(move |stimulus, reply| {
                if let Stimulus::CaseBegin(world) = stimulus {
                    start = world.now_ms;
                }
                edit::lines(reply, |lines| {
                    edit::answer(lines, "current-time-millis -> ", &start.to_string());
                    edit::answer(lines, "current-time-nanos -> ", &format!("{start}000000"));
                });
            })
        }),
    },
    Fault {
        name: "steps-back",
        wrong: "It follows a clock that is set back by a second while a component runs.",
        violates: &["time.clock", "time.nanos"],
        bend: Bend::Lines(|lines| {
            back(lines, "current-time-millis -> ", 1_000);
            back(lines, "current-time-nanos -> ", 1_000_000_000);
        }),
    },
    Fault {
        name: "counts-microseconds",
        wrong: "It gives microseconds where nanoseconds are asked for.",
        violates: &["time.nanos"],
        bend: Bend::Lines(|lines| {
            for line in lines.iter_mut().filter(|line| line.starts_with("current-time-nanos -> ")) {
                line.truncate(line.len().saturating_sub(3));
            }
        }),
    },
    Fault {
        name: "goes-twice-as-fast",
        wrong: "Its clock goes twice as fast as it should.",
        violates: &["time.clock", "limits.deadline"],
        bend: Bend::Stimuli(|stimulus| match stimulus {
            Stimulus::Advance { ms } if *ms > 0 => Sent::Other(Stimulus::Advance { ms: ms.saturating_mul(2) }),
            _ => Sent::Same,
        }),
    },
    Fault {
        name: "sleeps-past-deadlines",
        wrong: "It lets a component sleep as long as it likes, whatever its deadline.",
        violates: &["time.sleep", "limits.deadline"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                let late = matches!(reply, Reply::Rejected { code } if code == "timeout-exceeded");
                let answer = Reply::Returned { output: Default::default(), fuel: None };
                if late && answer.may_answer(stimulus) {
                    *reply = answer;
                }
            })
        }),
    },
];

/// Sets back the last time that was told.
fn back(lines: &mut [String], begins: &str, by: u128) {
    if let Some(line) = lines.iter_mut().rfind(|line| line.starts_with(begins))
        && let Some(time) = line.strip_prefix(begins).and_then(|time| time.parse::<u128>().ok())
    {
        *line = format!("{begins}{}", time.saturating_sub(by));
    }
}

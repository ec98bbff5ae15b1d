//! Runtimes that do not hold the processes of their components.

use crate::suite::faulty::{Bend, Fault, edit};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "keeps-processes",
        wrong: "It leaves child processes running when their component has ended.",
        violates: &["process.isolated"],
        bend: Bend::Reply(|reply| edit::inspection(reply, |inspection| inspection.processes += 1)),
    },
    Fault {
        name: "gives-processes-its-environment",
        wrong: "It gives child processes its own environment, and a component what is in it.",
        violates: &["process.isolated"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "get-env -> none", "some(\"/root\")");
            for line in lines.iter_mut().filter(|line| line.starts_with("wait-process -> ok(")) {
                *line = line.replace("stdout: [", "stdout: [72, 79, 77, 69, 61, ").replace(", ]", "]");
            }
        }),
    },
    Fault {
        name: "takes-handles-of-others",
        wrong: "It lets a component wait for and kill a process by any number.",
        violates: &["process.isolated"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "kill-process -> err(invalid-handle", "ok");
            edit::answer(lines, "wait-process -> err(invalid-handle", "ok({exit-code: 0, stdout: [], stderr: []})");
        }),
    },
];

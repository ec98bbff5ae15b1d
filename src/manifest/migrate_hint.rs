//! Recognises the forms of earlier drafts by their key paths, to point at their conversion.

use super::sink::Problem;

/// Keys that earlier drafts had where the schema has others.
const OLD: &[&str] = &[
    "permissions",
    "metadata",
    "dependencies",
    "capabilities",
    "capabilities.required",
    "capabilities.optional",
    "capabilities.filesystem",
    "capabilities.network[0]",
    "runtime.memory-min",
    "runtime.memory-max",
    "runtime.memory-preferred",
    "runtime.timeout-ms",
];

/// How to convert what an earlier draft allowed.
pub(super) const HELP: &str = "a form of an earlier draft: convert it with `airssys-wasm manifest migrate DIR`";

/// `problem`, with the way out if the key at `path` is of an earlier draft.
pub(super) fn attach(path: &str, problem: Problem) -> Problem {
    if OLD.contains(&path) { problem.help(HELP) } else { problem }
}

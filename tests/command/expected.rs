//! Lists of expected failures: what they make of a run, and what `--update` makes of them.

use std::fs;

use rstest::rstest;

use super::{PASSES, fails, run, said, with};

/// What a list of expected failures makes of a case that fails and one that passes: the exit code, the last line, what is
/// said of the list.
#[rstest]
#[case::by_name(&[("time/bad", "")], 0, "1 passed, 0 failed, 1 failed as expected", "")]
#[case::by_pattern(&[("time/b*", "")], 0, "1 passed, 0 failed, 1 failed as expected", "")]
#[case::not_yet_expired(&[("time/bad", "2999-01-01")], 0, "1 passed, 0 failed, 1 failed as expected", "")]
#[case::another_passes(&[("time/bad", ""), ("time/good", "")], 1, "0 passed, 1 failed, 1 failed as expected", "")]
#[case::only_the_one_that_passes(&[("time/good", "")], 1, "0 passed, 2 failed", "")]
#[case::a_pattern_that_is_too_wide(&[("time/*d", "")], 1, "0 passed, 1 failed, 1 failed as expected", "")]
#[case::nothing_listed(&[], 1, "1 passed, 1 failed", "")]
#[case::not_of_this_run(&[("time/bad", ""), ("lifecycle/init-once", "")], 0, "1 passed, 0 failed, 1 failed as expected", "")]
#[case::no_such_case(
    &[("time/bad", ""), ("time/nope", "")],
    1,
    "1 passed, 0 failed, 1 failed as expected, 1 stale in the list",
    "stale: list:4: `time/nope`: there is no such case: take the entry off the list\n"
)]
#[case::expired(
    &[("time/bad", "2001-01-01")],
    1,
    "1 passed, 1 failed, 1 stale in the list",
    "stale: list:1: `time/bad`: expired on 2001-01-01: mend the runtime, or say why it takes longer\n"
)]
fn expected_failures(#[case] list: &[(&str, &str)], #[case] code: i32, #[case] last: &str, #[case] stale: &str) {
    let list: String = list.iter().map(|(case, expires)| entry(case, expires)).collect();
    let dir = with_good_and_bad(&list);
    let output = run(dir.path(), GOOD_AND_BAD);
    let (status, text, errors) = said(&output);
    assert_eq!((status, text.lines().last(), errors), (Some(code), Some(last), stale), "{text}");
    let told = "xpass time/good\n    passes, although the list of expected failures names it: take it off the list\n";
    assert_eq!(text.contains(told), list.contains("good") || list.contains("*d"), "{text}");
}

const GOOD_AND_BAD: &[&str] =
    &["suite", "run", "time/good", "time/bad", "--cases", "cases", "--expected-failures", "list"];

fn entry(case: &str, expires: &str) -> String {
    let expires = if expires.is_empty() { String::new() } else { format!("expires = {expires}\n") };
    format!("[[failure]]\ncase = \"{case}\"\nreason = \"not yet\"\n{expires}")
}

/// A case that passes, one that does not, and a list.
fn with_good_and_bad(list: &str) -> tempfile::TempDir {
    with(&[
        ("cases/time/good.toml", PASSES.as_bytes()),
        ("cases/time/bad.toml", fails().as_bytes()),
        ("list", list.as_bytes()),
    ])
}

/// What an update makes of a list.
#[rstest]
#[case::of_nothing(
    "",
    "[[failure]]\ncase = \"time/bad\"\nreason = \"to be explained: step 2: expected json:[], got json:{}\"\n"
)]
#[case::what_is_right_stays(
    "# ours\n[[failure]]\ncase = \"time/bad\" # bad\nreason = \"not yet\"\n",
    "# ours\n[[failure]]\ncase = \"time/bad\" # bad\nreason = \"not yet\"\n"
)]
#[case::what_passes_goes(
    "[[failure]]\ncase = \"time/good\"\nreason = \"a\"\n\n[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n",
    "\n[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n"
)]
#[case::a_pattern_that_is_too_wide_becomes_names(
    "[[failure]]\ncase = \"time/*d\"\nreason = \"a\"\n",
    "[[failure]]\ncase = \"time/bad\"\nreason = \"a\"\n"
)]
#[case::what_was_not_run_stays(
    "[[failure]]\ncase = \"config/*\"\nreason = \"a\"\n[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n",
    "[[failure]]\ncase = \"config/*\"\nreason = \"a\"\n[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n"
)]
#[case::what_names_nothing_goes(
    "[[failure]]\ncase = \"time/nope\"\nreason = \"a\"\n[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n",
    "[[failure]]\ncase = \"time/bad\"\nreason = \"b\"\n"
)]
fn an_update_of_expected_failures(#[case] list: &str, #[case] updated: &str) {
    let dir = with_good_and_bad(list);
    let output = run(dir.path(), &[GOOD_AND_BAD, &["--update"]].concat());
    let (status, text, errors) = said(&output);
    let last = "1 passed, 0 failed, 1 failed as expected";
    assert_eq!((status, text.lines().last(), errors), (Some(0), Some(last), ""), "{text}");
    assert_eq!(fs::read_to_string(dir.path().join("list")).unwrap(), updated);
    // And now it holds.
    assert_eq!(said(&run(dir.path(), GOOD_AND_BAD)).0, Some(0));
}

#[rstest]
#[case("time/nope\n", "error: list:1: ")]
#[case(
    "[[failure]]\ncase = \"a\"\n",
    "error: list:1: missing field `reason`; an entry is `[[failure]]` with `case`, `reason` and, "
)]
#[case("\n[[failure]]\ncase = \"a\"\nreason = \" \"\n", "error: list:2: `a` needs a reason\n")]
#[case(
    "\n[[failure]]\ncase = \"a[\"\nreason = \"b\"\n",
    "error: list:2: `a[` is no pattern: invalid range pattern, at character 2\n"
)]
#[case(
    "[[failure]]\ncase = \"a\"\nreason = \"b\"\nexpires = 10:00:00\n",
    "error: list:1: `expires` must be a date like 2027-06-30, not 10:00:00\n"
)]
#[case("[[failure]]\ncase = \"a\"\nreason = \"b\"\nuntil = 1\n", "error: list:4: unknown field `until`, ")]
fn a_list_of_expected_failures_must_be_understood(#[case] list: &str, #[case] error: &str) {
    let dir = with(&[("list", list.as_bytes())]);
    let output = run(dir.path(), &["suite", "run", "config", "--expected-failures", "list"]);
    let (code, text, errors) = said(&output);
    assert_eq!((code, text, errors.starts_with(error)), (Some(2), "", true), "{errors}");
}

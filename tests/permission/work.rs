//! How much a decision takes, in steps rather than in time.

use airssys_wasm::permission::{Access, FourAction, PathPattern};
use rstest::rstest;

use super::{of, reading};

/// Double the path, double the work; and never more than each character against each token.
#[rstest]
#[case(&format!("/{}b", "*a".repeat(34)), |length| format!("/{}", "a".repeat(length)))]
#[case(&format!("/{}b", "a*".repeat(34)), |length| format!("/{}", "a".repeat(length)))]
#[case(&format!("/{}b", "{a,a*,?}".repeat(34)), |length| format!("/{}", "a".repeat(length)))]
#[case(&format!("{}/b", "/**/a".repeat(13)), |length| "/a".repeat(length / 2))]
#[case(&format!("{}/b", "/**/*a*".repeat(13)), |length| "/a".repeat(length / 2))]
fn matching_is_linear_in_the_path(#[case] pattern: &str, #[case] path: fn(usize) -> String) {
    let compiled = PathPattern::new(pattern).unwrap();
    let steps = |length: usize| {
        let (matched, steps) = compiled.matches_in(&path(length));
        assert!(!matched);
        steps
    };
    let (half, whole) = (steps(2000), steps(4000));
    assert!(half >= 1000, "{half} steps: what is not counted is not bounded");
    assert!(whole <= half * 9 / 4, "{half} steps, then {whole}");
    assert!(whole <= 2 * 4000 * pattern.len() as u64, "{whole} steps");
}

/// Of ten thousand patterns, a decision looks at those that the path leads to.
#[rstest]
#[case(|n| format!("/data/d{n}/file"), "/data/d777/file", "/data/d777/other")]
#[case(|n| format!("/data/d{n}/**"), "/data/d777/x/y", "/data/none/x")]
#[case(|n| format!("/data/{n:05}*"), "/data/00777x", "/data/x0777x")]
#[case(|n| format!("/data/*.ext{n}"), "/data/a.ext777", "/data/a.other")]
#[case(|n| format!("/data/**/name{n}"), "/data/a/b/name777", "/data/a/b/other")]
#[case(|n| format!("/data/*/d{n}/f.txt"), "/data/a/d777/f.txt", "/data/a/none/f.txt")]
#[case(|n| format!("/data/*/d{n}/**/*.log"), "/data/a/d777/b/c.log", "/data/a/none/b/c.log")]
#[case(|n| format!("/data/?/*/d{n}/**"), "/data/a/b/d777/c", "/data/a/b/none/c")]
#[case(|n| format!("/data/a/b/c/d{n}"), "/data/a/b/c/d777", "/data/a/b/none")]
fn many_patterns_cost_as_much_as_one(#[case] pattern: fn(usize) -> String, #[case] path: &str, #[case] other: &str) {
    let all: Vec<String> = (0..10_000).map(pattern).collect();
    let many = of(&reading(&all.iter().map(String::as_str).collect::<Vec<_>>()));
    let one = of(&reading(&[&pattern(777)]));
    for (path, granted) in [(path, true), (other, false)] {
        let (decision, work) = many.decide_with_work(Access::Filesystem(FourAction::Read, path));
        assert_eq!(decision.is_granted(), granted);
        assert_eq!(work, one.decide_with_work(Access::Filesystem(FourAction::Read, path)).1, "{path}");
        assert!(work.rules <= 1, "{work:?}");
    }
}

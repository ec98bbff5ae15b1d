//! Matching and normalising, against the plainest implementation that can be written.

use airssys_wasm::manifest::Capabilities;
use airssys_wasm::permission::{Access, Decision, FourAction, Grants, PathPattern, Policy, PolicyMode, normalise};
use proptest::prelude::*;

use super::{of, reading};

/// All segments that a segment with braces stands for.
fn expand(segment: &str) -> Vec<String> {
    let Some((before, rest)) = segment.split_once('{') else { return vec![segment.to_owned()] };
    let (group, behind) = rest.split_once('}').unwrap();
    let each = group.split(',').flat_map(|alternative| expand(&format!("{before}{alternative}{behind}")));
    each.collect()
}

fn name(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|taken| name(rest, &text[taken..])),
        ['?', rest @ ..] => !text.is_empty() && name(rest, &text[1..]),
        ['[', rest @ ..] => {
            let end = rest.iter().position(|c| *c == ']').unwrap();
            let (negated, listed) = if rest[0] == '!' { (true, &rest[1..end]) } else { (false, &rest[..end]) };
            !text.is_empty() && listed.contains(&text[0]) != negated && name(&rest[end + 1..], &text[1..])
        }
        [literal, rest @ ..] => text.first() == Some(literal) && name(rest, &text[1..]),
    }
}

fn path(pattern: &[&str], segments: &[&str]) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match pattern {
        [] => segments.is_empty(),
        ["**"] => !segments.is_empty(),
        ["**", rest @ ..] => (0..=segments.len()).any(|taken| path(rest, &segments[taken..])),
        [first, rest @ ..] => {
            !segments.is_empty()
                && expand(first).iter().any(|first| name(&chars(first), &chars(segments[0])))
                && path(rest, &segments[1..])
        }
    }
}

fn expected(pattern: &str, text: &str) -> bool {
    let pattern: Vec<_> = pattern.split('/').skip(1).collect();
    let segments: Vec<_> = text.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
    path(&pattern, &segments)
}

fn pattern() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[abä]",
        2 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        1 => "\\[!?[abä]{1,2}\\]",
        1 => "\\{[ab?]{1,2},[ab]\\*\\}",
        1 => "\\{a,\\[!b\\],ab\\}",
    ];
    let segment = proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat());
    let segment = prop_oneof![3 => segment, 2 => "[ab]", 2 => Just("**".to_owned())];
    let segment = segment.prop_filter("`**` stands alone", |text| text == "**" || !text.contains("**"));
    proptest::collection::vec(segment, 1..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn normal_path() -> impl Strategy<Value = String> {
    proptest::collection::vec("[abä]{1,4}", 0..7).prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_pattern_matches_what_the_oracle_says(pattern in pattern(), path in normal_path()) {
        prop_assert_eq!(PathPattern::new(&pattern).unwrap().matches(&path), expected(&pattern, &path));
    }

    #[test]
    fn a_set_of_patterns_grants_what_one_of_them_matches(
        patterns in proptest::collection::vec(pattern(), 1..8),
        path in normal_path(),
    ) {
        let all: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let grants = of(&reading(&all));
        match grants.decide(Access::Filesystem(FourAction::Read, &path)) {
            Decision::Granted { rule } => prop_assert!(expected(&rule.pattern, &path), "{}", rule.pattern),
            Decision::Denied { .. } => prop_assert!(!all.iter().any(|pattern| expected(pattern, &path))),
        }
    }

    #[test]
    fn what_a_policy_lets_through_is_within_it(allow in pattern(), asked in pattern(), path in normal_path()) {
        let policy = Policy { mode: PolicyMode::Strict, allow: reading(&[&allow]) };
        let admitted = policy.admit(&reading(&[&asked]), &Capabilities::default()).is_ok();
        prop_assert!(!admitted || !expected(&asked, &path) || expected(&allow, &path));
        prop_assert!(policy.admit(&policy.allow, &Capabilities::default()).is_ok());
    }

    #[test]
    fn a_normal_path_is_what_a_stack_of_names_says(path in "/[/.ab]{0,24}") {
        let mut stack = Vec::new();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => drop(stack.pop()),
                name => stack.push(name),
            }
        }
        let normal = normalise(&path).unwrap();
        prop_assert_eq!(&*normal, format!("/{}", stack.join("/")));
        prop_assert_eq!(normalise(&normal).unwrap(), &*normal);
    }

    #[test]
    fn the_line_to_add_grants_the_access(path in "/[ab*?{}\\[\\]\\\\!,\"\n\u{202e}/.]{1,12}") {
        let access = Access::Filesystem(FourAction::Read, &path);
        let nothing = Grants::default();
        let Decision::Denied { mend, .. } = nothing.decide(access) else { panic!() };
        if let Some(mend) = mend {
            let line = mend.strip_prefix("add ").unwrap();
            let (pattern, _) = line.split_once(" to capabilities.filesystem.read").unwrap();
            let manifest = super::asked(&format!("[capabilities.filesystem]\nread = [{pattern}]"));
            let grants = Grants::new(&manifest.capabilities, &Capabilities::default()).unwrap();
            prop_assert!(grants.decide(access).is_granted(), "{}", mend);
        } else {
            prop_assert_eq!(normalise(&path).unwrap(), "/");
        }
    }
}

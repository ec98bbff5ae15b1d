//! The rules of the contract that are plain values: versions, identifiers, states, codes and phases.

use airssys_wasm::contract::version::{compatible, satisfies};
use airssys_wasm::contract::{ComponentId, ComponentIdError, LoadCode, Phase, State, Topic, TopicError};
use proptest::prelude::*;
use rstest::rstest;
use semver::{BuildMetadata, Prerelease, Version, VersionReq};

#[rstest]
#[case("1.0.0", "1.0.0", true)]
#[case("1.0.0", "1.0.4", true)]
#[case("1.0.0", "1.5.0", true)]
#[case("1.5.0", "1.0.0", false)]
#[case("1.0.3", "1.0.0", false)]
#[case("1.0.0", "2.0.0", false)]
#[case("1.9.9", "2.0.0", false)]
#[case("2.0.0", "1.0.0", false)]
#[case("2.0.0", "1.9.9", false)]
#[case("0.5.0", "0.5.0", true)]
#[case("0.5.0", "0.5.1", true)]
#[case("0.5.1", "0.5.0", false)]
#[case("0.4.0", "0.5.0", false)]
#[case("0.5.0", "0.4.0", false)]
#[case("0.0.3", "0.0.3", true)]
#[case("0.0.3", "0.0.4", false)]
#[case("0.9.0", "1.0.0", false)]
#[case("1.0.0-rc.1", "1.0.0-rc.1", true)]
#[case("1.0.0-rc.1", "1.0.0-rc.2", false)]
#[case("1.0.0-rc.1", "1.0.0", false)]
#[case("1.0.0-rc.1", "1.0.1", false)]
#[case("1.0.0", "1.0.0-rc.1", false)]
#[case("1.0.0", "1.1.0-rc.1", false)]
#[case("1.0.0-rc.1", "1.1.0-rc.1", false)]
#[case("1.0.0+build", "1.0.0", true)]
#[case("1.0.0", "1.0.0+build", true)]
#[case("1.0.0+b", "1.0.0+a", true)]
#[case("1.0.1+a", "1.0.0+b", false)]
#[case("1.0.0-rc.1+a", "1.0.0-rc.1+b", true)]
fn versions(#[case] built: Version, #[case] offered: Version, #[case] holds: bool) {
    assert_eq!(compatible(&built, &offered), holds, "{built} on {offered}");
}

/// Versions close enough to each other to be compatible now and then.
fn version() -> impl Strategy<Value = Version> {
    let pre = prop_oneof![4 => Just(""), 1 => Just("rc.1"), 1 => Just("alpha")];
    let build = prop_oneof![Just(""), Just("a"), Just("b.7")];
    (0u64..3, 0u64..3, 0u64..3, pre, build).prop_map(|(major, minor, patch, pre, build)| Version {
        pre: Prerelease::new(pre).unwrap(),
        build: BuildMetadata::new(build).unwrap(),
        ..Version::new(major, minor, patch)
    })
}

fn without_build(version: &Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version.clone() }
}

proptest! {
    #[test]
    fn a_release_is_served_as_by_a_caret_requirement(built in version(), offered in version()) {
        prop_assume!(built.pre.is_empty() && offered.pre.is_empty());
        let caret = VersionReq::parse(&format!("^{}", without_build(&built))).unwrap();
        prop_assert_eq!(compatible(&built, &offered), caret.matches(&offered));
    }

    #[test]
    fn build_metadata_is_ignored(built in version(), offered in version()) {
        prop_assert_eq!(compatible(&built, &offered), compatible(&without_build(&built), &without_build(&offered)));
        prop_assert!(compatible(&built, &without_build(&built)) && compatible(&without_build(&built), &built));
    }

    #[test]
    fn two_versions_serve_each_other_only_if_equal(a in version(), b in version()) {
        let both = compatible(&a, &b) && compatible(&b, &a);
        prop_assert_eq!(both, without_build(&a) == without_build(&b));
    }

    #[test]
    fn what_serves_a_server_serves_its_components(a in version(), b in version(), c in version()) {
        prop_assert!(!(compatible(&a, &b) && compatible(&b, &c)) || compatible(&a, &c));
    }

    #[test]
    fn majors_never_mix(built in version(), offered in version()) {
        prop_assert!(!compatible(&built, &offered) || built.major == offered.major);
    }
}

/// `([a-z][a-z0-9]*(-[a-z0-9]+)*:)?[a-z][a-z0-9]*(-[a-z0-9]+)*`, letter by letter.
fn naive_is_id(text: &str) -> bool {
    #[derive(PartialEq)]
    enum At {
        PartStart,
        InGroup,
        GroupStart,
    }
    let (mut at, mut colons) = (At::PartStart, 0);
    for c in text.chars() {
        at = match (at, c) {
            (At::PartStart, 'a'..='z') | (At::InGroup | At::GroupStart, 'a'..='z' | '0'..='9') => At::InGroup,
            (At::InGroup, '-') => At::GroupStart,
            (At::InGroup, ':') if colons == 0 => {
                colons += 1;
                At::PartStart
            }
            _ => return false,
        };
    }
    at == At::InGroup && text.len() <= 64
}

proptest! {
    #[test]
    fn identifiers_follow_their_grammar(text in "[a-c0-1:ä A-]{0,12}|[a-z:0-9-]{60,68}|[a-z]{60,68}") {
        prop_assert_eq!(ComponentId::new(text.as_str()).is_ok(), naive_is_id(&text));
    }

    #[test]
    fn identifiers_of_the_grammar_are_accepted(
        namespace in proptest::option::of("[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,4}){0,3}"),
        name in "[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,4}){0,3}",
    ) {
        let text = namespace.as_ref().map_or_else(|| name.clone(), |namespace| format!("{namespace}:{name}"));
        let id = ComponentId::new(text.as_str()).unwrap();
        prop_assert_eq!((id.as_str(), id.namespace(), id.name()), (text.as_str(), namespace.as_deref(), name.as_str()));
    }
}

#[rstest]
#[case("", ComponentIdError::Empty)]
#[case("a:", ComponentIdError::Form(String::new()))]
#[case(":a", ComponentIdError::Form(String::new()))]
#[case("a:b:c", ComponentIdError::Form("b:c".into()))]
#[case("A", ComponentIdError::Form("A".into()))]
#[case("1a", ComponentIdError::Form("1a".into()))]
#[case("a--b", ComponentIdError::Form("a--b".into()))]
#[case("a-", ComponentIdError::Form("a-".into()))]
#[case("-a", ComponentIdError::Form("-a".into()))]
#[case("a_b", ComponentIdError::Form("a_b".into()))]
#[case("a\n", ComponentIdError::Form("a\n".into()))]
#[case("ok:-a", ComponentIdError::Form("-a".into()))]
#[case(&"a".repeat(65), ComponentIdError::TooLong(65))]
#[case(&"ä".repeat(33), ComponentIdError::TooLong(66))]
fn bad_identifiers(#[case] text: &str, #[case] error: ComponentIdError) {
    assert_eq!(ComponentId::new(text), Err(error));
}

/// Words joined by hyphens into segments, and segments by dots.
fn naive_is_topic(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 128 && text.split('.').all(|segment| segment.split('-').all(word))
}

proptest! {
    #[test]
    fn topics_follow_their_grammar(text in "[a-c0-1.ä A*-]{0,12}|[a-c0.-]{0,12}|[ab]{124,132}|([ab][.-]){62,66}[ab]") {
        let topic = Topic::new(text.as_str());
        prop_assert_eq!(topic.is_ok(), naive_is_topic(&text));
        prop_assert_eq!(Topic::check(&text).err(), topic.clone().err());
        prop_assert_eq!(text.parse(), topic.clone());
        if let Ok(topic) = topic {
            prop_assert_eq!((topic.as_str(), topic.to_string()), (text.as_str(), text.clone()));
        }
    }
}

#[rstest]
#[case("", TopicError::Empty)]
#[case(".", TopicError::EmptySegment(1))]
#[case("a.b..c", TopicError::EmptySegment(3))]
#[case("a.b.", TopicError::EmptySegment(3))]
#[case("-", TopicError::Hyphen(1))]
#[case("a.-b", TopicError::Hyphen(3))]
#[case("a-", TopicError::Hyphen(2))]
#[case("a-.b", TopicError::Hyphen(2))]
#[case("ab--c", TopicError::Hyphen(3))]
#[case("a-\u{e4}", TopicError::Character { character: '\u{e4}', at: 3 })]
#[case("\u{e4}..", TopicError::Character { character: '\u{e4}', at: 1 })]
#[case("a\n", TopicError::Character { character: '\n', at: 2 })]
#[case("a_b", TopicError::Character { character: '_', at: 2 })]
#[case(&"a".repeat(129), TopicError::TooLong(129))]
#[case(&"\u{e4}".repeat(65), TopicError::TooLong(130))]
fn no_topics(#[case] text: &str, #[case] error: TopicError) {
    assert_eq!(Topic::new(text), Err(error));
}

#[test]
fn the_longest_identifier_has_64_bytes() {
    let (longest, longer) = (format!("a:{}", "b".repeat(62)), format!("a:{}", "b".repeat(63)));
    assert_eq!(ComponentId::new(longest.as_str()).unwrap().as_str(), longest);
    assert_eq!(ComponentId::new(longer), Err(ComponentIdError::TooLong(65)));
}

/// Every transition of the contract: a row a state, a column what it may become, in the same order.
const TRANSITIONS: &str = "
               un installing installed starting running updating stopping stopped failed
uninstalled    .      x          .        .       .        .        .        .      .
installing     .      .          x        .       .        .        .        .      x
installed      x      .          .        x       .        .        .        .      .
starting       .      .          .        .       x        .        .        .      x
running        .      .          .        .       .        x        x        .      x
updating       .      .          .        .       x        .        .        .      x
stopping       .      .          .        .       .        .        .        x      x
stopped        x      .          .        x       .        .        .        .      .
failed         x      .          .        x       .        .        .        .      .
";

#[test]
fn the_transitions_are_those_of_the_contract() {
    let rows: Vec<Vec<&str>> = TRANSITIONS.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    let actual: Vec<Vec<&str>> = State::ALL
        .iter()
        .map(|state| {
            let may = State::ALL.iter().map(|next| if state.may_become(*next) { "x" } else { "." });
            std::iter::once(state.as_str()).chain(may).collect()
        })
        .collect();
    assert_eq!(actual, rows);
}

#[rstest]
#[case(
    Phase::Manifest,
    "manifest-syntax manifest-unknown-field manifest-missing-field manifest-invalid-value manifest-too-large invalid-pattern"
)]
#[case(Phase::Policy, "policy-denied limit-exceeds-policy")]
#[case(
    Phase::Component,
    "not-a-component invalid-component component-too-large memory-exceeds-limit precompiled-refused"
)]
#[case(
    Phase::Interface,
    "missing-export unsupported-interface incompatible-version unversioned-interface signature-mismatch"
)]
#[case(Phase::Instantiate, "instantiation-trapped instantiation-timeout resource-exhausted")]
#[case(Phase::Metadata, "metadata-mismatch metadata-trapped metadata-timeout")]
#[case(Phase::Init, "init-failed init-trapped init-timeout")]
#[case(Phase::Registry, "already-loaded not-found")]
fn codes_of_a_phase(#[case] phase: Phase, #[case] codes: &str) {
    let actual: Vec<&str> =
        LoadCode::ALL.iter().filter(|code| code.phase() == phase).map(|code| code.as_str()).collect();
    assert_eq!(actual.join(" "), codes);
}

#[test]
fn the_phases_run_in_order() {
    let phases: Vec<&str> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
    let order = ["registry", "manifest", "policy", "component", "interface", "instantiate", "metadata", "init"];
    assert_eq!(phases, order);
}

#[rstest]
#[case("^1.0.0", "1.0.0 1.2.3", "0.9.0 2.0.0 1.1.0-rc.1")]
#[case("~1.1", "1.1.0 1.1.9", "1.2.0 1.0.9")]
#[case(">=1.0, <1.2", "1.0.0 1.1.9", "1.2.0")]
#[case("^1.0.0-rc.1", "1.0.0-rc.1", "1.0.0-rc.2 1.0.0 1.1.0")]
#[case(">=1.0.0-rc.1, <2", "1.0.0-rc.1", "1.0.0-rc.2 1.0.0 1.9.0")]
#[case("*", "0.0.1 7.0.0", "1.0.0-rc.1")]
fn what_satisfies_a_requirement(#[case] requirement: &str, #[case] inside: &str, #[case] outside: &str) {
    let requirement = VersionReq::parse(requirement).unwrap();
    for (versions, expected) in [(inside, true), (outside, false)] {
        for version in versions.split(' ') {
            assert_eq!(satisfies(&requirement, &Version::parse(version).unwrap()), expected, "{version}");
        }
    }
}

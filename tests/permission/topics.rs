//! Topics: what their patterns grant, what a policy lets through, and what a decision takes, against the plainest
//! implementation that can be written.

use airssys_wasm::contract::TopicError;
use airssys_wasm::manifest::Capabilities;
use airssys_wasm::permission::{
    Access, Admitted, Class, Decision, Malformed, Miss, Policy, PolicyMode, TopicAction, Work,
};
use proptest::prelude::*;
use rstest::rstest;

use super::{grants, of, told};

fn publishing(patterns: &[&str]) -> Capabilities {
    let topics_publish = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Capabilities { topics_publish, ..Capabilities::default() }
}

fn publish(topic: &str) -> Access<'_> {
    Access::Topic(TopicAction::Publish, topic)
}

#[rstest]
#[case("orders", "orders", "order orderss orders.created")]
#[case("orders.created", "orders.created", "orders orders.create orders.created.eu eu.orders.created created")]
#[case("orders.*", "orders.created orders.eu.created orders.0", "orders ordersx.y order.s x.orders.y orders-x.y")]
#[case("orders.eu.*", "orders.eu.x orders.eu.x.y", "orders.eu orders.x orders.eux.y orders")]
#[case("*", "orders orders.created a-1.b-2.3", "")]
fn a_topic_pattern(#[case] pattern: &str, #[case] matching: &str, #[case] other: &str) {
    let grants = grants(&format!("[capabilities.topics]\npublish = [\"{pattern}\"]"));
    for (topics, expected) in [(matching, true), (other, false)] {
        for topic in topics.split_terminator(' ') {
            assert_eq!(grants.decide(publish(topic)).is_granted(), expected, "{topic}");
            assert!(!grants.decide(Access::Topic(TopicAction::Subscribe, topic)).is_granted(), "{topic}");
        }
    }
}

#[rstest]
#[case("", TopicError::Empty)]
#[case("*", TopicError::Character { character: '*', at: 1 })]
#[case("orders.*", TopicError::Character { character: '*', at: 8 })]
#[case("Orders", TopicError::Character { character: 'O', at: 1 })]
#[case("orders.", TopicError::EmptySegment(2))]
#[case(&"a".repeat(129), TopicError::TooLong(129))]
fn no_topic(#[case] topic: &str, #[case] error: TopicError) {
    let grants = grants("[capabilities.topics]\npublish = [\"*\"]\nsubscribe = [\"*\"]");
    for action in TopicAction::ALL {
        let expected = Decision::Denied { reason: Malformed::Topic(error).into(), mend: None };
        assert_eq!(grants.decide(Access::Topic(*action, topic)), expected);
    }
}

/// The narrowest rule decides, wherever it stands; of two that are the same, the one that is required.
#[rstest]
#[case(TopicAction::Publish, "orders.eu.x", "capabilities.topics.publish[3]")]
#[case(TopicAction::Publish, "orders.eu.y", "capabilities.optional.topics.publish[0]")]
#[case(TopicAction::Publish, "orders.x", "capabilities.topics.publish[1]")]
#[case(TopicAction::Publish, "eu.x", "capabilities.topics.publish[2]")]
#[case(TopicAction::Publish, "orders", "capabilities.topics.publish[0]")]
#[case(TopicAction::Publish, "invoices", "capabilities.topics.publish[0]")]
#[case(TopicAction::Subscribe, "orders.x", "capabilities.topics.subscribe[0]")]
#[case(
    TopicAction::Subscribe,
    "orders.created",
    r#"no rule permits it: add "orders.created" to capabilities.topics.subscribe in component.toml"#
)]
fn a_decision_says_where_and_what(#[case] action: TopicAction, #[case] topic: &str, #[case] expected: &str) {
    let grants = grants(
        "[capabilities.topics]\npublish = [\"*\", \"orders.*\", \"eu.*\", \"orders.eu.x\"]\nsubscribe = [\"orders.x\"]\n\
         [capabilities.optional.topics]\npublish = [\"orders.eu.*\", \"eu.*\", \"*\"]\nsubscribe = [\"orders.x\"]",
    );
    assert_eq!(told(&grants.decide(Access::Topic(action, topic))), expected);
}

#[rstest]
#[case("orders", "orders.*: `.*` stands for one segment at least")]
#[case("orders-eu.x", "orders.*: the topic is not below `orders`")]
#[case("invoices.paid.x", "invoices.paid: `invoices.paid` is another topic")]
#[case("audit.x", "audit.*: it permits subscribe, not publish")]
#[case("x", "-")]
fn the_nearest_rule(#[case] topic: &str, #[case] expected: &str) {
    let grants =
        grants("[capabilities.topics]\npublish = [\"orders.*\", \"invoices.paid\"]\nsubscribe = [\"audit.*\"]");
    let shown = |miss: Miss<'_>| format!("{}: {}", miss.rule.pattern, miss.why);
    assert_eq!(grants.nearest(publish(topic)).map_or("-".to_owned(), shown), expected);
}

/// What is in force is listed in the manifest's order, and what is revoked is gone from there and from decisions.
#[test]
fn revocation_takes_away_what_it_names() {
    let all = grants(
        "[capabilities.messaging]\nsend = [\"*\"]\n\
         [capabilities.topics]\npublish = [\"orders.*\", \"*\"]\nsubscribe = [\"orders.*\"]",
    );
    let listed = |grants: &super::Grants| {
        let topics = grants.rules().iter().filter(|rule| rule.class == Class::Topics);
        topics.map(|rule| format!("{} {}", rule.action, rule.pattern)).collect::<Vec<_>>()
    };
    assert_eq!(listed(&all), ["publish orders.*", "publish *", "subscribe orders.*"]);

    let (left, gone) = all.without(|rule| rule.class == Class::Topics && rule.pattern == "orders.*");
    assert_eq!((listed(&left), gone.len()), (vec!["publish *".to_owned()], 2));
    assert_eq!(told(&left.decide(publish("orders.x"))), "capabilities.topics.publish[1]");
    assert!(!left.decide(Access::Topic(TopicAction::Subscribe, "orders.x")).is_granted());

    let (left, _) = all.without(|rule| (rule.class, rule.action) == (Class::Topics, "publish"));
    assert_eq!(listed(&left), ["subscribe orders.*"]);

    let (left, _) = all.without(|rule| rule.class == Class::Topics);
    assert_eq!((listed(&left), left.rules().len()), (vec![], 1));
}

fn admit(mode: PolicyMode, allow: &str, asked: &str) -> Result<Admitted, String> {
    let policy = Policy::parse(&format!("mode = \"{mode}\"\n[allow.topics]\n{allow}")).unwrap();
    let asked = super::asked(asked);
    policy.admit(&asked.capabilities, &asked.optional_capabilities).map_err(|error| error.to_string())
}

const ASKED: &str = "[capabilities.topics]\npublish = [\"orders.eu.*\", \"audit\"]\nsubscribe = [\"orders.eu.*\"]\n\
                     [capabilities.optional.topics]\npublish = [\"orders.us\", \"*\"]";

#[test]
fn a_strict_policy_lists_all_excess() {
    let refused = admit(PolicyMode::Strict, "publish = [\"orders.*\"]", ASKED).unwrap_err();
    let expected = "the policy does not allow capabilities.topics.publish[1] = \"audit\"; \
                    capabilities.topics.subscribe[0] = \"orders.eu.*\"";
    assert_eq!(refused, expected);
    let allow = "publish = [\"orders.*\", \"audit\"]\nsubscribe = [\"*\"]";
    let admitted = admit(PolicyMode::Strict, allow, ASKED).unwrap();
    let dropped: Vec<_> = admitted.dropped.iter().map(ToString::to_string).collect();
    assert_eq!(dropped, ["capabilities.optional.topics.publish[1] = \"*\""]);
    assert!(admitted.grants.decide(publish("orders.us")).is_granted());
    assert!(!admitted.grants.decide(publish("invoices")).is_granted());
}

#[rstest]
#[case(PolicyMode::Permissive, false)]
#[case(PolicyMode::Development, true)]
fn the_other_modes(#[case] mode: PolicyMode, #[case] accepts: bool) {
    let asked = "[capabilities.topics]\npublish = [\"orders.eu.*\", \"audit\"]";
    let admitted = admit(mode, "publish = [\"orders.*\"]\nsubscribe = [\"*\"]", asked).unwrap();
    let (listed, empty) =
        if accepts { (&admitted.beyond, &admitted.dropped) } else { (&admitted.dropped, &admitted.beyond) };
    assert_eq!((listed.len(), listed[0].pattern.as_str(), empty.len()), (1, "audit", 0));
    assert!(admitted.grants.decide(publish("orders.eu.x")).is_granted());
    assert_eq!(admitted.grants.decide(publish("audit")).is_granted(), accepts);
    // What no manifest declares is denied in every mode, whatever the policy allows.
    assert!(!admitted.grants.decide(publish("orders.us.x")).is_granted());
    assert!(!admitted.grants.decide(Access::Topic(TopicAction::Subscribe, "orders.eu.x")).is_granted());
}

fn within(allow: &str, asked: &str) -> bool {
    let policy = Policy { mode: PolicyMode::Strict, allow: publishing(&[allow]) };
    policy.admit(&publishing(&[asked]), &Capabilities::default()).is_ok()
}

#[rstest]
#[case("*", "orders orders.* *", "")]
#[case("orders.*", "orders.x orders.x.y orders.* orders.x.*", "orders ordersx.y ordersx.* x.orders.* *")]
#[case("orders", "orders", "orders.x orders.* *")]
fn a_topic_within_a_policy(#[case] allow: &str, #[case] inside: &str, #[case] outside: &str) {
    for (patterns, expected) in [(inside, true), (outside, false)] {
        for pattern in patterns.split_terminator(' ') {
            assert_eq!(within(allow, pattern), expected, "{pattern}");
        }
    }
}

/// Capabilities that no manifest and no policy was read for hold any text.
#[test]
fn what_is_no_pattern_allows_nothing() {
    let refused = |allow: &str, asked: &str| {
        let policy = Policy { mode: PolicyMode::Permissive, allow: publishing(&[allow]) };
        policy.admit(&publishing(&[asked]), &Capabilities::default()).unwrap_err().to_string()
    };
    let fault = "is no pattern: the `*` at character 4 stands neither alone nor behind the last dot";
    let expected = format!("in the policy: allow.topics.publish[0] = \"ord*\" {fault}");
    assert_eq!(refused("ord*", "orders"), expected);
    assert_eq!(refused("*", "ord*"), format!("capabilities.topics.publish[0] = \"ord*\" {fault}"));
}

/// Of ten thousand patterns, a decision looks for the topic and for each of its prefixes.
#[rstest]
#[case(|n| format!("t{n}.x"), "t777.x", "t777.y")]
#[case(|n| format!("t{n}.*"), "t777.a.b.c", "u.a.b.c")]
#[case(|n| format!("a.t{n}.b.*"), "a.t777.b.c.d", "a.t777.c.d.e")]
fn many_patterns_cost_as_much_as_one(#[case] pattern: fn(usize) -> String, #[case] topic: &str, #[case] other: &str) {
    let all: Vec<String> = (0..10_000).map(pattern).collect();
    let many = of(&publishing(&all.iter().map(String::as_str).collect::<Vec<_>>()));
    let one = of(&publishing(&[&pattern(777)]));
    for (topic, granted) in [(topic, true), (other, false)] {
        let (decision, work) = many.decide_with_work(publish(topic));
        assert_eq!(decision.is_granted(), granted);
        assert_eq!(work, one.decide_with_work(publish(topic)).1, "{topic}");
    }
}

/// The longest topic of the most segments.
#[test]
fn a_decision_takes_a_look_up_for_each_segment() {
    let topic = format!("a{}", ".a".repeat(63));
    let grants = of(&publishing(&["b.*"]));
    let (decision, work) = grants.decide_with_work(publish(&topic));
    assert!(!decision.is_granted());
    assert_eq!(work, Work { rules: 0, steps: 64 });
}

/// Whether a pattern matches: by segments, while the crate goes by prefixes.
fn expected(pattern: &str, topic: &str) -> bool {
    let (pattern, topic): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), topic.split('.').collect());
    match pattern.as_slice() {
        [prefix @ .., "*"] => topic.len() > prefix.len() && topic.iter().zip(prefix).all(|(a, b)| a == b),
        exact => exact == topic,
    }
}

fn topic() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,2}|a-b", 1..5).prop_map(|segments| segments.join("."))
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![3 => topic(), 4 => topic().prop_map(|prefix| format!("{prefix}.*")), 1 => Just("*".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_set_of_patterns_grants_what_one_of_them_matches(
        patterns in proptest::collection::vec(pattern(), 0..8),
        topic in topic(),
    ) {
        let all: Vec<&str> = patterns.iter().map(String::as_str).collect();
        match of(&publishing(&all)).decide(publish(&topic)) {
            Decision::Granted { rule } => prop_assert!(expected(&rule.pattern, &topic), "{}", rule.pattern),
            Decision::Denied { .. } => prop_assert!(!all.iter().any(|pattern| expected(pattern, &topic))),
        }
    }

    /// In both directions: for topics, unlike paths, what is within can always be shown to be. What tells two
    /// patterns apart is a topic of the one that no other pattern names.
    #[test]
    fn a_policy_lets_through_what_is_within_it(allow in pattern(), asked in pattern()) {
        let example = asked.replace('*', "z");
        prop_assert_eq!(within(&allow, &asked), expected(&allow, &example));
    }

    #[test]
    fn the_line_to_add_grants_the_access(topic in topic(), action in proptest::sample::select(TopicAction::ALL)) {
        let access = Access::Topic(action, &topic);
        let Decision::Denied { mend: Some(mend), .. } = super::Grants::default().decide(access) else { panic!() };
        let line = mend.strip_prefix("add ").unwrap();
        let (pattern, key) = line.split_once(" to capabilities.topics.").unwrap();
        let key = key.strip_suffix(" in component.toml").unwrap();
        let mended = grants(&format!("[capabilities.topics]\n{key} = [{pattern}]"));
        prop_assert!(mended.decide(access).is_granted(), "{}", mend);
    }
}

//! The table of topics: what it may say, and since which contract it is there.

use airssys_wasm::manifest::Manifest;
use airssys_wasm::permission::Policy;
use rstest::rstest;

use super::LEAST;

/// The least manifest of a component that was built against `api_version`, with `rest` from line 7 on.
fn built_against(api_version: &str, rest: &str) -> String {
    format!("{}{rest}", LEAST.replace("api-version = \"1.0.0\"", &format!("api-version = {api_version}")))
}

/// Every error as `code key line:column`, and all that is said about it.
fn errors(text: &str) -> Vec<String> {
    let Err(errors) = Manifest::parse(text) else { return Vec::new() };
    let told = errors.into_iter().map(|error| {
        let help = error.help.as_deref().unwrap_or("-");
        format!("{} {} {}:{}: {}: {help}", error.code, error.key, error.line, error.column, error.message)
    });
    told.collect()
}

#[test]
fn patterns_arrive() {
    let text = built_against(
        "\"1.1.0\"",
        "[capabilities.topics]\npublish = [\"orders.created\", \"audit.*\"]\nsubscribe = [\"*\"]\n\
         [capabilities.optional]\ntopics = { subscribe = [\"a-1.b\"] }",
    );
    let manifest = Manifest::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let (required, optional) = (&manifest.capabilities, &manifest.optional_capabilities);
    assert_eq!(required.topics_publish, ["orders.created", "audit.*"]);
    assert_eq!(required.topics_subscribe, ["*"]);
    assert_eq!((optional.topics_publish.len(), &optional.topics_subscribe), (0, &vec!["a-1.b".to_owned()]));
}

const HELP: &str = "topics came with contract 1.1: raise component.api-version to 1.1.0";

/// A contract that has no topics knows no such table, whatever stands in it.
#[rstest]
#[case("\"1.0.0\"", "[capabilities.topics]\npublish = [\"orders\"]", &["capabilities.topics 7:15"])]
#[case("\"1.0.9\"", "[capabilities.topics]", &["capabilities.topics 7:15"])]
#[case("\"0.9.0\"", "[capabilities]\ntopics = { publish = [\"..\"], x = 1 }", &["capabilities.topics 8:1"])]
#[case("\"1.1.0-rc.1\"", "[capabilities]\ntopics = 5", &["capabilities.topics 8:1"])]
#[case(
    "\"1.0.0\"",
    "[capabilities.topics]\n[capabilities.optional.topics]",
    &["capabilities.topics 7:15", "capabilities.optional.topics 8:24"]
)]
#[case("\"1.1.0\"", "[capabilities.topics]", &[])]
#[case("\"1.1.0+build\"", "[capabilities.topics]", &[])]
#[case("\"1.2.0\"", "[capabilities.optional.topics]\npublish = [\"orders\"]", &[])]
#[case("\"2.0.0\"", "[capabilities.topics]", &[])]
fn the_table_is_of_contract_1_1(#[case] api_version: &str, #[case] rest: &str, #[case] unknown: &[&str]) {
    let told = |place: &&str| format!("manifest-unknown-field {place}: unknown field `topics`: {HELP}");
    assert_eq!(errors(&built_against(api_version, rest)), unknown.iter().map(told).collect::<Vec<_>>());
}

/// Whether a manifest may have the table is said once the version can be read, and not guessed before.
#[rstest]
#[case("\"1.1\"", "manifest-invalid-value component.api-version 4:15")]
#[case("1", "manifest-invalid-value component.api-version 4:15")]
fn a_version_that_is_none_is_the_only_fault(#[case] api_version: &str, #[case] expected: &str) {
    let found = errors(&built_against(api_version, "[capabilities.topics]\npublish = [\"orders\"]"));
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
}

#[test]
fn other_faults_of_the_component_do_not_hide_it() {
    let text = built_against("\"1.0.0\"", "[capabilities.topics]").replace("name = \"a\"", "name = \"A\"");
    let found = errors(&text);
    assert_eq!((found.len(), found[1].ends_with(HELP)), (2, true), "{found:?}");
}

/// A manifest of contract 1.0 is not led to a table that it must not have.
#[rstest]
#[case("1.0.0", "known here: filesystem, network, storage, process, messaging, host-functions, optional")]
#[case("1.1.0", "did you mean `topics`?")]
fn what_is_known_is_what_the_contract_has(#[case] api_version: &str, #[case] help: &str) {
    let found = errors(&built_against(&format!("\"{api_version}\""), "[capabilities.topic]"));
    assert_eq!(found, [format!("manifest-unknown-field capabilities.topic 7:15: unknown field `topic`: {help}")]);
}

const FORM: &str = "write a topic such as \"orders.eu-west.created\", \"orders.*\" for every topic below `orders`, or \"*\" for every topic";

#[rstest]
#[case("orders", "")]
#[case("0", "")]
#[case("a-1.2-b.c", "")]
#[case("orders.*", "")]
#[case("orders.eu.*", "")]
#[case("*", "")]
#[case("", "the pattern is empty: -")]
#[case(".*", "segment 1 of the topic is empty: single dots join segments, and none stands at an end")]
#[case(".a", "segment 1 of the topic is empty: single dots join segments, and none stands at an end")]
#[case("a..b", "segment 2 of the topic is empty: single dots join segments, and none stands at an end")]
#[case("a.", "segment 2 of the topic is empty: single dots join segments, and none stands at an end")]
#[case("a.b..*", "segment 3 of the topic is empty: single dots join segments, and none stands at an end")]
#[case("-a", "the `-` at character 1 of the topic does not stand between two letters or digits")]
#[case("a.b-", "the `-` at character 4 of the topic does not stand between two letters or digits")]
#[case("a--b", "the `-` at character 2 of the topic does not stand between two letters or digits")]
#[case("a-.b", "the `-` at character 2 of the topic does not stand between two letters or digits")]
#[case("a-.*", "the `-` at character 2 of the topic does not stand between two letters or digits")]
#[case(
    "orders.Created",
    "the topic has `C` at character 8: only lower-case letters, digits, `-` and `.` may stand there"
)]
#[case("ä", "the topic has `ä` at character 1: only lower-case letters, digits, `-` and `.` may stand there")]
#[case("a:b", "the topic has `:` at character 2: only lower-case letters, digits, `-` and `.` may stand there")]
#[case("a\\n", "the topic has `\\n` at character 2: only lower-case letters, digits, `-` and `.` may stand there")]
#[case("a/#", "the topic has `/` at character 2: only lower-case letters, digits, `-` and `.` may stand there")]
#[case("**", "the `*` at character 1 stands neither alone nor behind the last dot")]
#[case("*.created", "the `*` at character 1 stands neither alone nor behind the last dot")]
#[case("orders*", "the `*` at character 7 stands neither alone nor behind the last dot")]
#[case("orders.*.created", "the `*` at character 8 stands neither alone nor behind the last dot")]
#[case("orders.*.*", "the `*` at character 8 stands neither alone nor behind the last dot")]
#[case("orders.**", "the `*` at character 8 stands neither alone nor behind the last dot")]
#[case("orders.c*", "the `*` at character 9 stands neither alone nor behind the last dot")]
fn patterns(#[case] pattern: &str, #[case] fault: &str) {
    for (table, key) in [("capabilities", "publish"), ("capabilities.optional", "subscribe")] {
        let found = errors(&built_against("\"1.1.0\"", &format!("[{table}.topics]\n{key} = [\"{pattern}\"]")));
        let help = if fault.ends_with(": -") { String::new() } else { format!(": {FORM}") };
        let told = format!("invalid-pattern {table}.topics.{key}[0] 8:{}: {fault}{help}", key.len() + 5);
        assert_eq!(found, if fault.is_empty() { Vec::new() } else { vec![told] });
    }
}

#[rstest]
#[case("")]
#[case(".*")]
fn patterns_are_bounded(#[case] end: &str) {
    let of = |bytes: usize| {
        let pattern = format!("{}{end}", "a".repeat(bytes));
        errors(&built_against("\"1.1.0\"", &format!("[capabilities.topics]\npublish = ['{pattern}']")))
    };
    assert_eq!(of(128), Vec::<String>::new());
    let expected =
        "invalid-pattern capabilities.topics.publish[0] 8:12: the topic has 129 bytes, at most 128 are allowed";
    assert_eq!(of(129), [format!("{expected}: {FORM}")]);
}

/// As strict as every table, and everything in one pass.
#[test]
fn every_fault_is_told() {
    let rest = "[capabilities.topics]\npublish = [\"a\", \"A\", 5, \"a\"]\nsubscribe = \"b\"\nsubscibe = [\"c\"]\n\
                [capabilities.optional]\ntopics = []";
    let found = errors(&built_against("\"1.1.0\"", rest));
    let expected = [
        "invalid-pattern capabilities.topics.publish[1] 8:17",
        "manifest-invalid-value capabilities.topics.publish[2] 8:22",
        "manifest-invalid-value capabilities.topics.publish[3] 8:25",
        "manifest-invalid-value capabilities.topics.subscribe 9:13",
        "manifest-unknown-field capabilities.topics.subscibe 10:1",
        "manifest-invalid-value capabilities.optional.topics 12:10",
    ];
    let places: Vec<_> = found.iter().filter_map(|told| told.split_once(": ").map(|(place, _)| place)).collect();
    assert_eq!(places, expected);
}

/// A policy is the operator's, and belongs to no contract of a component.
#[test]
fn a_policy_may_always_allow_topics() {
    let policy = Policy::parse("mode = \"strict\"\n[allow.topics]\npublish = [\"orders.*\"]").unwrap();
    assert_eq!(policy.allow.topics_publish, ["orders.*"]);
    let errors = Policy::parse("mode = \"strict\"\n[allow.topics]\npublish = [\"orders*\"]").unwrap_err();
    assert_eq!(errors.first().key, "allow.topics.publish[0]");
}

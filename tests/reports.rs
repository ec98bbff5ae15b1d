//! The reports of a run: every format over results that are made up, some of them by somebody who means harm.
#![cfg(feature = "suite")]

#[cfg(all(feature = "cli", feature = "runtime"))]
#[path = "reports/command.rs"]
mod command;
#[path = "reports/made_up.rs"]
mod made_up;

use std::collections::{BTreeMap, BTreeSet};

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::claim::{CORE_AREAS, ClaimVerdict, Judged, OPTIONAL_FEATURES, claim};
use airssys_wasm::suite::protocol;
use airssys_wasm::suite::report::{
    KEYS_OF_BYTES, RunInfo, compare_table, differences, from_json, requirements_table, schema, table, to_html, to_json,
    to_junit, to_markdown, to_shields, to_svg,
};
use airssys_wasm::suite::{RunResult, Verdict, areas};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use made_up::{HOSTILE, crowd, hostile, plain, silent};
use rstest::rstest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Every format that is text for people or other programs.
fn formats(result: &RunResult) -> [(&'static str, String); 6] {
    [
        ("json", format!("{:#}", to_json(result))),
        ("table", table(result, false)),
        ("junit", to_junit(result).unwrap()),
        ("markdown", to_markdown(result, 1 << 20)),
        ("badge", to_svg(result)),
        ("shields", format!("{:#}", to_shields(result))),
    ]
}

#[rstest]
#[case::plain(plain())]
#[case::hostile(hostile())]
#[case::silent(silent())]
fn each_format_says(#[case] result: RunResult) {
    let name = result.runtime.version.clone();
    for (format, text) in formats(&result) {
        insta::assert_snapshot!(format!("{name}_{format}"), text);
    }
}

#[test]
fn requirements_are_listed_with_what_covers_them() {
    insta::assert_snapshot!(requirements_table(&plain(), false));
}

/// Whatever a runtime says, nothing that is shown commands a terminal, reorders text, or is no character of XML.
#[test]
fn what_strangers_say_stays_text() {
    let result = hostile();
    let mut shown = formats(&result).to_vec();
    shown.push(("compared", compare_table(&[plain(), result.clone()])));
    shown.push(("page", data_of(&to_html(&[result]).unwrap()).to_string()));
    for (format, text) in shown.iter().filter(|(format, _)| *format != "json") {
        let hidden: BTreeSet<char> = text.chars().filter(|c| HOSTILE.contains(c)).collect();
        let commanding = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\t')).count();
        assert_eq!((hidden, commanding), (BTreeSet::new(), 0), "{format}");
    }
    let markup = |format: &str| shown.iter().find(|(name, _)| *name == format).map(|(_, text)| text.as_str()).unwrap();
    assert!(!markup("junit").contains("<script"), "{}", markup("junit"));
    assert!(!markup("badge").contains("<script"), "{}", markup("badge"));
}

#[rstest]
#[case(plain())]
#[case(hostile())]
#[case(silent())]
#[case(crowd(3, 100))]
fn a_result_survives_its_json(#[case] result: RunResult) {
    let text = to_json(&result).to_string();
    assert_eq!(from_json(&text).unwrap(), result);
}

#[rstest]
#[case("", "not a JSON report of this version of `suite run`: EOF while parsing a value at line 1 column 0")]
#[case("{}", "not a JSON report of this version of `suite run`: missing field `suite` at line 1 column 2")]
fn what_is_no_report_is_told(#[case] text: &str, #[case] error: &str) {
    assert_eq!(from_json(text).unwrap_err().to_string(), error);
}

/// However much a runtime says, and however much of it is red: the JSON of a case, and the summary as a whole.
#[test]
fn what_a_runtime_says_is_bounded() {
    let few = crowd(1, 1 << 20);
    let case = &few.cases[0];
    assert!(case.message.ends_with(" bytes more]"), "{}", &case.message[case.message.len() - 100..]);
    let said: usize =
        case.transcript.iter().map(|said| said.sent.len() + said.got.as_ref().map_or(0, String::len)).sum();
    let left_out: usize = case.transcript.iter().map(|said| said.left_out).sum();
    assert!(case.message.len() < 17 << 10 && said < 33 << 10, "{} {said}", case.message.len());
    assert_eq!((case.transcript.len() + left_out, left_out > 0), (made_up::CROWDED, true));

    let many = crowd(600, 20_000);
    let summary = to_markdown(&many, 1 << 20);
    let last = summary.lines().last().unwrap();
    assert!(summary.len() <= 1 << 20 && last.ends_with(" more are not shown here: there is no room."), "{last}");
    assert_eq!(to_markdown(&many, 10).len(), 10);
    assert!(to_json(&many).to_string().len() < 32 << 20);
    assert!(to_html(&[many]).unwrap().len() < 5 << 20);
}

#[test]
fn results_are_compared_by_verdict() {
    let (one, other) = (plain(), hostile());
    let results = [one.clone(), other];
    let verdicts =
        differences(&results).into_iter().find(|found| found.id == "isolation/trap").map(|found| found.verdicts);
    assert_eq!(verdicts, Some(vec![Some(Verdict::Fail), None]));
    insta::assert_snapshot!(compare_table(&results));
    assert_eq!(differences(&[one.clone(), one.clone()]), []);
    insta::assert_snapshot!(compare_table(&[one.clone(), one]));
}

/// What stands between the two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

fn data_of(page: &str) -> Value {
    let packed = STANDARD.decode(between(page, "id=\"data\">", "<")).unwrap();
    serde_json::from_reader(flate2::read::ZlibDecoder::new(packed.as_slice())).unwrap()
}

/// The browser runs what the policy names by its hash, and that is all that the page has.
#[test]
fn the_page_names_what_it_may_run() {
    let page = to_html(&[plain(), hostile()]).unwrap();
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    let program = between(&page, "<script>", "</script>");
    let style = between(&page, "<style>", "</style>");
    let expected = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(program),
        hash(style)
    );
    assert_eq!(policy, expected);
    assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (2, 1));
    for reaching in ["http:", "https:", "url(", "@import", "innerHTML", "fetch(", "eval(", "style=\""] {
        assert!(!page.contains(reaching), "{reaching}");
    }
    insta::assert_json_snapshot!(data_of(&page));
}

#[test]
fn the_schema_stands_beside_those_of_the_protocol() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/protocol/report.json");
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(there, format!("{:#}\n", schema()), "write it by `airssys-wasm suite schema conformance/protocol`");
}

/// The keys that the transcripts of reports take for bytes are those that the protocol has bytes under.
#[test]
fn every_key_of_bytes_is_known() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    if value.to_string().contains("\"#/$defs/Bytes\"") && value.get("additionalProperties").is_none() {
                        found.insert(key.clone());
                    }
                }
                fields.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    protocol::schema::all().iter().for_each(|(_, schema)| collect(schema, &mut found));
    assert_eq!(found, KEYS_OF_BYTES.map(str::to_owned).into());
}

/// What may be claimed, by what was declared, asked for and found.
#[rstest]
#[case("", "", &[], ClaimVerdict::Conforming, "conforming to contract 1.0")]
#[case("", "", &[(Verdict::NotApplicable, 2)], ClaimVerdict::Conforming, "conforming to contract 1.0")]
#[case("filters", "", &[], ClaimVerdict::Partial, "partial for contract 1.0: only the cases of `time`, `a/b` were run")]
#[case("shard", "", &[], ClaimVerdict::Partial, "partial for contract 1.0: only the part 2/4 of the cases was run")]
#[case("", "", &[(Verdict::Untestable, 1), (Verdict::Xfail, 2)], ClaimVerdict::Partial, "partial for contract 1.0: 1 case could not be tested; 2 cases failed as expected")]
#[case("", "time", &[(Verdict::Untestable, 1)], ClaimVerdict::Void, "void for contract 1.0: the core area `time` is not declared")]
#[case("features", "time", &[], ClaimVerdict::Void, "void for contract 1.0: the core area `time` was left out by --features")]
#[case("", "", &[(Verdict::Pass, 0), (Verdict::DriverError, 3)], ClaimVerdict::Void, "void for contract 1.0: nothing could be judged, because the driver failed")]
#[case("", "time", &[(Verdict::Pass, 0), (Verdict::DriverError, 3)], ClaimVerdict::Void, "void for contract 1.0: nothing could be judged, because the driver failed")]
#[case("", "", &[(Verdict::DriverError, 1)], ClaimVerdict::NotConforming, "not conforming to contract 1.0: 1 case could not be judged because the driver failed")]
#[case("stale", "time", &[(Verdict::Fail, 1), (Verdict::Crash, 2), (Verdict::Timeout, 3), (Verdict::Xpass, 4)], ClaimVerdict::NotConforming, "not conforming to contract 1.0: 1 case failed; 2 cases crashed; 3 cases did not end in time; 4 cases passed against the list of expected failures; 1 entry of the list of expected failures is stale")]
fn a_claim_says_why_it_is_no_better(
    #[case] asked: &str,
    #[case] missing: &str,
    #[case] verdicts: &[(Verdict, usize)],
    #[case] verdict: ClaimVerdict,
    #[case] text: &str,
) {
    let mut summary = BTreeMap::from([(Verdict::Pass, 10)]);
    summary.extend(verdicts.iter().copied());
    let declared: Vec<String> =
        CORE_AREAS.iter().filter(|area| **area != missing).map(|area| (*area).to_owned()).collect();
    let filters = ["time".to_owned(), "a/b".to_owned()];
    let found = claim(&Judged {
        contract: ContractVersion::V1_0,
        declared: &declared,
        features: (asked == "features").then_some(declared.as_slice()),
        filters: if asked == "filters" { &filters } else { &[] },
        shard: (asked == "shard").then_some("2/4"),
        summary: &summary,
        stale: usize::from(asked == "stale"),
    });
    assert_eq!((found.verdict, found.to_string().as_str()), (verdict, text));
}

#[test]
fn every_feature_is_core_or_optional() {
    let known: BTreeSet<&str> = CORE_AREAS.into_iter().chain(OPTIONAL_FEATURES).collect();
    assert_eq!(known, areas().into_iter().collect());
}

#[rstest]
#[case(RunInfo::default(), "isolation/trap#stack", None, "airssys-wasm suite run isolation/trap#stack --trace t.jsonl")]
#[case(RunInfo { adapter: Some("node 'my adapter.mjs'".into()), contract: Some(ContractVersion::V1_0), ..RunInfo::default() }, "a/b", Some(17), "airssys-wasm suite run a/b --adapter \"node 'my adapter.mjs'\" --contract 1.0 --seed 17 --trace t.jsonl")]
#[case(RunInfo { cases: vec!["my cases".into()], filters: vec!["a".into()], ..RunInfo::default() }, "a/$(b)", None, "airssys-wasm suite run 'a/$(b)' --cases 'my cases' --trace t.jsonl")]
fn a_case_is_run_again_by(#[case] run: RunInfo, #[case] id: &str, #[case] seed: Option<u64>, #[case] command: &str) {
    assert_eq!(run.reproduce(id, seed), command);
}

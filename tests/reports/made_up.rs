//! Results that no run gave: one that is plain, one of a runtime that means harm, one without an answer, and a crowd.

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::claim::CORE_AREAS;
use airssys_wasm::suite::protocol::{Bytes, ExecuteRequest, LoadRequest, World, WorldFile};
use airssys_wasm::suite::report::{Ran, RunInfo};
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, Exchange, Hello, Level, Outcome, Reply, Requirement, RunResult, StaleEntry, Stimulus,
    Verdict,
};

/// What is not to be seen as it is: it commands, reorders, hides, or is no character at all.
pub(crate) const HOSTILE: [char; 8] =
    ['\u{7}', '\u{1b}', '\u{9b}', '\u{200b}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{ffff}'];

/// So many exchanges have the cases of a crowd.
pub(crate) const CROWDED: usize = 100;

const HARM: &str = "</script><script>alert(1)</script> ]]> ```` \u{202e}evil\u{2066} \u{1b}[31m\u{7}\u{9b}\u{200b}\u{feff}\u{ffff}\r\n| a | &amp; <!-- {{data}} \"'";

fn catalogue() -> Catalogue {
    let requirement = |slug: &str, level, text: &str, excluded: Option<&str>| Requirement {
        slug: slug.to_owned(),
        level,
        section: "Isolation".to_owned(),
        text: text.to_owned(),
        excluded: excluded.map(str::to_owned),
        since: ContractVersion::V1_0,
    };
    let requirements = vec![
        requirement("isolation.trap", Level::Must, "A trap ends the instance. Nothing else ends.", None),
        requirement("isolation.fresh", Level::Should, "The next call finds a fresh instance.", None),
        requirement("isolation.quiet", Level::May, "Nobody asserts this.", None),
        requirement(
            "wit.annotated",
            Level::Must,
            "Every function is annotated.",
            Some("a test of the packages holds it"),
        ),
    ];
    Catalogue { contract: ContractVersion::V1_1, requirements }
}

fn case(id: &str, title: &str, source: &str) -> DiscoveredCase {
    let mut case: airssys_wasm::suite::Case =
        toml::from_str("title = \"\"\nrequirements = [\"isolation.fresh\", \"isolation.trap\"]\nsteps = []\n").unwrap();
    case.title = title.to_owned();
    let area = id.split('/').next().unwrap_or_default().to_owned();
    DiscoveredCase { id: id.to_owned(), area, source: source.to_owned(), case, contract: None }
}

fn outcome(id: &str, verdict: Verdict, message: &str) -> Outcome {
    Outcome {
        id: id.to_owned(),
        area: id.split('/').next().unwrap_or_default().to_owned(),
        requirements: vec!["isolation.fresh".to_owned(), "isolation.trap".to_owned()],
        verdict,
        message: message.to_owned(),
        reason: None,
        asserted: match verdict {
            Verdict::Pass => vec![("isolation.fresh".to_owned(), true), ("isolation.trap".to_owned(), true)],
            Verdict::Fail => vec![("isolation.trap".to_owned(), false)],
            _ => Vec::new(),
        },
        runs: 1,
        seed: None,
        duration_ms: 12,
        exchange: Vec::new(),
    }
}

fn runtime(name: &str, version: &str) -> Hello {
    Hello {
        runtime: name.to_owned(),
        version: version.to_owned(),
        contract: ContractVersion::V1_1,
        features: CORE_AREAS.map(str::to_owned).into(),
        ..Hello::default()
    }
}

fn result(
    runtime: Hello,
    info: RunInfo,
    cases: &[DiscoveredCase],
    outcomes: &[Outcome],
    stale: Vec<StaleEntry>,
) -> RunResult {
    RunResult::new(Ran { catalogue: &catalogue(), cases, runtime, info, outcomes, stale })
}

/// What is said in a case: a file with bytes, a call and its answer, a call without.
fn exchange(runtime: &Hello, output: &[u8]) -> Vec<Exchange> {
    let files = vec![
        WorldFile { path: "a/a.wasm".into(), bytes: Bytes(vec![0; 3000]), ..WorldFile::default() },
        WorldFile { path: "a/link".into(), link: Some("/etc/passwd".into()), ..WorldFile::default() },
    ];
    let world = World { case: "isolation/trap".into(), files, now_ms: 1000, ..World::default() };
    let execute = |operation: &[u8]| {
        Stimulus::Execute(ExecuteRequest {
            component: "a".into(),
            operation: Bytes(operation.into()),
            ..Default::default()
        })
    };
    let load = LoadRequest { directory: "a".into(), env: vec![("MODE".into(), "test".into())], ..Default::default() };
    vec![
        Exchange { step: None, stimulus: Stimulus::Hello { protocol: 1 }, reply: Some(Reply::Hello(runtime.clone())) },
        Exchange { step: None, stimulus: Stimulus::CaseBegin(world), reply: Some(Reply::Done) },
        Exchange {
            step: Some(1),
            stimulus: Stimulus::Load(load),
            reply: Some(Reply::Loaded { component: "a".into() }),
        },
        Exchange {
            step: Some(2),
            stimulus: execute(b"\x80\x04{\"add\":2}"),
            reply: Some(Reply::Returned { output: Bytes(output.into()), fuel: Some(7) }),
        },
        Exchange { step: Some(3), stimulus: execute(&[0x55, 0xff, 0x00]), reply: None },
    ]
}

const FILE: &str = "title = \"${trap} ends it\"\n\n[[steps]]\nload = \"a\"\n\n";

/// One case for each verdict, with all that a report can show.
pub(crate) fn plain() -> RunResult {
    let runtime = runtime("made-up", "plain");
    let rows = ["[[rows]]\nid = \"stack\"\n", "[[rows]]\nid = \"heap\"\n"];
    let cases = [
        case("isolation/fresh", "a call finds a fresh instance", "title = \"fresh\"\n"),
        case("isolation/trap", "a trap ends it", "title = \"trap\"\n"),
        case("time/sleep#heap", "heap ends it", &format!("{FILE}{}", rows[1])),
        case("time/sleep#stack", "stack ends it", &format!("{FILE}{}", rows[0])),
    ];
    let fail = "step 2: expected the transcript\n  init\n  get -> 1, got \n  init\n  get -> 2 (seed 17; replay with --seed 17)";
    let with = |outcome: Outcome| Outcome { exchange: exchange(&runtime, b"\x55init\nget -> 2"), ..outcome };
    let outcomes = [
        with(outcome("isolation/fresh", Verdict::Pass, "")),
        Outcome { seed: Some(17), runs: 3, ..with(outcome("isolation/trap", Verdict::Fail, fail)) },
        outcome("isolation/panics", Verdict::Crash, "the runtime or its driver panicked in step 2"),
        outcome("isolation/hangs", Verdict::Timeout, "no answer within 30 s in step 2"),
        outcome("log/lost", Verdict::DriverError, "the adapter ended with exit status: 7"),
        Outcome {
            reason: Some("the clock is the machine's".into()),
            ..outcome("time/sleep#heap", Verdict::Xfail, "step 3: expected raw:1, got raw:2")
        },
        outcome("time/sleep#stack", Verdict::Xpass, "passes, although the list of expected failures names it"),
        outcome("topics/publish", Verdict::NotApplicable, "made-up does not declare the feature `topics`"),
        outcome("audit/full", Verdict::Untestable, "the driver of made-up lacks the hook `audit-fault`"),
    ];
    let info = RunInfo { adapter: Some("node adapter.mjs".into()), filters: vec!["i".into()], ..RunInfo::default() };
    let stale = StaleEntry { case: "time/gone".into(), line: 4, why: "there is no such case".into() };
    result(runtime, info, &cases, &outcomes, vec![stale])
}

/// The same place for everything that a stranger may say, with the worst in it.
pub(crate) fn hostile() -> RunResult {
    let runtime = Hello { runtime: HARM.to_owned(), ..runtime("", "hostile") };
    let id = format!("isolation/{HARM}");
    let said = exchange(&runtime, [b"\x55", HARM.as_bytes()].concat().as_slice());
    let cases = [case(&id, HARM, HARM)];
    let outcomes = [
        Outcome { exchange: said.clone(), ..outcome(&id, Verdict::Fail, HARM) },
        Outcome { reason: Some(HARM.to_owned()), exchange: said, ..outcome("time/x", Verdict::Xfail, HARM) },
    ];
    result(runtime, RunInfo { adapter: Some(HARM.to_owned()), ..RunInfo::default() }, &cases, &outcomes, Vec::new())
}

/// A runtime that never answered.
pub(crate) fn silent() -> RunResult {
    let runtime = Hello { version: "silent".to_owned(), ..Hello::default() };
    let outcomes = [outcome("time/sleep", Verdict::DriverError, "no such file or directory")];
    result(runtime, RunInfo::default(), &[], &outcomes, Vec::new())
}

/// So many cases that fail, of each so many bytes in whatever is said.
pub(crate) fn crowd(cases: usize, bytes: usize) -> RunResult {
    let runtime = runtime("made-up", "crowd");
    let one = |index: usize| {
        // Texts that do not compress to nothing.
        let text: String =
            (0..bytes).map(|at| char::from(b'a' + ((at * at + index * 31 + at / 7) % 26) as u8)).collect();
        let call = Exchange {
            step: Some(1),
            stimulus: Stimulus::Advance { ms: 1 },
            reply: Some(Reply::Unsupported { what: text.clone() }),
        };
        let exchange = if cases == 1 { vec![call; CROWDED] } else { vec![call] };
        Outcome { exchange, ..outcome(&format!("isolation/case-{index}"), Verdict::Fail, &text) }
    };
    let outcomes: Vec<Outcome> = (0..cases).map(one).collect();
    result(runtime, RunInfo::default(), &[], &outcomes, Vec::new())
}

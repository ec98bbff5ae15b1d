//! A seed decides the order in which components go on: it gives the same exchange every time, and other seeds give
//! others.
#![cfg(all(feature = "suite", feature = "runtime"))]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::protocol::{Bytes, ClockKind, Reply, World};
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, Driver, DriverError, DriverFactory, Hello, Hook, Outcome, Seeds, Stimulus, Verdict,
    embedded, in_directory, plan, run_case,
};
use rstest::rstest;

static FACTORY: LazyLock<Arc<DriverFactory>> = LazyLock::new(|| {
    let reference = Reference::new().unwrap();
    Arc::new(move || Ok(Box::new(reference.driver())))
});

fn case_of(text: &str) -> DiscoveredCase {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("log")).unwrap();
    std::fs::write(dir.path().join("log/case.toml"), text).unwrap();
    in_directory(dir.path(), &Catalogue::embedded().unwrap()).unwrap().remove(0)
}

/// What was said, word for word, the directory of the case aside.
fn said(outcome: &Outcome) -> Vec<String> {
    let temporary = format!("{}/.tmp", std::env::temp_dir().display());
    let line = |text: String| match text.split_once(&temporary) {
        Some((before, behind)) => format!("{before}{}", behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric())),
        None => text,
    };
    outcome.exchange.iter().map(|exchange| line(serde_json::to_string(exchange).unwrap())).collect()
}

/// Cases of the suite in which several things go on at a time, but for those that wait for what is outside of the
/// runtime.
#[test]
fn the_same_seed_gives_the_same_exchange() {
    let cases = embedded(&Catalogue::embedded().unwrap()).unwrap();
    let (mut compared, mut differing) = (0, Vec::new());
    // What one engine has compiled, the other has not: that must not show, or a failure would not come again.
    let fresh = Reference::new().unwrap();
    let fresh: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(fresh.driver())));
    for case in &cases {
        let planned = plan(&case.case).unwrap();
        let begins = planned.steps.iter().any(|step| matches!(step.stimulus, Stimulus::Begin { .. }));
        let outside = !planned.servers.is_empty() || !case.case.executables.is_empty();
        if !begins || outside || planned.world.clock == ClockKind::Real || UNFIT.contains(&case.id.as_str()) {
            continue;
        }
        for seed in [3, 1 << 40] {
            let run = |factory| run_case(case, factory, &Seeds::Only(vec![seed]));
            let (first, second) = (run(&FACTORY), run(&FACTORY));
            assert_eq!(
                (first.verdict, first.message.as_str(), first.seed),
                (Verdict::Pass, "", Some(seed)),
                "{}",
                case.id
            );
            compared += 1;
            if said(&first) != said(&second) || said(&first) != said(&run(&fresh)) {
                differing.push((case.id.clone(), seed));
            }
        }
    }
    assert_eq!(differing, []);
    assert!(compared >= 60, "only {compared} runs were compared: have cases lost `begin`?");
}

/// One writes a file a hundred thousand times until it is stopped, the other tells when files were written.
const UNFIT: [&str; 2] = ["permission/filesystem/write-crash", "permission/filesystem/write-while-read"];

/// Two components that log while the other does, each before and after it computed.
const LOGGING: &str = r#"title = "two components log"
requirements = ["log.structured"]
[components.a.guest]
execute = ['call host-services.log(info, "1", none)', "spin 2000", 'call host-services.log(info, "2", none)']
[components.b.guest]
execute = ['call host-services.log(info, "3", none)', "spin 2000", 'call host-services.log(info, "4", none)']
[[steps]]
load = "a"
[[steps]]
load = "b"
[[steps]]
execute = "a"
begin = "a"
[[steps]]
execute = "b"
begin = "b"
[[steps]]
await = "a"
expect.output = "raw:"
[[steps]]
await = "b"
expect.output = "raw:"
[[steps]]
logs = true
"#;

fn logged(outcome: &Outcome) -> String {
    let replies = outcome.exchange.iter().filter_map(|exchange| exchange.reply.as_ref());
    let records = replies.filter_map(|reply| match reply {
        Reply::Logs { records } => Some(records.iter().map(|record| record.message.as_str()).collect::<String>()),
        _ => None,
    });
    records.collect()
}

#[test]
fn seeds_reach_every_order_of_what_components_do() {
    let case = case_of(LOGGING);
    let orders: BTreeSet<String> =
        (0..64).map(|seed| logged(&run_case(&case, &FACTORY, &Seeds::Only(vec![seed])))).collect();
    // 1 before 2 and 3 before 4, and everything else in between.
    let all = ["1234", "1324", "1342", "3124", "3142", "3412"];
    assert_eq!(orders.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

/// A runtime that answers everything, and wrongly under the seeds that it dislikes.
struct Moody {
    hooks: Vec<Hook>,
    disliked: u64,
    seed: Option<u64>,
}

impl Driver for Moody {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        Ok(match stimulus {
            Stimulus::Hello { .. } => Reply::Hello(Hello {
                protocol: 1,
                runtime: "moody".into(),
                version: "1".into(),
                contract: ContractVersion::V1_0,
                features: vec!["log".into()],
                hooks: self.hooks.clone(),
            }),
            Stimulus::CaseBegin(World { seed, .. }) => {
                self.seed = seed;
                Reply::Done
            }
            Stimulus::Await { .. } if self.seed >= Some(self.disliked) => Reply::Rejected { code: "a mood".into() },
            Stimulus::Await { .. } => Reply::Returned { output: Bytes(vec![0x55]), fuel: None },
            Stimulus::Load(request) => Reply::Loaded { component: request.directory },
            Stimulus::Logs => Reply::Logs { records: Vec::new() },
            _ => Reply::Done,
        })
    }
}

const ALL: [Hook; 3] = [Hook::Begin, Hook::Logs, Hook::Schedule];

/// How often a case is run, and which run counts: verdict, seed, number of runs.
#[rstest]
#[case::by_default(&ALL, Seeds::default(), 100, (Verdict::Pass, None, 9))]
#[case::up_to(&ALL, Seeds::UpTo(20), 100, (Verdict::Pass, None, 21))]
#[case::freely(&ALL, Seeds::UpTo(0), 0, (Verdict::Pass, None, 1))]
#[case::first_failure(&ALL, Seeds::UpTo(20), 7, (Verdict::Fail, Some(7), 8))]
#[case::replayed(&ALL, Seeds::Only(vec![7]), 7, (Verdict::Fail, Some(7), 1))]
#[case::several(&ALL, Seeds::Only(vec![5, 6, 7, 8]), 7, (Verdict::Fail, Some(7), 3))]
#[case::replayed_and_passed(&ALL, Seeds::Only(vec![5, 6]), 7, (Verdict::Pass, Some(5), 2))]
#[case::without_the_hook(&ALL[..2], Seeds::UpTo(20), 7, (Verdict::Pass, None, 1))]
#[case::replayed_without_the_hook(&ALL[..2], Seeds::Only(vec![7, 8]), 7, (Verdict::Pass, None, 1))]
#[case::without_another_hook(&ALL[1..], Seeds::UpTo(20), 7, (Verdict::Untestable, None, 1))]
fn runs(
    #[case] hooks: &[Hook],
    #[case] seeds: Seeds,
    #[case] disliked: u64,
    #[case] expected: (Verdict, Option<u64>, u64),
) {
    let hooks = hooks.to_vec();
    let factory: Arc<DriverFactory> =
        Arc::new(move || Ok(Box::new(Moody { hooks: hooks.clone(), disliked, seed: None })));
    let outcome = run_case(&case_of(LOGGING), &factory, &seeds);
    assert_eq!((outcome.verdict, outcome.seed, outcome.runs), expected, "{}", outcome.message);
    if let (Verdict::Fail, Some(seed), _) = expected {
        let replay = format!(" (seed {seed}; replay with --seed {seed})");
        assert!(outcome.message.starts_with("step 5: ") && outcome.message.ends_with(&replay), "{}", outcome.message);
    }
}

/// Cases whose order is not the runtime's alone, or cannot matter.
#[rstest]
#[case::order_cannot_matter("[components.a]", Seeds::default(), 1)]
#[case::every_case("[components.a]", Seeds::UpTo(4), 5)]
#[case::real_clock("clock = \"real\"\n[components.a]", Seeds::UpTo(4), 1)]
#[case::real_clock_replayed("clock = \"real\"\n[components.a]", Seeds::Only(vec![4, 5]), 1)]
#[case::servers("servers.s.at = [\"93.184.216.34:80\"]\n[components.a]", Seeds::UpTo(4), 1)]
#[case::messages("[components.a.guest]\nimports = [\"host-services.send-message\"]", Seeds::default(), 9)]
fn which_cases_are_seeded(#[case] text: &str, #[case] seeds: Seeds, #[case] runs: u64) {
    let head = "title = \"a component is loaded\"\nrequirements = [\"log.structured\"]";
    let case = case_of(&format!(
        "{head}\n{text}\n[[steps]]\nload = \"a\"\n[[steps]]\nexecute = \"a\"\nexpect.output = \"raw:\"\n"
    ));
    let outcome = run_case(&case, &FACTORY, &seeds);
    assert_eq!((outcome.verdict, outcome.message.as_str(), outcome.runs), (Verdict::Pass, "", runs));
}

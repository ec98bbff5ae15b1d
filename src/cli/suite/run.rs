//! `airssys-wasm suite run`, and what other commands need of a run.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use airssys_wasm::suite::report::{Ran, RunInfo};
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, ExpectedFailures, Outcome, RunResult, Seeds, areas, none_run, run_all,
};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::exit::Exit;
use super::reports::{self, ReportTo};
use super::under_test::{Tested, UnderTest};
use super::{Selected, Selection, expected};

#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Write a report, such as json=report.json; may be given several times. FORMAT is table, json, junit, markdown (which
    /// is appended to a file that is there), html, badge (SVG) or shields (what shields.io draws a badge from). `-` stands
    /// for standard output, where the table then is not.
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportTo>,
    /// Write every stimulus and reply as JSON lines, to see why a case fails and to replay it.
    #[arg(long, value_name = "PATH")]
    trace: Option<PathBuf>,
    /// A TOML file that names cases that are expected to fail: `[[failure]]` with `case` (an identifier or a pattern),
    /// `reason`, and `expires` if it ends. What passes after all, names nothing or has expired is red.
    #[arg(long, value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Write the list of expected failures as this run has it, instead of holding the run against it.
    #[arg(long, requires = "expected_failures")]
    update: bool,
    /// Judge the runtime as if it declared these features alone, with commas between, whatever it says itself. The claim
    /// is void without all core areas.
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    features: Vec<String>,
    /// Run one part of the cases: 2/4 is the second of four parts.
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Run every case freely and under the seeds 1 to N. A seed decides the order in which components go on, so that a
    /// failure comes again. Unless given, cases in which the order can matter run under 8 seeds, and the others freely
    /// alone. Cases with a real clock or with servers always run freely alone.
    #[arg(long, value_name = "N", conflicts_with = "seed")]
    seeds: Option<u32>,
    /// Run cases under this seed alone, to replay what failed under it; may be given several times.
    #[arg(long, value_name = "S")]
    seed: Vec<u64>,
    /// How many cases run at a time, with an adapter of its own each; as many as there are processors unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    #[command(flatten)]
    under_test: UnderTest,
}

/// One part of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shard {
    /// From 1.
    part: usize,
    of: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("write K/N with K from 1 to N, such as 2/4".to_owned()),
        }
    }
}

impl Shard {
    /// Every so-manyth case, so that each part has some of every area.
    fn of(self, cases: &[DiscoveredCase]) -> Vec<DiscoveredCase> {
        cases.iter().skip(self.part - 1).step_by(self.of).cloned().collect()
    }
}

pub(super) fn jobs(given: Option<u16>) -> usize {
    given.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn seeds(args: &RunArgs) -> Seeds {
    match (args.seeds, args.seed.as_slice()) {
        (None, []) => Seeds::default(),
        (Some(last), []) => Seeds::UpTo(last.into()),
        (_, seeds) => Seeds::Only(seeds.to_vec()),
    }
}

pub(super) fn run_suite(args: &RunArgs, catalogue: &Catalogue, selected: &Selected) -> anyhow::Result<Exit> {
    if let Some(why) = reports::conflict(&args.report) {
        return bad_input(&anyhow::anyhow!(why));
    }
    let list = args.expected_failures.as_ref().map(|path| Ok((path, expected::read(path, args.update)?)));
    let list: Option<(&PathBuf, (String, ExpectedFailures))> = match list.transpose() {
        Ok(list) => list,
        Err(why) => return bad_input(&why),
    };
    if let Some(unknown) = args.features.iter().find(|feature| !areas().contains(&feature.as_str())) {
        let known = areas().join(", ");
        return bad_input(&anyhow::anyhow!("there is no feature `{unknown}`; the features are {known}"));
    }
    let cases = args.shard.map_or_else(|| selected.cases.clone(), |shard| shard.of(&selected.cases));
    let (runtime, mut outcomes) = match args.under_test.start() {
        Ok(tested) => {
            let tested = if args.features.is_empty() { tested } else { tested.declaring(&args.features) };
            (tested.hello.clone(), judge(&cases, jobs(args.jobs), &seeds(args), tested)?)
        }
        // The reports are written all the same, and say so of every case.
        Err(why) => (args.under_test.nobody(), none_run(&cases, &why)),
    };
    let mut stale = Vec::new();
    if let Some((path, (text, list))) = list {
        let known: Vec<&str> = selected.all.iter().map(String::as_str).collect();
        stale = list.apply_today(&mut outcomes, &known);
        if args.update {
            let list = expected::update(path, &text, &mut outcomes, &known)?;
            stale = list.apply_today(&mut outcomes, &known);
        }
        for entry in &stale {
            eprintln!("stale: {}:{}: `{}`: {}", path.display(), entry.line, entry.case, entry.why);
        }
    }
    let result =
        RunResult::new(Ran { catalogue, cases: &cases, runtime, info: asked(args), outcomes: &outcomes, stale });
    if let Some(path) = &args.trace {
        let mut lines = String::new();
        for outcome in &outcomes {
            for exchange in &outcome.exchange {
                let line = serde_json::json!({ "case": outcome.id, "seed": outcome.seed, "step": exchange.step, "stimulus": exchange.stimulus, "reply": exchange.reply });
                lines.push_str(&format!("{line}\n"));
            }
        }
        std::fs::write(path, lines).with_context(|| format!("failed to write the trace {}", path.display()))?;
    }
    reports::write(&args.report, &result)?;
    Ok(match (result.is_harness_broken(), result.is_conforming()) {
        (true, _) => Exit::HarnessFailed,
        (false, true) => Exit::Conforming,
        (false, false) => Exit::NotConforming,
    })
}

/// What the arguments say of how it is judged.
fn asked(args: &RunArgs) -> RunInfo {
    RunInfo {
        filters: args.selection.filters.clone(),
        cases: args.selection.cases.iter().map(|path| path.display().to_string()).collect(),
        contract: args.selection.contract,
        features: (!args.features.is_empty()).then(|| args.features.clone()),
        shard: args.shard.map(|shard| format!("{}/{}", shard.part, shard.of)),
        adapter: args.under_test.adapter.clone(),
    }
}

fn bad_input(why: &anyhow::Error) -> anyhow::Result<Exit> {
    eprintln!("error: {why:#}");
    Ok(Exit::BadInput)
}

/// Runs the cases against a runtime, with progress on a terminal.
pub(super) fn judge(
    cases: &[DiscoveredCase],
    jobs: usize,
    seeds: &Seeds,
    tested: Tested,
) -> anyhow::Result<Vec<Outcome>> {
    let Tested { factory, .. } = tested;
    let progress =
        if std::io::stderr().is_terminal() { ProgressBar::new(cases.len() as u64) } else { ProgressBar::hidden() };
    progress.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")?);
    let outcomes = run_all(cases, &factory, jobs, seeds, &|outcome: &Outcome| {
        progress.set_message(outcome.id.clone());
        progress.inc(1);
    });
    progress.finish_and_clear();
    Ok(outcomes)
}

//! `airssys-wasm suite`.

mod compare;
mod doctor;
mod expected;
mod replay;
mod reports;
mod run;
mod schema;
mod selftest;
mod show;
mod under_test;

use std::path::PathBuf;

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::report::{Ran, RunInfo, requirements_table};
use airssys_wasm::suite::{Catalogue, DiscoveredCase, RunResult, Seeds, embedded, in_directory};

use self::run::{RunArgs, jobs, judge, run_suite};
use self::selftest::SelftestArgs;
use self::under_test::UnderTest;
use super::exit::Exit;
use super::print::print;

#[derive(Debug, clap::Args)]
pub(crate) struct SuiteArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Judge a runtime by the cases and print a table by area.
    #[command(after_help = "\
Examples:
  airssys-wasm suite run
  airssys-wasm suite run lifecycle limits/fuel --report json=report.json
  airssys-wasm suite run isolation/trap#stack --trace exchange.jsonl
  airssys-wasm suite run time --seeds 100
  airssys-wasm suite run --contract 1.0
  airssys-wasm suite run time/sleep-others --seed 17
  airssys-wasm suite run --adapter 'node adapter.mjs' --jobs 2 --expected-failures known.toml
  airssys-wasm suite run --shard 1/4

Exit status:
  0  every case passed, or is not applicable, untestable or expected to fail
  1  a case failed, was lost by the adapter, or passed although it was expected to fail; or an expected failure is stale
  2  a filter matches nothing, or a case file or the list of expected failures is not understood
  3  nothing could be judged: the adapter or another driver failed")]
    Run(RunArgs),
    /// List the cases: identifier and title.
    List(Selection),
    /// Show one case: its file, what is sent and expected, and its guests as WebAssembly text.
    Show {
        /// The case's identifier, such as lifecycle/init-once or isolation/trap#stack.
        case: String,
        /// A directory with further cases.
        #[arg(long = "cases", value_name = "DIR")]
        cases: Vec<PathBuf>,
    },
    /// Prove that the cases can fail: hold broken runtimes against them, and them against broken runtimes.
    #[command(after_help = "\
Examples:
  airssys-wasm suite selftest
  airssys-wasm suite selftest audit messaging
  airssys-wasm suite selftest --fault merges-records
  airssys-wasm suite selftest --list

Exit status:
  0  every fault was caught, and every case caught one
  1  a fault survived, or a case is idle
  2  a filter or a fault matches nothing, or a case file is not understood
  3  the reference runtime itself does not pass")]
    Selftest(SelftestArgs),
    /// Examine an adapter in twelve small steps, and say what to mend next.
    #[command(after_help = "\
Exit status:
  0  no step fails
  1  a step fails, or could not be tried
  2  the command is none")]
    Doctor {
        #[command(flatten)]
        under_test: UnderTest,
    },
    /// Say a transcript again, as `suite run --trace` wrote it, to the reference or an adapter, and tell where it answers
    /// differently.
    #[command(after_help = "\
Exit status:
  0  every answer is the same
  1  an answer differs, or there is none
  2  the transcript cannot be read
  3  there is no runtime to say it to")]
    Replay {
        /// The transcript: one JSON object a line.
        transcript: PathBuf,
        #[command(flatten)]
        under_test: UnderTest,
    },
    /// Write the JSON Schemas of the adapter protocol and of the JSON report.
    Schema {
        /// The directory that they are written into; to standard output unless given.
        dir: Option<PathBuf>,
    },
    /// Hold reports that were written by `suite run --report json=PATH` beside each other.
    #[command(after_help = "\
Examples:
  airssys-wasm suite compare before.json after.json
  airssys-wasm suite compare mine.json theirs.json --html compared.html

Exit status:
  0  the reports were read
  1  verdicts differ, and --fail-on-difference was given
  2  a report cannot be read, or is none")]
    Compare(compare::CompareArgs),
    /// Run the suite and say of every requirement whether a case asserted it, and whether it held.
    Requirements {
        /// Only those that no case asserted.
        #[arg(long)]
        uncovered: bool,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        under_test: UnderTest,
    },
}

#[derive(Debug, clap::Args)]
struct Selection {
    /// Areas, identifiers or parts of identifiers; all cases if there is none.
    filters: Vec<String>,
    /// A directory with further cases; may be given several times.
    #[arg(long = "cases", value_name = "DIR")]
    cases: Vec<PathBuf>,
    /// Judge by this version of the contract, whose requirements and cases do not change any more, with a runtime that
    /// offers no later one. Unless given, each case is judged by the newest version that it holds for.
    #[arg(long, value_name = "VERSION")]
    contract: Option<ContractVersion>,
}

pub(crate) fn run(args: SuiteArgs) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Run(args) => with(&args.selection, |catalogue, selected| run_suite(args, catalogue, selected)),
        Command::Selftest(args) => {
            with(&args.selection, |catalogue, selected| selftest::run(args, catalogue, &selected.cases))
        }
        Command::List(selection) => with(selection, |_, selected| {
            let line = |case: &DiscoveredCase| format!("{:<50} {}\n", case.id, case.case.title);
            print(&selected.cases.iter().map(line).collect::<String>())
        }),
        Command::Show { case, cases } => {
            let selection = Selection { filters: vec![case.clone()], cases: cases.clone(), contract: None };
            with(&selection, |_, selected| show::show(case, &selected.cases))
        }
        Command::Doctor { under_test } => doctor::doctor(under_test),
        Command::Schema { dir } => schema::schema(dir.as_deref()),
        Command::Compare(args) => compare::compare(args),
        Command::Replay { transcript, under_test } => replay::replay(transcript, under_test),
        Command::Requirements { uncovered, selection, under_test } => with(selection, |catalogue, selected| {
            let tested = under_test.start()?;
            let runtime = tested.hello.clone();
            let outcomes = judge(&selected.cases, jobs(None), &Seeds::default(), tested)?;
            let result = RunResult::new(Ran {
                catalogue,
                cases: &selected.cases,
                runtime,
                info: RunInfo::default(),
                outcomes: &outcomes,
                stale: Vec::new(),
            });
            print(&requirements_table(&result, *uncovered))?;
            Ok(if result.is_harness_broken() { Exit::HarnessFailed } else { Exit::Conforming })
        }),
    }
}

/// Does something with the selected cases and the catalogue that they are of.
fn with(
    selection: &Selection,
    work: impl FnOnce(&Catalogue, &Selected) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let catalogue = Catalogue::of(selection.contract.unwrap_or(ContractVersion::NEWEST))?;
    match select(selection) {
        Ok(selected) => work(&catalogue, &selected),
        Err(why) => {
            eprintln!("error: {why}");
            Ok(Exit::BadInput)
        }
    }
}

/// Cases that were selected.
struct Selected {
    cases: Vec<DiscoveredCase>,
    /// The identifiers of all that there are.
    all: Vec<String>,
}

/// The cases that the filters name, of all that are embedded and in the directories.
fn select(selection: &Selection) -> Result<Selected, String> {
    // Cases of every version are understood, whichever are run.
    let catalogue = Catalogue::embedded().map_err(|why| why.to_string())?;
    let mut cases = embedded(&catalogue).map_err(|why| why.to_string())?;
    for directory in &selection.cases {
        cases.extend(in_directory(directory, &catalogue).map_err(|why| why.to_string())?);
    }
    if let Some(contract) = selection.contract {
        cases.retain(|case| case.holds_for(contract));
        cases.iter_mut().for_each(|case| case.contract = Some(contract));
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(pair) = cases.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(format!(
            "the case `{}` is there twice: rename the file in the directory given by --cases",
            pair[0].id
        ));
    }
    let names = |case: &DiscoveredCase, filter: &str| {
        let below = case.id.strip_prefix(filter).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#']));
        if cases.iter().any(|other| other.area == filter) {
            case.area == filter
        } else {
            below || case.id.contains(filter)
        }
    };
    for filter in &selection.filters {
        if !cases.iter().any(|case| names(case, filter)) {
            let mut areas: Vec<&str> = cases.iter().map(|case| case.area.as_str()).collect();
            areas.dedup();
            return Err(format!(
                "no case matches `{filter}`; the areas are {}, and `suite list` lists the cases",
                areas.join(", ")
            ));
        }
    }
    let wanted = |case: &DiscoveredCase| {
        selection.filters.is_empty() || selection.filters.iter().any(|filter| names(case, filter))
    };
    let chosen = cases.iter().filter(|case| wanted(case)).cloned().collect();
    Ok(Selected { cases: chosen, all: cases.into_iter().map(|case| case.id).collect() })
}

//! `airssys-wasm suite`.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::report::{requirements_table, table, to_json};
use airssys_wasm::suite::{
    Catalogue, DiscoveredCase, Driver as _, DriverFactory, Outcome, Reply, Report, Seeds, Stimulus, Verdict, embedded,
    in_directory, plan, run_all,
};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Exit;
use super::print::print;

#[derive(Debug, clap::Args)]
pub(crate) struct SuiteArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Judge the reference runtime by the cases and print a table by area.
    #[command(after_help = "\
Examples:
  airssys-wasm suite run
  airssys-wasm suite run lifecycle limits/fuel --report json=report.json
  airssys-wasm suite run isolation/trap#stack --trace exchange.jsonl
  airssys-wasm suite run time --seeds 100
  airssys-wasm suite run --contract 1.0
  airssys-wasm suite run time/sleep-others --seed 17

Exit status:
  0  every case passed, or is not applicable, untestable or expected to fail
  1  a case failed, or passed although it was expected to fail
  2  a filter matches nothing, or a case file is not understood
  3  the driver failed")]
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
    /// Run the suite and say of every requirement whether a case asserted it, and whether it held.
    Requirements {
        /// Only those that no case asserted.
        #[arg(long)]
        uncovered: bool,
        #[command(flatten)]
        selection: Selection,
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

#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    selection: Selection,
    /// Write a report, such as json=report.json; `-` stands for standard output, where the table then is not.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<PathBuf>,
    /// Write every stimulus and reply as JSON lines, to see why a case fails and to replay it.
    #[arg(long, value_name = "PATH")]
    trace: Option<PathBuf>,
    /// A file with the identifiers of cases that are expected to fail, one a line; `#` after a blank starts a comment.
    #[arg(long, value_name = "FILE")]
    expected_failures: Option<PathBuf>,
    /// Run every case freely and under the seeds 1 to N. A seed decides the order in which components go on, so that a
    /// failure comes again. Unless given, cases in which the order can matter run under 8 seeds, and the others freely
    /// alone. Cases with a real clock or with servers always run freely alone.
    #[arg(long, value_name = "N", conflicts_with = "seed")]
    seeds: Option<u32>,
    /// Run cases under this seed alone, to replay what failed under it; may be given several times.
    #[arg(long, value_name = "S")]
    seed: Vec<u64>,
    /// How many cases run at a time; as many as there are processors unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

fn parse_report(text: &str) -> Result<PathBuf, String> {
    match text.split_once('=') {
        Some(("json", path)) if !path.is_empty() => Ok(path.into()),
        _ => Err("write json=PATH".into()),
    }
}

pub(crate) fn run(args: SuiteArgs) -> anyhow::Result<Exit> {
    let selection = match &args.command {
        Command::Run(run) => &run.selection,
        Command::List(selection) | Command::Requirements { selection, .. } => selection,
        Command::Show { case, cases } => {
            &Selection { filters: vec![case.clone()], cases: cases.clone(), contract: None }
        }
    };
    let catalogue = Catalogue::of(selection.contract.unwrap_or(ContractVersion::NEWEST))?;
    let cases = match select(selection) {
        Ok(cases) => cases,
        Err(why) => {
            eprintln!("error: {why}");
            return Ok(Exit::BadInput);
        }
    };
    match &args.command {
        Command::Run(args) => run_suite(args, &catalogue, &cases),
        Command::List(_) => {
            let lines: String = cases.iter().map(|case| format!("{:<50} {}\n", case.id, case.case.title)).collect();
            print(&lines)
        }
        Command::Show { case, .. } => show(case, &cases),
        Command::Requirements { uncovered, .. } => {
            let report = judge(&catalogue, &cases, jobs(None), &Seeds::default(), &[])?;
            print(&requirements_table(&report, &catalogue, *uncovered))?;
            Ok(if report.is_harness_broken() { Exit::HarnessFailed } else { Exit::Conforming })
        }
    }
}

/// The cases that the filters name, of all that are embedded and in the directories.
fn select(selection: &Selection) -> Result<Vec<DiscoveredCase>, String> {
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
    Ok(cases.iter().filter(|case| wanted(case)).cloned().collect())
}

fn jobs(given: Option<u16>) -> usize {
    given.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn seeds(args: &RunArgs) -> Seeds {
    match (args.seeds, args.seed.as_slice()) {
        (None, []) => Seeds::default(),
        (Some(last), []) => Seeds::UpTo(last.into()),
        (_, seeds) => Seeds::Only(seeds.to_vec()),
    }
}

fn run_suite(args: &RunArgs, catalogue: &Catalogue, cases: &[DiscoveredCase]) -> anyhow::Result<Exit> {
    let expected = match args.expected_failures.as_ref().map(|path| expected_failures(path, cases)).transpose() {
        Ok(expected) => expected.unwrap_or_default(),
        Err(why) => {
            eprintln!("error: {why:#}");
            return Ok(Exit::BadInput);
        }
    };
    let report = judge(catalogue, cases, jobs(args.jobs), &seeds(args), &expected)?;
    let mut to_stdout = false;
    for path in &args.report {
        let text = format!("{:#}\n", to_json(&report));
        if path.as_os_str() == "-" {
            to_stdout = true;
            print(&text)?;
        } else {
            std::fs::write(path, text).with_context(|| format!("failed to write the report {}", path.display()))?;
        }
    }
    if let Some(path) = &args.trace {
        let mut lines = String::new();
        for outcome in &report.outcomes {
            for exchange in &outcome.exchange {
                let line = serde_json::json!({ "case": outcome.id, "seed": outcome.seed, "step": exchange.step, "stimulus": exchange.stimulus, "reply": exchange.reply });
                lines.push_str(&format!("{line}\n"));
            }
        }
        std::fs::write(path, lines).with_context(|| format!("failed to write the trace {}", path.display()))?;
    }
    if !to_stdout {
        print(&table(&report, std::io::stdout().is_terminal() && !no_color()))?;
    }
    Ok(match (report.is_harness_broken(), report.is_conforming()) {
        (true, _) => Exit::HarnessFailed,
        (false, true) => Exit::Conforming,
        (false, false) => Exit::NotConforming,
    })
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Runs the cases against the reference runtime, with progress on a terminal.
fn judge(
    catalogue: &Catalogue,
    cases: &[DiscoveredCase],
    jobs: usize,
    seeds: &Seeds,
    expected: &[String],
) -> anyhow::Result<Report> {
    let reference = Reference::new()?;
    let hello = match reference.driver().perform(Stimulus::Hello)? {
        Reply::Hello(hello) => hello,
        other => anyhow::bail!("the driver answered hello with {other:?}"),
    };
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    let progress =
        if std::io::stderr().is_terminal() { ProgressBar::new(cases.len() as u64) } else { ProgressBar::hidden() };
    progress.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")?);
    let mut outcomes = run_all(cases, &factory, jobs, seeds, &|outcome: &Outcome| {
        progress.set_message(outcome.id.clone());
        progress.inc(1);
    });
    progress.finish_and_clear();
    for outcome in outcomes.iter_mut().filter(|outcome| expected.contains(&outcome.id)) {
        outcome.verdict = match outcome.verdict {
            Verdict::Fail | Verdict::Crash | Verdict::Timeout => Verdict::Xfail,
            Verdict::Pass => Verdict::Xpass,
            other => other,
        };
        if outcome.verdict == Verdict::Xpass {
            outcome.message = "passes, although the list of expected failures names it: take it off the list".into();
        }
    }
    Ok(Report::new(catalogue, hello, outcomes))
}

fn expected_failures(path: &PathBuf, cases: &[DiscoveredCase]) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // `#` also joins a row to its case, so a comment needs a blank before it.
        let line = if line.starts_with('#') { "" } else { line.split(" #").next().unwrap_or_default().trim() };
        if line.is_empty() {
            continue;
        }
        let known = cases.iter().any(|case| case.id == line);
        anyhow::ensure!(known, "{}:{}: `{line}` is not among the cases of this run", path.display(), index + 1);
        expected.push(line.to_owned());
    }
    Ok(expected)
}

fn show(id: &str, cases: &[DiscoveredCase]) -> anyhow::Result<Exit> {
    let Some(case) = cases.iter().find(|case| case.id == id) else {
        let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).take(10).collect();
        eprintln!("error: no case is named `{id}`; there are {}", ids.join(", "));
        return Ok(Exit::BadInput);
    };
    let plan = match plan(&case.case) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("error: {id}: {why}");
            return Ok(Exit::BadInput);
        }
    };
    let mut out = format!("# {}\n# {}\n# asserts {}\n\n", case.id, case.case.title, case.case.requirements.join(", "));
    out.push_str(case.source.trim_end());
    out.push_str("\n\n# steps: what is sent, and what must come back\n");
    for step in &plan.steps {
        let expect = match &step.expect {
            Some(expect) => serde_json::to_string(expect)?,
            None => "success".to_owned(),
        };
        out.push_str(&format!("{:>3}  {}\n     => {expect}\n", step.number, serde_json::to_string(&step.stimulus)?));
    }
    for (name, guest) in &plan.guests {
        out.push_str(&format!(
            "\n# guest {name}: {} bytes, sha256 {}\n{}",
            guest.wasm.len(),
            guest.sha256(),
            guest.wat()?
        ));
    }
    print(&out)
}

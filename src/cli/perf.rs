//! `airssys-wasm perf`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::perf::instructions::{self, Which};
use airssys_wasm::perf::report::{line, table, to_json, to_markdown};
use airssys_wasm::perf::{
    Budgets, Cores, Effort, Row, Saved, Workload, count as count_all, of_driver, run as measure_all, workloads,
};
use airssys_wasm::suite::DriverFactory;
use airssys_wasm::suite::driver::reference::Reference;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::Exit;
use super::print::print;
use super::replace::replace;

/// Measure the runtime beside the engine below it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every workload is measured in turns with its baseline, in this process, on one core and on two, until its interval is
clear of its budget. `perf --list` says what each does and against what.

Examples:
  airssys-wasm perf
  airssys-wasm perf execute permission
  airssys-wasm perf --gate --markdown summary.md
  airssys-wasm perf --save before.json
  airssys-wasm perf --gate --baseline before.json

Exit status:
  0  measured; with --gate, no budget is broken and nothing is worse than the baseline
  1  with --gate: a budget is broken, or a workload is worse than the baseline
  2  no workload has that name, or a file is not understood
  3  a workload failed")]
pub(crate) struct PerfArgs {
    /// Names of workloads or what they start with, such as execute/64-bytes or permission; all if there is none.
    workloads: Vec<String>,
    /// End with 1 if a budget is broken, or a workload is worse than the baseline.
    #[arg(long)]
    gate: bool,
    /// Compare with results that --save wrote.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Keep the results, to compare later ones with.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write the report as JSON; `-` stands for standard output, where the table then is not.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write the report as Markdown, such as to the summary of a job.
    #[arg(long, value_name = "PATH")]
    markdown: Option<PathBuf>,
    /// Use these budgets instead of the project's own.
    #[arg(long, value_name = "FILE")]
    budgets: Option<PathBuf>,
    /// How long a workload may take until it is clear of its budget, in seconds. The least it takes is a fraction of one.
    #[arg(long, value_name = "SECONDS", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
    /// Count instructions under valgrind instead of measuring time, of the workloads that allow it: for machines whose
    /// clocks tell nothing. --save and --baseline keep such counts apart from times.
    #[arg(long)]
    instructions: bool,
    /// Repeat one side of one workload, for whoever counts.
    #[arg(long, hide = true, value_name = "SIDE:TIMES", value_parser = parse_repeat)]
    repeat: Option<(Which, u64)>,
    /// List the workloads: what each does, against what, and what it may come to.
    #[arg(long)]
    list: bool,
}

fn parse_repeat(text: &str) -> Result<(Which, u64), String> {
    let (side, times) = text.split_once(':').ok_or("write SIDE:TIMES")?;
    Ok((side.parse()?, times.parse().map_err(|why| format!("`{times}`: {why}"))?))
}

pub(crate) fn run(args: PerfArgs) -> anyhow::Result<Exit> {
    let input = match read(&args) {
        Ok(input) => input,
        Err(why) => {
            eprintln!("error: {why:#}");
            return Ok(Exit::BadInput);
        }
    };
    let reference = Reference::new()?;
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    let mut all = workloads();
    all.extend(of_driver(&factory));
    if args.instructions {
        all.retain(|workload| instructions::COUNTED.contains(&workload.id));
    }
    let chosen = match choose(all, &args.workloads) {
        Ok(chosen) => chosen,
        Err(why) => {
            eprintln!("error: {why}");
            return Ok(Exit::BadInput);
        }
    };
    if let Some((which, times)) = args.repeat {
        for workload in &chosen {
            instructions::repeat(workload, which, times)?;
        }
        return Ok(Exit::Conforming);
    }
    if args.list {
        return print(&list(&chosen, &input.budgets));
    }
    if cfg!(debug_assertions) {
        eprintln!(
            "warning: this program is not optimised, and its figures are not the runtime's: use `cargo run --release`"
        );
    }
    let mut effort = Effort::default();
    effort.patience = Duration::from_secs(args.patience);
    let rows = chosen.iter().map(|workload| workload.on.len() as u64).sum();
    let progress = if std::io::stderr().is_terminal() { ProgressBar::new(rows) } else { ProgressBar::hidden() };
    progress.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")?);
    let observe = |row: &Row| {
        progress.suspend(|| std::io::stderr().is_terminal().then(|| eprint!("{}", line(row))));
        progress.inc(1);
    };
    let saved = input.saved.as_ref();
    let report = if args.instructions {
        let program = std::env::current_exe().context("failed to find this program")?;
        count_all(&chosen, &program, &input.budgets, saved, &observe)?
    } else {
        measure_all(&chosen, &input.budgets, saved, &effort, &observe)?
    };
    progress.finish_and_clear();

    if let Some(path) = &args.save {
        write(path, &format!("{}\n", report.to_saved().to_json()))?;
    }
    if let Some(path) = &args.markdown {
        write(path, &to_markdown(&report))?;
    }
    match &args.json {
        Some(path) if path.as_os_str() == "-" => print(&format!("{}\n", to_json(&report)))?,
        Some(path) => {
            write(path, &format!("{}\n", to_json(&report)))?;
            print(&table(&report))?
        }
        None => print(&table(&report))?,
    };
    Ok(if args.gate && report.is_bad() { Exit::NotConforming } else { Exit::Conforming })
}

/// What the files say that the arguments name.
struct Input {
    budgets: Budgets,
    saved: Option<Saved>,
}

fn read(args: &PerfArgs) -> anyhow::Result<Input> {
    let text =
        |path: &Path| std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()));
    let budgets = match &args.budgets {
        Some(path) => Budgets::parse(&path.display().to_string(), &text(path)?)?,
        None => Budgets::embedded()?,
    };
    let saved = args.baseline.as_deref().map(|path| {
        Saved::parse(&text(path)?).with_context(|| format!("{} is no result that --save wrote", path.display()))
    });
    Ok(Input { budgets, saved: saved.transpose()? })
}

/// The workloads that the names stand for, in the order of the table.
fn choose(all: Vec<Workload>, names: &[String]) -> Result<Vec<Workload>, String> {
    let fits = |workload: &Workload, name: &str| workload.id.starts_with(name);
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|workload| fits(workload, name))) {
        let ids: Vec<&str> = all.iter().map(|workload| workload.id).collect();
        return Err(format!("no workload is named `{unknown}`; there are {}", ids.join(", ")));
    }
    let wanted = |workload: &Workload| names.is_empty() || names.iter().any(|name| fits(workload, name));
    Ok(all.into_iter().filter(wanted).collect())
}

fn list(workloads: &[Workload], budgets: &Budgets) -> String {
    let line = |workload: &Workload| {
        let budget = budgets.of(workload.id, Cores::One).map(|budget| {
            let bound = budget.bound.show(workload.statistic);
            match &budget.accepted {
                Some(accepted) => {
                    let (accepted, because) = (accepted.bound.show(workload.statistic), &accepted.because);
                    format!("{bound}; until that is reached {accepted}, because {because}")
                }
                None => bound,
            }
        });
        format!(
            "{}\n    {}\n    against: {}\n    budget: {}\n",
            workload.id,
            workload.about,
            workload.against.unwrap_or("nothing"),
            budget.as_deref().unwrap_or("none")
        )
    };
    workloads.iter().map(line).collect()
}

/// A report is there whole, or as it was.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, text).with_context(|| format!("failed to write {}", path.display()))
}

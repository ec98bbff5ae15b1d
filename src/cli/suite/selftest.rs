//! `airssys-wasm suite selftest`.

use std::io::IsTerminal as _;
use std::sync::Arc;

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::faulty::{Conclusion, Fault, SelftestOptions, faults, faults_table, selftest, selftest_table};
use airssys_wasm::suite::{Catalogue, DiscoveredCase, Driver, DriverFactory};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::exit::Exit;
use super::super::print::print;
use super::Selection;
use super::run::jobs;

#[derive(Debug, clap::Args)]
pub(super) struct SelftestArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Judge this fault alone; may be given several times.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// List the faults: name, what the runtime gets wrong, the requirements that this violates.
    #[arg(long)]
    list: bool,
    /// How many cases run at a time; as many as there are processors unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

pub(super) fn run(args: &SelftestArgs, catalogue: &Catalogue, cases: &[DiscoveredCase]) -> anyhow::Result<Exit> {
    let known = faults();
    if let Some(unknown) = args.fault.iter().find(|name| !known.iter().any(|fault| fault.name == **name)) {
        eprintln!("error: no fault is named `{unknown}`; `suite selftest --list` lists them");
        return Ok(Exit::BadInput);
    }
    let wanted = |fault: &Fault| args.fault.is_empty() || args.fault.iter().any(|name| name == fault.name);
    let faults: Vec<Fault> = known.into_iter().filter(wanted).collect();
    if args.list {
        return print(&faults_table(&faults));
    }
    let reference = Reference::new()?;
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver()) as Box<dyn Driver>));
    let progress =
        if std::io::stderr().is_terminal() { ProgressBar::new(cases.len() as u64) } else { ProgressBar::hidden() };
    progress.set_style(ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")?);
    let options = SelftestOptions {
        jobs: jobs(args.jobs),
        every_case: args.selection.filters.is_empty() && args.selection.contract.is_none(),
        every_fault: args.fault.is_empty(),
    };
    let selftest = selftest((cases, catalogue), &faults, &factory, options, &|outcome| {
        progress.set_message(outcome.id.clone());
        progress.inc(1);
    });
    progress.finish_and_clear();
    print(&selftest_table(&selftest))?;
    Ok(match selftest.conclusion() {
        Conclusion::Clean => Exit::Conforming,
        Conclusion::Findings => Exit::NotConforming,
        Conclusion::Unsound => Exit::HarnessFailed,
    })
}

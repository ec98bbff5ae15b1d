//! The suite itself: how many cases a second.

use std::sync::Arc;
use std::time::Instant;

use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::suite::driver::reference::Reference;
use crate::suite::{Catalogue, DiscoveredCase, DriverFactory, Seeds, embedded, run_all};

pub(super) const ALL: &[Workload] = &[Workload {
    id: "suite/cases",
    about: "cases of the suite, every sixteenth, judged on a fresh engine",
    against: None,
    statistic: Statistic::PerSecond,
    on: &[Cores::Two],
    prepare: Prepare::Plain(prepare),
}];

/// One of so many cases is run: all areas are among them.
const STRIDE: usize = 16;

fn prepare(cores: Cores) -> Result<Prepared, PerfError> {
    let catalogue = Catalogue::embedded().map_err(PerfError::from_error)?;
    let cases = embedded(&catalogue).map_err(PerfError::from_error)?;
    let cases: Vec<DiscoveredCase> = cases.into_iter().step_by(STRIDE).collect();
    let start = Instant::now();
    let reference = Reference::new().map_err(PerfError::from_error)?;
    let factory: Arc<DriverFactory> = Arc::new(move || Ok(Box::new(reference.driver())));
    let outcomes = run_all(&cases, &factory, cores.count(), &Seeds::default(), &|_| {});
    let taken = start.elapsed();
    if let Some(outcome) = outcomes.iter().find(|outcome| outcome.verdict.is_red()) {
        return Err(PerfError::new(format!("{} did not pass: {}", outcome.id, outcome.message)));
    }
    Ok(Prepared::Value(outcomes.len() as f64 / taken.as_secs_f64()))
}

//! What it takes to have a runtime at all.

use super::lanes::loops;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::{EngineOptions, Runtime, probe};

pub(super) const ALL: &[Workload] = &[Workload {
    id: "runtime/creation",
    about: "an engine and a runtime, made and dropped",
    against: Some("Engine::new with the same configuration"),
    statistic: Statistic::Ratio,
    on: &[Cores::One],
    prepare: Prepare::Plain(prepare),
}];

fn prepare(cores: Cores) -> Result<Prepared, PerfError> {
    let made = || Runtime::builder().build().map(drop).map_err(PerfError::from_error);
    // It works, and whatever is made once in a process is made.
    made()?;
    let subject = loops(cores, |_| Ok(made))?;
    let baseline = loops(cores, |_| {
        let config = probe::configuration(&EngineOptions::default()).map_err(PerfError::from_error)?;
        Ok(move || wasmtime::Engine::new(&config).map(drop).map_err(PerfError::from_error))
    })?;
    Ok(Prepared::Pair(subject, baseline))
}

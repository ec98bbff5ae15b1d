//! What a component that does nothing holds of the machine's memory.

use std::sync::OnceLock;

use super::guests::{self, Guest, Place};
use super::lanes::threads;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::{Engine, EngineOptions, Message};

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "memory/1000-idle",
        about: "resident memory of an idle component, of a thousand",
        against: None,
        statistic: Statistic::Bytes,
        on: &[Cores::One],
        prepare: Prepare::Plain(|_| Ok(Prepared::Value(found()?.thousand))),
    },
    Workload {
        id: "memory/5000-idle",
        about: "resident memory of an idle component, of five thousand",
        against: None,
        statistic: Statistic::Bytes,
        on: &[Cores::One],
        prepare: Prepare::Plain(|_| Ok(Prepared::Value(found()?.five_thousand))),
    },
    Workload {
        id: "memory/growth",
        about: "resident memory of each of the last four thousand",
        against: Some("of each of the first thousand"),
        statistic: Statistic::Ratio,
        on: &[Cores::One],
        prepare: Prepare::Plain(|_| {
            let Found { thousand, five_thousand } = found()?;
            Ok(Prepared::Value((5.0 * five_thousand - thousand) / (4.0 * thousand)))
        }),
    },
];

const COUNT: Guest<'static> = Guest { program: "handle-message = [\"count\"]", tables: "" };

/// Bytes a component, when there are so many.
#[derive(Clone, Copy)]
struct Found {
    thousand: f64,
    five_thousand: f64,
}

/// A component's name is in its code, and compiling is what takes time: so there are a hundred names, and a runtime on the
/// same engine for each hundred components.
const NAMES: usize = 100;
const RUNTIMES: usize = 50;

/// Loads five thousand components, once in a process.
fn found() -> Result<Found, PerfError> {
    static FOUND: OnceLock<Result<Found, String>> = OnceLock::new();
    FOUND.get_or_init(|| load_all().map_err(|why| why.to_string())).clone().map_err(PerfError::new)
}

fn load_all() -> Result<Found, PerfError> {
    let threads = threads(Cores::One)?;
    let place = Place::new()?;
    let options = EngineOptions { instances: 5_100, cached_components: NAMES, ..EngineOptions::default() };
    let engine = Engine::new(&options).map_err(PerfError::from_error)?;
    let build = |name| place.build(&format!("idle-{name}"), COUNT);
    let built = (0..NAMES).map(build).collect::<Result<Vec<_>, _>>()?;
    let (mut runtimes, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..RUNTIMES {
        let runtime = guests::runtime(&engine, |builder| builder)?;
        for component in &built {
            // It is idle, not untouched: it has handled a message.
            let message = Message { sender: "host".to_owned(), payload: vec![0x55], request_id: None };
            let loaded = async {
                let id = runtime.load(&component.directory).await.map_err(PerfError::from_error)?;
                runtime.deliver(&id, message).await.map_err(PerfError::from_error)
            };
            threads.block_on(loaded)?;
        }
        memory.push(resident()?);
        runtimes.push(runtime);
    }
    // The first hundred pay for what all share: the code, the bookkeeping of the pool.
    let each = |runtimes: usize| {
        let grown = memory[runtimes - 1].saturating_sub(memory[0]);
        grown as f64 / ((runtimes - 1) * NAMES) as f64
    };
    Ok(Found { thousand: each(1_000 / NAMES), five_thousand: each(RUNTIMES) })
}

/// What of the process is in memory, in bytes.
fn resident() -> Result<u64, PerfError> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(PerfError::from_error)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| PerfError::new("the system does not tell what is resident"))
}

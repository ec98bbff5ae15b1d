//! Components of three toolchains that ask each other, and what a host sees of it: `cargo run --example pipeline [SEED]`.
//!
//! `feeder` (generated here) has texts counted by `words` (C), which has `counter` (Rust) add them up; each answers when
//! it was answered, and tells the requests apart by their identifiers alone. `slow` (generated) answers when nobody
//! waits any more. The clock is virtual and a seed decides who goes on, so that the output is the same every time.

pub(crate) mod generated;
mod host;
mod trace;

use std::error::Error;
use std::sync::Arc;

use airssys_wasm::runtime::audit::MemoryAudit;
use airssys_wasm::runtime::{Engine, EngineOptions, Runtime, Schedule, Timestamp, VirtualClock};

use host::Host;
use trace::Trace;

/// Decides the order of what goes on at the same time. Others give other orders, each the same every time. Who asks
/// learns the request's identifier, and logs it, when the request was accepted; by some seeds who is asked is faster.
pub(crate) const SEED: u64 = 2;

/// Where the virtual clock starts: 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(SEED), |seed| seed.parse())?;
    print!("{}", run(&Engine::new(&EngineOptions::default())?, seed)?);
    Ok(())
}

/// Runs the pipeline and returns what there is to read.
pub(crate) fn run(engine: &Engine, seed: u64) -> Result<String, Box<dyn Error>> {
    let clock = VirtualClock::new(Timestamp::from_millis(START_MS));
    let (audit, trace) = (Arc::new(MemoryAudit::new()), Arc::new(Trace::new(clock.clone())));
    let (schedule, logged) = (Schedule::new(seed), Arc::clone(&trace));
    let runtime = Runtime::builder()
        .engine(engine.clone())
        .clock(Arc::new(clock.clone()))
        .schedule(&schedule)
        .audit(Arc::clone(&audit) as _)
        .on_log(move |record| logged.log(record))
        .build()?;
    trace.follow(runtime.events());

    let host = Host { runtime, clock, trace: Arc::clone(&trace) };
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    executor.block_on(schedule.drive(host.play()))?;

    let mut text = trace.finish();
    text.push_str("\nThe audit trail: who wanted to ask whom, and which line of the manifest permitted it\n\n");
    for record in audit.records() {
        text.push_str(&format!("{record}\n"));
    }
    Ok(text)
}

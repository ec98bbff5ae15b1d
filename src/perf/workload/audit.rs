//! Records of accesses, appended to the audit trail. It is one chain, so that two threads take turns: one core tells all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::guests::Place;
use super::lanes::Loops;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::{ComponentId, Text};
use crate::perf::PerfError;
use crate::permission::Class;
use crate::runtime::audit::{
    AccessRecord, Asked, AuditEvent, AuditSink, FileAudit, Lossless, MemoryAudit, Sync, Trail,
};

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "audit/memory",
        about: "the record of a granted access, made and kept in memory",
        against: None,
        statistic: Statistic::Nanoseconds,
        on: &[Cores::One],
        prepare: Prepare::Plain(memory),
    },
    Workload {
        id: "audit/file",
        about: "the record of a granted access, chained and written to a file that is not synced",
        against: None,
        statistic: Statistic::Nanoseconds,
        on: &[Cores::One],
        prepare: Prepare::Plain(file),
    },
];

/// After so many records the sink is read.
const BATCH: u64 = 1_000;

fn memory(cores: Cores) -> Result<Prepared, PerfError> {
    let sink = Arc::new(MemoryAudit::bounded(usize::MAX));
    let kept = Arc::clone(&sink);
    // What it keeps is read now and then, or it would take all memory.
    append(cores, sink, move || drop(kept.drain()))
}

fn file(cores: Cores) -> Result<Prepared, PerfError> {
    let place = Place::new()?;
    let sink = FileAudit::open(place.path().join("audit.jsonl"), Sync::Never).map_err(PerfError::from_error)?;
    // The directory is there as long as it is written to.
    append(cores, Arc::new(sink), move || debug_assert!(place.path().exists()))
}

fn append(
    cores: Cores,
    sink: Arc<dyn AuditSink>,
    after: impl Fn() + Send + std::marker::Sync + 'static,
) -> Result<Prepared, PerfError> {
    let trail = Arc::new(Trail::new(vec![sink], Lossless::Refuse).map_err(PerfError::from_error)?);
    let component = ComponentId::new("component").map_err(PerfError::from_error)?;
    let after = Arc::new(after);
    let lane = |_| {
        let (trail, component, after) = (Arc::clone(&trail), component.clone(), Arc::clone(&after));
        // As in the gate: what many records have in common is made once.
        let [version, request_id] = ["1.0.0", "call-1"].map(Text::from);
        let rule = Text::from("capabilities.storage.read[0] = \"perf:data\"");
        move |times: u64| {
            let asked = Asked {
                component: &component,
                version: &version,
                instance: 1,
                class: Class::Storage,
                action: "read",
                resource: "perf:data",
                request_id: Some(&request_id),
            };
            let mut taken = Duration::ZERO;
            for _ in 0..times / BATCH {
                let start = Instant::now();
                for _ in 0..BATCH {
                    let record = AccessRecord::granted(&asked, None, rule.clone());
                    trail.append(1_700_000_000_000, AuditEvent::Access(record)).map_err(PerfError::from_error)?;
                }
                taken += start.elapsed();
                after();
            }
            Ok(taken)
        }
    };
    Ok(Prepared::Alone(Box::new(Loops { lanes: (0..cores.count()).map(lane).collect(), step: BATCH })))
}

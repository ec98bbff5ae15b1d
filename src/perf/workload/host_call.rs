//! What a call from a guest to the host costs, and what the permission gate adds to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::guests::{self, Guest, Place};
use super::lanes::{Lane, lane, pair, threads};
use super::raw::{self, Data, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::audit::MemoryAudit;
use crate::runtime::{Call, Store};

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "host-call/ungated",
        about: "current-time-millis, called by a guest",
        against: Some("the same behind func_wrap"),
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, TIME)),
    },
    Workload {
        id: "host-call/gated",
        about: "storage.get in memory, called by a guest that it is granted: decided, recorded, done",
        against: Some("the same store behind func_wrap, neither decided nor recorded"),
        statistic: Statistic::Added,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, GET)),
    },
];

/// How many calls a guest makes in one `execute`, so that what surrounds them does not count.
const CALLS: u64 = 1_000;

const TIME: Guest<'static> =
    Guest { program: r#"execute = ["repeat 1000 invoke host-services.current-time-millis()"]"#, tables: "" };

const GET: Guest<'static> = Guest {
    program: r#"execute = ["repeat 1000 invoke storage.get(\"perf:data\", \"key\")"]"#,
    tables: "[capabilities.storage]\nread = [\"perf:data\"]\nnamespaces = [\"perf:data\"]\n",
};

fn prepare(cores: Cores, guest: Guest<'_>) -> Result<Prepared, PerfError> {
    let threads = threads(cores)?;
    let place = Place::new()?;
    let engine = guests::engine(64)?;
    let store = Store::in_memory().map_err(PerfError::from_error)?;
    let owner = ComponentId::new("owner").map_err(PerfError::from_error)?;
    store.put(&owner, "perf:data", "key", &[7; 64]).map_err(PerfError::from_error)?;
    let audit = Arc::new(MemoryAudit::bounded(usize::MAX));
    let runtime = guests::runtime(&engine, |builder| builder.store(store.clone()).audit(audit.clone()))?;
    let operation = vec![0x55];
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for number in 0..cores.count() {
        let built = place.build(&format!("caller-{number}"), guest)?;
        let id = threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?;
        let (runtime, audit, sent) = (runtime.clone(), Arc::clone(&audit), operation.clone());
        subject.push(Box::new(move |times| {
            let (runtime, id, audit, operation) = (runtime.clone(), id.clone(), Arc::clone(&audit), sent.clone());
            Box::pin(async move {
                let mut taken = Duration::ZERO;
                for _ in 0..times / CALLS {
                    let start = Instant::now();
                    let called = runtime.execute(&id, operation.clone(), Call::default()).await;
                    taken += start.elapsed();
                    called.map_err(PerfError::from_error)?;
                    // It is read now and then, or it would take all memory.
                    drop(audit.drain());
                }
                Ok(taken)
            })
        }));
        let data = Data { entries: Some(store.clone()), ..Data::default() };
        let instance = threads.block_on(Raw::compile(&engine, &built.wasm)?.start(data))?;
        let (instance, operation) = (Arc::new(Mutex::new(instance)), operation.clone());
        baseline.push(lane(move |times| {
            let (instance, operation) = (Arc::clone(&instance), operation.clone());
            async move {
                let (mut instance, context) = (instance.lock_owned().await, raw::context());
                for _ in 0..times / CALLS {
                    instance.execute(&operation, &context).await?;
                }
                Ok(())
            }
        }));
    }
    Ok(pair(&threads, CALLS, subject, baseline))
}

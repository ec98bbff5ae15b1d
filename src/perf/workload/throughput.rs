//! How many calls a second: actors that have more to do than they can, beside threads that do nothing but call.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::execute::check;
use super::guests::{self, ECHO, Place};
use super::lanes::{Lane, pair, threads};
use super::raw::{self, Data, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::{Call, Runtime};

const AGAINST: Option<&str> = Some("raw calls in a loop, on as many threads");

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "throughput/1-actor",
        about: "execute with 64 bytes; one actor a core, 32 callers",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 1)),
    },
    Workload {
        id: "throughput/100-actors",
        about: "execute with 64 bytes; a hundred actors, 100 callers",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 100 / cores.count())),
    },
];

/// How many callers there are at the least, in a lane.
const UNDER_WAY: usize = 32;

fn prepare(cores: Cores, actors: usize) -> Result<Prepared, PerfError> {
    let threads = threads(cores)?;
    let place = Place::new()?;
    let engine = guests::engine(512)?;
    let runtime = guests::runtime(&engine, |builder| builder)?;
    let operation = vec![0x55; 64];
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for lane in 0..cores.count() {
        let (mut ids, mut instances) = (Vec::new(), Vec::new());
        for actor in 0..actors {
            let built = place.build(&format!("echo-{lane}-{actor}"), ECHO)?;
            ids.push(threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?);
            instances.push(threads.block_on(Raw::compile(&engine, &built.wasm)?.start(Data::default()))?);
        }
        let (runtime, sent, ids) = (runtime.clone(), operation.clone(), Arc::new(ids));
        subject.push(Box::new(move |times| {
            let (runtime, ids, operation) = (runtime.clone(), Arc::clone(&ids), sent.clone());
            Box::pin(async move { pipeline(&runtime, &ids, &operation, times).await })
        }));
        let (instances, operation) = (Arc::new(Mutex::new(instances)), operation.clone());
        baseline.push(Box::new(move |times| {
            let (instances, operation) = (Arc::clone(&instances), operation.clone());
            Box::pin(async move {
                let (mut instances, context) = (instances.lock_owned().await, raw::context());
                let count = instances.len() as u64;
                for call in 0..times {
                    let instance = &mut instances[(call % count) as usize];
                    check(&instance.execute(&operation, &context).await?, &operation)?;
                }
                Ok(())
            })
        }));
    }
    Ok(pair(&threads, 1, subject, baseline))
}

/// Callers that each wait for one answer before they call again; each calls the components in turn.
async fn pipeline(
    runtime: &Runtime,
    ids: &Arc<Vec<ComponentId>>,
    operation: &[u8],
    times: u64,
) -> Result<(), PerfError> {
    let callers = UNDER_WAY.max(ids.len()) as u64;
    let calls = |caller: u64| {
        let (runtime, ids, operation) = (runtime.clone(), Arc::clone(ids), operation.to_vec());
        let share = times / callers + u64::from(caller < times % callers);
        async move {
            for call in 0..share {
                let id = &ids[((caller + call) % ids.len() as u64) as usize];
                let executed = runtime.execute(id, operation.clone(), Call::default()).await;
                check(&executed.map_err(PerfError::from_error)?.output, &operation)?;
            }
            Ok(())
        }
    };
    let callers: Vec<_> = (0..callers).map(|caller| tokio::spawn(calls(caller))).collect();
    for caller in callers {
        caller.await.map_err(PerfError::from_error)??;
    }
    Ok(())
}

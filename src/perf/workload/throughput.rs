//! How many calls a second: actors that have more to do than they can, beside threads that do nothing but call.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
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
        about: "execute with 64 bytes; one actor a core, 32 calls under way",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 1)),
    },
    Workload {
        id: "throughput/100-actors",
        about: "execute with 64 bytes; a hundred actors, 100 calls under way",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 100 / cores.count())),
    },
];

/// How many calls are under way at the least, in a lane.
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

/// Calls the components in turn, and keeps calls under way.
async fn pipeline(runtime: &Runtime, ids: &[ComponentId], operation: &[u8], times: u64) -> Result<(), PerfError> {
    let call = |number: u64| {
        let id = &ids[(number % ids.len() as u64) as usize];
        runtime.execute(id, operation.to_vec(), Call::default())
    };
    let under_way = UNDER_WAY.max(ids.len()) as u64;
    let mut calls: FuturesUnordered<_> = (0..times.min(under_way)).map(call).collect();
    let mut next = under_way;
    while let Some(executed) = calls.next().await {
        check(&executed.map_err(PerfError::from_error)?.output, operation)?;
        if next < times {
            calls.push(call(next));
            next += 1;
        }
    }
    Ok(())
}

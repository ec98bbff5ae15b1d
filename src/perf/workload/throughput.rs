//! How many calls a second: actors that have more to do than they can, beside threads that do nothing but call.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::execute::check;
use super::guests::{ECHO, Stage};
use super::lanes::{Lane, lane, pair};
use super::raw::{self, Data, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::{Call, Runtime};

const AGAINST: Option<&str> = Some("raw calls in a loop, on as many threads");

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "throughput/1-actor",
        about: "execute with 64 bytes; one actor a core, 30 calls at once",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 1)),
    },
    Workload {
        id: "throughput/100-actors",
        about: "execute with 64 bytes; a hundred actors, 30 calls at once to each",
        against: AGAINST,
        statistic: Statistic::Speed,
        on: Cores::ALL,
        prepare: Prepare::Plain(|cores| prepare(cores, 100 / cores.count())),
    },
];

/// How many calls a client sends at once.
const AT_ONCE: u64 = 30;

fn prepare(cores: Cores, actors: usize) -> Result<Prepared, PerfError> {
    let Stage { threads, place, engine, runtime } = Stage::new(cores, 512)?;
    let operation = vec![0x55; 64];
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for number in 0..cores.count() {
        let (mut ids, mut instances) = (Vec::new(), Vec::new());
        for actor in 0..actors {
            let built = place.build(&format!("echo-{number}-{actor}"), ECHO)?;
            ids.push(threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?);
            instances.push(threads.block_on(Raw::compile(&engine, &built.wasm)?.start(Data::default()))?);
        }
        let (runtime, sent, ids) = (runtime.clone(), operation.clone(), Arc::new(ids));
        subject.push(lane(move |times| {
            let (runtime, ids, operation) = (runtime.clone(), Arc::clone(&ids), sent.clone());
            async move { pipeline(&runtime, &ids, &operation, times).await }
        }));
        let (instances, operation) = (Arc::new(Mutex::new(instances)), operation.clone());
        baseline.push(lane(move |times| {
            let (instances, operation) = (Arc::clone(&instances), operation.clone());
            async move {
                let (mut instances, context) = (instances.lock_owned().await, raw::context());
                let count = instances.len() as u64;
                for call in 0..times {
                    let instance = &mut instances[(call % count) as usize];
                    check(&instance.execute(&operation, &context).await?, &operation)?;
                }
                Ok(())
            }
        }));
    }
    Ok(pair(&threads, AT_ONCE * actors as u64, subject, baseline))
}

/// A client for each component, which always sends so many calls at once and waits for them all.
async fn pipeline(runtime: &Runtime, ids: &[ComponentId], operation: &[u8], times: u64) -> Result<(), PerfError> {
    let share = times / ids.len() as u64;
    let clients = ids.iter().map(|id| {
        let (runtime, id, operation) = (runtime.clone(), id.clone(), operation.to_vec());
        tokio::spawn(async move {
            for _ in 0..share / AT_ONCE {
                let calls = (0..AT_ONCE).map(|_| runtime.execute(&id, operation.clone(), Call::default()));
                for executed in join_all(calls).await {
                    check(&executed.map_err(PerfError::from_error)?.output, &operation)?;
                }
            }
            Ok(())
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.map_err(PerfError::from_error)??;
    }
    Ok(())
}

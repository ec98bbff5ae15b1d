//! A fresh instance of a component that is loaded: what a restart and a stateless call cost.

use std::sync::Arc;

use super::guests::{ECHO, Stage};
use super::lanes::{Lane, lane, pair};
use super::raw::{Data, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::probe::Loaded;

pub(super) const ALL: &[Workload] = &[Workload {
    id: "instance/fresh",
    about: "a fresh instance of a loaded component, instantiated and dropped",
    against: Some("a store, InstancePre::instantiate_async, drop"),
    statistic: Statistic::Ratio,
    on: Cores::ALL,
    prepare: Prepare::Plain(prepare),
}];

fn prepare(cores: Cores) -> Result<Prepared, PerfError> {
    let Stage { threads, place, engine, runtime } = Stage::new(cores, 64)?;
    let (mut subject, mut baseline): (Vec<Lane>, Vec<Lane>) = (Vec::new(), Vec::new());
    for number in 0..cores.count() {
        let built = place.build(&format!("echo-{number}"), ECHO)?;
        threads.block_on(runtime.load(&built.directory)).map_err(PerfError::from_error)?;
        let loaded = Arc::new(Loaded::find(&runtime, &built.id, &built.wasm).map_err(PerfError::from_error)?);
        subject.push(lane(move |times| {
            let loaded = Arc::clone(&loaded);
            async move {
                for _ in 0..times {
                    loaded.fresh_instance().await.map_err(PerfError::from_error)?;
                }
                Ok(())
            }
        }));
        let raw = Raw::compile(&engine, &built.wasm)?;
        baseline.push(lane(move |times| {
            let raw = raw.clone();
            async move {
                for _ in 0..times {
                    drop(raw.instantiate(Data::default()).await?);
                }
                Ok(())
            }
        }));
    }
    Ok(pair(&threads, 1, subject, baseline))
}

//! From a directory to a running component: compiled, and from the cache of compiled code.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::Component;

use super::guests::{self, Guest, Place};
use super::lanes::{lane, pair, threads};
use super::raw::{Data, Raw};
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::perf::PerfError;
use crate::runtime::{CacheOptions, Engine, EngineOptions, Runtime, probe};

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "load/cold",
        about: "from a directory to running, compiling; and unloaded",
        against: Some("Component::new, instantiate, metadata, init; and shutdown"),
        statistic: Statistic::Ratio,
        on: &[Cores::One],
        prepare: Prepare::Plain(|cores| prepare(cores, Origin::Wasm)),
    },
    Workload {
        id: "load/warm",
        about: "from a directory to running, out of the compile cache; and unloaded",
        against: Some("Component::deserialize_file, instantiate, metadata, init; and shutdown"),
        statistic: Statistic::Ratio,
        on: &[Cores::One],
        prepare: Prepare::Plain(|cores| prepare(cores, Origin::Cache)),
    },
];

/// Where machine code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Wasm,
    Cache,
}

/// How many operations the component has, each with code of its own. It then has some 100 KiB, about as much as the least
/// component that a toolchain for Rust or C makes.
const OPERATIONS: usize = 200;

fn prepare(cores: Cores, origin: Origin) -> Result<Prepared, PerfError> {
    let threads = threads(cores)?;
    let place = Arc::new(Place::new()?);
    // Nothing is kept in memory, so that every load goes the whole way.
    let mut options = EngineOptions { instances: 16, cached_components: 0, ..EngineOptions::default() };
    if origin == Origin::Cache {
        options.cache = Some(CacheOptions::new(place.path().join("cache")));
    }
    let engine = Engine::new(&options).map_err(PerfError::from_error)?;
    let runtime = guests::runtime(&engine, |builder| builder)?;
    let operations: String = (0..OPERATIONS)
        .map(|n| format!("\"raw:operation-{n}\" = [\"record operation\", \"note {n}\", \"return ok($transcript)\"]\n"))
        .collect();
    let built = place.build("plugin", Guest { program: &format!("[on]\n{operations}"), tables: "" })?;

    let component = Component::from_binary(engine.wasmtime(), &built.wasm).map_err(PerfError::from_error)?;
    let raw = Raw::of(&engine, &component)?;
    // The first load fills the cache.
    threads.block_on(load(&runtime, &built.directory))?;
    let mapped = Arc::new(probe::mapped(&engine, &built.wasm));
    if mapped.is_none() && origin == Origin::Cache {
        return Err(PerfError::new("the component is not in the cache"));
    }

    let (keep, directory) = (Arc::clone(&place), built.directory);
    let subject = lane(move |times| {
        let (keep, runtime, directory) = (Arc::clone(&keep), runtime.clone(), directory.clone());
        async move {
            for _ in 0..times {
                load(&runtime, &directory).await?;
            }
            drop(keep);
            Ok(())
        }
    });
    let wasm = Arc::new(built.wasm);
    let baseline = lane(move |times| {
        let (engine, raw, wasm, mapped) = (engine.clone(), raw.clone(), Arc::clone(&wasm), Arc::clone(&mapped));
        async move {
            for _ in 0..times {
                let component = match &*mapped {
                    None => Component::from_binary(engine.wasmtime(), &wasm),
                    Some(mapped) => mapped(),
                };
                let component = component.map_err(PerfError::from_error)?;
                raw.link(&component)?.start(Data::default()).await?.shutdown().await?;
            }
            Ok(())
        }
    });
    Ok(pair(&threads, 1, vec![subject], vec![baseline]))
}

async fn load(runtime: &Runtime, directory: &PathBuf) -> Result<(), PerfError> {
    let id = runtime.load(directory).await.map_err(PerfError::from_error)?;
    runtime.unload(&id).await.map_err(PerfError::from_error)
}

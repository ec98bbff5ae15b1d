//! The coarse workloads that any runtime can be measured by, through the seam that the suite judges it by.
//!
//! The baseline is the same as for the runtime's own: the engine in this process. So the tables of two runtimes have the
//! same scale, and what the way to the runtime costs is in its figures, as it is for whoever uses it over that way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::execute::check;
use super::guests::{self, Built, ECHO, Guest, Place};
use super::lanes::{Lane, Tasks, lane, threads};
use super::message::{FIRST, HOP, MESSAGES, raw_hops, raw_pair};
use super::raw::{self, Data, Mail, Raw};
use super::{Cores, Prepare, Prepared, Side, Statistic, Workload};
use crate::perf::PerfError;
use crate::suite::protocol::{Bytes, ClockKind, DeliverRequest, ExecuteRequest, LoadRequest, World, WorldFile};
use crate::suite::{Driver, DriverFactory, Reply, Stimulus};

/// The workloads for the runtime behind a driver.
pub fn of_driver(factory: &Arc<DriverFactory>) -> Vec<Workload> {
    let about = |kind: Kind| {
        let factory = Arc::clone(factory);
        Prepare::About(Arc::new(move |cores| prepare(cores, kind, &factory)))
    };
    let workload = |id, text, against, kind| Workload {
        id,
        about: text,
        against: Some(against),
        statistic: Statistic::Ratio,
        on: &[Cores::One],
        prepare: about(kind),
    };
    vec![
        workload(
            "driver/load",
            "through the driver: load a directory until the component runs; and unload it",
            "Component::new, instantiate, metadata, init; and shutdown",
            Kind::Load,
        ),
        workload(
            "driver/execute",
            "through the driver: execute with 64 bytes in and out",
            "a bounded channel to a task that calls execute, and one back",
            Kind::Execute,
        ),
        workload(
            "driver/hop",
            "through the driver: a message from one component to another, of a hundred that one call sends",
            "a guest, a bounded channel, a guest",
            Kind::Hop,
        ),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Load,
    Execute,
    Hop,
}

fn prepare(cores: Cores, kind: Kind, factory: &Arc<DriverFactory>) -> Result<Prepared, PerfError> {
    let threads = threads(cores)?;
    let place = Place::new()?;
    let engine = guests::engine(16)?;
    let built = match kind {
        Kind::Load | Kind::Execute => vec![place.build("echo", ECHO)?],
        Kind::Hop => {
            let grants = "[capabilities.messaging]\nsend = [\"second\"]\nrequest = [\"second\"]\n";
            let first = FIRST.replace("$peer", "second");
            let second = place.build("second", Guest { program: HOP, tables: "" })?;
            vec![second, place.build("first", Guest { program: &first, tables: grants })?]
        }
    };
    let subject = Driven::open(factory, kind, &built)?;
    let baseline: Lane = match kind {
        Kind::Load => {
            let (engine, wasm) = (engine.clone(), Arc::new(built[0].wasm.clone()));
            lane(move |times| {
                let (engine, wasm) = (engine.clone(), Arc::clone(&wasm));
                async move {
                    for _ in 0..times {
                        Raw::compile(&engine, &wasm)?.start(Data::default()).await?.shutdown().await?;
                    }
                    Ok(())
                }
            })
        }
        Kind::Execute => {
            let instance = threads.block_on(Raw::compile(&engine, &built[0].wasm)?.start(Data::default()))?;
            let (sender, inbox) = raw::channel();
            threads.spawn(instance.serve(inbox));
            lane(move |times| {
                let sender = sender.clone();
                async move {
                    for _ in 0..times {
                        let (answer, answered) = oneshot::channel();
                        sender.send(Mail::Execute(OPERATION.to_vec(), answer)).await.map_err(PerfError::from_error)?;
                        check(&answered.await.map_err(PerfError::from_error)?, OPERATION)?;
                    }
                    Ok(())
                }
            })
        }
        Kind::Hop => {
            let pair = Arc::new(raw_pair(&threads, &engine, [&built[1].wasm, &built[0].wasm])?);
            lane(move |times| {
                let pair = Arc::clone(&pair);
                async move { raw_hops(&pair, times).await }
            })
        }
    };
    let step = subject.step();
    Ok(Prepared::Pair(Box::new(subject), Box::new(Tasks { threads, lanes: vec![baseline], step })))
}

/// 64 bytes; 0x55 is the multicodec code of raw.
const OPERATION: &[u8] = &[0x55; 64];

/// A driver with a world of its own.
struct Driven {
    driver: Box<dyn Driver>,
    kind: Kind,
}

impl Driven {
    fn open(factory: &Arc<DriverFactory>, kind: Kind, built: &[Built]) -> Result<Self, PerfError> {
        let mut driven = Self { driver: factory().map_err(PerfError::from_error)?, kind };
        let mut files = Vec::new();
        for component in built {
            let (name, wasm) = (component.id.as_str(), component.wasm.clone());
            let manifest = std::fs::read(component.directory.join("component.toml")).map_err(PerfError::from_error)?;
            for (file, bytes) in [("component.toml".to_owned(), manifest), (format!("{name}.wasm"), wasm)] {
                let path = format!("{name}/{file}");
                files.push(WorldFile { path, bytes: Bytes(bytes), ..WorldFile::default() });
            }
        }
        driven.ask(Stimulus::CaseBegin(World { clock: ClockKind::Real, files, ..World::default() }))?;
        if kind != Kind::Load {
            for component in built {
                driven.load(component.id.as_str())?;
            }
        }
        Ok(driven)
    }

    fn load(&mut self, name: &str) -> Result<(), PerfError> {
        self.ask(Stimulus::Load(LoadRequest { directory: name.to_owned(), ..LoadRequest::default() })).map(drop)
    }

    /// Asks, and answers what came back if that is what success looks like.
    fn ask(&mut self, stimulus: Stimulus) -> Result<Reply, PerfError> {
        match self.driver.perform(stimulus).map_err(PerfError::from_error)? {
            reply @ (Reply::Done | Reply::Loaded { .. } | Reply::Returned { .. }) => Ok(reply),
            reply => Err(PerfError::new(format!("the driver answered {reply:?}"))),
        }
    }

    fn execute(&mut self, component: &str, operation: &[u8]) -> Result<Reply, PerfError> {
        let (component, operation) = (component.to_owned(), Bytes(operation.to_vec()));
        self.ask(Stimulus::Execute(ExecuteRequest { component, operation, ..ExecuteRequest::default() }))
    }
}

impl Side for Driven {
    fn step(&self) -> u64 {
        if self.kind == Kind::Hop { MESSAGES } else { 1 }
    }

    fn run(&mut self, times: u64) -> Result<Duration, PerfError> {
        let start = Instant::now();
        match self.kind {
            Kind::Load => {
                for _ in 0..times {
                    self.load("echo")?;
                    self.ask(Stimulus::Unload { component: "echo".to_owned() })?;
                }
            }
            Kind::Execute => {
                for _ in 0..times {
                    match self.execute("echo", OPERATION)? {
                        Reply::Returned { output, .. } => check(&output.0, OPERATION)?,
                        reply => return Err(PerfError::new(format!("the driver answered {reply:?}"))),
                    }
                }
            }
            Kind::Hop => {
                for _ in 0..times / MESSAGES {
                    self.execute("first", &[0x55])?;
                    // Handled after all that were sent before it.
                    let (component, sender) = ("second".to_owned(), "host".to_owned());
                    let last = DeliverRequest { component, sender, payload: Bytes(vec![0x55]), request_id: None };
                    self.ask(Stimulus::Deliver(last))?;
                }
            }
        }
        Ok(start.elapsed())
    }
}

/// The end of a session is not in anybody's time.
impl Drop for Driven {
    fn drop(&mut self) {
        let _ = self.driver.perform(Stimulus::CaseEnd);
    }
}

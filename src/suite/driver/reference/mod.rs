//! The driver of the reference runtime, in this process.
//!
//! The one place where the suite names the runtime. Every case gets a runtime of its own in a directory
//! of its own; the engine, and with it every compiled guest, is shared.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{Driver, DriverError};
use crate::contract::{ComponentId, ContractVersion};
use crate::runtime::audit::AuditRecord;
use crate::runtime::{
    Call, CallError, Clock, Engine, EngineOptions, EventStream, GuestPayload, LoadError, LoadOptions, LogRecord,
    Message, Residue, Revocation, Runtime, SystemClock, Timestamp, VirtualClock,
};
use crate::suite::protocol::{
    AskRequest, Bytes, ClockKind, ComponentInspection, DeliverRequest, ExecuteRequest, GuestFailure, Hello, Hook,
    Inspection, Leaks, LoadRequest, LogRecord as Logged, ManifestFinding, PROTOCOL, Reply, RevokeRequest, SendRequest,
    Stimulus, World,
};
use order::{Begun, Order};
use surroundings::Surroundings;

mod directory;
mod disk;
mod limits;
mod network;
mod order;
mod place;
mod surroundings;
mod tamper;

/// The areas of the suite that the reference runtime implements.
const FEATURES: &[&str] = &[
    "audit",
    "config",
    "filesystem",
    "introspection",
    "isolation",
    "lifecycle",
    "limits",
    "log",
    "manifest",
    "messaging",
    "multicodec",
    "network",
    "permission",
    "process",
    "storage",
    "time",
    "topics",
    "versioning",
];

/// What all drivers of a process share: threads for guests, and the engine.
pub struct Reference {
    tokio: tokio::runtime::Runtime,
    engine: Engine,
}

impl Reference {
    /// Starts the threads and the engine.
    ///
    /// # Errors
    /// [`DriverError`] if the machine gives neither.
    pub fn new() -> Result<Arc<Self>, DriverError> {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|why| DriverError::new(format!("no threads: {why}")))?;
        // Every distinct guest is compiled once however often it is loaded, and so is what guests have in common.
        let options = EngineOptions { cached_components: 4096, cached_functions: 1 << 16, ..EngineOptions::default() };
        let engine = Engine::new(&options).map_err(|why| DriverError::new(why.to_string()))?;
        Ok(Arc::new(Self { tokio, engine }))
    }

    /// A driver for one case.
    pub fn driver(self: &Arc<Self>) -> ReferenceDriver {
        ReferenceDriver { shared: Arc::clone(self), session: None }
    }
}

/// Drives one reference runtime.
pub struct ReferenceDriver {
    shared: Arc<Reference>,
    session: Option<Session>,
}

/// An opened world.
struct Session {
    /// Dropped before the directory: nothing may run in what is being removed.
    runtime: Runtime,
    surroundings: Surroundings,
    virtual_clock: Option<VirtualClock>,
    /// In an order that does not change from run to run.
    begun: BTreeMap<String, Begun>,
    events: EventStream,
    logs: Arc<Mutex<Vec<Logged>>>,
    order: Order,
    directory: TempDir,
}

impl Driver for ReferenceDriver {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        let shared = Arc::clone(&self.shared);
        match stimulus {
            Stimulus::Hello { .. } => Ok(Reply::Hello(Hello {
                protocol: PROTOCOL,
                runtime: "airssys-wasm".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                contract: ContractVersion::NEWEST,
                features: FEATURES.iter().map(|feature| (*feature).to_owned()).collect(),
                hooks: Hook::ALL.iter().copied().filter(|hook| *hook != Hook::Update).collect(),
            })),
            Stimulus::CaseBegin(world) => {
                self.session = Some(Session::open(&shared, &world)?);
                Ok(Reply::Done)
            }
            Stimulus::CaseEnd => match self.session.take() {
                Some(session) => session.close().map(Reply::Ended),
                None => Ok(Reply::Done),
            },
            stimulus => {
                let session = self.session.as_mut().ok_or_else(|| DriverError::new("no world is open"))?;
                session.perform(stimulus, &shared)
            }
        }
    }
}

impl Session {
    fn open(shared: &Reference, world: &World) -> Result<Self, DriverError> {
        let directory = directory::make(world)?;
        for file in &world.files {
            place::write(directory.path(), file)?;
        }
        let logs = Arc::new(Mutex::new(Vec::new()));
        let virtual_clock =
            (world.clock == ClockKind::Virtual).then(|| VirtualClock::new(Timestamp::from_millis(world.now_ms)));
        let clock: Arc<dyn Clock> = match &virtual_clock {
            Some(clock) => Arc::new(clock.clone()),
            None => Arc::new(SystemClock::default()),
        };
        let order = Order::new(shared.tokio.handle(), world.seed)?;
        let surroundings = Surroundings::new(world, directory.path(), clock)?;
        let runtime = surroundings.runtime(&shared.engine, order.schedule(), collect(&logs))?;
        let events = runtime.events();
        Ok(Self { runtime, surroundings, virtual_clock, begun: BTreeMap::new(), events, logs, order, directory })
    }

    fn perform(&mut self, stimulus: Stimulus, shared: &Reference) -> Result<Reply, DriverError> {
        let order = &self.order;
        Ok(match stimulus {
            Stimulus::Begin { ticket, stimulus } => {
                let (runtime, root) = (self.runtime.clone(), self.directory.path().to_owned());
                let mut call = Box::pin(async move { call(&runtime, &root, *stimulus).await });
                // The first poll hands the request over, so that what is begun first is accepted first.
                let first = order.block_on(poll_fn(|context| Poll::Ready(call.as_mut().poll(context))));
                let begun = match first {
                    Poll::Ready(reply) => order.begin(async move { reply }),
                    Poll::Pending => order.begin(call),
                };
                self.begun.insert(ticket, begun);
                Reply::Done
            }
            Stimulus::Await { ticket } => {
                let begun = self.begun.remove(&ticket);
                let begun = begun.ok_or_else(|| DriverError::new(format!("nothing was begun as `{ticket}`")))?;
                let reply = order.block_on(begun.reply());
                reply.ok_or_else(|| DriverError::new(format!("`{ticket}` did not end: it panicked")))?
            }
            Stimulus::Advance { ms } => {
                let clock = self.virtual_clock.as_ref().ok_or_else(|| DriverError::new("the clock is real"))?;
                order.block_on(clock.advance(Duration::from_millis(ms)));
                Reply::Done
            }
            Stimulus::Quiesce => {
                if let Some(clock) = &self.virtual_clock {
                    order.block_on(clock.quiesce());
                }
                Reply::Done
            }
            Stimulus::Update(_) => Reply::Unsupported { what: "updates".to_owned() },
            Stimulus::ReplaceFile(file) => {
                place::write(self.directory.path(), &file)?;
                Reply::Done
            }
            Stimulus::LookAt { path } => Reply::File { state: place::look_at(self.directory.path(), &path)? },
            Stimulus::FillStore { full } => {
                self.surroundings.disk.fill(full);
                Reply::Done
            }
            Stimulus::Crash => {
                for begun in std::mem::take(&mut self.begun).into_values() {
                    // Its end is awaited: it holds the runtime, too.
                    order.block_on(begun.end());
                }
                order.block_on(self.runtime.close());
                self.surroundings.disk = self.surroundings.disk.after_crash();
                // The old runtime goes first: two must not have one store, or one audit trail.
                self.runtime = idle(shared)?;
                self.runtime = self.surroundings.runtime(&shared.engine, order.schedule(), collect(&self.logs))?;
                self.events = self.runtime.events();
                Reply::Done
            }
            Stimulus::Audit => {
                let records = self.surroundings.audit.drain();
                Reply::Audit { lines: records.iter().map(AuditRecord::to_json).collect() }
            }
            Stimulus::VerifyAudit { tamper } => {
                Reply::Verified { fault: tamper::first_fault(&self.surroundings.audit_file()?, tamper)? }
            }
            Stimulus::Inspect => {
                // A begun call may just have answered while its instance is still being put away.
                if let Some(clock) = &self.virtual_clock {
                    order.block_on(clock.quiesce());
                }
                Reply::Inspection(inspection(&self.runtime))
            }
            Stimulus::Logs => {
                Reply::Logs { records: std::mem::take(&mut self.logs.lock().unwrap_or_else(PoisonError::into_inner)) }
            }
            Stimulus::Events => {
                let mut events = Vec::new();
                while let Some(event) = self.events.try_next() {
                    let event = serde_json::to_value(event).map_err(|why| DriverError::new(why.to_string()))?;
                    if let Value::Object(event) = event {
                        events.push(event.into_iter().collect::<BTreeMap<_, _>>());
                    }
                }
                Reply::Events { events }
            }
            other => order.block_on(call(&self.runtime, self.directory.path(), other)),
        })
    }

    /// Ends what runs, then removes the directory, and tells what is left.
    fn close(self) -> Result<Leaks, DriverError> {
        let Self { runtime, surroundings, begun, order, directory, .. } = self;
        for begun in begun.into_values() {
            // Its end is awaited: it holds the runtime, too.
            order.block_on(begun.end());
        }
        order.block_on(runtime.close());
        let Residue { instances, actors, memory_bytes, processes, .. } = runtime.residue();
        let guard = order.enter();
        drop((runtime, surroundings));
        drop(guard);
        order.close();
        directory.close().map_err(|why| DriverError::new(format!("the world cannot be removed: {why}")))?;
        Ok(Leaks { instances, memory_bytes, processes, tasks: actors })
    }
}

/// Performs what calls a component, and turns what came of it into a reply.
async fn call(runtime: &Runtime, root: &Path, stimulus: Stimulus) -> Reply {
    let id = |component: &str| ComponentId::new(component).map_err(|_| CallError::NotFound);
    let done = |result: Result<(), CallError>| result.map_or_else(failed, |()| Reply::Done);
    match stimulus {
        Stimulus::Load(request) => load(runtime, root, request).await,
        Stimulus::Execute(ExecuteRequest { component, operation, caller, request_id, timeout_ms, trace_context }) => {
            let call = Call { caller, request_id, timeout_ms, trace_context };
            let executed = match id(&component) {
                Ok(id) => runtime.execute(&id, operation.0, call).await,
                Err(why) => Err(why),
            };
            executed.map_or_else(failed, |executed| Reply::Returned {
                output: Bytes(executed.output),
                fuel: Some(executed.fuel_used),
            })
        }
        Stimulus::Deliver(DeliverRequest { component, sender, payload, request_id }) => {
            let message = Message { sender, payload: payload.0, request_id };
            done(match id(&component) {
                Ok(id) => runtime.deliver(&id, message).await,
                Err(why) => Err(why),
            })
        }
        Stimulus::Send(SendRequest { component, sender, payload, within_ms }) => {
            let message = Message { sender, payload: payload.0, request_id: None };
            done(match (id(&component), within_ms) {
                (Ok(id), None) => runtime.try_send(&id, message),
                (Ok(id), Some(millis)) => runtime.send(&id, message, Duration::from_millis(millis)).await,
                (Err(why), _) => Err(why),
            })
        }
        Stimulus::Request(AskRequest { component, sender, payload, timeout_ms }) => {
            let response = match id(&component) {
                Ok(id) => runtime.request(&id, &sender, payload.0, Duration::from_millis(timeout_ms)).await,
                Err(why) => Err(why),
            };
            response.map_or_else(failed, |response| Reply::Returned { output: Bytes(response), fuel: None })
        }
        Stimulus::Health { component } => {
            let health = match id(&component) {
                Ok(id) => runtime.health(&id).await,
                Err(why) => Err(why),
            };
            health.map_or_else(failed, |health| Reply::Health { healthy: health.healthy, reason: health.reason })
        }
        Stimulus::Shutdown { component } => done(match id(&component) {
            Ok(id) => runtime.shutdown(&id).await,
            Err(why) => Err(why),
        }),
        Stimulus::Start { component } => done(match id(&component) {
            Ok(id) => runtime.start(&id).await,
            Err(why) => Err(why),
        }),
        Stimulus::Unload { component } => done(match id(&component) {
            Ok(id) => runtime.unload(&id).await,
            Err(why) => Err(why),
        }),
        Stimulus::Revoke(RevokeRequest { component, class, action, pattern }) => {
            let class = class.map(|class| class.parse()).transpose();
            let Ok(class) = class else {
                return Reply::Unsupported { what: "a class of permissions of that name".into() };
            };
            let revocation = Revocation { class, action, pattern };
            done(id(&component).and_then(|id| runtime.revoke(&id, &revocation).map(drop)))
        }
        other => Reply::Unsupported { what: format!("{other:?}") },
    }
}

/// Puts what is logged into a list.
fn collect(logs: &Arc<Mutex<Vec<Logged>>>) -> impl Fn(&LogRecord) + Send + Sync + 'static {
    let logs = Arc::clone(logs);
    move |record| logs.lock().unwrap_or_else(PoisonError::into_inner).push(logged(record))
}

/// A runtime that holds nothing.
fn idle(shared: &Reference) -> Result<Runtime, DriverError> {
    Runtime::builder().engine(shared.engine.clone()).build().map_err(|why| DriverError::new(why.to_string()))
}

async fn load(runtime: &Runtime, root: &Path, request: LoadRequest) -> Reply {
    let options = LoadOptions {
        directory: root.join(&request.directory),
        env: request.env,
        config: request.config,
        config_data: request.config_data.map(|data| data.0),
    };
    match runtime.load_with(options).await {
        Ok(id) => Reply::Loaded { component: id.into() },
        Err(LoadError { phase, code, message, details }) => {
            let errors = details
                .iter()
                .map(|error| ManifestFinding {
                    code: error.code,
                    key: error.key.clone(),
                    line: error.line,
                    column: error.column,
                })
                .collect();
            Reply::Refused { phase, code, message, errors }
        }
    }
}

fn failed(why: CallError) -> Reply {
    match why {
        CallError::Guest(error) => Reply::Failed(GuestFailure {
            case: error.case.to_owned(),
            value: match error.payload {
                GuestPayload::None => Value::Null,
                GuestPayload::Text(text) => text.into(),
                GuestPayload::Number(number) => number.into(),
            },
        }),
        CallError::Trapped(kind) => Reply::Trapped { kind },
        CallError::StartFailed { code, message } => {
            Reply::Refused { phase: code.phase(), code, message, errors: Vec::new() }
        }
        other => Reply::Rejected { code: other.code().to_owned() },
    }
}

fn inspection(runtime: &Runtime) -> Inspection {
    let residue = runtime.residue();
    let components = runtime.components().into_iter().map(|status| {
        let inspection = ComponentInspection {
            state: status.state,
            version: status.version,
            restarts: status.restarts,
            wasm_sha256: status.wasm_sha256.unwrap_or_default(),
            waiting: status.waiting,
            waiting_bytes: status.waiting_bytes,
            dead_letters: status.dead_letters,
        };
        (status.id.into(), inspection)
    });
    Inspection {
        components: components.collect(),
        instances: residue.instances,
        memory_bytes: residue.memory_bytes,
        overlays: residue.overlays,
        processes: residue.processes,
        requests: residue.requests,
    }
}

fn logged(record: &LogRecord) -> Logged {
    Logged {
        component: record.component.to_string(),
        level: record.level.to_string(),
        message: record.message.clone(),
        context: record.context.clone(),
    }
}

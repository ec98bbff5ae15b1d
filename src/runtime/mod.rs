//! The reference runtime: loads components from their directories and runs each in a task of its own.
//!
//! In: directories with a `component.toml` and a wasm component, and calls. Out: the guest's bytes or an error with a
//! stable code, and events. A component is untrusted: whatever it does ends in a typed error, at worst in the end of
//! its own instance. This module does not know the suite that judges it.
//!
//! A load goes `loader` → `engine` (compile) → `interface` (check, link) → `instance` → `actor`; from then on calls go
//! [`Runtime`] → `actor` (queue, restart rule) → `instance` (bounds of one call) → guest → `host` (gate, act).

mod actor;
mod allocation;
pub mod audit;
pub(crate) mod bindings;
mod builder;
mod call;
mod children;
mod clock;
mod command;
mod compiled;
mod component;
mod config;
mod engine;
mod error;
mod event;
mod event_stream;
mod files;
mod functions;
mod guest_error;
mod host;
mod host_function;
mod http;
mod in_force;
mod instance;
mod interface;
mod limits;
mod loader;
mod log;
mod mail;
mod messaging;
#[cfg(feature = "perf")]
pub(crate) mod probe;
mod registry;
mod residue;
mod roaming;
mod schedule;
mod services;
mod store;
mod supervision;
mod tasks;
mod trap;
mod wasi;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{oneshot, watch};

use crate::contract::{Caller, ComponentId, LoadCode, State, TraceContext};
use crate::permission::{Grants, Rule};

pub use builder::RuntimeBuilder;
pub use clock::{Clock, SystemClock, Timestamp, VirtualClock, Work};
pub use compiled::{CacheOptions, CacheStats};
pub use engine::{Engine, EngineOptions};
pub use error::{BuildError, CallError, GuestError, GuestPayload, LoadError};
pub use event::{Event, EventKind, Export, Mail};
pub use event_stream::EventStream;
pub use host_function::{HostCall, HostFunctionError};
pub use http::{
    Connection, Dialer, MAX_URL_BYTES, Resolver, SystemResolver, Target, TcpDialer, UrlError, parse_target,
};
pub use in_force::Revocation;
pub use limits::HostLimits;
pub use log::{LogLevel, LogRecord, MAX_CONTEXT_BYTES, MAX_CONTEXT_PAIRS, MAX_MESSAGE_BYTES};
pub use residue::Residue;
pub use schedule::Schedule;
pub use store::{Store, StoreError, StoreFault};

use audit::AuditEvent;
use command::{Accept, Answer, Command, Execution};
use component::Component;
use registry::Registry;
use services::Services;

/// A runtime: components and what runs them. Cheap to clone; the last clone takes its components with it.
///
/// Its methods are called within a tokio runtime, whose threads run the guests.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airssys_wasm::contract::{LoadCode, Phase};
/// use airssys_wasm::runtime::{Call, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// # let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
/// # std::env::set_current_dir(fixtures)?;
///
/// // A directory with a component.toml and a wasm component. It is running when `load` returns.
/// let counter = runtime.load("counter").await?;
///
/// // Payloads start with a multicodec code; 80 04 is json.
/// let executed = runtime.execute(&counter, b"\x80\x04{\"add\":2}".to_vec(), Call::default()).await?;
/// assert_eq!(executed.output, b"\x80\x04{\"total\":2}");
/// assert!(runtime.health(&counter).await?.healthy);
/// runtime.unload(&counter).await?;
///
/// // What cannot be loaded is refused with a phase and a code, and leaves nothing behind.
/// let error = runtime.load("hostile/truncated").await.unwrap_err();
/// assert_eq!((error.phase, error.code), (Phase::Component, LoadCode::InvalidComponent));
/// assert!(runtime.components().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    services: Arc<Services>,
    registry: Arc<Registry>,
    /// Components live as long as this, and as long as it says so.
    alive: watch::Sender<bool>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.services.closed.store(true, Ordering::Release);
    }
}

/// What a component is loaded from, and the host's values for it.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The directory with the manifest and the wasm.
    pub directory: PathBuf,
    /// Environment variables; they win over the manifest's `[env]`.
    pub env: Vec<(String, String)>,
    /// Configuration; it wins over the manifest's `[config]` and is read-only to the component.
    pub config: BTreeMap<String, String>,
    /// Handed to `init` as it is.
    pub config_data: Option<Vec<u8>>,
}

/// The circumstances of an `execute`.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// On whose behalf.
    pub caller: Caller,
    /// Names the call; none lets the runtime choose.
    pub request_id: Option<String>,
    /// The deadline, in milliseconds from the start of the call. It is lowered to the manifest's; none and zero stand
    /// for the manifest's.
    pub timeout_ms: Option<u64>,
    /// The trace that the call is part of.
    pub trace_context: Option<TraceContext>,
}

/// What an `execute` returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The guest's bytes, verbatim.
    pub output: Vec<u8>,
    /// How much fuel the call used, whether or not it was limited.
    pub fuel_used: u64,
}

/// A message for a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub sender: String,
    /// What was sent, starting with its multicodec code.
    pub payload: Vec<u8>,
    /// Present if the sender awaits a response.
    pub request_id: Option<String>,
}

/// What a component says about its condition.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Health {
    /// Whether it can do its work. A trap and a late answer say no.
    pub healthy: bool,
    /// Why.
    pub reason: Option<String>,
}

/// Where a component stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// Its identifier.
    pub id: ComponentId,
    /// Its own version.
    pub version: String,
    /// Where it is in its life.
    pub state: State,
    /// The ordinal of its newest instance; the first is 1, and 0 says that there was none.
    pub instance: u64,
    /// How many restarts it had after failures.
    pub restarts: u64,
    /// How many messages and callbacks wait in its mailbox.
    pub waiting: u64,
    /// The bytes of their payloads.
    pub waiting_bytes: u64,
    /// How many messages, requests and callbacks were accepted and never handled.
    pub dead_letters: u64,
    /// The SHA-256 of its manifest, in hexadecimal.
    pub manifest_sha256: String,
    /// The SHA-256 of its wasm, in hexadecimal; none before it was read.
    pub wasm_sha256: Option<String>,
}

impl Runtime {
    /// Starts to build a runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Loads the component of a directory. It is running when this returns.
    ///
    /// # Errors
    /// [`LoadError`] says in which phase and why the load failed; nothing of it is left.
    pub async fn load(&self, directory: impl Into<PathBuf>) -> Result<ComponentId, LoadError> {
        self.load_with(LoadOptions { directory: directory.into(), ..LoadOptions::default() }).await
    }

    /// Loads a component with the host's values for it. Dropping the future gives the load up.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub async fn load_with(&self, options: LoadOptions) -> Result<ComponentId, LoadError> {
        let mut alive = self.0.alive.subscribe();
        if !*alive.borrow() {
            return Err(LoadError::new(LoadCode::ResourceExhausted, "the runtime was closed"));
        }
        let gone = async move {
            // An error says that the runtime is gone.
            let _ = alive.wait_for(|alive| !alive).await;
        };
        let last = self.0.alive.subscribe();
        loader::load(&self.0.services, &self.0.registry, (last, gone), options).await
    }

    /// Calls `execute`.
    ///
    /// # Errors
    /// [`CallError`]; the guest's own error cases are [`CallError::Guest`].
    pub async fn execute(&self, id: &ComponentId, operation: Vec<u8>, call: Call) -> Result<Executed, CallError> {
        let component = self.find_running(id, |component| component.check_codec(&operation))?;
        // Hardly ever does one have to wait for a place.
        let slot = match Arc::clone(&component.slots).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => Arc::clone(&component.slots).acquire_owned().await.map_err(|_| component.gone())?,
        };
        let (answer, answered) = oneshot::channel();
        let execution = Box::new(Execution { operation, call, answer, _slot: slot });
        command::put(&self.0.services, &component, Accept::Running, Command::Execute(execution))?;
        command::answer(&component, answered).await
    }

    /// Asks a component for its condition. A trap or a late answer is unhealthy, with the reason.
    ///
    /// # Errors
    /// [`CallError::NotFound`] and [`CallError::NotRunning`] alone.
    pub async fn health(&self, id: &ComponentId) -> Result<Health, CallError> {
        self.ask(id, Accept::RunningNow, Command::Health).await
    }

    /// Stops a component after the calls that it has accepted. Nothing is accepted from now on.
    ///
    /// # Errors
    /// What the guest's `shutdown` answered, or how it ended; the component is stopped all the same.
    pub async fn shutdown(&self, id: &ComponentId) -> Result<(), CallError> {
        self.ask(id, Accept::RunningLast, Command::Shutdown).await
    }

    /// Starts a stopped or failed component again: a fresh instance, initialised.
    ///
    /// # Errors
    /// [`CallError::NotStartable`] in every other state, [`CallError::StartFailed`] with the reason.
    pub async fn start(&self, id: &ComponentId) -> Result<(), CallError> {
        self.ask(id, Accept::NotRunning, Command::Start).await
    }

    /// Uninstalls a component, after shutting it down if it runs. Its configuration overlay is forgotten.
    ///
    /// # Errors
    /// [`CallError::NotFound`], [`CallError::NotRunning`] while it is still being loaded, and what `shutdown` answered;
    /// in the last case the component is gone all the same.
    pub async fn unload(&self, id: &ComponentId) -> Result<(), CallError> {
        let result = self.ask(id, Accept::AlwaysLast, Command::Unload).await;
        // A component whose task ended by a panic has nobody left to uninstall it.
        if result == Err(CallError::NotRunning(State::Failed)) {
            return self.0.registry.bury(&self.0.services, id);
        }
        result
    }

    /// Takes grants away from a component, until it is uninstalled. The next access feels it; processes that it would
    /// not be granted any more are killed. Answers the rules that were taken away.
    ///
    /// # Errors
    /// [`CallError::NotFound`].
    pub fn revoke(&self, id: &ComponentId, revocation: &Revocation) -> Result<Vec<Rule>, CallError> {
        let services = &self.0.services;
        let component = self.0.registry.find(id.as_str()).ok_or(CallError::NotFound)?;
        let revoked = component.revoke(revocation);
        messaging::publish::end_revoked(services, &component);
        // It holds whether or not it can be recorded: to refuse it would leave more granted than the operator wants.
        if let Err(error) = services.record(AuditEvent::revoked(id.clone(), &revoked)) {
            tracing::error!(component = id.as_str(), %error, "a revocation could not be recorded");
        }
        services
            .tell(EventKind::Revoked { component: id.clone(), rules: revoked.iter().map(Rule::to_string).collect() });
        Ok(revoked)
    }

    /// What a component may do at this moment. None if there is no component of that name.
    pub fn grants(&self, id: &ComponentId) -> Option<Arc<Grants>> {
        self.0.registry.find(id.as_str()).map(|component| component.grants.current())
    }

    /// Where a component stands. None if there is no component of that name.
    pub fn status(&self, id: &ComponentId) -> Option<Status> {
        self.0.registry.find(id.as_str()).map(|component| Status::of(&component))
    }

    /// Where all components stand, those being loaded included, sorted by name.
    pub fn components(&self) -> Vec<Status> {
        self.0.registry.components().iter().map(|component| Status::of(component)).collect()
    }

    /// Ends every component where it stands, without `shutdown`, and waits until nothing of them runs, as a crash would.
    /// A load that is under way is ended when it is complete. Nothing can be loaded or called afterwards.
    pub async fn close(&self) {
        self.0.services.closed.store(true, Ordering::Release);
        self.0.alive.send_replace(false);
        self.0.alive.closed().await;
        self.0.services.counters.children.none_left().await;
    }

    /// What the runtime holds at this moment.
    pub fn residue(&self) -> Residue {
        self.0.services.residue(self.0.registry.len())
    }

    /// The events from now on.
    pub fn events(&self) -> EventStream {
        self.0.services.events.stream()
    }

    fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    /// The component of that name, if it runs and passes the check.
    fn find_running(
        &self,
        id: &ComponentId,
        check: impl FnOnce(&Component) -> Result<(), CallError>,
    ) -> Result<Arc<Component>, CallError> {
        let component = self.0.registry.find(id.as_str()).ok_or(CallError::NotFound)?;
        // Whether it runs is looked at when the call is accepted, but comes first.
        check(&component).map_err(|why| {
            let life = *component.life();
            if life.accepts() { why } else { CallError::NotRunning(life.state) }
        })?;
        Ok(component)
    }

    async fn ask<T>(
        &self,
        id: &ComponentId,
        accept: Accept,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Result<T, CallError> {
        let component = self.0.registry.find(id.as_str()).ok_or(CallError::NotFound)?;
        command::ask(&self.0.services, &component, accept, command).await
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("components", &self.components()).finish_non_exhaustive()
    }
}

impl Status {
    fn of(component: &Component) -> Self {
        let life = *component.life();
        let waiting = component.mailbox.waiting();
        Self {
            id: component.id().clone(),
            version: component.manifest.component.version.to_string(),
            state: life.state,
            instance: life.instance,
            restarts: life.restarts,
            waiting: u64::try_from(waiting.mail).unwrap_or(u64::MAX),
            waiting_bytes: waiting.bytes,
            dead_letters: component.dead_letters.load(Ordering::Relaxed),
            manifest_sha256: component.manifest_sha256.clone(),
            wasm_sha256: component.wasm_sha256.get().cloned(),
        }
    }
}

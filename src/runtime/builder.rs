//! From the embedder's choices to a [`Runtime`].

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use tokio::sync::watch;

use crate::contract::ContractVersion;
use crate::manifest::Capabilities;
use crate::permission::Policy;

use super::audit::{AuditSink, Lossless, TracingAudit, Trail};
use super::clock::{Clock, SystemClock};
use super::engine::{Engine, EngineOptions};
use super::error::BuildError;
use super::event_stream::EventSink;
use super::files::Root;
use super::host_function::{HostCall, HostFunctionError, HostFunctions};
use super::http::{Client, Dialer, HttpLimits, Resolver, SystemResolver, TcpDialer};
use super::limits::HostLimits;
use super::log::{LogRecord, LogSink};
use super::messaging::Messaging;
use super::registry::Registry;
use super::residue::Counters;
use super::schedule::Schedule;
use super::services::Services;
use super::store::Store;
use super::tasks::Tasks;
use super::{Inner, Runtime};

/// Builds a [`Runtime`]. What is not set is an engine of its own, the system's clock and the default limits; components
/// then have no files and no commands, store in memory, and are audited to `tracing`.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use airssys_wasm::permission::Policy;
/// use airssys_wasm::runtime::audit::{FileAudit, Sync};
/// use airssys_wasm::runtime::{Runtime, Store};
///
/// let runtime = Runtime::builder()
///     .root("/srv/plugins") // what components see as `/`
///     .store(Store::open("plugins.redb")?)
///     .audit(Arc::new(FileAudit::open("audit.jsonl", Sync::EveryRecord)?))
///     .policy(Policy::parse(&std::fs::read_to_string("policy.toml")?)?)
///     .host_function("geo.lookup", |call| async move { Ok(call.args) })
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct RuntimeBuilder {
    engine: Option<Engine>,
    contract: Option<ContractVersion>,
    clock: Option<Arc<dyn Clock>>,
    tasks: Tasks,
    limits: HostLimits,
    log_sink: Option<LogSink>,
    policy: Option<Policy>,
    allow_private: bool,
    record_only: bool,
    audit: Vec<Arc<dyn AuditSink>>,
    lossless: Lossless,
    root: Option<PathBuf>,
    store: Option<Store>,
    resolver: Option<Arc<dyn Resolver>>,
    dialer: Option<Arc<dyn Dialer>>,
    authorities: Vec<u8>,
    host_functions: HostFunctions,
}

impl RuntimeBuilder {
    /// Shares an engine, and with it threads and compiled components, with other runtimes.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Offers this version of the contract, and none above it. Without it, the newest: components of every version up to
    /// that run side by side.
    #[must_use]
    pub fn contract(mut self, version: ContractVersion) -> Self {
        self.contract = Some(version);
        self
    }

    /// Sets the clock that all time comes from.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Lets a schedule decide the order in which components make their steps, down to the instructions of their guests.
    /// The runtime's methods must then be awaited within [`Schedule::drive`], and a handle of the schedule kept as long as
    /// the runtime is used: without it components stand still for ever.
    ///
    /// The order is a matter of the seed alone as long as nothing else is that components wait for, such as the
    /// network, a child process, or real time.
    #[must_use]
    pub fn schedule(mut self, schedule: &Schedule) -> Self {
        self.tasks = Tasks::Scheduled(schedule.follower());
        self
    }

    /// Sets the operator's limits.
    #[must_use]
    pub fn limits(mut self, limits: HostLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets who gets what components log, besides `tracing`. It is called while the component waits.
    #[must_use]
    pub fn on_log(mut self, sink: impl Fn(&LogRecord) + Send + Sync + 'static) -> Self {
        self.log_sink = Some(Box::new(sink));
        self
    }

    /// Bounds what manifests may ask for. Without a policy each manifest is granted what it declares.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Sets the directory that is `/` to components: their files, and the executables they may run. Without one they
    /// have neither, whatever they are granted.
    #[must_use]
    pub fn root(mut self, directory: impl Into<PathBuf>) -> Self {
        self.root = Some(directory.into());
        self
    }

    /// Sets where components store. Without it, in memory, until the runtime is gone.
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// Adds a place for the records of the audit trail. Without any, they go to `tracing` alone.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.audit.push(sink);
        self
    }

    /// Sets what becomes of an access whose record was not taken. It is refused unless told otherwise.
    #[must_use]
    pub fn lossless(mut self, lossless: Lossless) -> Self {
        self.lossless = lossless;
        self
    }

    /// Lets names and `*` reach loopback, private and other addresses that are not public.
    #[must_use]
    pub fn allow_private(mut self, allow: bool) -> Self {
        self.allow_private = allow;
        self
    }

    /// Sets how names become addresses. Without it, as the system does it.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Sets how connections are made. Without it, by TCP.
    #[must_use]
    pub fn dialer(mut self, dialer: Arc<dyn Dialer>) -> Self {
        self.dialer = Some(dialer);
        self
    }

    /// Trusts the certificate authorities of a PEM file, besides those that the system trusts.
    #[must_use]
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.extend(pem.into());
        self.authorities.push(b'\n');
        self
    }

    /// Offers a function to components, under a name that their manifests grant. It must not block its thread; what it
    /// is waiting for when the call passes its deadline is dropped.
    ///
    /// ```
    /// use airssys_wasm::runtime::{HostFunctionError, Runtime};
    ///
    /// let builder = Runtime::builder().host_function("text.upper", |call| async move {
    ///     let text = String::from_utf8(call.args).map_err(|why| HostFunctionError::InvalidInput(why.to_string()))?;
    ///     Ok(text.to_uppercase().into_bytes())
    /// });
    /// ```
    #[must_use]
    pub fn host_function<F, A>(mut self, name: &str, function: F) -> Self
    where
        F: Fn(HostCall) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<u8>, HostFunctionError>> + Send + 'static,
    {
        self.host_functions.insert(name, function);
        self
    }

    /// Records accesses instead of refusing them: whatever a component asks for is done. For finding out what a
    /// component needs, on a machine and with a component that may do it; never for anything else.
    #[must_use]
    pub fn record_only(mut self, record_only: bool) -> Self {
        self.record_only = record_only;
        self
    }

    /// Builds the runtime.
    ///
    /// # Errors
    /// [`BuildError`] if what was given cannot be used, or no engine was given and none can be built.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let failed = |what| move |reason: String| BuildError { what, reason };
        if let Some(policy) = &self.policy {
            // Of no manifest, only a fault of the policy itself can be found.
            let nothing = Capabilities::default();
            policy.admit(&nothing, &nothing).map_err(|why| failed("policy")(why.to_string()))?;
        }
        if let Some((name, why)) = self.host_functions.misnamed() {
            return Err(failed("host functions")(format!("`{name}`: {why}")));
        }
        let root = match &self.root {
            Some(directory) => {
                Some(Root::open(directory).map_err(|why| failed("root")(format!("{}: {why}", directory.display())))?)
            }
            None => None,
        };
        let store = self.store.map_or_else(Store::in_memory, Ok).map_err(|why| failed("store")(why.to_string()))?;
        let mut sinks = self.audit;
        if sinks.is_empty() {
            sinks.push(Arc::new(TracingAudit));
        }
        let own_files = sinks.iter().flat_map(|sink| sink.files()).chain(store.identity()).collect();
        let audit = Trail::new(sinks, self.lossless).map_err(|why| failed("audit trail")(why.to_string()))?;
        let http_limits = HttpLimits { response_body_bytes: self.limits.http_body_bytes, ..HttpLimits::default() };
        let dialer = self.dialer.unwrap_or_else(|| Arc::new(TcpDialer));
        let http = Client::new(dialer, &self.authorities, http_limits)
            .map_err(|why| failed("HTTP client")(why.to_string()))?;
        let engine = match self.engine {
            Some(engine) => engine,
            None => Engine::new(&EngineOptions::default())?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::default()));
        let services = Services {
            closed: AtomicBool::new(false),
            own_directory: engine.compiler().directory(),
            engine,
            contract: self.contract.unwrap_or(ContractVersion::NEWEST),
            tasks: self.tasks,
            messaging: Messaging::new(&self.limits, &clock),
            clock,
            limits: self.limits,
            policy: self.policy,
            allow_private: self.allow_private,
            record_only: self.record_only,
            audit,
            root,
            own_files,
            store,
            http: Arc::new(http),
            resolver: self.resolver.unwrap_or_else(|| Arc::new(SystemResolver)),
            host_functions: self.host_functions,
            counters: Counters::default(),
            events: EventSink::default(),
            log_sink: self.log_sink,
            calls: AtomicU64::new(0),
            components: AtomicU64::new(0),
        };
        let (alive, _) = watch::channel(true);
        Ok(Runtime(Arc::new(Inner { services: Arc::new(services), registry: Arc::new(Registry::default()), alive })))
    }
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

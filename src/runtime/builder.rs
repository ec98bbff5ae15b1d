//! From the embedder's choices to a [`Runtime`].

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use super::clock::{Clock, SystemClock};
use super::engine::{Engine, EngineOptions};
use super::error::BuildError;
use super::event::EventSink;
use super::limits::HostLimits;
use super::log::{LogRecord, LogSink};
use super::registry::Registry;
use super::residue::Counters;
use super::services::Services;
use super::{Inner, Runtime};

/// Builds a [`Runtime`]. What is not set is an engine of its own, the system's clock and the default limits.
#[derive(Default)]
pub struct RuntimeBuilder {
    engine: Option<Engine>,
    clock: Option<Arc<dyn Clock>>,
    limits: HostLimits,
    log_sink: Option<LogSink>,
}

impl RuntimeBuilder {
    /// Shares an engine, and with it threads and compiled components, with other runtimes.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Sets the clock that all time comes from.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
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

    /// Builds the runtime.
    ///
    /// # Errors
    /// [`BuildError`] if no engine was given and none can be built.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let engine = match self.engine {
            Some(engine) => engine,
            None => Engine::new(&EngineOptions::default())?,
        };
        let services = Services {
            engine,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::default())),
            limits: self.limits,
            counters: Counters::default(),
            events: EventSink::new(),
            log_sink: self.log_sink,
            requests: AtomicU64::new(0),
        };
        let (alive, _) = watch::channel(());
        Ok(Runtime(Arc::new(Inner { services: Arc::new(services), registry: Arc::new(Registry::default()), alive })))
    }
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

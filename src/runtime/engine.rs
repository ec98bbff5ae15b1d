//! The wasmtime engine with what belongs to it: what compiles, what is offered to link, what ticks.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::compiled::{CacheOptions, CacheStats, Compiled, Compiler};
use super::error::{BuildError, LoadError};
use super::host::Host;
use super::interface::{Linked, Offer};
use super::{allocation, host, interface, wasi};
use crate::contract::ContractVersion;

/// How often computing guests are looked at. A call ends at most this long, and the time of one bulk operation, after
/// its deadline; every other guest on the thread gets a turn as often.
const TICK: Duration = Duration::from_millis(2);

/// By how much threads for long calls yield to others, in steps of `nice`: a third of an equal's share when both are busy.
const LONG_CALL_NICENESS: i32 = 5;

/// How an [`Engine`] is built.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// How many threads compile. Compiling a hostile component takes no more of the machine than these. Two.
    pub compile_threads: usize,
    /// How many instances may live at once, over all runtimes that share the engine: 512. Address space of some
    /// 6 GiB is reserved for each, memory only as it is used. A process that may not have so much address space
    /// (`ulimit -v`) is warned, and its instances are made one by one: slower, and bounded by
    /// [`HostLimits::instances`](super::HostLimits::instances) of each runtime alone.
    pub instances: u32,
    /// How many threads go on with guests that compute for longer than a few milliseconds: one less than there are
    /// processors, and at least one, so that short calls find a processor free.
    pub long_call_threads: usize,
    /// How many compiled components are kept in memory for the next load of the same bytes: 64.
    pub cached_components: usize,
    /// Where compiled components are kept on the disk, for the next process. None, the default, keeps none.
    pub cache: Option<CacheOptions>,
    /// How many compiled functions are kept for other components that have the same ones: none. It is of use where many
    /// components differ little, and costs a few kilobytes for each.
    pub cached_functions: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let long_call_threads = processors.saturating_sub(1).max(1);
        Self {
            compile_threads: 2,
            instances: 512,
            long_call_threads,
            cached_components: 64,
            cached_functions: 0,
            cache: None,
        }
    }
}

/// Compiles and runs components. Cheap to clone; runtimes may share one, and with it compiled components.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    wasmtime: wasmtime::Engine,
    linker: wasmtime::component::Linker<Host>,
    /// What is offered, by version of the contract, lowest first.
    offers: &'static [Offer],
    compiler: Compiler,
    long_call_threads: usize,
    /// The threads for long calls, once there was one; none if the machine gives no threads.
    long_calls: OnceLock<Option<tokio::runtime::Runtime>>,
}

impl Engine {
    /// Builds an engine.
    ///
    /// # Errors
    /// [`BuildError`] if the machine does not grant the address space or the threads.
    pub fn new(options: &EngineOptions) -> Result<Self, BuildError> {
        let failed = |reason: String| BuildError { what: "engine", reason };
        let wasmtime = allocation::engine(options).map_err(|error| failed(format!("{error:#}")))?;
        let mut linker = wasmtime::component::Linker::new(&wasmtime);
        wasi::add_to_linker(&mut linker)
            .and_then(|()| host::add_to_linker(&mut linker))
            .map_err(|error| failed(format!("{error:#}")))?;
        let offers = Offer::all().map_err(failed)?;
        let compiler = Compiler::new(&wasmtime, options).map_err(|error| failed(error.to_string()))?;
        start_ticking(&wasmtime).map_err(|error| failed(error.to_string()))?;
        let long_call_threads = options.long_call_threads.max(1);
        let long_calls = OnceLock::new();
        Ok(Self(Arc::new(Shared { wasmtime, linker, offers, compiler, long_call_threads, long_calls })))
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    /// Finds or makes the machine code of components.
    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    /// Where machine code came from so far, over all runtimes that share the engine.
    pub fn cache_stats(&self) -> CacheStats {
        self.0.compiler.stats()
    }

    /// What a runtime of that version of the contract offers.
    pub(crate) fn offer(&self, contract: ContractVersion) -> &Offer {
        &self.0.offers[contract as usize]
    }

    /// The component linked with the host's functions, checked against the interfaces on offer.
    pub(crate) fn link(&self, compiled: &Compiled, contract: ContractVersion) -> Result<Linked, LoadError> {
        compiled.linked(contract, || interface::link(self.offer(contract), &self.0.linker, &compiled.component))
    }

    /// The threads for guests that compute for long.
    pub(crate) fn long_calls(&self) -> Option<tokio::runtime::Handle> {
        let start = || {
            let threads = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(self.0.long_call_threads)
                .thread_name("airssys-long-call")
                .on_thread_start(|| {
                    // Whoever answers at once goes first where the system has to choose. Refused, they are equals.
                    let _ = rustix::process::nice(LONG_CALL_NICENESS);
                })
                .enable_all()
                .build();
            threads.inspect_err(|error| tracing::warn!(%error, "no threads for long calls")).ok()
        };
        self.0.long_calls.get_or_init(start).as_ref().map(|threads| threads.handle().clone())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The last engine may go within a task, where waiting for threads is not allowed.
        if let Some(Some(threads)) = self.long_calls.take() {
            threads.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Increments the epoch until the engine is gone.
fn start_ticking(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("airssys-epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}

//! The wasmtime engine: configured once, compiling within bounds, ticking, and remembering what it compiled.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::call::panic_text;
use super::error::{BuildError, LoadError};
use super::functions::Functions;
use super::host::Host;
use super::interface::{Linked, Offer};
use super::tasks::{Lost, Tasks};
use super::{host, interface, wasi};
use crate::contract::ContractVersion;

/// How often computing guests are looked at. A call ends at most this long, and the time of one bulk operation, after
/// its deadline; every other guest on the thread gets a turn as often.
const TICK: Duration = Duration::from_millis(2);

/// By how much threads for long calls yield to others, in steps of `nice`: a third of an equal's share when both are busy.
const LONG_CALL_NICENESS: i32 = 5;

/// What a guest may use of the native stack, in bytes. The rest of [`ASYNC_STACK_BYTES`] is the host functions' own,
/// whose overflow would abort the process.
const MAX_WASM_STACK_BYTES: usize = 512 << 10;
/// The native stack of a call, in bytes.
const ASYNC_STACK_BYTES: usize = 2 << 20;

/// The most memories, and the most tables, of one component: linked multi-module components share theirs.
const MAX_MEMORIES_PER_COMPONENT: u32 = 16;
const MAX_TABLES_PER_COMPONENT: u32 = 16;
/// The most core instances of one component: a language runtime linked dynamically has some thirty.
const MAX_CORE_INSTANCES_PER_COMPONENT: u32 = 128;
/// The most elements of one table; whole language runtimes have tens of thousands of functions.
const MAX_TABLE_ELEMENTS: usize = 1 << 19;
/// The largest memory, in bytes: all that 32-bit addresses reach. The manifest's maximum is far below.
const MAX_MEMORY_BYTES: usize = 4 << 30;
/// The most metadata of one component's instance, in bytes: 32 for each function that a table or export refers to.
const MAX_INSTANCE_METADATA_BYTES: usize = 16 << 20;

/// How an [`Engine`] is built.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// How many threads compile. Compiling a hostile component takes no more of the machine than these. Two.
    pub compile_threads: usize,
    /// How many instances may live at once, over all runtimes that share the engine: 512. Address space of some
    /// 6 GiB is reserved for each, memory only as it is used.
    pub instances: u32,
    /// How many threads go on with guests that compute for longer than a few milliseconds: one less than there are
    /// processors, and at least one, so that short calls find a processor free.
    pub long_call_threads: usize,
    /// How many compiled components are kept for the next load of the same bytes: 64.
    pub cached_components: usize,
    /// How many compiled functions are kept for other components that have the same ones: none. It is of use where many
    /// components differ little, and costs a few kilobytes for each.
    pub cached_functions: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let long_call_threads = processors.saturating_sub(1).max(1);
        Self { compile_threads: 2, instances: 512, long_call_threads, cached_components: 64, cached_functions: 0 }
    }
}

/// Compiles and runs components. Cheap to clone; runtimes may share one, and with it compiled components.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    wasmtime: wasmtime::Engine,
    linker: wasmtime::component::Linker<Host>,
    /// What is offered, by version of the contract, lowest first.
    offers: Vec<Offer>,
    compilers: rayon::ThreadPool,
    long_call_threads: usize,
    /// The threads for long calls, once there was one; none if the machine gives no threads.
    long_calls: OnceLock<Option<tokio::runtime::Runtime>>,
    cache: Mutex<Cache>,
}

/// Compiled components, least recently used first.
struct Cache {
    capacity: usize,
    entries: Vec<(Hash, Arc<Compiled>)>,
}

/// The SHA-256 of a file.
pub(crate) type Hash = [u8; 32];

/// A compiled component and, once it was asked for, whether it fits this runtime's interfaces.
pub(crate) struct Compiled {
    pub(crate) component: wasmtime::component::Component,
    /// By version of the contract, lowest first.
    linked: [OnceLock<Result<Linked, LoadError>>; ContractVersion::ALL.len()],
}

impl Engine {
    /// Builds an engine.
    ///
    /// # Errors
    /// [`BuildError`] if the machine does not grant the address space or the threads.
    pub fn new(options: &EngineOptions) -> Result<Self, BuildError> {
        let failed = |reason: String| BuildError { what: "engine", reason };
        let wasmtime = config(options).and_then(|config| wasmtime::Engine::new(&config));
        let wasmtime = wasmtime.map_err(|error| failed(format!("{error:#}")))?;
        let mut linker = wasmtime::component::Linker::new(&wasmtime);
        wasi::add_to_linker(&mut linker)
            .and_then(|()| host::add_to_linker(&mut linker))
            .map_err(|error| failed(format!("{error:#}")))?;
        let offers = ContractVersion::ALL.iter().map(|version| Offer::new(*version));
        let offers = offers.collect::<Result<Vec<_>, _>>().map_err(&failed)?;
        let compilers = rayon::ThreadPoolBuilder::new()
            .num_threads(options.compile_threads.max(1))
            .thread_name(|index| format!("airssys-compile-{index}"))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        start_ticking(&wasmtime).map_err(|error| failed(error.to_string()))?;
        let cache = Mutex::new(Cache { capacity: options.cached_components, entries: Vec::new() });
        let long_call_threads = options.long_call_threads.max(1);
        let long_calls = OnceLock::new();
        Ok(Self(Arc::new(Shared { wasmtime, linker, offers, compilers, long_call_threads, long_calls, cache })))
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    /// Compiles on the engine's own threads, unless these very bytes were compiled before.
    pub(crate) async fn compile(&self, tasks: &Tasks, hash: Hash, wasm: Vec<u8>) -> wasmtime::Result<Arc<Compiled>> {
        let known = self.cache().get(&hash);
        if let Some(compiled) = known {
            // Whether the bytes were compiled before must not make a difference to the order of anything.
            tasks.turn().await;
            return Ok(compiled);
        }
        let engine = self.clone();
        let compile = move || {
            let Shared { wasmtime, compilers, .. } = &*engine.0;
            compilers.install(|| wasmtime::component::Component::from_binary(wasmtime, &wasm))
        };
        let component = tasks.blocking(compile).await.map_err(|lost| match lost {
            Lost::Panicked(panic) => wasmtime::Error::msg(format!("the compiler panicked: {}", panic_text(&*panic))),
            Lost::GivenUp(why) => wasmtime::Error::msg(why),
        })??;
        let compiled = Arc::new(Compiled { component, linked: Default::default() });
        self.cache().put(hash, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// What a runtime of that version of the contract offers.
    pub(crate) fn offer(&self, contract: ContractVersion) -> &Offer {
        &self.0.offers[contract as usize]
    }

    /// The component linked with the host's functions, checked against the interfaces on offer.
    pub(crate) fn link(&self, compiled: &Compiled, contract: ContractVersion) -> Result<Linked, LoadError> {
        let linked = &compiled.linked[contract as usize];
        linked.get_or_init(|| interface::link(self.offer(contract), &self.0.linker, &compiled.component)).clone()
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

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Cache {
    fn get(&mut self, hash: &Hash) -> Option<Arc<Compiled>> {
        let index = self.entries.iter().position(|(known, _)| known == hash)?;
        let entry = self.entries.remove(index);
        let compiled = Arc::clone(&entry.1);
        self.entries.push(entry);
        Some(compiled)
    }

    fn put(&mut self, hash: Hash, compiled: Arc<Compiled>) {
        self.entries.retain(|(known, _)| *known != hash);
        self.entries.push((hash, compiled));
        let surplus = self.entries.len().saturating_sub(self.capacity);
        self.entries.drain(..surplus);
    }
}

/// The SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn config(options: &EngineOptions) -> wasmtime::Result<Config> {
    let instances = options.instances.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8).max(MAX_CORE_INSTANCES_PER_COMPONENT))
        .total_memories(instances.saturating_add(instances / 2).max(MAX_MEMORIES_PER_COMPONENT))
        .total_tables(instances.saturating_mul(3).max(MAX_TABLES_PER_COMPONENT))
        .total_stacks(instances)
        .max_core_instances_per_component(MAX_CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MAX_MEMORIES_PER_COMPONENT)
        .max_tables_per_component(MAX_TABLES_PER_COMPONENT)
        .max_memories_per_module(MAX_MEMORIES_PER_COMPONENT)
        .max_tables_per_module(MAX_TABLES_PER_COMPONENT)
        .max_component_instance_size(MAX_INSTANCE_METADATA_BYTES)
        .max_core_instance_size(MAX_INSTANCE_METADATA_BYTES)
        .max_memory_size(MAX_MEMORY_BYTES)
        .table_elements(MAX_TABLE_ELEMENTS);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        .memory_init_cow(true)
        .wasm_multi_memory(true)
        .wasm_memory64(false)
        // Backtraces name the guest's functions to nobody who could use them, and cost time at every trap. Without them,
        // nobody asks which instruction an address belongs to, or unwinds a guest; Windows wants to be able to.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(cfg!(windows));
    if options.cached_functions > 0 {
        // What is kept is found sooner than another thread is woken to look for it.
        config
            .enable_incremental_compilation(Arc::new(Functions::new(options.cached_functions)))?
            .parallel_compilation(false);
    }
    Ok(config)
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

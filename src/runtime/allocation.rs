//! Where the memories, tables and stacks of instances come from: a pool, reserved once; or, where the process has too
//! little address space for one, the system, each by itself.
//!
//! In: how many instances there may be. Out: an engine. Both ways hold guests to the same limits; the pool instantiates
//! in microseconds, and bounds the instances of all runtimes that share the engine besides.

use std::sync::Arc;

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::engine::EngineOptions;
use super::functions::Functions;

/// What a guest may use of the native stack, in bytes. The rest of [`ASYNC_STACK_BYTES`] is the host functions' own,
/// whose overflow would abort the process.
const MAX_WASM_STACK_BYTES: usize = 512 << 10;
/// The native stack of a call, in bytes.
const ASYNC_STACK_BYTES: usize = 2 << 20;

/// The most memories, and the most tables, of one component: linked multi-module components share theirs.
pub(crate) const MAX_MEMORIES_PER_COMPONENT: u32 = 16;
pub(crate) const MAX_TABLES_PER_COMPONENT: u32 = 16;
/// The most core instances of one component: a language runtime linked dynamically has some thirty.
pub(crate) const MAX_CORE_INSTANCES_PER_COMPONENT: u32 = 128;
/// The most elements of one table; whole language runtimes have tens of thousands of functions.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 1 << 19;
/// The largest memory, in bytes: all that 32-bit addresses reach. The manifest's maximum is far below.
const MAX_MEMORY_BYTES: usize = 4 << 30;
/// The most metadata of one component's instance, in bytes: 32 for each function that a table or export refers to.
const MAX_INSTANCE_METADATA_BYTES: usize = 16 << 20;

/// What a memory outside of a pool is given to grow into before it has to move, in bytes.
const GROWTH_BYTES: u64 = 2 << 20;
/// What lies behind a memory outside of a pool, in bytes: a page of wasm, which saves some checks.
const GUARD_BYTES: u64 = 64 << 10;

/// An engine with room for so many instances at once, from a pool if the process has the address space for it.
///
/// # Errors
/// If the machine gives no engine of either kind; that of the pool.
pub(crate) fn engine(options: &EngineOptions) -> wasmtime::Result<Engine> {
    let refused = match Engine::new(&pooled(options)?) {
        Ok(engine) => return Ok(engine),
        Err(refused) => refused,
    };
    match Engine::new(&on_demand(options)?) {
        Ok(engine) => {
            tracing::warn!(
                instances = options.instances,
                why = format!("{refused:#}"),
                "there is no address space for a pool of instances, which takes 6 GiB of it for each; instances and their \
                 calls take longer without one: raise `ulimit -v`, or lower EngineOptions::instances"
            );
            Ok(engine)
        }
        Err(_) => Err(refused),
    }
}

/// How an engine with a pool is configured.
pub(crate) fn pooled(options: &EngineOptions) -> wasmtime::Result<Config> {
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
    let mut config = config(options)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Ok(config)
}

/// Memories take what they need and little more, and move when they grow.
fn on_demand(options: &EngineOptions) -> wasmtime::Result<Config> {
    let mut config = config(options)?;
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        .memory_reservation(0)
        .memory_reservation_for_growth(GROWTH_BYTES)
        .memory_guard_size(GUARD_BYTES)
        .guard_before_linear_memory(false)
        .memory_may_move(true);
    Ok(config)
}

fn config(options: &EngineOptions) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config
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

//! Compiled components: found in memory, found on the disk, or compiled.
//!
//! In: the bytes of a wasm file and their hash. Out: a component that can be linked. Where it came from shows in the
//! time it took and in [`CacheStats`], and in nothing else. What a component may be, and whether it fits, is for
//! others.
//!
//! On the disk, `key` names an entry, `entry` is its bytes, `directory` is whom to trust, `trim` bounds the whole,
//! `disk` puts these together, and `machine_code`, the one file with `unsafe`, hands to the engine what was checked.

mod directory;
mod disk;
mod entry;
mod key;
mod machine_code;
mod recent;
mod trim;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use super::call::panic_text;
use super::engine::EngineOptions;
use super::error::LoadError;
use super::interface::Linked;
use crate::contract::ContractVersion;
use disk::Disk;
use recent::Recent;

pub use disk::CacheOptions;

/// The SHA-256 of a file.
pub(crate) type Hash = [u8; 32];

/// The SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// A compiled component and, once it was asked for, whether it fits this runtime's interfaces.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    /// By version of the contract, lowest first.
    linked: [OnceLock<Result<Linked, LoadError>>; ContractVersion::ALL.len()],
}

/// Where the machine code of the loads of an engine came from, since the engine was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// Loads of bytes that were still in memory.
    pub from_memory: u64,
    /// Loads from a file of the cache.
    pub from_disk: u64,
    /// Loads for which the component was compiled, those that it was refused in included.
    pub compiled: u64,
    /// Files of the cache that were handed to the engine: every check had passed before.
    pub trusted: u64,
    /// Files of the cache, or what stood in their place, that were not used: damaged, foreign, or not taken by the
    /// engine.
    pub refused: u64,
    /// Files that were written to the cache.
    pub written: u64,
    /// Files that were removed from the cache to keep it within its size.
    pub removed: u64,
}

/// Compiles within bounds, and remembers what it compiled.
pub(crate) struct Compiler {
    engine: wasmtime::Engine,
    threads: rayon::ThreadPool,
    recent: Mutex<Recent>,
    disk: Option<Disk>,
    stats: Arc<Stats>,
}

/// What is counted, by memory and disk alike.
#[derive(Default)]
struct Stats(Mutex<CacheStats>);

impl Compiled {
    pub(crate) fn new(component: Component) -> Self {
        Self { component, linked: Default::default() }
    }

    /// Whether the component fits that version of the contract; `link` is asked at most once.
    pub(crate) fn linked(
        &self,
        contract: ContractVersion,
        link: impl FnOnce() -> Result<Linked, LoadError>,
    ) -> Result<Linked, LoadError> {
        self.linked[contract as usize].get_or_init(link).clone()
    }
}

impl Compiler {
    /// # Errors
    /// If the machine gives no threads.
    pub(crate) fn new(engine: &wasmtime::Engine, options: &EngineOptions) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(options.compile_threads.max(1))
            .thread_name(|index| format!("airssys-compile-{index}"))
            .build()?;
        let stats = Arc::<Stats>::default();
        let disk = options.cache.clone().and_then(|options| Disk::open(options, engine, Arc::clone(&stats)));
        let recent = Mutex::new(Recent::new(options.cached_components));
        Ok(Self { engine: engine.clone(), threads, recent, disk, stats })
    }

    /// What was compiled of the bytes with that hash, in memory or on the disk. Blocks its thread while it reads.
    pub(crate) fn find(&self, hash: Hash) -> Option<Arc<Compiled>> {
        let known = self.recent().get(&hash);
        if let Some(compiled) = known {
            self.stats.count(|stats| stats.from_memory += 1);
            return Some(compiled);
        }
        let component = self.disk.as_ref()?.get(&self.engine, hash)?;
        Some(self.remember(hash, component))
    }

    /// Compiles these bytes, and keeps what comes of it. Blocks its thread meanwhile; the work is done by threads of
    /// its own, however many load at a time.
    ///
    /// # Errors
    /// If the bytes do not compile. What is wrong with a cache is no error of a load.
    pub(crate) fn compile(&self, hash: Hash, wasm: &[u8]) -> wasmtime::Result<Arc<Compiled>> {
        self.stats.count(|stats| stats.compiled += 1);
        let compile = || self.threads.install(|| Component::from_binary(&self.engine, wasm));
        let component = catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|panic| {
            Err(wasmtime::Error::msg(format!("the compiler panicked: {}", panic_text(&*panic))))
        })?;
        if let Some(disk) = &self.disk {
            disk.put(hash, &component);
        }
        Ok(self.remember(hash, component))
    }

    /// The file of the cache with what was compiled of these bytes, checked, to be mapped any number of times.
    #[cfg(feature = "perf")]
    pub(crate) fn mapped(&self, hash: Hash) -> Option<impl Fn() -> wasmtime::Result<Component> + use<>> {
        let checked = self.disk.as_ref()?.checked(hash)?;
        let engine = self.engine.clone();
        Some(move || machine_code::load(&engine, &checked))
    }

    fn remember(&self, hash: Hash, component: Component) -> Arc<Compiled> {
        let compiled = Arc::new(Compiled::new(component));
        self.recent().put(hash, Arc::clone(&compiled));
        compiled
    }

    /// Device and inode of the directory of the cache, which is out of reach for guests.
    pub(crate) fn directory(&self) -> Option<(u64, u64)> {
        self.disk.as_ref()?.identity()
    }

    pub(crate) fn stats(&self) -> CacheStats {
        *self.stats.lock()
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stats {
    fn count(&self, one: impl FnOnce(&mut CacheStats)) {
        one(&mut self.lock());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CacheStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

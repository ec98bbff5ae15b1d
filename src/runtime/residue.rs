//! What a runtime holds, counted by guards, so that a test can assert that nothing is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::children::Census;

/// What a runtime holds at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Residue {
    /// Live instances: one store each.
    pub instances: u64,
    /// Tasks that own an instance; one for each loaded component.
    pub actors: u64,
    /// The bytes of all memories and tables of all instances; a table element counts as eight.
    pub memory_bytes: u64,
    /// Configuration overlays; one for each component that is loaded or being loaded.
    pub overlays: u64,
    /// Child processes that components have spawned and not used up.
    pub processes: u64,
    /// Requests that wait for their outcome.
    pub requests: u64,
    /// Names in the registry, of components that are loaded or being loaded.
    pub names: u64,
}

/// One of something that is counted, until dropped.
#[derive(Debug)]
pub(crate) struct Held(Arc<AtomicU64>);

impl Held {
    pub(crate) fn of(counter: &Arc<AtomicU64>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counter))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The counters behind a [`Residue`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) instances: Arc<AtomicU64>,
    pub(crate) actors: Arc<AtomicU64>,
    pub(crate) memory_bytes: Arc<AtomicU64>,
    pub(crate) overlays: Arc<AtomicU64>,
    pub(crate) children: Census,
}

impl Counters {
    pub(crate) fn residue(&self, names: usize, requests: usize) -> Residue {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Residue {
            instances: read(&self.instances),
            actors: read(&self.actors),
            memory_bytes: read(&self.memory_bytes),
            overlays: read(&self.overlays),
            processes: self.children.count(),
            requests: u64::try_from(requests).unwrap_or(u64::MAX),
            names: u64::try_from(names).unwrap_or(u64::MAX),
        }
    }
}

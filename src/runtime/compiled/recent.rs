//! The components that were loaded last, in memory.

use std::sync::Arc;

use super::{Compiled, Hash};

/// Compiled components by the hash of their wasm, least recently used first.
pub(super) struct Recent {
    capacity: usize,
    entries: Vec<(Hash, Arc<Compiled>)>,
}

impl Recent {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: Vec::new() }
    }

    pub(super) fn get(&mut self, hash: &Hash) -> Option<Arc<Compiled>> {
        let index = self.entries.iter().position(|(known, _)| known == hash)?;
        let entry = self.entries.remove(index);
        let compiled = Arc::clone(&entry.1);
        self.entries.push(entry);
        Some(compiled)
    }

    pub(super) fn put(&mut self, hash: Hash, compiled: Arc<Compiled>) {
        self.entries.retain(|(known, _)| *known != hash);
        self.entries.push((hash, compiled));
        let surplus = self.entries.len().saturating_sub(self.capacity);
        self.entries.drain(..surplus);
    }
}

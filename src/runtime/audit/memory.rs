//! A sink that keeps records in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::AuditRecord;
use super::sink::{AuditError, AuditSink};

/// How many records are kept unless told otherwise: some tens of megabytes of usual records, and an end to a flood.
const DEFAULT_CAPACITY: usize = 1 << 16;

/// Keeps records in memory, for tests and for embedders that pass them on. When it is full it refuses the next one.
#[derive(Debug)]
pub struct MemoryAudit {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    records: Vec<Arc<AuditRecord>>,
    last_sequence: u64,
    last_time_ms: u64,
}

impl MemoryAudit {
    /// A sink that holds up to 65,536 records.
    pub fn new() -> Self {
        Self::bounded(DEFAULT_CAPACITY)
    }

    /// A sink that holds up to `capacity` records.
    pub fn bounded(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default() }
    }

    /// What it holds, in order.
    pub fn records(&self) -> Vec<AuditRecord> {
        self.kept().records.iter().map(|record| AuditRecord::clone(record)).collect()
    }

    /// Takes out what it holds, in order.
    pub fn drain(&self) -> Vec<AuditRecord> {
        let records = std::mem::take(&mut self.kept().records);
        records.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryAudit {
    fn default() -> Self {
        Self::new()
    }
}

impl AuditSink for MemoryAudit {
    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
        let mut kept = self.kept();
        if kept.records.len() >= self.capacity {
            return Err(AuditError::Full(self.capacity));
        }
        kept.records.push(Arc::clone(record));
        kept.last_sequence = record.sequence;
        kept.last_time_ms = record.time_ms;
        Ok(())
    }

    fn next_sequence(&self) -> u64 {
        self.kept().last_sequence.saturating_add(1)
    }

    fn last_time_ms(&self) -> u64 {
        self.kept().last_time_ms
    }
}

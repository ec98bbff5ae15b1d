//! Where records go.

use super::record::AuditRecord;

/// A place for records.
///
/// A [`Trail`](super::Trail) calls it under its lock: one record at a time, in the order of their sequences. A record
/// counts as taken when `append` answered `Ok`, and never otherwise; a sink that fails leaves nothing half-written.
pub trait AuditSink: Send + Sync {
    /// Takes a record, or leaves everything as it was.
    ///
    /// # Errors
    /// Why the record was not taken. It may be offered again.
    fn append(&self, record: &AuditRecord) -> Result<(), AuditError>;

    /// The sequence that follows the last record taken. 1 says that there is none, and that any record may be the first.
    fn next_sequence(&self) -> u64 {
        1
    }

    /// The time of the last record taken, in milliseconds since the Unix epoch.
    fn last_time_ms(&self) -> u64 {
        0
    }

    /// Whether `append` waits for a disk or a network, so that it is not called from a thread that drives others.
    fn may_block(&self) -> bool {
        false
    }
}

/// Why a record was not taken, or a sink not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A sink of bounded size holds as much as it can.
    #[error("the sink is full: it holds {0} records")]
    Full(usize),
    /// A sink panicked; whether it kept the record is unknown.
    #[error("the sink panicked: {0}")]
    Panicked(String),
    /// The numbers are used up.
    #[error("no sequence is left")]
    Exhausted,
    /// A sink of the embedder failed.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

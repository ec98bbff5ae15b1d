//! Where records go.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::line::MAX_LINE_BYTES;
use super::record::AuditRecord;

/// A place for records.
///
/// A [`Trail`](super::Trail) calls it under its lock: one record at a time, in the order of their sequences. A record
/// counts as taken when `append` answered `Ok`, and never otherwise; a sink that fails leaves nothing half-written.
pub trait AuditSink: Send + Sync {
    /// Takes a record, or leaves everything as it was. Whoever keeps it shares it with the other sinks.
    ///
    /// # Errors
    /// Why the record was not taken. It may be offered again.
    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError>;

    /// The sequence that follows the last record taken. 1 says that there is none, and that any record may be the first.
    fn next_sequence(&self) -> u64 {
        1
    }

    /// The time of the last record taken, in milliseconds since the Unix epoch.
    fn last_time_ms(&self) -> u64 {
        0
    }

    /// Whether anybody would see what the sink is given now. Where nobody would, the record of a granted access is only
    /// counted.
    fn is_heard(&self) -> bool {
        true
    }

    /// The files that the sink writes, by device and inode, which no guest may reach under any name.
    fn files(&self) -> Vec<(u64, u64)> {
        Vec::new()
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
    /// The record does not follow the last one that the sink holds.
    #[error("record {given} does not follow record {held}")]
    OutOfOrder {
        /// The sequence of the last record held.
        held: u64,
        /// The sequence, or the first lost sequence, of the record given.
        given: u64,
    },
    /// The record is longer than a line of a log may be. None is whose texts were cut.
    #[error("the record has {0} bytes as a line, at most {max} are allowed", max = MAX_LINE_BYTES)]
    TooLong(usize),
    /// A log file failed.
    #[error("{}: {fault}", path.display())]
    File {
        /// The log, or its head.
        path: PathBuf,
        /// How.
        fault: FileFault,
    },
    /// A sink of the embedder failed.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with a log file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// The system refused.
    #[error("failed to {doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// It is a directory, a link, a pipe or something else that cannot be trusted to keep lines.
    #[error("is no regular file")]
    NotAFile,
    /// Another process, or another sink of this one, writes it.
    #[error("is in use by another writer")]
    Locked,
    /// What it holds is not what was written last. Nothing has been changed.
    #[error(
        "{what}, at byte {offset} of the log; see what `airssys-wasm audit verify` says, keep the log and its head as they are, and start a new log elsewhere"
    )]
    Damaged {
        /// Where in the log.
        offset: u64,
        /// What.
        what: &'static str,
    },
}

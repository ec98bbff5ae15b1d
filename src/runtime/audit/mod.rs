//! The audit trail: what was decided and what went wrong, record by record, in an order that nobody can doubt.
//!
//! In: events, and the time at which they happened. Out: records, the same ones in the same order in every sink, and
//! an error if a sink could not take one. A trail drops, merges and samples nothing; what becomes of an access whose
//! record was not taken is the gate's business. This module decides no access and knows neither guests nor engine.

mod access;
mod entries;
mod file;
mod flat;
mod head;
mod json;
mod line;
mod lines;
mod memory;
mod offence;
mod record;
mod show;
mod sink;
mod tail;
mod trace;
mod trail;
mod verify;

pub use access::{AccessRecord, Asked, Outcome};
pub use entries::{Entry, entries};
pub use file::{FileAudit, FileIdentity, Sync};
pub use line::{Head, LineHash, MAX_LINE_BYTES, genesis};
pub use memory::MemoryAudit;
pub use offence::{Offence, What};
pub use record::{AuditEvent, AuditRecord, MAX_NAME_BYTES, MAX_RULES, MAX_TEXT_BYTES};
pub use sink::{AuditError, AuditSink, FileFault};
pub use trace::TracingAudit;
pub use trail::{Lossless, Trail};
pub use verify::{Summary, Verification, verify};

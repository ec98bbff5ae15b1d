//! The audit trail: what was decided and what went wrong, record by record, in an order that nobody can doubt.
//!
//! In: events, and the time at which they happened. Out: records, the same ones in the same order in every sink, and
//! an error if a sink could not take one. A trail drops, merges and samples nothing; what becomes of an access whose
//! record was not taken is the gate's business. This module decides no access and knows neither guests nor engine.

mod access;
mod memory;
mod record;
mod sink;
mod trail;

pub use access::{AccessRecord, Asked, Outcome};
pub use memory::MemoryAudit;
pub use record::{AuditEvent, AuditRecord, MAX_NAME_BYTES, MAX_RULES, MAX_TEXT_BYTES};
pub use sink::{AuditError, AuditSink};
pub use trail::{Lossless, Trail};

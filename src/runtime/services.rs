//! What every part of one runtime shares: its clock, limits, counters, and where it tells what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::clock::Clock;
use super::engine::Engine;
use super::event::{EventKind, EventSink};
use super::limits::HostLimits;
use super::log::{LogRecord, LogSink};
use super::residue::Counters;

pub(crate) struct Services {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: HostLimits,
    pub(crate) counters: Counters,
    pub(crate) events: EventSink,
    pub(crate) log_sink: Option<LogSink>,
    pub(crate) requests: AtomicU64,
}

impl Services {
    /// Tells an event.
    pub(crate) fn tell(&self, kind: EventKind) {
        self.events.tell(self.clock.now(), kind);
    }

    /// Writes a component's log record.
    pub(crate) fn log(&self, record: &LogRecord) {
        record.trace();
        if let Some(sink) = &self.log_sink {
            sink(record);
        }
    }

    /// A request-id that no other call of this runtime has.
    pub(crate) fn next_request_id(&self) -> String {
        format!("call-{}", self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

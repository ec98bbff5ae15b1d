//! What every part of one runtime shares: its clock, limits, counters, and where it tells what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::contract::ContractVersion;
use crate::permission::Policy;

use super::audit::{AuditError, AuditEvent, Trail};
use super::clock::Clock;
use super::engine::Engine;
use super::event::EventKind;
use super::event_stream::EventSink;
use super::files::Root;
use super::host_function::HostFunctions;
use super::http::{Client, Resolver};
use super::limits::HostLimits;
use super::log::{LogRecord, LogSink};
use super::messaging::Messaging;
use super::residue::{Counters, Residue};
use super::store::Store;
use super::tasks::Tasks;

/// A name with a number, such as `call-7`. One is made for each call and request: what `format!` adds to it would be seen.
pub(crate) fn numbered(name: &str, number: u64) -> String {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    let mut text = String::with_capacity(name.len() + digits.len());
    text.push_str(name);
    text.push_str(digits);
    text
}

/// The request-id of a call that the runtime numbers itself.
pub(crate) fn call_id(number: u64) -> String {
    numbered("call-", number)
}

pub(crate) struct Services {
    /// The runtime is gone or was closed, and its components end. Set before they are told.
    pub(crate) closed: AtomicBool,
    pub(crate) engine: Engine,
    /// The version of the contract that is offered, and none above it.
    pub(crate) contract: ContractVersion,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: Tasks,
    pub(crate) limits: HostLimits,
    /// What bounds every manifest; none accepts each as it is.
    pub(crate) policy: Option<Policy>,
    /// Whether wildcards and names reach addresses that are not public.
    pub(crate) allow_private: bool,
    /// Whether accesses are recorded instead of refused.
    pub(crate) record_only: bool,
    pub(crate) audit: Trail,
    /// What `/` is to components; none gives them no files.
    pub(crate) root: Option<Root>,
    /// The files that the runtime itself keeps, and that no component may reach.
    pub(crate) own_files: Vec<(u64, u64)>,
    /// A directory that it keeps, with all that lies in it.
    pub(crate) own_directory: Option<(u64, u64)>,
    pub(crate) store: Store,
    pub(crate) http: Arc<Client>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) host_functions: HostFunctions,
    pub(crate) counters: Counters,
    pub(crate) events: EventSink,
    pub(crate) log_sink: Option<LogSink>,
    pub(crate) messaging: Messaging,
    /// How many calls were given an identifier.
    pub(crate) calls: AtomicU64,
    /// How many components there ever were.
    pub(crate) components: AtomicU64,
}

impl Services {
    /// Tells an event.
    pub(crate) fn tell(&self, kind: EventKind) {
        self.events.tell(self.clock.now(), kind);
    }

    /// Leaves a record in the audit trail.
    pub(crate) fn record(&self, event: AuditEvent) -> Result<(), AuditError> {
        let append = || self.audit.append(self.clock.now().millis(), event).map(drop);
        // A sink that waits for a disk must not keep the other tasks of this thread waiting.
        let apart = self.audit.may_block()
            && Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
        if apart { tokio::task::block_in_place(append) } else { append() }
    }

    /// Writes a component's log record.
    pub(crate) fn log(&self, record: &LogRecord) {
        record.trace();
        if let Some(sink) = &self.log_sink {
            sink(record);
        }
    }

    /// What the runtime holds at this moment, with so many names in use.
    pub(crate) fn residue(&self, names: usize) -> Residue {
        self.counters.residue(names, self.messaging.requests.len())
    }

    /// A number that no other component of this runtime has or will have. From 1.
    pub(crate) fn next_component(&self) -> u64 {
        self.components.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A number that no other call of this runtime has. From 1.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

//! What a component can call: one file a capability.
//!
//! One linker serves every component; what a call may do is decided when it is made, by [`Host::gate`], and never by
//! what a component imports.

pub(crate) mod capabilities;
mod filesystem;
mod gate;
mod messaging;
mod multicodec;
mod network;
mod process;
mod services;
mod storage;
mod topics;

use std::sync::{Arc, Weak};

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings::{self, types};
use super::call::CurrentCall;
use super::children::Children;
use super::component::Component;
use super::limits::MemoryLimiter;
use super::log::{LogLevel, LogRecord};
use super::registry::Registry;
use super::residue::Held;
use super::services::Services;
use super::wasi::{self, Output};
use gate::Gate;

/// The most host resources (streams, pollables) that one instance holds; a program has a handful.
const MAX_RESOURCES: usize = 1_024;

/// What host functions work on: the data of one instance's store.
pub(crate) struct Host {
    pub(crate) gate: Gate,
    pub(crate) registry: Weak<Registry>,
    pub(crate) limiter: MemoryLimiter,
    /// Whether the component exports what receives publications.
    receives_publications: bool,
    children: Children,
    wasi: WasiCtx,
    output: Output,
    table: ResourceTable,
    _held: Held,
}

impl Host {
    pub(crate) fn new(
        services: &Arc<Services>,
        component: &Arc<Component>,
        registry: &Weak<Registry>,
        (call, receives_publications): (CurrentCall, bool),
    ) -> Self {
        let output = Output::new(services, component);
        let counters = &services.counters;
        let max = component.manifest.resources.memory.max;
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            gate: Gate { component: Arc::clone(component), services: Arc::clone(services), call, ordinal: 0 },
            registry: Weak::clone(registry),
            receives_publications,
            limiter: MemoryLimiter::new(max, Arc::clone(&counters.memory_bytes)),
            children: Children::new(counters.children.clone()),
            wasi: wasi::context(services, component, &output),
            output,
            table,
            _held: Held::of(&counters.instances),
        }
    }

    /// Logs what was written to standard output and error without a line end.
    pub(crate) fn flush_output(&mut self) {
        self.output.flush();
    }

    fn log_record(&self, level: LogLevel, message: String, context: Vec<(String, String)>) {
        let now = self.gate.services.clock.now().millis();
        self.gate.services.log(&LogRecord::capped(now, self.gate.component.id().clone(), level, message, context));
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl types::Host for Host {}

/// Links every function of the contract.
pub(crate) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    bindings::Component::add_to_linker::<_, HasSelf<_>>(linker, |host| host)
}

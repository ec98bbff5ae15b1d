//! One instance: a store that nobody else touches, and the calls of the functions that it exports.
//!
//! An instance from which a call did not come back with a result is poisoned and must be dropped; this module says so
//! ([`Ended`]) and leaves the dropping, and whatever follows, to the owner.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

use crate::contract::{LoadCode, TrapKind};

use super::bindings::types::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, HealthStatus, MessagingError,
};
use super::bindings::{self, HandlePublication, IncomingMessage, Publication};
use super::call::{self, CurrentCall, Ended, bounded};
use super::clock::{Clock, Timestamp, Work};
use super::component::Component;
use super::error::LoadError;
use super::host::Host;
use super::interface::Linked;
use super::messaging::outcome;
use super::registry::Registry;
use super::services::Services;

/// What an unmetered call is given; more than a call could burn in a lifetime.
const UNMETERED: u64 = u64::MAX;

pub(crate) struct Instance {
    store: Store<Host>,
    exports: bindings::Component,
    subscriber: Option<HandlePublication>,
    call: CurrentCall,
    clock: Arc<dyn Clock>,
    fuel: u64,
    hostcall_bytes: usize,
    /// The first instance of a component is 1.
    pub(crate) ordinal: u64,
}

/// What came of a call.
pub(crate) struct Called<T> {
    pub(crate) result: Result<T, Ended>,
    pub(crate) fuel_used: u64,
}

/// What an instance is made of and belongs to.
pub(crate) struct Origin<'a> {
    pub(crate) services: &'a Arc<Services>,
    pub(crate) component: &'a Arc<Component>,
    pub(crate) registry: &'a Weak<Registry>,
    pub(crate) linked: &'a Linked,
}

impl Instance {
    /// Instantiates the component; `init` is yet to be called.
    pub(crate) async fn start(origin: Origin<'_>, work: &mut Work) -> Result<Self, LoadError> {
        let Origin { services, component, registry, linked } = origin;
        let clock = Arc::clone(&services.clock);
        let call = CurrentCall::new(Arc::clone(&clock), services.tasks.clone());
        let host = Host::new(services, component, registry, (call.clone(), linked.handle_publication.is_some()));
        let mut store = Store::new(services.engine.wasmtime(), host);
        // The new store counts already, so that of two that are made at a time at most one passes for the last place.
        let (held, most) = (services.counters.instances.load(Ordering::Relaxed), services.limits.instances);
        if held > most {
            let message = format!("the runtime holds {most} instances already, as many as its limits allow");
            return Err(LoadError::new(LoadCode::ResourceExhausted, message));
        }
        store.limiter(|host| &mut host.limiter);
        store.epoch_deadline_callback(|context| {
            let gate = &context.data().gate;
            gate.call.tick(&gate.component.long)
        });
        let ordinal = {
            let mut life = component.life();
            life.instance += 1;
            life.instance
        };
        store.data_mut().gate.ordinal = ordinal;
        let fuel = component.fuel.unwrap_or(UNMETERED);
        let hostcall_bytes = services.limits.hostcall_bytes;

        let deadline = clock.now().plus_millis(services.limits.instantiate_ms);
        call.begin(deadline, None, work);
        prepare(&mut store, &call, fuel, hostcall_bytes);
        let outcome = bounded(&call, deadline, instantiate(linked, &mut store)).await;
        call.end(work);
        match outcome {
            Ok((exports, subscriber)) => {
                Ok(Self { store, exports, subscriber, call, clock, fuel, hostcall_bytes, ordinal })
            }
            Err(ended) => Err(instantiation_error(&ended, store.data().limiter.refused())),
        }
    }

    pub(crate) async fn metadata(&mut self, millis: u64, work: &mut Work) -> Called<ComponentMetadata> {
        let deadline = self.begin(millis, None, work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let result = bounded(&self.call, deadline, lifecycle.call_metadata(&mut self.store)).await;
        self.end(result, work)
    }

    pub(crate) async fn init(
        &mut self,
        config: &ComponentConfig,
        millis: u64,
        work: &mut Work,
    ) -> Called<Result<(), ComponentError>> {
        let deadline = self.begin(millis, None, work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let result = bounded(&self.call, deadline, lifecycle.call_init(&mut self.store, config)).await;
        self.end(result, work)
    }

    pub(crate) async fn execute(
        &mut self,
        operation: &[u8],
        (context, request_id): (&ExecutionContext, call::RequestId),
        work: &mut Work,
    ) -> Called<Result<Vec<u8>, ExecutionError>> {
        let deadline = self.begin(context.timeout_ms, Some(request_id), work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let call = lifecycle.call_execute(&mut self.store, operation, context);
        let result = bounded(&self.call, deadline, call).await;
        self.end(result, work)
    }

    pub(crate) async fn handle_message(
        &mut self,
        (message, request): (&IncomingMessage, Option<u64>),
        millis: u64,
        work: &mut Work,
    ) -> Called<Result<(), MessagingError>> {
        let given = || message.request_id.as_deref().map(|id| call::RequestId::Given(id.into()));
        let deadline = self.begin(millis, request.map(call::RequestId::Request).or_else(given), work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let result = bounded(&self.call, deadline, lifecycle.call_handle_message(&mut self.store, message)).await;
        self.end(result, work)
    }

    /// Calls `handle-publication`; none if the component does not export it.
    pub(crate) async fn handle_publication(
        &mut self,
        publication: Publication,
        millis: u64,
        work: &mut Work,
    ) -> Option<Called<Result<(), MessagingError>>> {
        let function = self.subscriber?;
        let deadline = self.begin(millis, None, work);
        let call = async { Ok(function.call_async(&mut self.store, (publication,)).await?.0) };
        let result = bounded(&self.call, deadline, call).await;
        Some(self.end(result, work))
    }

    pub(crate) async fn handle_callback(
        &mut self,
        request: u64,
        outcome: Result<&[u8], &MessagingError>,
        millis: u64,
        work: &mut Work,
    ) -> Called<Result<(), MessagingError>> {
        let deadline = self.begin(millis, Some(call::RequestId::Request(request)), work);
        let request_id = outcome::request_id(request);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let call = lifecycle.call_handle_callback(&mut self.store, &request_id, outcome);
        let result = bounded(&self.call, deadline, call).await;
        self.end(result, work)
    }

    pub(crate) async fn health(&mut self, millis: u64, work: &mut Work) -> Called<HealthStatus> {
        let deadline = self.begin(millis, None, work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let result = bounded(&self.call, deadline, lifecycle.call_health(&mut self.store)).await;
        self.end(result, work)
    }

    pub(crate) async fn shutdown(&mut self, millis: u64, work: &mut Work) -> Called<Result<(), ComponentError>> {
        let deadline = self.begin(millis, None, work);
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let result = bounded(&self.call, deadline, lifecycle.call_shutdown(&mut self.store)).await;
        self.end(result, work)
    }

    fn begin(&mut self, millis: u64, request_id: Option<call::RequestId>, work: &mut Work) -> Timestamp {
        let deadline = self.clock.now().plus_millis(millis);
        self.call.begin(deadline, request_id, work);
        prepare(&mut self.store, &self.call, self.fuel, self.hostcall_bytes);
        deadline
    }

    fn end<T>(&mut self, result: Result<T, Ended>, work: &mut Work) -> Called<T> {
        self.call.end(work);
        self.store.data_mut().flush_output();
        let left = self.store.get_fuel().unwrap_or(0);
        Called { result, fuel_used: self.fuel.saturating_sub(left) }
    }
}

/// Instantiates, by the fast way unless there is a function that the generated bindings do not know.
async fn instantiate(
    linked: &Linked,
    store: &mut Store<Host>,
) -> wasmtime::Result<(bindings::Component, Option<HandlePublication>)> {
    let Some(index) = &linked.handle_publication else {
        return Ok((linked.pre.instantiate_async(store).await?, None));
    };
    let instance = linked.pre.instance_pre().instantiate_async(&mut *store).await?;
    let exports = bindings::Component::new(&mut *store, &instance)?;
    let handle_publication = instance.get_typed_func(&mut *store, index)?;
    Ok((exports, Some(handle_publication)))
}

/// Sets what every call starts with.
fn prepare(store: &mut Store<Host>, call: &CurrentCall, fuel: u64, hostcall_bytes: usize) {
    // These fail only if the engine does not meter fuel, and ours does; the call would then trap at once for lack of it.
    if let Some(pace) = call.pace() {
        let _ = store.fuel_async_yield_interval(Some(pace));
    }
    let _ = store.set_fuel(fuel);
    store.set_hostcall_fuel(hostcall_bytes);
    store.set_epoch_deadline(1);
}

/// Whether the component has more core instances than the limiter allows, which a pool tells before. The engine reports
/// this as text alone.
fn exceeds_store(ended: &Ended) -> bool {
    ended.message.contains("resource limit exceeded")
}

fn instantiation_error(ended: &Ended, memory_refused: bool) -> LoadError {
    let error = ended.error.as_ref();
    let trapped = error.is_some_and(|error| error.is::<Trap>());
    let code = if ended.kind == TrapKind::Deadline {
        LoadCode::InstantiationTimeout
    } else if error.is_some_and(|error| error.is::<PoolConcurrencyLimitError>()) {
        LoadCode::ResourceExhausted
    } else if (memory_refused || exceeds_store(ended)) && !trapped {
        LoadCode::MemoryExceedsLimit
    } else {
        return LoadError::new(LoadCode::InstantiationTrapped, format!("{}: {}", ended.kind, ended.message));
    };
    LoadError::new(code, ended.message.as_str())
}

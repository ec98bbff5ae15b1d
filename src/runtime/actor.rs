//! The task that owns a component's instance: it takes calls from a queue, one at a time.
//!
//! In: commands, in the order in which they were accepted. Out: one answer each, state changes, events.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};

use futures_util::FutureExt as _;

use crate::contract::{Caller, State, TrapKind};

use super::bindings::types::{Caller as GuestCaller, ExecutionContext, ResourceAllocation, TraceContext};
use super::bindings::{ComponentPre, IncomingMessage};
use super::call::panic_text;
use super::clock::{Timestamp, Work};
use super::component::Component;
use super::error::{CallError, LoadError};
use super::event::{EventKind, Export};
use super::guest_error;
use super::host::Host;
use super::instance::Instance;
use super::queue::{Answer, Command, Commands, Request};
use super::registry::Registry;
use super::residue::Held;
use super::services::Services;
use super::{Call, Executed, Health, Message};

/// The answer to an unload, given when nothing of the component is left.
struct Farewell {
    answer: Answer<()>,
    result: Result<(), CallError>,
    work: Work,
}

pub(crate) struct Actor {
    pub(crate) services: Arc<Services>,
    pub(crate) component: Arc<Component>,
    pub(crate) registry: Weak<Registry>,
    pub(crate) pre: ComponentPre<Host>,
    pub(crate) instance: Option<Instance>,
    /// Whether the instance has served a call, which a stateless component's may do once.
    pub(crate) used: bool,
    /// When the component was restarted, as far as the window of the restart rule reaches back.
    pub(crate) restarts: VecDeque<Timestamp>,
    _held: Held,
}

impl Actor {
    pub(crate) fn new(
        services: Arc<Services>,
        component: Arc<Component>,
        registry: Weak<Registry>,
        pre: ComponentPre<Host>,
        instance: Instance,
    ) -> Self {
        let held = Held::of(&services.counters.actors);
        let instance = Some(instance);
        Self { services, component, registry, pre, instance, used: false, restarts: VecDeque::new(), _held: held }
    }

    /// Serves the queue until the component is unloaded or the runtime is gone. `_last` is dropped when nothing else of
    /// the component is left. A panic of this task, which would be
    /// a bug of the runtime, fails this component and no other.
    pub(crate) async fn run<L>(self, _last: L, mut commands: Commands, alive: impl Future) {
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        let serve = AssertUnwindSafe(self.serve(&mut commands)).catch_unwind();
        let served = tokio::select! {
            biased;
            served = serve => served,
            _ = alive => return,
        };
        if let Ok(farewell) = served {
            drop((services, component, commands));
            if let Some(Farewell { answer, result, work }) = farewell {
                let _ = answer.send((result, work));
            }
        } else if let Err(panic) = served {
            tracing::error!(
                component = component.id().as_str(),
                panic = panic_text(&*panic),
                "a component's task panicked"
            );
            let mut life = component.life();
            life.recovering = false;
            if life.state.may_become(State::Failed) {
                component.pass(&mut life, &services, State::Failed);
            }
        }
    }

    async fn serve(mut self, commands: &mut Commands) -> Option<Farewell> {
        while let Some((Command { request, _slot }, mut held)) = commands.next().await {
            let work = &mut held;
            match request {
                Request::Execute(operation, call, answer) => {
                    let result = self.execute(&operation, call, work).await;
                    self.reply(answer, result);
                }
                Request::Deliver(message, answer) => {
                    let result = self.deliver(message, work).await;
                    self.reply(answer, result);
                }
                Request::Health(answer) => {
                    let result = self.health(work).await;
                    self.reply(answer, result);
                }
                Request::Shutdown(answer) => {
                    let result = self.shutdown(work).await;
                    self.reply(answer, result);
                }
                Request::Start(answer) => {
                    let result = self.start(work).await;
                    self.reply(answer, result);
                }
                Request::Unload(answer) => {
                    let result = if self.instance.is_some() { self.shutdown(work).await } else { Ok(()) };
                    self.uninstall();
                    return Some(Farewell { answer, result, work: held });
                }
            }
            commands.done(held);
        }
        None
    }

    fn reply<T>(&self, answer: Answer<T>, result: Result<T, CallError>) {
        // An error says that the caller no longer waits.
        let _ = answer.send((result, self.services.clock.work()));
    }

    async fn execute(&mut self, operation: &[u8], call: Call, work: &mut Work) -> Result<Executed, CallError> {
        self.make_ready(work).await?;
        let context = self.execution_context(call);
        let instance = self.instance.as_mut().ok_or(CallError::NotRunning(State::Failed))?;
        self.used = true;
        let called = instance.execute(operation, &context, work).await;
        match called.result {
            Ok(Ok(output)) => Ok(Executed { output, fuel_used: called.fuel_used }),
            Ok(Err(error)) => Err(guest_error::execution(error)),
            Err(ended) => Err(self.discard(ended, Export::Execute, work).await),
        }
    }

    async fn deliver(&mut self, message: Message, work: &mut Work) -> Result<(), CallError> {
        self.make_ready(work).await?;
        let millis = self.timeout_ms(None);
        let instance = self.instance.as_mut().ok_or(CallError::NotRunning(State::Failed))?;
        self.used = true;
        let Message { sender, payload, request_id } = message;
        let called = instance.handle_message(&IncomingMessage { sender, payload, request_id }, millis, work).await;
        match called.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(guest_error::messaging(error)),
            Err(ended) => Err(self.discard(ended, Export::HandleMessage, work).await),
        }
    }

    async fn health(&mut self, work: &mut Work) -> Result<Health, CallError> {
        let Some(instance) = self.instance.as_mut() else {
            return Err(CallError::NotRunning(self.component.state()));
        };
        let millis = self.services.limits.health_ms;
        match instance.health(millis, work).await.result {
            Ok(status) => Ok(Health { healthy: status.healthy, reason: status.reason }),
            Err(ended) => {
                let reason = match ended.kind {
                    TrapKind::Deadline => format!("health took longer than {millis} ms"),
                    kind => format!("health trapped: {kind}"),
                };
                self.discard(ended, Export::Health, work).await;
                Ok(Health { healthy: false, reason: Some(reason) })
            }
        }
    }

    /// Calls `shutdown` and discards the instance, whatever came of it.
    async fn shutdown(&mut self, work: &mut Work) -> Result<(), CallError> {
        let Some(mut instance) = self.instance.take() else {
            return Err(CallError::NotRunning(self.component.state()));
        };
        if self.component.state() == State::Running {
            self.component.pass_to(&self.services, State::Stopping);
        }
        let called = instance.shutdown(self.services.limits.shutdown_ms, work).await;
        let ordinal = instance.ordinal;
        drop(instance);
        let result = match called.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(guest_error::component(error)),
            Err(ended) => Err(self.tell_trap(&ended, Export::Shutdown, ordinal)),
        };
        if let Err(error) = &result {
            let component = self.component.id().clone();
            self.services.tell(EventKind::ShutdownFailed { component, message: error.to_string() });
        }
        self.component.pass_to(&self.services, State::Stopped);
        result
    }

    async fn start(&mut self, work: &mut Work) -> Result<(), CallError> {
        {
            let mut life = self.component.life();
            if !matches!(life.state, State::Stopped | State::Failed) {
                return Err(CallError::NotStartable(life.state));
            }
            self.component.pass(&mut life, &self.services, State::Starting);
        }
        self.restarts.clear();
        let started = self.fresh_instance(work).await;
        let next = if started.is_ok() { State::Running } else { State::Failed };
        self.component.pass_to(&self.services, next);
        started.map_err(|LoadError { code, message, .. }| CallError::StartFailed { code, message })
    }

    fn uninstall(&mut self) {
        let Self { services, component, .. } = self;
        component.pass_to(services, State::Uninstalled);
        if let Some(registry) = self.registry.upgrade() {
            registry.remove(component.id());
        }
        services.tell(EventKind::Unloaded { component: component.id().clone() });
    }

    fn timeout_ms(&self, asked: Option<u64>) -> u64 {
        let limit = self.component.manifest.resources.timeout_ms.min(self.services.limits.timeout_ms);
        // Zero stands for "no wish", as in `send-request`.
        asked.filter(|millis| *millis > 0).map_or(limit, |millis| millis.min(limit))
    }

    fn execution_context(&self, call: Call) -> ExecutionContext {
        ExecutionContext {
            request_id: call.request_id.unwrap_or_else(|| self.services.next_request_id()),
            caller: match call.caller {
                Caller::Host => GuestCaller::Host,
                Caller::Component(id) => GuestCaller::Component(id.into()),
                Caller::External(name) => GuestCaller::External(name),
            },
            timeout_ms: self.timeout_ms(call.timeout_ms),
            available_resources: ResourceAllocation {
                memory_bytes: self.component.manifest.resources.memory.max,
                fuel: self.component.fuel,
            },
            trace_context: call
                .trace_context
                .map(|trace| TraceContext { traceparent: trace.traceparent, tracestate: trace.tracestate }),
        }
    }
}

//! The task that owns a component's instance: it serves the mailbox, one thing at a time.
//!
//! In: what waits, in the mailbox's order. Out: one answer each, outcomes of requests, state changes, events.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

use futures_util::FutureExt as _;

use crate::contract::{Caller, State, TrapKind};

use super::bindings::types::{Caller as GuestCaller, ExecutionContext, ResourceAllocation, TraceContext};
use super::call::{RequestId, panic_text};
use super::clock::{Timestamp, Work};
use super::command::{Answer, Command, Execution};
use super::component::Component;
use super::error::{CallError, LoadError};
use super::event::{EventKind, Export};
use super::guest_error;
use super::instance::Instance;
use super::interface::Linked;
use super::messaging::mailbox::Next;
use super::messaging::{dead_letter, outcome};
use super::registry::Registry;
use super::residue::Held;
use super::services::{Services, call_id};
use super::{Call, Executed, Health};

/// How many things a task does before it lets the others of its thread have a turn.
const TURN: usize = 32;

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
    pub(crate) linked: Linked,
    pub(crate) instance: Option<Instance>,
    /// Whether the instance has served a call, which a stateless component's may do once.
    pub(crate) used: bool,
    /// When the component was restarted, as far as the window of the restart rule reaches back.
    pub(crate) restarts: VecDeque<Timestamp>,
    _held: Held,
}

/// The task's end of the mailbox. Dropped, it gives up what waits and what is open, whose callers learn it.
struct Attached {
    services: Arc<Services>,
    component: Arc<Component>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        let Self { services, component } = self;
        let requests = &services.messaging.requests;
        drop(component.mailbox.close());
        drop((requests.close_made(component.number), requests.close_aimed(component.number)));
        services.messaging.topics.end(component.number);
        component.room.wake_all();
    }
}

impl Actor {
    pub(crate) fn new(
        services: Arc<Services>,
        component: Arc<Component>,
        registry: Weak<Registry>,
        linked: Linked,
        instance: Instance,
    ) -> Self {
        let held = Held::of(&services.counters.actors);
        let instance = Some(instance);
        // Whatever its start took, the task begins at home.
        component.long.store(false, Ordering::Relaxed);
        Self { services, component, registry, linked, instance, used: false, restarts: VecDeque::new(), _held: held }
    }

    /// Serves the mailbox until the component is unloaded or the runtime is gone. `_last` is dropped when nothing else of
    /// the component is left, and `first` counts as work until it serves. A panic of this task, which would be a bug of
    /// the runtime, fails this component and no other.
    pub(crate) async fn run<L>(self, _last: L, alive: impl Future, first: Work) {
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        let attached = Attached { services: Arc::clone(&services), component: Arc::clone(&component) };
        let mut serve = pin!(AssertUnwindSafe(self.serve(first)).catch_unwind());
        let (mut alive, mut known) = (pin!(alive), None::<Waker>);
        let served = poll_fn(|context| {
            if let Poll::Ready(served) = serve.as_mut().poll(context) {
                return Poll::Ready(Some(served));
            }
            // Who is to be woken at the end is known from the first time on; hardly any wake is about that.
            let is_known = known.as_ref().is_some_and(|known| known.will_wake(context.waker()));
            if is_known && !services.closed.load(Ordering::Acquire) {
                return Poll::Pending;
            }
            known = Some(context.waker().clone());
            alive.as_mut().poll(context).map(|_| None)
        });
        let Some(served) = served.await else { return };
        match served {
            Ok(Farewell { answer, result, work }) => {
                drop((services, component, attached));
                let _ = answer.send((result, work));
            }
            Err(panic) => {
                let panic = panic_text(&*panic);
                tracing::error!(component = component.id().as_str(), panic, "a component's task panicked");
                {
                    let mut life = component.life();
                    life.recovering = false;
                    if life.state.may_become(State::Failed) {
                        component.pass(&mut life, &services, State::Failed);
                    }
                }
                give_up(&services, &component, "its task panicked");
            }
        }
    }

    async fn serve(mut self, first: Work) -> Farewell {
        let component = Arc::clone(&self.component);
        let mut turn = 0;
        // What came while the first instance was made has waited for this.
        let mut done = Some(first);
        loop {
            self.bury_overdue();
            let (next, work) = poll_fn(|context| component.mailbox.poll_next(context, &mut done)).await;
            let mut held = work.unwrap_or_default();
            let work = &mut held;
            match next {
                Next::Serve(Command::Execute(execution)) => {
                    let result = self.execute(&execution, work).await;
                    self.reply(execution.answer, result);
                }
                Next::Serve(Command::Message(letter, answer)) => self.serve_message(letter, answer, work).await,
                Next::Serve(Command::Callback(callback)) => self.serve_callback(callback, work).await,
                Next::Serve(Command::Health(answer)) => {
                    let result = self.health(work).await;
                    self.reply(answer, result);
                }
                Next::Serve(Command::Shutdown(answer)) => {
                    let result = self.shutdown(work).await;
                    self.reply(answer, result);
                }
                Next::Serve(Command::Start(answer)) => {
                    let result = self.start(work).await;
                    self.reply(answer, result);
                }
                Next::Serve(Command::Unload(answer)) => {
                    let result = if self.instance.is_some() { self.shutdown(work).await } else { Ok(()) };
                    self.uninstall();
                    return Farewell { answer, result, work: held };
                }
                Next::Settle => {
                    let asked = self.services.messaging.requests.close_made(component.number);
                    outcome::tell_failed(&self.services, asked, &format!("{} is being stopped", component.id()));
                }
            }
            turn += 1;
            // After a long call the task is where those are made, and goes home with its next step.
            let long = component.long.load(Ordering::Relaxed);
            if long || turn % TURN == 0 {
                component.mailbox.done(held);
                component.long.store(false, Ordering::Relaxed);
                self.services.tasks.step_back().await;
            } else {
                done = Some(held);
            }
        }
    }

    /// Buries what a component that is being stopped did not get done in time.
    fn bury_overdue(&self) {
        let Self { services, component, .. } = self;
        if !component.draining.load(Ordering::Acquire) {
            return;
        }
        let overdue = component.life().drained_by.is_some_and(|until| until <= services.clock.now());
        if overdue {
            dead_letter::bury(services, component, component.mailbox.take_mail(), "it was stopped");
            component.made_room();
        }
    }

    pub(crate) fn reply<T>(&self, answer: Answer<T>, result: Result<T, CallError>) {
        // An error says that the caller no longer waits.
        let _ = answer.send((result, self.services.clock.work()));
    }

    async fn execute(&mut self, execution: &Execution, work: &mut Work) -> Result<Executed, CallError> {
        if !self.is_ready() {
            self.make_ready(work).await?;
        }
        let (context, request_id) = self.execution_context(&execution.call);
        let instance = self.instance.as_mut().ok_or(CallError::NotRunning(State::Failed))?;
        self.used = true;
        let called = instance.execute(&execution.operation, (&context, request_id), work).await;
        match called.result {
            Ok(Ok(output)) => Ok(Executed { output, fuel_used: called.fuel_used }),
            Ok(Err(error)) => Err(guest_error::execution(error)),
            Err(ended) => Err(self.discard(ended, Export::Execute, work).await),
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
        self.services.messaging.topics.end(self.component.number);
        let result = match called.result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(guest_error::component(error)),
            Err(ended) => Err(self.tell_trap(&ended, Export::Shutdown, ordinal)),
        };
        let unanswered = self.services.messaging.requests.close_aimed(self.component.number);
        outcome::tell_failed(&self.services, unanswered, &format!("{} was stopped", self.component.id()));
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
            life.drained_by = None;
            self.component.draining.store(false, Ordering::Release);
            self.component.pass(&mut life, &self.services, State::Starting);
        }
        self.restarts.clear();
        let started = self.fresh_instance(work).await;
        let next = if started.is_ok() { State::Running } else { State::Failed };
        self.component.pass_to(&self.services, next);
        if next == State::Failed {
            // Its `init` may have asked somebody.
            give_up(&self.services, &self.component, "it could not be started");
        }
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

    pub(crate) fn timeout_ms(&self, asked: Option<u64>) -> u64 {
        let limit = self.component.manifest.resources.timeout_ms.min(self.services.limits.timeout_ms);
        // Zero stands for "no wish", as in `send-request`.
        asked.filter(|millis| *millis > 0).map_or(limit, |millis| millis.min(limit))
    }

    fn execution_context(&self, call: &Call) -> (ExecutionContext, RequestId) {
        let (text, request_id) = match &call.request_id {
            Some(given) => (given.clone(), RequestId::Given(given.as_str().into())),
            None => {
                let number = self.services.next_call();
                (call_id(number), RequestId::Call(number))
            }
        };
        let context = ExecutionContext {
            request_id: text,
            caller: match &call.caller {
                Caller::Host => GuestCaller::Host,
                Caller::Component(id) => GuestCaller::Component(id.to_string()),
                Caller::External(name) => GuestCaller::External(name.clone()),
            },
            timeout_ms: self.timeout_ms(call.timeout_ms),
            available_resources: ResourceAllocation {
                memory_bytes: self.component.manifest.resources.memory.max,
                fuel: self.component.fuel,
            },
            trace_context: call.trace_context.as_ref().map(|trace| TraceContext {
                traceparent: trace.traceparent.clone(),
                tracestate: trace.tracestate.clone(),
            }),
        };
        (context, request_id)
    }
}

/// Buries what waits for a component that will not take it, and ends what it asked and was asked.
pub(crate) fn give_up(services: &Services, component: &Component, why: &str) {
    let requests = &services.messaging.requests;
    services.messaging.topics.end(component.number);
    dead_letter::bury(services, component, component.mailbox.take_mail(), why);
    component.made_room();
    // A callback that is on its way already is forgiven by who brings it.
    requests.close_made(component.number).iter().for_each(|_| component.mailbox.forgive());
    let unanswered = requests.close_aimed(component.number);
    outcome::tell_failed(services, unanswered, &format!("{}: {why}", component.id()));
}

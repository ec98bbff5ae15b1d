//! The task that owns a component's instance: it takes calls from a queue, one at a time, and follows the restart rule
//! when an instance ends.
//!
//! In: commands, in the order in which they were accepted. Out: one answer each, state changes, events. Whether a
//! command is accepted is decided when it is sent ([`Queue::ask`]), in one step with the state.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::contract::State;
use crate::manifest::RestartPolicy;

use super::bindings::types::{Caller as GuestCaller, ExecutionContext, ResourceAllocation, TraceContext};
use super::bindings::{ComponentPre, IncomingMessage};
use super::call::{Ended, panic_text};
use super::clock::{Timestamp, Work};
use super::component::{Component, Life};
use super::error::{CallError, LoadError};
use super::event::{EventKind, Export};
use super::guest_error;
use super::host::Host;
use super::instance::{Instance, Origin};
use super::loader;
use super::registry::Registry;
use super::residue::Held;
use super::services::Services;
use super::{Call, Executed, Health, Message};
use crate::contract::{Caller, TrapKind};

/// What is asked of a component, with where to put the answer.
pub(crate) enum Request {
    Execute(Vec<u8>, Call, Answer<Executed>),
    Deliver(Message, Answer<()>),
    Health(Answer<Health>),
    Shutdown(Answer<()>),
    Start(Answer<()>),
    Unload(Answer<()>),
}

/// The answer carries what counts as work, so that time stands until it has arrived.
pub(crate) type Answer<T> = oneshot::Sender<(Result<T, CallError>, Work)>;

/// An accepted request.
pub(crate) struct Command {
    request: Request,
    _slot: OwnedSemaphorePermit,
}

/// What counts as work on behalf of the queue: one unit while something waits that the task could take up. What waits
/// behind a call that itself waits for the time to pass must not keep time from passing.
#[derive(Default)]
struct Inbox {
    waiting: usize,
    serving: bool,
    work: Option<Work>,
}

/// The answer to an unload, given when nothing of the component is left.
struct Farewell {
    answer: Answer<()>,
    result: Result<(), CallError>,
    work: Work,
}

/// How to accept a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// Only while the component runs.
    Running,
    /// Only while the component runs, and nothing after it.
    RunningLast,
    /// In every state, and nothing but that after it.
    AlwaysLast,
    /// In every state.
    Always,
}

/// The way to a component's task.
#[derive(Clone)]
pub(crate) struct Queue {
    commands: mpsc::UnboundedSender<Command>,
    inbox: Arc<Mutex<Inbox>>,
    slots: Arc<Semaphore>,
}

/// The task's end of the queue.
pub(crate) struct Commands {
    commands: mpsc::UnboundedReceiver<Command>,
    inbox: Arc<Mutex<Inbox>>,
}

impl Queue {
    pub(crate) fn new(services: &Services) -> (Self, Commands) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let slots = Arc::new(Semaphore::new(services.limits.queued_calls.max(1)));
        (Self { commands: sender, inbox: Arc::clone(&inbox), slots }, Commands { commands: receiver, inbox })
    }

    /// Puts a command into the queue; false if the task is gone.
    fn send(&self, services: &Services, command: Command) -> bool {
        let mut inbox = lock(&self.inbox);
        inbox.waiting += 1;
        if !inbox.serving && inbox.work.is_none() {
            inbox.work = Some(services.clock.work());
        }
        let sent = self.commands.send(command).is_ok();
        if !sent {
            *inbox = Inbox::default();
        }
        sent
    }

    /// Sends a request and waits for the answer.
    pub(crate) async fn ask<T>(
        &self,
        services: &Services,
        component: &Component,
        accept: Accept,
        request: impl FnOnce(Answer<T>) -> Request,
    ) -> Result<T, CallError> {
        let gone = || match component.state() {
            State::Uninstalled => CallError::NotFound,
            state => CallError::NotRunning(state),
        };
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else { return Err(gone()) };
        let (answer, answered) = oneshot::channel();
        let command = Command { request: request(answer), _slot: slot };
        let sent = {
            let mut life = component.life();
            if life.state == State::Uninstalled {
                return Err(CallError::NotFound);
            }
            let needs_running = matches!(accept, Accept::Running | Accept::RunningLast);
            if needs_running && !life.accepts() {
                return Err(CallError::NotRunning(life.state));
            }
            let last = matches!(accept, Accept::RunningLast | Accept::AlwaysLast);
            let sent = self.send(services, command);
            if sent && last && life.state == State::Running {
                component.pass(&mut life, services, State::Stopping);
            }
            sent
        };
        if !sent {
            return Err(gone());
        }
        let (result, work) = answered.await.map_err(|_| gone())?;
        drop(work);
        result
    }
}

impl Commands {
    /// The next command, and the work that it counts as.
    async fn next(&mut self) -> Option<(Command, Work)> {
        let command = self.commands.recv().await?;
        let mut inbox = lock(&self.inbox);
        inbox.waiting = inbox.waiting.saturating_sub(1);
        inbox.serving = true;
        Some((command, inbox.work.take().unwrap_or_default()))
    }

    /// A command was served.
    fn done(&mut self, work: Work) {
        let mut inbox = lock(&self.inbox);
        inbox.serving = false;
        inbox.work = (inbox.waiting > 0).then_some(work);
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        self.commands.close();
        *lock(&self.inbox) = Inbox::default();
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Actor {
    pub(crate) services: Arc<Services>,
    pub(crate) component: Arc<Component>,
    pub(crate) registry: Weak<Registry>,
    pub(crate) pre: ComponentPre<Host>,
    pub(crate) instance: Option<Instance>,
    /// Whether the instance has served a call, which a stateless component's may do once.
    used: bool,
    /// When the component was restarted, as far as the window of the restart rule reaches back.
    restarts: VecDeque<Timestamp>,
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

    /// Serves the queue until the component is unloaded or the runtime is gone. A panic of this task, which would be
    /// a bug of the runtime, fails this component and no other.
    pub(crate) async fn run(self, mut commands: Commands, alive: impl Future) {
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

    /// Makes sure that there is an instance which may serve the next call.
    async fn make_ready(&mut self, work: &mut Work) -> Result<(), CallError> {
        if self.instance.is_some() && self.used && !self.component.manifest.runtime.stateful {
            self.instance = None;
            if self.fresh_instance(work).await.is_err() {
                self.recover(work).await;
            }
        }
        match self.instance {
            Some(_) => Ok(()),
            None => Err(CallError::NotRunning(self.component.state())),
        }
    }

    /// Drops an instance that ended in a call, applies the restart rule, and says what the caller is to hear.
    async fn discard(&mut self, ended: Ended, during: Export, work: &mut Work) -> CallError {
        let ordinal = self.instance.take().map_or(0, |instance| instance.ordinal);
        let error = self.tell_trap(&ended, during, ordinal);
        drop(ended);
        self.recover(work).await;
        error
    }

    fn tell_trap(&self, ended: &Ended, during: Export, instance: u64) -> CallError {
        let component = self.component.id().clone();
        self.services.tell(EventKind::Trapped { component, kind: ended.kind, during, instance });
        match ended.kind {
            TrapKind::Deadline => CallError::TimeoutExceeded,
            kind => CallError::Trapped(kind),
        }
    }

    /// Applies the restart rule until an instance runs or the rule is exhausted. While a component is being stopped
    /// its successor only finishes what was accepted, and the state stays `stopping`.
    async fn recover(&mut self, work: &mut Work) {
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        while self.may_restart() {
            let stopping = {
                let mut life = component.life();
                let stopping = life.state == State::Stopping;
                if !stopping {
                    life.recovering = true;
                    fail(&component, &mut life, &services);
                    component.pass(&mut life, &services, State::Starting);
                }
                stopping
            };
            if self.fresh_instance(work).await.is_ok() {
                let (instance, restarts) = {
                    let mut life = component.life();
                    life.recovering = false;
                    life.restarts += 1;
                    if !stopping {
                        component.pass(&mut life, &services, State::Running);
                    }
                    (life.instance, life.restarts)
                };
                services.tell(EventKind::Restarted { component: component.id().clone(), instance, restarts });
                return;
            }
        }
        let mut life = component.life();
        life.recovering = false;
        fail(&component, &mut life, &services);
    }

    /// Whether the rule allows another restart; if so, it counts.
    fn may_restart(&mut self) -> bool {
        let rule = &self.component.manifest.runtime;
        if rule.restart == RestartPolicy::Never {
            return false;
        }
        let now = self.services.clock.now();
        while self.restarts.front().is_some_and(|at| at.plus_millis(rule.window_ms) <= now) {
            self.restarts.pop_front();
        }
        let allowed = self.restarts.len() < usize::try_from(rule.max_restarts).unwrap_or(usize::MAX);
        if allowed {
            self.restarts.push_back(now);
        }
        allowed
    }

    /// Instantiates and initialises.
    async fn fresh_instance(&mut self, work: &mut Work) -> Result<(), LoadError> {
        let Self { services, component, registry, pre, .. } = self;
        let started = match Instance::start(Origin { services, component, registry, pre }, work).await {
            Ok(mut instance) => loader::initialise(services, component, &mut instance, work).await.map(|()| instance),
            Err(error) => Err(error),
        };
        self.used = false;
        match started {
            Ok(instance) => {
                self.instance = Some(instance);
                Ok(())
            }
            Err(error) => {
                let (component, message) = (self.component.id().clone(), error.message.clone());
                self.services.tell(EventKind::StartFailed { component, code: error.code, message });
                Err(error)
            }
        }
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

/// Passes to failed, unless the component is there already.
fn fail(component: &Component, life: &mut Life, services: &Services) {
    if life.state != State::Failed {
        component.pass(life, services, State::Failed);
    }
}

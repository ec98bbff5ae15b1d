//! The way to a component's task: requests in the order in which they were accepted, one answer each.
//!
//! Whether a request is accepted is decided when it is sent ([`Queue::ask`]), in one step with the state of the
//! component. This module does not know what the task does with a request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::contract::State;

use super::clock::Work;
use super::component::Component;
use super::error::CallError;
use super::services::Services;
use super::{Call, Executed, Health, Message};

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
    pub(crate) request: Request,
    pub(crate) _slot: OwnedSemaphorePermit,
}

/// What counts as work on behalf of the queue: one unit while something waits that the task could take up. What waits
/// behind a call that itself waits for the time to pass must not keep time from passing.
#[derive(Default)]
struct Inbox {
    waiting: usize,
    serving: bool,
    work: Option<Work>,
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
    pub(crate) async fn next(&mut self) -> Option<(Command, Work)> {
        let command = self.commands.recv().await?;
        let mut inbox = lock(&self.inbox);
        inbox.waiting = inbox.waiting.saturating_sub(1);
        inbox.serving = true;
        Some((command, inbox.work.take().unwrap_or_default()))
    }

    /// A command was served.
    pub(crate) fn done(&mut self, work: Work) {
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

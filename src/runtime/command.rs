//! What a component's task is asked to do, and how the embedding program asks.
//!
//! Whether a call is accepted is decided when it is made ([`ask`]), in one step with the state of the component. This module
//! does not know what the task does with it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::contract::State;

use super::clock::Work;
use super::component::Component;
use super::error::CallError;
use super::messaging::letter::Letter;
use super::messaging::mailbox::Lane;
use super::messaging::outcome::Callback;
use super::services::Services;
use super::{Call, Executed, Health};

/// What is asked of a component, with where to put the answer. It is moved several times on its way, and so what is large
/// is behind a pointer.
#[derive(Debug)]
pub(crate) enum Command {
    Execute(Box<Execution>),
    Message(Box<Letter>, Option<Answer<()>>),
    Callback(Box<Callback>),
    Health(Answer<Health>),
    Shutdown(Answer<()>),
    Start(Answer<()>),
    Unload(Answer<()>),
}

/// A call of `execute`.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) operation: Vec<u8>,
    pub(crate) call: Call,
    pub(crate) answer: Answer<Executed>,
    /// Its place among the calls that wait.
    pub(crate) _slot: OwnedSemaphorePermit,
}

/// The answer carries what counts as work, so that time stands until it has arrived.
pub(crate) type Answer<T> = oneshot::Sender<(Result<T, CallError>, Work)>;

/// When a call is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// While the component runs; in its turn.
    Running,
    /// While the component runs; before whatever waits.
    RunningNow,
    /// While the component runs, and nothing after it.
    RunningLast,
    /// In every state, and nothing but that after it.
    AlwaysLast,
    /// When the component does not run; after what ends it.
    NotRunning,
}

/// Asks a component's task for something and waits for the answer.
pub(crate) async fn ask<T>(
    services: &Services,
    component: &Arc<Component>,
    accept: Accept,
    command: impl FnOnce(Answer<T>) -> Command,
) -> Result<T, CallError> {
    let (answer, answered) = oneshot::channel();
    put(services, component, accept, command(answer))?;
    self::answer(component, answered).await
}

/// Waits for the answer to what was put into a component's mailbox.
pub(crate) async fn answer<T>(
    component: &Component,
    answered: oneshot::Receiver<(Result<T, CallError>, Work)>,
) -> Result<T, CallError> {
    let (result, work) = answered.await.map_err(|_| component.gone())?;
    drop(work);
    result
}

/// Puts something into a component's mailbox, if it is accepted now.
pub(crate) fn put(
    services: &Services,
    component: &Component,
    accept: Accept,
    command: Command,
) -> Result<(), CallError> {
    let mut life = component.life();
    if life.state == State::Uninstalled {
        return Err(CallError::NotFound);
    }
    if !life.installed {
        return Err(CallError::NotRunning(life.state));
    }
    let (needs_running, last) = match accept {
        Accept::Running | Accept::RunningNow => (true, false),
        Accept::RunningLast => (true, true),
        Accept::AlwaysLast => (false, true),
        Accept::NotRunning if life.accepts() => return Err(CallError::NotStartable(life.state)),
        Accept::NotRunning => (false, false),
    };
    if needs_running && !life.accepts() {
        return Err(CallError::NotRunning(life.state));
    }
    let lane = match accept {
        Accept::Running => Lane::Call,
        Accept::RunningNow => Lane::Control,
        Accept::RunningLast | Accept::AlwaysLast | Accept::NotRunning => Lane::Last,
    };
    if component.mailbox.put(lane, command, || services.clock.work()).is_err() {
        drop(life);
        return Err(component.gone());
    }
    if last && life.accepts() {
        component.draining.store(true, Ordering::Release);
        life.drained_by = Some(services.clock.now().plus_millis(services.limits.drain_ms));
        component.stop.wake_all();
        if life.state == State::Running {
            component.pass(&mut life, services, State::Stopping);
        } else {
            component.room.wake_all();
        }
    }
    Ok(())
}

//! Where the futures of a case run: on the threads that all cases share, in whatever order that gives, or on the
//! case's own thread, in the order of a seed.

use futures_util::future::{AbortHandle, abortable};
use tokio::runtime::{EnterGuard, Handle, Runtime};
use tokio::sync::oneshot;

use super::super::DriverError;
use crate::runtime::Schedule;
use crate::suite::protocol::Reply;

/// Where the futures of a case run.
pub(super) enum Order {
    Free(Handle),
    /// The tasks are dropped before what they may be waiting for.
    Seeded(Schedule, Runtime),
}

/// Something begun.
pub(super) struct Begun {
    task: AbortHandle,
    reply: oneshot::Receiver<Reply>,
}

impl Order {
    pub(super) fn new(shared: &Handle, seed: Option<u64>) -> Result<Self, DriverError> {
        let Some(seed) = seed else { return Ok(Self::Free(shared.clone())) };
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let tokio = tokio.map_err(|why| DriverError::new(format!("no runtime for the seed: {why}")))?;
        Ok(Self::Seeded(Schedule::new(seed), tokio))
    }

    pub(super) fn schedule(&self) -> Option<&Schedule> {
        match self {
            Order::Free(_) => None,
            Order::Seeded(schedule, _) => Some(schedule),
        }
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Order::Free(handle) => handle.block_on(future),
            Order::Seeded(schedule, tokio) => tokio.block_on(schedule.drive(future)),
        }
    }

    pub(super) fn enter(&self) -> EnterGuard<'_> {
        match self {
            Order::Free(handle) => handle.enter(),
            Order::Seeded(_, tokio) => tokio.enter(),
        }
    }

    /// Drops what still runs in the order of a seed. What runs freely ends by itself.
    pub(super) fn close(self) {
        if let Order::Seeded(schedule, tokio) = self {
            let guard = tokio.enter();
            drop(schedule);
            drop(guard);
        }
    }

    /// Lets a call go on by itself.
    pub(super) fn begin(&self, call: impl Future<Output = Reply> + Send + 'static) -> Begun {
        let (answer, reply) = oneshot::channel();
        let (call, task) = abortable(call);
        let call = async move {
            if let Ok(reply) = call.await {
                // An error says that nobody awaits it.
                let _ = answer.send(reply);
            }
        };
        match self {
            Order::Free(handle) => drop(handle.spawn(call)),
            Order::Seeded(schedule, _) => schedule.spawn(call),
        }
        Begun { task, reply }
    }
}

impl Begun {
    /// The reply; none if the call panicked.
    pub(super) async fn reply(self) -> Option<Reply> {
        self.reply.await.ok()
    }

    /// Gives the call up, and waits until it is gone.
    pub(super) async fn end(self) {
        self.abort();
        let _ = self.reply.await;
    }

    pub(super) fn abort(&self) {
        self.task.abort();
    }
}

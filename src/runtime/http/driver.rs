//! Polls what drives a connection, within the future that waits for the response.
//!
//! HTTP/2 wants an executor to spawn on. This one keeps what is spawned here, so that it lives no longer than the
//! request it serves.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};

type Task = BoxFuture<'static, ()>;

/// The tasks of one connection.
#[derive(Default)]
pub(super) struct Driver {
    tasks: FuturesUnordered<Task>,
    spawned: Arc<Mutex<Vec<Task>>>,
}

/// Spawns onto a [`Driver`]; what is spawned after it is gone, is dropped. It does not keep the driver's tasks alive,
/// for they hold clones of it.
#[derive(Debug, Clone)]
pub(super) struct Spawner(Weak<Mutex<Vec<Task>>>);

impl Driver {
    pub(super) fn spawner(&self) -> Spawner {
        Spawner(Arc::downgrade(&self.spawned))
    }

    pub(super) fn add(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(Box::pin(task));
    }

    /// Waits for work that the tasks advance.
    pub(super) async fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(output),
            // Whatever a task has for the work wakes it.
            Poll::Pending => {
                self.poll_tasks(context);
                Poll::Pending
            }
        })
        .await
    }

    fn poll_tasks(&mut self, context: &mut Context<'_>) {
        loop {
            let spawned = std::mem::take(&mut *self.spawned.lock().unwrap_or_else(PoisonError::into_inner));
            self.tasks.extend(spawned);
            // None: all tasks are done. Some: one is, the others may have something to do.
            let progress = matches!(std::pin::Pin::new(&mut self.tasks).poll_next(context), Poll::Ready(Some(())));
            let idle = self.spawned.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
            if !progress && idle {
                return;
            }
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Spawner {
    fn execute(&self, task: F) {
        if let Some(spawned) = self.0.upgrade() {
            spawned.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(task));
        }
    }
}

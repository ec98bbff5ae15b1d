//! Where a component's task runs: with all others, or, while its guest computes for long, on threads apart.
//!
//! A guest that computes is interrupted at every tick of the engine, and until then it has its thread to itself. As many such
//! guests as there are threads would make every short call wait for ticks. So whoever computes for more than a tick goes
//! on, on the engine's own threads for that, of which there is one less than there are processors; and comes home when
//! the call has ended.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use super::engine::Engine;

/// A task that changes threads.
pub(crate) struct Roaming {
    /// None once it has moved on.
    task: Option<BoxFuture<'static, ()>>,
    /// Whether its guest has been computing for long.
    long: Arc<AtomicBool>,
    engine: Engine,
    home: Handle,
    is_home: bool,
}

impl Roaming {
    /// A task at home on the threads of the tokio runtime that the caller is in.
    pub(crate) fn new(engine: &Engine, long: &Arc<AtomicBool>, task: BoxFuture<'static, ()>) -> Self {
        let (engine, long) = (engine.clone(), Arc::clone(long));
        Self { task: Some(task), long, engine, home: Handle::current(), is_home: true }
    }

    /// The threads where it ought to be, if it is not there.
    fn elsewhere(&self) -> Option<Handle> {
        match (self.long.load(Ordering::Relaxed), self.is_home) {
            (true, true) => self.engine.long_calls(),
            (false, false) => Some(self.home.clone()),
            _ => None,
        }
    }
}

impl Future for Roaming {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let stays = this.elsewhere().is_none();
        let Some(task) = &mut this.task else { return Poll::Ready(()) };
        if stays && task.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(threads) = this.elsewhere() else { return Poll::Pending };
        // It is polled there at once, and so are the wakers that it left here replaced.
        let (engine, home) = (this.engine.clone(), this.home.clone());
        let moved = Self { task: this.task.take(), long: Arc::clone(&this.long), engine, home, is_home: !this.is_home };
        drop(threads.spawn(moved));
        Poll::Ready(())
    }
}

//! How a runtime runs things side by side: on the threads of tokio, or one step at a time in the order of a schedule.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::engine::Engine;
use super::roaming::Roaming;
use super::schedule::{Follower, turn};

/// Where tasks run.
#[derive(Clone, Default)]
pub(crate) enum Tasks {
    /// On the threads of the tokio runtime that the caller is in.
    #[default]
    Tokio,
    /// Where the schedule is driven, in its order.
    Scheduled(Follower),
}

/// Why a closure gave no result.
pub(crate) enum Lost {
    /// It panicked.
    Panicked(Box<dyn Any + Send>),
    /// It was never run, because the threads are being shut down.
    GivenUp(String),
}

/// The least fuel that a guest burns between two steps of a schedule, and how often that may be doubled: 50 to 25 600
/// instructions. Small enough to part two host calls that follow each other, and large enough that most calls of a
/// guest that computes are made in one step.
const LEAST_PACE: u64 = 50;
const PACE_DOUBLINGS: u64 = 9;

impl Tasks {
    /// Starts a task.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match self {
            Tasks::Tokio => drop(tokio::spawn(task)),
            Tasks::Scheduled(schedule) => schedule.spawn(task),
        }
    }

    /// Starts the task of a component, which goes on apart from the others while `long` says that its guest computes for
    /// long.
    pub(crate) fn spawn_actor(
        &self,
        engine: &Engine,
        long: &Arc<AtomicBool>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        match self {
            Tasks::Tokio => drop(tokio::spawn(Roaming::new(engine, long, Box::pin(task)))),
            Tasks::Scheduled(schedule) => schedule.spawn(task),
        }
    }

    /// Runs what blocks its thread: on a thread for such things, or where it is asked for if the speed of another thread
    /// must not matter.
    pub(crate) async fn blocking<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
        match self {
            Tasks::Tokio => tokio::task::spawn_blocking(f).await.map_err(|error| match error.try_into_panic() {
                Ok(panic) => Lost::Panicked(panic),
                Err(error) => Lost::GivenUp(error.to_string()),
            }),
            Tasks::Scheduled(_) => {
                // Elsewhere, too, others go on meanwhile.
                turn().await;
                catch_unwind(AssertUnwindSafe(f)).map_err(Lost::Panicked)
            }
        }
    }

    /// What [`Tasks::blocking`] does to the order, without anything to run.
    pub(crate) async fn turn(&self) {
        if self.are_scheduled() {
            turn().await;
        }
    }

    /// Lets the others of the thread have a turn. A schedule sees to that by itself.
    pub(crate) async fn step_back(&self) {
        if !self.are_scheduled() {
            tokio::task::yield_now().await;
        }
    }

    /// How much fuel a guest burns before others get a turn, if that is a matter of the schedule: every order of
    /// magnitude as often as every other.
    pub(crate) fn pace(&self) -> Option<u64> {
        let Tasks::Scheduled(schedule) = self else { return None };
        let least = LEAST_PACE << schedule.draw(0..PACE_DOUBLINGS)?;
        schedule.draw(least..2 * least)
    }

    /// Whether a schedule decides the order.
    pub(crate) fn are_scheduled(&self) -> bool {
        matches!(self, Tasks::Scheduled(_))
    }
}

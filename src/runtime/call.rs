//! The bounds of one call into a guest: its deadline, and the work that it counts as.
//!
//! Two mechanisms end a call at its deadline. A guest that computes is interrupted by the epoch callback; a guest that
//! waits in a host function is dropped by [`bounded`]. Neither alone suffices.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::FutureExt as _;
use wasmtime::UpdateDeadline;

use crate::contract::{Text, TrapKind};

use super::clock::{Clock, Timestamp, Work};
use super::messaging::outcome;
use super::services::call_id;
use super::tasks::Tasks;
use super::trap::{DeadlinePassed, classify};

/// How many epoch ticks a call may compute before a virtual clock stops waiting for it: a guest that computes without
/// end must not keep the time from passing that would end it. Some 250 ms.
const PATIENCE_TICKS: u32 = 128;
/// The same under a schedule, where the order must not depend on the speed of the machine: how much fuel a call may burn.
/// Some ten milliseconds.
const PATIENCE_FUEL: u64 = 1 << 20;
/// Under a schedule ticks decide only about a guest that takes long over little fuel, as bulk operations do. Some two
/// seconds.
const SCHEDULED_PATIENCE_TICKS: u32 = 1_024;

/// The call in progress, as host functions and callbacks see it. Handles share it.
#[derive(Clone)]
pub(crate) struct CurrentCall {
    clock: Arc<dyn Clock>,
    tasks: Tasks,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    deadline: Timestamp,
    /// What the call answers, if it answers a request.
    request_id: Option<RequestId>,
    ticks: u32,
    /// How many more steps count as work, if a schedule cuts the call into such.
    steps: Option<u64>,
    work: Option<Work>,
}

/// The request that a call answers.
#[derive(Debug, Clone)]
pub(crate) enum RequestId {
    /// A call that the runtime gave this number. Most leave no record with it, so it is made a text when one does.
    Call(u64),
    /// A request with this number, and likewise.
    Request(u64),
    /// Another one.
    Given(Text),
}

impl CurrentCall {
    pub(crate) fn new(clock: Arc<dyn Clock>, tasks: Tasks) -> Self {
        Self { clock, tasks, inner: Arc::default() }
    }

    /// A call starts; it takes over what the caller counts as work.
    pub(crate) fn begin(&self, deadline: Timestamp, request_id: Option<RequestId>, work: &mut Work) {
        let work = Some(std::mem::take(work));
        self.with(|call| *call = Inner { deadline, request_id, ticks: 0, steps: None, work });
    }

    /// After how much fuel the call that has begun lets others run, if a schedule decides that.
    pub(crate) fn pace(&self) -> Option<u64> {
        let pace = self.tasks.pace()?;
        self.with(|call| call.steps = Some(PATIENCE_FUEL / pace.max(1)));
        Some(pace)
    }

    /// The guest goes on.
    fn step(&self) {
        if !self.tasks.are_scheduled() {
            return;
        }
        let _idle = self.with(|call| match &mut call.steps {
            Some(0) => call.work.take(),
            Some(steps) => {
                *steps -= 1;
                None
            }
            None => None,
        });
    }

    /// The request that the call answers.
    pub(crate) fn request_id(&self) -> Option<Text> {
        self.with(|call| {
            let id = match call.request_id.take()? {
                RequestId::Call(number) => call_id(number).into(),
                RequestId::Request(number) => outcome::request_id(number).into(),
                RequestId::Given(id) => id,
            };
            call.request_id = Some(RequestId::Given(Text::clone(&id)));
            Some(id)
        })
    }

    /// The call ended; the caller counts as work again.
    pub(crate) fn end(&self, work: &mut Work) {
        *work = self.with(|call| call.work.take()).unwrap_or_else(|| self.clock.work());
    }

    /// What the epoch callback does: ends the call if it is late, else lets others run, unless they have their turns by
    /// a schedule. Of a call that has computed for a whole tick, `long` is set.
    pub(crate) fn tick(&self, long: &AtomicBool) -> wasmtime::Result<UpdateDeadline> {
        let now = self.clock.now();
        let scheduled = self.tasks.are_scheduled();
        let patience = if scheduled { SCHEDULED_PATIENCE_TICKS } else { PATIENCE_TICKS };
        let (late, _idle) = self.with(|call| {
            call.ticks = call.ticks.saturating_add(1);
            let idle = if call.ticks > patience { call.work.take() } else { None };
            if call.ticks > 1 && !scheduled {
                long.store(true, Ordering::Relaxed);
            }
            (now >= call.deadline, idle)
        });
        match (late, scheduled) {
            (true, _) => Err(DeadlinePassed.into()),
            (false, true) => Ok(UpdateDeadline::Continue(1)),
            (false, false) => Ok(UpdateDeadline::Yield(1)),
        }
    }

    /// Waits, which does not count as work. The deadline of the call ends the wait by dropping it.
    pub(crate) async fn sleep_until(&self, until: Timestamp) {
        // The clock knows of the sleeper before the work is given up: in between, time must not move.
        let sleep = self.clock.sleep_until(until);
        let parked = Parked(self, self.with(|call| call.work.take()).is_some());
        let work = sleep.await;
        self.with(|call| call.work = Some(work));
        drop(parked);
    }

    /// Waits for something outside of the runtime, which does not count as work, until `until` at the latest: none if
    /// that came first. What was waited for is then dropped.
    pub(crate) async fn outside_until<T>(&self, until: Timestamp, outside: impl Future<Output = T>) -> Option<T> {
        let mut outside = pin!(outside);
        // What is there at once is not waited for: no time passes meanwhile.
        if let Poll::Ready(value) = poll_fn(|context| Poll::Ready(outside.as_mut().poll(context))).await {
            return Some(value);
        }
        let sleep = self.clock.sleep_until(until);
        let parked = Parked(self, self.with(|call| call.work.take()).is_some());
        let outcome = tokio::select! {
            biased;
            value = outside => Some(value),
            work = sleep => {
                self.with(|call| call.work = Some(work));
                None
            }
        };
        drop(parked);
        outcome
    }

    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A wait. Given up early, the call counts as work again.
struct Parked<'a>(&'a CurrentCall, bool);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        if self.1 {
            let work = self.0.clock.work();
            let _spare = self.0.with(|call| match call.work {
                Some(_) => Some(work),
                None => call.work.replace(work),
            });
        }
    }
}

/// Why a call into a guest ended without a result. The instance must be discarded.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) kind: TrapKind,
    pub(crate) message: String,
    /// The engine's error, if it was one.
    pub(crate) error: Option<wasmtime::Error>,
}

/// Runs a call to its end or to the deadline, whichever comes first.
///
/// Most calls end when they are polled for the first time. Where time passes by itself they do so without a timer; where
/// somebody moves it, the clock must know of the deadline before anything can be waited for.
pub(crate) async fn bounded<T>(
    current: &CurrentCall,
    deadline: Timestamp,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, Ended> {
    let outcome = {
        let clock = &current.clock;
        let mut call = pin!(AssertUnwindSafe(call).catch_unwind());
        let mut late = (!clock.passes_by_itself()).then(|| clock.sleep_until(deadline));
        poll_fn(|context| {
            if let Some(Poll::Ready(work)) = late.as_mut().map(|late| late.as_mut().poll(context)) {
                return Poll::Ready(Err(work));
            }
            current.step();
            if let Poll::Ready(outcome) = call.as_mut().poll(context) {
                return Poll::Ready(Ok(outcome));
            }
            if late.is_some() {
                return Poll::Pending;
            }
            late.insert(clock.sleep_until(deadline)).as_mut().poll(context).map(Err)
        })
        .await
    };
    match outcome {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(Ended { kind: classify(&error), message: format!("{error:#}"), error: Some(error) }),
        Ok(Err(panic)) => {
            let text = panic_text(&*panic);
            tracing::error!(panic = text, "a host function panicked");
            Err(Ended { kind: TrapKind::HostLimit, message: format!("a host function panicked: {text}"), error: None })
        }
        // The call was dropped when the block above ended, while `_work` kept the clock from moving on.
        Err(_work) => {
            Err(Ended { kind: TrapKind::Deadline, message: "the call passed its deadline".to_owned(), error: None })
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}

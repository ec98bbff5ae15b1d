//! Time as the runtime sees it: a clock that runs by itself, and one that a test moves.
//!
//! Everything that a component can perceive as time (deadlines, sleeps, `current-time-millis`, WASI clocks,
//! restart windows) comes from one [`Clock`]. A clock also counts *work*: whatever may still run without time
//! moving on. Only [`VirtualClock`] looks at that count, so that it moves time when nothing else can happen.
//! This module knows no component and no engine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

/// A point in time, in nanoseconds since the Unix epoch. Arithmetic saturates: the end of time is never reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A point in time so far away that no clock reaches it.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// The point `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The point `nanos` nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Whole milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// The point `millis` milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1_000_000)))
    }

    /// The point `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Where a runtime gets its time from.
pub trait Clock: Send + Sync + 'static {
    /// The time now. Never less than an earlier answer.
    fn now(&self) -> Timestamp;

    /// Waits until `until`. What it answers counts as work from the instant the clock woke the sleeper, so that no
    /// time passes before the sleeper acted: drop it when that is done. To wait does not count.
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, Work>;

    /// Counts as work until dropped.
    fn work(&self) -> Work;

    /// Whether time passes whatever anybody does, so that nobody needs to know beforehand who will wait for what. False
    /// unless the clock says so.
    fn passes_by_itself(&self) -> bool {
        false
    }
}

/// Something that may still run without time moving on; see [`Clock::work`].
#[derive(Default)]
pub struct Work(Option<Arc<Virtual>>);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.end_work();
        }
    }
}

/// The system's time. It is read once and carried forward by the monotonic clock, so it never steps back.
#[derive(Debug)]
pub struct SystemClock {
    epoch: Timestamp,
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch: Timestamp::default().plus(since_epoch), started: Instant::now() }
    }
}

/// Sleeps are cut into pieces of at most a day, because timers of the async runtime end somewhere.
const LONGEST_TIMER: Duration = Duration::from_secs(86_400);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.epoch.plus(self.started.elapsed())
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, Work> {
        let (epoch, started) = (self.epoch, self.started);
        Box::pin(async move {
            loop {
                let now = epoch.plus(started.elapsed());
                if now >= until {
                    return Work::default();
                }
                let left = Duration::from_nanos(until.nanos() - now.nanos());
                tokio::time::sleep(left.min(LONGEST_TIMER)).await;
            }
        })
    }

    fn work(&self) -> Work {
        Work::default()
    }

    fn passes_by_itself(&self) -> bool {
        true
    }
}

/// A clock that stands still until it is advanced.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use airssys_wasm::runtime::{Clock, Timestamp, VirtualClock};
/// use std::time::Duration;
///
/// let clock = VirtualClock::new(Timestamp::from_millis(1_000));
/// let sleep = clock.sleep_until(Timestamp::from_millis(4_000));
/// let sleeper = tokio::spawn(async move { drop(sleep.await) });
/// clock.advance(Duration::from_secs(3)).await;
/// sleeper.await.unwrap();
/// assert_eq!(clock.now().millis(), 4_000);
/// # }
/// ```
#[derive(Clone)]
pub struct VirtualClock(Arc<Virtual>);

struct Virtual {
    state: Mutex<VirtualState>,
    idle: Notify,
}

#[derive(Default)]
struct VirtualState {
    now: Timestamp,
    work: usize,
    next_sleeper: u64,
    /// By time, then by order of arrival, so that sleepers wake in an order that a test can foresee.
    sleepers: BTreeMap<(Timestamp, u64), Option<Waker>>,
}

/// How often an idle clock yields before it believes that nothing runs: whoever was just answered gets a chance to
/// start new work.
const IDLE_YIELDS: usize = 4;

impl VirtualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        let state = VirtualState { now: start, ..VirtualState::default() };
        Self(Arc::new(Virtual { state: Mutex::new(state), idle: Notify::new() }))
    }

    /// Moves time forward by `duration`, stopping at every sleeper on the way: time stands at the sleeper's instant,
    /// the sleeper wakes, and the clock waits until nothing runs any more.
    pub async fn advance(&self, duration: Duration) {
        let target = self.now().plus(duration);
        loop {
            self.quiesce().await;
            let mut state = self.0.lock();
            let due = state.sleepers.first_key_value().map(|(key, _)| *key).filter(|(time, _)| *time <= target);
            let Some(key) = due else {
                state.now = state.now.max(target);
                return;
            };
            let waker = state.sleepers.remove(&key).flatten();
            state.now = state.now.max(key.0);
            state.work += 1;
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Waits until nothing can happen unless time moves on.
    pub async fn quiesce(&self) {
        let mut quiet = 0;
        while quiet < IDLE_YIELDS {
            let idle = self.0.idle.notified();
            if self.0.lock().work == 0 {
                quiet += 1;
                tokio::task::yield_now().await;
            } else {
                quiet = 0;
                idle.await;
            }
        }
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'static, Work> {
        let mut state = self.0.lock();
        let key = (until, state.next_sleeper);
        state.next_sleeper += 1;
        let stage = if state.now >= until {
            state.work += 1;
            Stage::Fired
        } else {
            state.sleepers.insert(key, None);
            Stage::Waiting(key)
        };
        drop(state);
        Box::pin(VirtualSleep { clock: Arc::clone(&self.0), stage })
    }

    fn work(&self) -> Work {
        self.0.lock().work += 1;
        Work(Some(Arc::clone(&self.0)))
    }
}

impl Virtual {
    fn lock(&self) -> MutexGuard<'_, VirtualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_work(&self) {
        let mut state = self.lock();
        state.work -= 1;
        if state.work == 0 {
            drop(state);
            self.idle.notify_waiters();
        }
    }
}

/// A sleeper. Once it is no longer among the clock's sleepers it has been fired and holds one unit of work, which it
/// hands out when polled or gives up when dropped.
struct VirtualSleep {
    clock: Arc<Virtual>,
    stage: Stage,
}

enum Stage {
    Waiting((Timestamp, u64)),
    Fired,
    Done,
}

impl Future for VirtualSleep {
    type Output = Work;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Work> {
        if let Stage::Waiting(key) = self.stage
            && let Some(waker) = self.clock.lock().sleepers.get_mut(&key)
        {
            *waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.stage = Stage::Done;
        Poll::Ready(Work(Some(Arc::clone(&self.clock))))
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        let fired = match self.stage {
            Stage::Waiting(key) => self.clock.lock().sleepers.remove(&key).is_none(),
            Stage::Fired => true,
            Stage::Done => false,
        };
        if fired {
            self.clock.end_work();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_in_time_order_and_see_their_own_instant() {
        let clock = VirtualClock::new(Timestamp::from_millis(0));
        let seen = Arc::new(Mutex::new(Vec::new()));
        for millis in [30, 10, 20] {
            let (clock, seen) = (clock.clone(), Arc::clone(&seen));
            let sleep = clock.sleep_until(Timestamp::from_millis(millis));
            tokio::spawn(async move {
                let work = sleep.await;
                seen.lock().unwrap().push((millis, clock.now().millis()));
                drop(work);
            });
        }
        clock.advance(Duration::from_millis(25)).await;
        assert_eq!(*seen.lock().unwrap(), [(10, 10), (20, 20)]);
        assert_eq!(clock.now().millis(), 25);
        clock.advance(Duration::from_millis(5)).await;
        assert_eq!(seen.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn advance_waits_for_work_that_a_sleeper_starts() {
        let clock = VirtualClock::new(Timestamp::from_millis(0));
        let sleeper = clock.clone();
        let chain = tokio::spawn(async move {
            for step in 1..=5 {
                drop(sleeper.sleep_until(Timestamp::from_millis(step * 10)).await);
            }
            sleeper.now().millis()
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(100)).await;
        assert!(chain.await.unwrap() >= 50);
    }

    #[tokio::test]
    async fn a_sleeper_dropped_after_firing_gives_up_its_work() {
        let clock = VirtualClock::new(Timestamp::from_millis(0));
        let sleep = clock.sleep_until(Timestamp::from_millis(1));
        let never = clock.sleep_until(Timestamp::NEVER);
        let advanced = clock.clone();
        let advance = tokio::spawn(async move { advanced.advance(Duration::from_millis(2)).await });
        tokio::task::yield_now().await;
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        drop((sleep, never));
        advance.await.unwrap();
        assert_eq!(clock.0.lock().work, 0);
    }

    #[tokio::test]
    async fn the_system_clock_survives_endless_sleeps() {
        let clock = SystemClock::default();
        let endless = clock.sleep_until(Timestamp::NEVER);
        assert!(futures_util::FutureExt::now_or_never(endless).is_none());
        assert_eq!(Timestamp::from_millis(u64::MAX), Timestamp::NEVER);
        assert!(clock.now() <= clock.now());
    }
}

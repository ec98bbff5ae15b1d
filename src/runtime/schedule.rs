//! Tasks in an order that a seed decides.
//!
//! In: a seed, and futures. Out: the same order of their steps whenever the seed and what the futures do are the same.
//! This module knows no component, no clock and no async runtime: whoever awaits [`Schedule::drive`] brings timers and
//! sockets with it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::BoxFuture;

use super::call::panic_text;

/// How many steps are made before whoever awaits gets a turn, so that timers and sockets are looked at although tasks
/// are ready without end. It is a count, not a time: what the turn wakes must come at the same step in every run.
const STEPS_IN_A_ROW: usize = 32;

/// Runs tasks on one thread, one step at a time. Of the tasks that can go on, a generator chooses which one does; with
/// the same seed it chooses the same.
///
/// Handles share the tasks. The last handle that is dropped drops them; a [`super::Runtime`] holds none, so keep one for
/// as long as the runtime is used.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use airssys_wasm::runtime::Schedule;
///
/// async fn order(seed: u64) -> Vec<u32> {
///     let schedule = Schedule::new(seed);
///     let order = Arc::new(Mutex::new(Vec::new()));
///     for task in 0..4 {
///         let order = Arc::clone(&order);
///         schedule.spawn(async move { order.lock().unwrap().push(task) });
///     }
///     while order.lock().unwrap().len() < 4 {
///         schedule.drive(tokio::task::yield_now()).await;
///     }
///     std::mem::take(&mut *order.lock().unwrap())
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // A seed always gives the same order; other seeds give others.
/// assert_eq!(order(1).await, order(1).await);
/// let mut orders = Vec::new();
/// for seed in 0..32 {
///     orders.push(order(seed).await);
/// }
/// assert!(orders.iter().any(|other| *other != orders[0]));
/// # }
/// ```
#[derive(Clone)]
pub struct Schedule(Arc<Shared>);

/// A schedule as its own tasks see it, who must not keep it.
#[derive(Clone)]
pub(crate) struct Follower(Weak<Shared>);

struct Shared {
    seed: u64,
    generator: Mutex<fastrand::Rng>,
    tasks: Mutex<BTreeMap<Id, Task>>,
    ready: Arc<Mutex<Ready>>,
}

/// Names a task, or a future that is being driven. In the order of their making.
type Id = u64;

enum Task {
    /// It waits for its turn, or to become ready.
    Here(BoxFuture<'static, ()>),
    /// It is making a step, and was chosen again meanwhile or not.
    Away { again: bool },
}

/// Who can go on. Apart from the tasks: wakers hold it, and must not hold those.
#[derive(Default)]
struct Ready {
    next: Id,
    /// Without doubles, in the order in which they became ready.
    candidates: Vec<Id>,
    /// The futures that are being driven, and whom to wake for each.
    drives: BTreeMap<Id, Waker>,
}

/// What to do next.
enum Step {
    Wait,
    Own,
    Task(Id, BoxFuture<'static, ()>),
}

impl Schedule {
    /// A schedule without tasks.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Shared {
            seed,
            generator: Mutex::new(fastrand::Rng::with_seed(seed)),
            tasks: Mutex::default(),
            ready: Arc::default(),
        }))
    }

    /// What it was made with.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Adds a task. It makes its steps while [`Schedule::drive`] is awaited. If it panics it ends, and no other does.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let id = lock(&self.0.ready).id();
        lock(&self.0.tasks).insert(id, Task::Here(Box::pin(task)));
        wake(&self.0.ready, id);
    }

    /// Runs the future and the tasks until the future ends. The future is one more candidate for each step. While
    /// nobody is ready this waits, and whoever awaits it can do something else.
    ///
    /// Several futures may be driven at a time; only of one at a time the order is a matter of the seed alone.
    ///
    /// # Panics
    /// If the future does.
    pub fn drive<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let shared = Arc::clone(&self.0);
        // Tokio's own turns would end steps at places of its choosing.
        tokio::task::coop::unconstrained(async move {
            let own = Drive::new(&shared);
            let waker = Waker::from(Arc::new(Bell { id: own.id, ready: Arc::clone(&shared.ready) }));
            let mut future = pin!(future);
            poll_fn(|context| {
                own.register(context.waker());
                for _ in 0..STEPS_IN_A_ROW {
                    match shared.choose(own.id) {
                        Step::Wait => return Poll::Pending,
                        Step::Own => match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                            Poll::Pending => {}
                            ended => return ended,
                        },
                        Step::Task(id, task) => shared.step(id, task),
                    }
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await
        })
    }

    pub(crate) fn follower(&self) -> Follower {
        Follower(Arc::downgrade(&self.0))
    }
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("seed", &self.0.seed).finish_non_exhaustive()
    }
}

impl Follower {
    /// Adds a task, unless the schedule is gone: then nothing would ever run it.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(shared) = self.0.upgrade() {
            Schedule(shared).spawn(task);
        }
    }

    /// The next number of the generator, within a range; none if the schedule is gone.
    pub(crate) fn draw(&self, range: std::ops::Range<u64>) -> Option<u64> {
        self.0.upgrade().map(|shared| lock(&shared.generator).u64(range))
    }
}

impl Shared {
    /// Chooses among those who are ready, and makes the one who was chosen not ready.
    fn choose(&self, own: Id) -> Step {
        loop {
            let mut ready = lock(&self.ready);
            let Ready { candidates, drives, .. } = &mut *ready;
            // What somebody else drives is theirs to poll.
            let eligible: Vec<usize> = (0..candidates.len())
                .filter(|index| candidates[*index] == own || !drives.contains_key(&candidates[*index]))
                .collect();
            let index = match eligible.as_slice() {
                [] => return Step::Wait,
                [only] => *only,
                several => {
                    let chosen = lock(&self.generator).u64(..several.len() as u64);
                    several[usize::try_from(chosen).unwrap_or_default()]
                }
            };
            let id = candidates.remove(index);
            drop(ready);
            if id == own {
                return Step::Own;
            }
            if let Some(task) = lock(&self.tasks).get_mut(&id) {
                match std::mem::replace(task, Task::Away { again: false }) {
                    Task::Here(future) => return Step::Task(id, future),
                    Task::Away { .. } => *task = Task::Away { again: true },
                }
            }
        }
    }

    /// Lets a task make a step.
    fn step(&self, id: Id, mut task: BoxFuture<'static, ()>) {
        let waker = Waker::from(Arc::new(Bell { id, ready: Arc::clone(&self.ready) }));
        let stepped = catch_unwind(AssertUnwindSafe(move || {
            task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending().then_some(task)
        }));
        let task = stepped.unwrap_or_else(|panic| {
            tracing::error!(panic = panic_text(&*panic), "a task panicked");
            None
        });
        let mut tasks = lock(&self.tasks);
        let was = match task {
            Some(task) => tasks.insert(id, Task::Here(task)),
            None => tasks.remove(&id),
        };
        drop(tasks);
        if let Some(Task::Away { again: true }) = was {
            wake(&self.ready, id);
        }
    }
}

impl Ready {
    fn id(&mut self) -> Id {
        self.next += 1;
        self.next
    }
}

/// Wakes a task, or a future that is being driven.
struct Bell {
    id: Id,
    ready: Arc<Mutex<Ready>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        wake(&self.ready, self.id);
    }
}

fn wake(ready: &Mutex<Ready>, id: Id) {
    let mut ready = lock(ready);
    if !ready.candidates.contains(&id) {
        ready.candidates.push(id);
    }
    let drives: Vec<Waker> = ready.drives.values().cloned().collect();
    drop(ready);
    drives.into_iter().for_each(Waker::wake);
}

/// Gives whoever else is ready a turn.
pub(crate) async fn turn() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A future that is being driven, as long as it is.
struct Drive {
    id: Id,
    ready: Arc<Mutex<Ready>>,
}

impl Drive {
    fn new(shared: &Shared) -> Self {
        let mut ready = lock(&shared.ready);
        let id = ready.id();
        ready.drives.insert(id, Waker::noop().clone());
        ready.candidates.push(id);
        drop(ready);
        Self { id, ready: Arc::clone(&shared.ready) }
    }

    fn register(&self, waker: &Waker) {
        if let Some(known) = lock(&self.ready).drives.get_mut(&self.id) {
            known.clone_from(waker);
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        let mut ready = lock(&self.ready);
        ready.drives.remove(&self.id);
        ready.candidates.retain(|id| *id != self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

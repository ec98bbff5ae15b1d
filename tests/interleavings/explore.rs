//! Tries all interleavings of a model, and collects what came of them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use shuttle::scheduler::{DfsScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, Runner, current, thread};

/// So many executions are too many: a model that needs them is too large to be tried in full.
const MOST: usize = 1_000_000;

/// One of the threads of a model.
pub(crate) type Part<O> = Box<dyn FnOnce() -> O + Send>;

/// What may come of `model`. A panic in any execution, or threads that wait for each other for ever, fail the test.
pub(crate) fn outcomes<O: Ord + Send + 'static>(model: impl Fn() -> O + Send + Sync + 'static) -> BTreeSet<O> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let sees = Arc::clone(&seen);
    let mut config = Config::new();
    config.silence_warnings = true;
    let executions = Runner::new(AtLocks(DfsScheduler::new(Some(MOST), false)), config).run(move || {
        let outcome = model();
        sees.lock().unwrap_or_else(PoisonError::into_inner).insert(outcome);
    });
    // Shown by `--nocapture`.
    println!("{executions} executions");
    assert!(executions > 1, "nothing was interleaved");
    assert!(executions < MOST, "not everything was tried");
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Runs all parts at the same time, and answers what each did.
pub(crate) fn at_once<O: Send + 'static>(parts: Vec<Part<O>>) -> Vec<O> {
    let threads: Vec<_> = parts.into_iter().map(thread::spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// One thread of a model.
pub(crate) fn part<O>(part: impl FnOnce() -> O + Send + 'static) -> Part<O> {
    Box::new(part)
}

thread_local! {
    /// The threads of the model that are about to take a lock. All of them run on one thread of the system.
    static ABOUT_TO_LOCK: RefCell<BTreeSet<usize>> = const { RefCell::new(BTreeSet::new()) };
}

/// Goes through `choice`, a scheduling point, as one that is about to take a lock.
pub(crate) fn about_to_lock(choice: impl FnOnce()) {
    let me = usize::from(current::me());
    ABOUT_TO_LOCK.with_borrow_mut(|about| about.insert(me));
    choice();
    ABOUT_TO_LOCK.with_borrow_mut(|about| about.remove(&me));
}

/// Chooses only where it matters, which is who takes a lock next: whoever is between two locks touches nothing that others
/// see, or wakes somebody who has a lock to take first, and simply goes on.
struct AtLocks(DfsScheduler);

impl Scheduler for AtLocks {
    fn new_execution(&mut self) -> Option<Schedule> {
        ABOUT_TO_LOCK.with_borrow_mut(BTreeSet::clear);
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yielding: bool) -> Option<TaskId> {
        let between = ABOUT_TO_LOCK
            .with_borrow(|about| runnable.iter().map(|task| task.id()).find(|id| !about.contains(&usize::from(*id))));
        between.or_else(|| self.0.next_task(runnable, current, yielding))
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

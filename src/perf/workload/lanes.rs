//! Lanes: the same thing done side by side, on one core or two, and timed where it is done.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::{Cores, Prepared, Side};
use crate::perf::PerfError;

/// A thread pool for asynchronous lanes: one thread a core.
pub(super) fn threads(cores: Cores) -> Result<Arc<tokio::runtime::Runtime>, PerfError> {
    let mut builder = match cores {
        Cores::One => tokio::runtime::Builder::new_current_thread(),
        Cores::Two => tokio::runtime::Builder::new_multi_thread(),
    };
    let threads = builder.worker_threads(cores.count()).enable_all().build();
    threads.map(Arc::new).map_err(|why| PerfError::new(format!("no threads: {why}")))
}

/// What one lane does, so many times, and how long that took. It keeps what it needs in the closure.
pub(super) type Lane = Box<dyn Fn(u64) -> BoxFuture<'static, Result<Duration, PerfError>> + Send + Sync>;

/// A lane whose whole time counts.
pub(super) fn lane<F>(body: impl Fn(u64) -> F + Send + Sync + 'static) -> Lane
where
    F: Future<Output = Result<(), PerfError>> + Send + 'static,
{
    Box::new(move |times| {
        let body = body(times);
        Box::pin(async move {
            let start = Instant::now();
            body.await.map(|()| start.elapsed())
        })
    })
}

/// Asynchronous lanes, each a task.
pub(super) struct Tasks {
    pub(super) threads: Arc<tokio::runtime::Runtime>,
    pub(super) lanes: Vec<Lane>,
    /// How many repetitions a lane does at once.
    pub(super) step: u64,
}

/// Both sides of a workload, the subject first, on the same threads.
pub(super) fn pair(
    threads: &Arc<tokio::runtime::Runtime>,
    step: u64,
    subject: Vec<Lane>,
    baseline: Vec<Lane>,
) -> Prepared {
    let side = |lanes| Box::new(Tasks { threads: Arc::clone(threads), lanes, step });
    Prepared::Pair(side(subject), side(baseline))
}

impl Side for Tasks {
    fn step(&self) -> u64 {
        self.step
    }

    fn run(&mut self, times: u64) -> Result<Duration, PerfError> {
        let lanes: Vec<_> = self.lanes.iter().map(|lane| lane(times)).collect();
        let count = lanes.len();
        self.threads.block_on(async {
            let running: Vec<_> = lanes.into_iter().map(tokio::spawn).collect();
            let mut taken = Duration::ZERO;
            for lane in running {
                taken += lane.await.map_err(|why| PerfError::new(format!("a lane panicked: {why}")))??;
            }
            Ok(taken / u32::try_from(count).unwrap_or(1).max(1))
        })
    }
}

/// Lanes that never wait: loops on threads, each of which says how long it took.
pub(super) struct Loops<F> {
    pub(super) lanes: Vec<F>,
    /// How many repetitions a lane does at once.
    pub(super) step: u64,
}

impl<F> Side for Loops<F>
where
    F: FnMut(u64) -> Result<Duration, PerfError> + Send,
{
    fn step(&self) -> u64 {
        self.step
    }

    fn run(&mut self, times: u64) -> Result<Duration, PerfError> {
        if let [only] = self.lanes.as_mut_slice() {
            return only(times);
        }
        let count = self.lanes.len();
        let together = Barrier::new(count);
        let taken = std::thread::scope(|scope| {
            let start = |lane| {
                let (lane, together): (&mut F, _) = (lane, &together);
                scope.spawn(move || {
                    together.wait();
                    lane(times)
                })
            };
            let running: Vec<_> = self.lanes.iter_mut().map(start).collect();
            let panicked = |_| PerfError::new("a lane panicked");
            running.into_iter().map(|lane| lane.join().map_err(panicked)?).sum::<Result<Duration, _>>()
        })?;
        Ok(taken / u32::try_from(count).unwrap_or(1).max(1))
    }
}

/// A side of one lane a core, each made by `lane`, which repeats what it gives.
pub(super) fn loops<T, F>(
    cores: Cores,
    mut lane: impl FnMut(usize) -> Result<F, PerfError>,
) -> Result<Box<dyn Side>, PerfError>
where
    F: FnMut() -> T + Send + 'static,
{
    let lanes = (0..cores.count()).map(|index| {
        let mut once = lane(index)?;
        Ok(move |times: u64| {
            let start = Instant::now();
            for _ in 0..times {
                std::hint::black_box(once());
            }
            Ok(start.elapsed())
        })
    });
    Ok(Box::new(Loops { lanes: lanes.collect::<Result<Vec<_>, PerfError>>()?, step: 1 }))
}

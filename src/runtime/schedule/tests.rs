//! What a schedule promises: an order by the seed alone, steps of those who are ready alone, and nothing left behind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::{mpsc, oneshot};

use super::super::clock::{Clock, Timestamp, VirtualClock};
use super::*;

fn on_this_thread<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The steps of tasks with so many steps each, as `(task, step)`, the driven future being task 0.
fn steps(seed: u64, tasks: &[usize]) -> Vec<(usize, usize)> {
    let schedule = Schedule::new(seed);
    let (done, mut all) = mpsc::unbounded_channel();
    for (task, count) in (1..).zip(tasks.iter().copied()) {
        let done = done.clone();
        schedule.spawn(async move {
            for step in 0..count {
                turn().await;
                done.send((task, step)).unwrap();
            }
        });
    }
    let drive = schedule.drive(async move {
        done.send((0, 0)).unwrap();
        drop(done);
        let mut steps = Vec::new();
        while let Some(step) = all.recv().await {
            steps.push(step);
        }
        steps
    });
    on_this_thread(drive)
}

proptest! {
    #[test]
    fn every_step_is_made_once_and_in_the_same_order_by_the_same_seed(
        seed in any::<u64>(),
        tasks in proptest::collection::vec(0..60_usize, 0..6),
    ) {
        let order = steps(seed, &tasks);
        prop_assert_eq!(&order, &steps(seed, &tasks));
        for (task, count) in (1..).zip(tasks) {
            let own: Vec<usize> = order.iter().filter(|(other, _)| *other == task).map(|(_, step)| *step).collect();
            prop_assert_eq!(own, (0..count).collect::<Vec<_>>());
        }
    }
}

#[test]
fn every_order_of_three_tasks_is_reached_by_some_seed() {
    let orders: BTreeSet<Vec<usize>> = (0..200)
        .map(|seed| steps(seed, &[1, 1, 1]).into_iter().map(|(task, _)| task).filter(|task| *task > 0).collect())
        .collect();
    assert_eq!(orders.len(), 6);
}

#[test]
fn who_is_not_ready_is_not_polled() {
    let schedule = Schedule::new(1);
    let polls = Arc::new(AtomicUsize::new(0));
    let (wake, woken) = oneshot::channel::<()>();
    let mut woken = Box::pin(woken);
    let counted = Arc::clone(&polls);
    schedule.spawn(poll_fn(move |context| {
        counted.fetch_add(1, Ordering::Relaxed);
        woken.as_mut().poll(context).map(drop)
    }));
    on_this_thread(schedule.drive(async {
        for _ in 0..50 {
            turn().await;
        }
    }));
    assert_eq!(polls.load(Ordering::Relaxed), 1);
    drop(wake);
    on_this_thread(schedule.drive(tokio::task::yield_now()));
    assert_eq!(polls.load(Ordering::Relaxed), 2);
}

#[test]
fn other_threads_wake_what_is_scheduled() {
    let schedule = Schedule::new(1);
    let (answer, answered) = oneshot::channel();
    schedule.spawn(async move {
        let number = tokio::task::spawn_blocking(|| 7).await.unwrap();
        answer.send(number).unwrap();
    });
    assert_eq!(on_this_thread(schedule.drive(answered)), Ok(7));
}

#[test]
fn a_task_that_panics_ends_alone() {
    let schedule = Schedule::new(1);
    // Without the hook, which would print a backtrace that nobody asked for.
    schedule.spawn(async { std::panic::resume_unwind(Box::new("a task of the test panics")) });
    let (answer, answered) = oneshot::channel();
    schedule.spawn(async move { answer.send(7).unwrap() });
    on_this_thread(schedule.drive(tokio::task::yield_now()));
    assert_eq!(on_this_thread(schedule.drive(answered)), Ok(7));
    assert!(lock(&schedule.0.tasks).is_empty());
}

#[test]
fn the_last_handle_takes_the_tasks_with_it() {
    let schedule = Schedule::new(1);
    let follower = schedule.follower();
    let held = Arc::new(());
    for ready in [true, false] {
        // As a task of a runtime does, each holds the way back to its schedule.
        let (held, follower) = (Arc::clone(&held), follower.clone());
        schedule.spawn(async move {
            if !ready {
                std::future::pending::<()>().await;
            }
            drop((held, follower));
        });
    }
    let other = schedule.clone();
    drop(schedule);
    assert_eq!(Arc::strong_count(&held), 3);
    drop(other);
    assert_eq!(Arc::strong_count(&held), 1);
    let late = Arc::clone(&held);
    follower.spawn(async move { drop(late) });
    assert_eq!((Arc::strong_count(&held), follower.draw(0..1)), (1, None));
}

#[test]
fn two_futures_may_be_driven_at_a_time() {
    let schedule = Schedule::new(1);
    let (ping, pinged) = oneshot::channel();
    let (pong, ponged) = oneshot::channel();
    schedule.spawn(async move { pong.send(pinged.await.unwrap() + 1).unwrap() });
    let both = async {
        let first = schedule.drive(async move { ping.send(1).unwrap() });
        let second = schedule.drive(ponged);
        tokio::join!(second, first)
    };
    assert_eq!(on_this_thread(both), (Ok(2), ()));
}

#[test]
fn a_driven_future_given_up_leaves_the_tasks_running() {
    let schedule = Schedule::new(1);
    let (answer, answered) = oneshot::channel();
    schedule.spawn(async move { answer.send(7).unwrap() });
    drop(schedule.drive(std::future::pending::<()>()));
    assert_eq!(on_this_thread(schedule.drive(answered)), Ok(7));
}

#[test]
fn time_stands_while_anybody_is_ready() {
    for seed in 0..50 {
        let schedule = Schedule::new(seed);
        let clock = VirtualClock::new(Timestamp::from_millis(0));
        let (done, mut all) = mpsc::unbounded_channel();
        for task in 0..4 {
            let (clock, done) = (clock.clone(), done.clone());
            schedule.spawn(async move {
                for step in 1..=3 {
                    let work = clock.sleep_until(Timestamp::from_millis(step * 10)).await;
                    for _ in 0..task {
                        turn().await;
                    }
                    done.send(clock.now().millis() == step * 10).unwrap();
                    drop(work);
                }
            });
        }
        // What is spawned and has made no step yet is ready as well.
        on_this_thread(schedule.drive(clock.advance(Duration::from_millis(30))));
        drop(done);
        let mut seen = Vec::new();
        while let Ok(in_time) = all.try_recv() {
            seen.push(in_time);
        }
        assert_eq!(seen, [true; 12], "seed {seed}");
    }
}

//! Many threads at once.

use std::sync::Barrier;

use super::super::{PageBounds, Store, StoreError};
use super::id;

const THREADS: usize = 8;
const EACH: usize = 24;

/// Runs the closure in every thread, all at once.
fn together<T: Send>(run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    let (barrier, run) = (&barrier, &run);
    std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| {
            scope.spawn(move || {
                barrier.wait();
                run(thread)
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn exactly_as_many_succeed_as_fit() {
    let store = Store::in_memory().unwrap();
    // An entry is 8 bytes; the quota ends within the 101st.
    let (entry, fit) = (8, 100);
    let quota = entry * fit + entry - 1;
    let results = together(|thread| {
        let set = |number| store.set(&id("a"), quota, "app:x", &format!("{thread}-{number:03}"), b"abc");
        (0..EACH).map(set).collect::<Vec<_>>()
    });
    let results: Vec<_> = results.into_iter().flatten().collect();
    let succeeded = results.iter().filter(|result| result.is_ok()).count();
    let refused = results.iter().filter(|result| **result == Err(StoreError::QuotaExceeded(quota))).count();
    assert_eq!((succeeded, refused), (100, THREADS * EACH - 100));
    assert_eq!((store.charged(&id("a")).unwrap(), store.keys("app:x").unwrap().len()), (800, 100));
    store.verify().unwrap();
}

#[test]
fn totals_are_exact_whoever_meets_whom() {
    let store = Store::in_memory().unwrap();
    for number in 0..10 {
        store.set(&id("z"), 99, "app:x", &format!("stays-{number}"), b"").unwrap();
    }
    let stays: Vec<String> = (0..10).map(|number| format!("stays-{number}")).collect();
    together(|thread| {
        let owner = id(["a", "b"][thread % 2]);
        for number in 0..EACH {
            let key = format!("{}", number % 5);
            match (thread + number) % 3 {
                0 => drop(store.delete("app:x", &key).unwrap()),
                _ => store.set(&owner, 99, "app:x", &key, &vec![0; number]).unwrap_or_default(),
            }
            let page = store.list("app:x", "stays", None, PageBounds::default()).unwrap();
            assert_eq!(page.keys, stays);
        }
    });
    store.verify().unwrap();
}

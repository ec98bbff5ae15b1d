//! What reads share is never older than the last write.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::StorageBackend as _;
use rstest::rstest;

use super::super::Store;
use super::faults::{Fails, Unsteady};
use super::id;

/// Writes a number under a key that every test here shares.
fn set(store: &Store, number: u64) -> bool {
    store.set(&id("a"), u64::MAX, "app:x", "k", &number.to_le_bytes()).is_ok()
}

/// The number that is there by every way to read it; 0 if there is none.
fn get(store: &Store) -> u64 {
    let value = store.get("app:x", "k").unwrap();
    let number = value.map_or(0, |value| u64::from_le_bytes(value.try_into().unwrap()));
    let there = number > 0;
    assert_eq!((store.exists("app:x", "k"), store.keys("app:x").map(|keys| keys.len())), (Ok(there), Ok(there.into())));
    number
}

/// A thread writes, others read all the while: what was acknowledged before a read began, the read finds.
#[test]
fn a_read_sees_what_was_acknowledged_before() {
    const LAST: u64 = 400;
    let store = Store::in_memory().unwrap();
    assert!(set(&store, 1));
    let acknowledged = AtomicU64::new(1);
    let reads: Vec<u64> = std::thread::scope(|scope| {
        let readers = (0..3).map(|_| {
            scope.spawn(|| {
                let mut found = 0;
                while found < LAST {
                    let least = acknowledged.load(Ordering::SeqCst);
                    let number = get(&store);
                    assert!(number >= least && number >= found, "{number} after {least} and {found}");
                    found = number;
                }
                found
            })
        });
        let readers: Vec<_> = readers.collect();
        for number in 2..=LAST {
            assert!(set(&store, number));
            acknowledged.store(number, Ordering::SeqCst);
            if number % 3 == 0 {
                assert_eq!(get(&store), number);
            }
        }
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    assert_eq!(reads, [LAST; 3]);
}

/// After a write that failed, wherever it did, reads find what is there, and the next write at once.
#[rstest]
#[case::told(Fails::With(ErrorKind::Other))]
#[case::panic(Fails::Panics)]
fn a_failure_leaves_no_view_behind(#[case] fails: Fails) {
    let unsteady = Unsteady::new(fails);
    let store = Store::with_backend(unsteady.clone()).unwrap();
    let (mut number, mut found) = (0, 0);
    for luck in 0..40 {
        unsteady.luck.store(luck, Ordering::Relaxed);
        loop {
            number += 1;
            if !set(&store, number) {
                break;
            }
            assert_eq!(get(&store), number, "luck {luck}");
            found = number;
        }
        unsteady.luck.store(i64::MAX, Ordering::Relaxed);
        let after = get(&store);
        assert!(after == found || after == number, "luck {luck}: {after} is neither {found} nor {number}");
        assert_eq!((set(&store, number + 1), get(&store)), (true, number + 1), "luck {luck}");
        number += 1;
        found = number;
    }
}

/// A view that outlived its time would keep every version that was written since.
#[test]
fn reads_in_between_do_not_make_the_store_grow() {
    let unsteady = Unsteady::new(Fails::Panics);
    let store = Store::with_backend(unsteady.clone()).unwrap();
    let mut lengths = Vec::new();
    for round in 0..4_u8 {
        for number in 0..50 {
            let value = vec![round ^ number; 50_000];
            store.put(&id("a"), "app:x", "k", &value).unwrap();
            assert_eq!(store.get("app:x", "k").unwrap(), Some(value));
        }
        lengths.push(unsteady.memory.len().unwrap());
    }
    assert_eq!(lengths, [lengths[0]; 4]);
    assert!(lengths[0] < 50 * 50_000, "{lengths:?}");
}

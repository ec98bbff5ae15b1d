//! A storage that fails.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use rstest::rstest;

use super::super::{Store, StoreError, StoreFault};
use super::{Contents, contents, id};

/// How a storage fails.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fails {
    With(ErrorKind),
    /// Stands for whatever in redb panics.
    Panics,
}

/// Works until its luck runs out, and again when it is given more. Reading takes no luck.
#[derive(Debug, Clone)]
pub(super) struct Unsteady {
    pub(super) memory: Arc<InMemoryBackend>,
    pub(super) luck: Arc<AtomicI64>,
    fails: Fails,
}

impl Unsteady {
    pub(super) fn new(fails: Fails) -> Self {
        Self { memory: Arc::default(), luck: Arc::new(AtomicI64::new(i64::MAX)), fails }
    }

    fn try_luck(&self) -> io::Result<()> {
        match self.fails {
            _ if self.luck.fetch_sub(1, Ordering::Relaxed) > 0 => Ok(()),
            Fails::With(kind) => Err(kind.into()),
            Fails::Panics => panic!("the storage panics"),
        }
    }
}

impl StorageBackend for Unsteady {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.try_luck()?;
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.try_luck()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.try_luck()?;
        self.memory.write(offset, data)
    }
}

/// For every number of successes before the failure: the write that fails is told so, and once the storage works
/// again, so does the store, with what it acknowledged.
#[rstest]
#[case::full(Fails::With(ErrorKind::StorageFull), StoreFault::Full)]
#[case::quota_of_the_disk(Fails::With(ErrorKind::QuotaExceeded), StoreFault::Full)]
#[case::broken(Fails::With(ErrorKind::Other), StoreFault::Io("other error".to_owned()))]
#[case::panic(Fails::Panics, StoreFault::Damaged("the storage panics".to_owned()))]
fn a_failed_write_is_no_acknowledgement_and_no_end(#[case] fails: Fails, #[case] fault: StoreFault) {
    let expected = StoreError::Unusable { place: "of its own storage".to_owned(), fault };
    let unsteady = Unsteady::new(fails);
    let store = Store::with_backend(unsteady.clone()).unwrap();
    let mut model = Contents::new();
    let mut number = 0_usize;
    let mut failures = 0;
    for luck in 0..40 {
        unsteady.luck.store(luck, Ordering::Relaxed);
        let (failed, error) = loop {
            number += 1;
            let key = format!("key-{}", number % 7);
            let value = vec![u8::try_from(number % 251).unwrap(); 3_000 * (number % 4)];
            let entry = (("app:x".to_owned(), key.clone()), ("a".to_owned(), value.clone()));
            match store.set(&id("a"), u64::MAX, "app:x", &key, &value) {
                Ok(()) => model.insert(entry.0, entry.1),
                Err(error) => break (entry, error),
            };
        };
        assert_eq!(error, expected, "luck {luck}");
        // As long as it fails, it says so or answers what is there.
        for ((namespace, key), (_, value)) in model.iter().filter(|(place, _)| **place != failed.0) {
            match store.get(namespace, key) {
                Ok(found) => assert_eq!(found.as_ref(), Some(value), "luck {luck}"),
                Err(error) => assert_eq!(error, expected, "luck {luck}"),
            }
        }
        failures += 1;
        unsteady.luck.store(i64::MAX, Ordering::Relaxed);
        let found = contents(&store);
        if found != model {
            model.insert(failed.0, failed.1);
            assert_eq!(found, model, "luck {luck}");
        }
        assert_eq!(store.verify(), Ok(()), "luck {luck}");
    }
    assert_eq!(failures, 40);
}

/// A store that fails while it is made leaves a typed error.
#[test]
fn a_storage_may_fail_from_the_start() {
    let mut made = 0;
    for luck in 0..60 {
        for fails in [Fails::With(ErrorKind::StorageFull), Fails::Panics] {
            let unsteady = Unsteady::new(fails);
            unsteady.luck.store(luck, Ordering::Relaxed);
            match Store::with_backend(unsteady) {
                Ok(_) => made += 1,
                Err(StoreError::Unusable { fault: StoreFault::Full | StoreFault::Damaged(_), .. }) => {}
                Err(other) => panic!("luck {luck}: {other}"),
            }
        }
    }
    assert!((1..120).contains(&made), "{made} were made");
}

/// Writers that wait for one that fails get their turn.
#[test]
fn a_failure_leaves_no_thread_waiting() {
    for fails in [Fails::With(ErrorKind::StorageFull), Fails::Panics] {
        let unsteady = Unsteady::new(fails);
        let store = Store::with_backend(unsteady.clone()).unwrap();
        unsteady.luck.store(20, Ordering::Relaxed);
        let set = |thread: usize, number: usize| {
            store.set(&id("a"), u64::MAX, "app:x", &format!("{thread}-{number}"), &[7; 2_000])
        };
        let acknowledged: Vec<String> = std::thread::scope(|scope| {
            let threads = (0..6).map(|thread| {
                scope.spawn(move || {
                    let done = (0..10).filter(|number| set(thread, *number).is_ok());
                    done.map(|number| format!("{thread}-{number}")).collect::<Vec<_>>()
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        unsteady.luck.store(i64::MAX, Ordering::Relaxed);
        assert!(acknowledged.len() < 60, "nothing failed");
        let keys = store.keys("app:x").unwrap();
        let lost: Vec<_> = acknowledged.iter().filter(|key| !keys.contains(key)).collect();
        assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
        store.verify().unwrap();
        set(9, 9).unwrap();
    }
}

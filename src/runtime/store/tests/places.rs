//! Where a store is, and what may be there instead.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rstest::rstest;

use super::super::error::io_fault;
use super::super::{Store, StoreError, StoreFault};
use super::{contents, id};

fn fill(path: &Path) {
    let store = Store::open(path).unwrap();
    for number in 0..50 {
        store.put(&id("a"), "app:x", &format!("key-{number}"), &[7; 3_000]).unwrap();
    }
}

fn overwrite(path: &Path, range: std::ops::Range<usize>, with: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[range].fill(with);
    std::fs::write(path, bytes).unwrap();
}

fn foreign_database(path: &Path) {
    let database = redb::Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("theirs");
    transaction.open_table(table).unwrap().insert("k", 1).unwrap();
    transaction.commit().unwrap();
}

fn newer_store(path: &Path) {
    let database = redb::Database::create(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("airssys-store");
    transaction.open_table(table).unwrap().insert("version", 2).unwrap();
    transaction.commit().unwrap();
}

fn fifo(path: &Path) {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
}

fn truncate(path: &Path, len: u64) {
    fill(path);
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// What is in the place, and what is said of it.
#[rstest]
#[case::text(|path: &Path| std::fs::write(path, "keys and values\n").unwrap(), "it is damaged")]
#[case::zeros(|path: &Path| std::fs::write(path, [0; 9_000]).unwrap(), "it is damaged")]
#[case::no_beginning(|path: &Path| { fill(path); overwrite(path, 0..4_096, 0) }, "it is damaged")]
#[case::no_header(|path: &Path| { fill(path); overwrite(path, 9..320, 0xFF) }, "it is damaged")]
#[case::only_the_magic(|path: &Path| truncate(path, 9), "it is damaged")]
#[case::cut(|path: &Path| truncate(path, 50_000), "it is damaged")]
#[case::database_of_others(foreign_database, "it is a database of something else")]
#[case::newer(newer_store, "it is a store of format 2, this host writes 1")]
#[case::directory(|path: &Path| std::fs::create_dir(path).unwrap(), "it is a directory")]
#[case::fifo(fifo, "it is no regular file")]
fn what_is_no_store_is_named(#[case] put: impl Fn(&Path), #[case] said: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    put(&path);
    let bytes = || path.is_file().then(|| std::fs::read(&path).unwrap());
    let before = bytes();
    let error = Store::open(&path).unwrap_err();
    let named = format!("failed to use the store in {}: {said}", path.display());
    assert!(error.to_string().starts_with(&named), "{error}");
    assert!(!error.for_guest().contains(&*folder.path().to_string_lossy()), "{}", error.for_guest());
    // A sound database of others notes that it was open.
    assert!(said != "it is damaged" || bytes() == before, "it was changed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

/// Damage within ends in an error or in other bytes, never in a panic; what can be opened can be read and written or
/// says why not.
#[test]
fn damage_within_is_contained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fill(&path);
    let sound = std::fs::read(&path).unwrap();
    let mut faults = 0;
    for page in 1..40 {
        // A file of its own: one that panicked may leave its lock behind for as long as it takes to end.
        let path = folder.path().join(page.to_string());
        std::fs::write(&path, &sound).unwrap();
        let start = page * 4_096;
        overwrite(&path, start..start + 64, 0xEE);
        let usable = |store: &Store| {
            store.verify()?;
            store.put(&id("a"), "app:x", "new", b"")?;
            store.delete("app:x", "key-1").map(drop)
        };
        match Store::open(&path).and_then(|store| usable(&store)) {
            Ok(()) => {}
            Err(StoreError::Unusable { fault: StoreFault::Damaged(_), .. }) => faults += 1,
            Err(other) => panic!("page {page}: {other}"),
        }
    }
    assert!(faults > 0, "no damage was noticed");
}

#[test]
fn a_store_is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    // What a crash in the course of a creation leaves.
    std::fs::write(folder.path().join("store.new"), "half").unwrap();
    let store = Store::open(&path).unwrap();
    store.put(&id("a"), "app:x", "k", b"v").unwrap();
    let metadata = std::fs::metadata(&path).unwrap();
    assert_eq!(store.identity(), Some((metadata.dev(), metadata.ino())));
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["store"]);

    let place = format!("in {}", path.display());
    let twice = Store::open(&path).map(drop);
    assert_eq!(twice, Err(StoreError::Unusable { place, fault: StoreFault::InUse }));
    let before = contents(&store);
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!((contents(&store), store.identity()), (before, Some((metadata.dev(), metadata.ino()))));
}

#[test]
fn an_empty_file_becomes_a_store() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let store = Store::open(file.path()).unwrap();
    store.put(&id("a"), "app:x", "k", b"v").unwrap();
    drop(store);
    assert_eq!(Store::open(file.path()).unwrap().get("app:x", "k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn many_may_make_it_and_one_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let stores: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Store::open(&path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let in_use = StoreError::Unusable { place: format!("in {}", path.display()), fault: StoreFault::InUse };
    let others = stores.iter().filter_map(|store| store.as_ref().err());
    assert!(others.clone().all(|error| *error == in_use), "{:?}", others.collect::<Vec<_>>());
    assert!(stores.iter().filter(|store| store.is_ok()).count() <= 1);
    drop(stores);
    Store::open(&path).unwrap().verify().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_place_needs_its_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/store");
    let fault = StoreFault::NoDirectory;
    let place = format!("in {}", path.display());
    assert_eq!(Store::open(&path).map(drop), Err(StoreError::Unusable { place, fault }));
}

#[rstest]
#[case(ErrorKind::PermissionDenied, StoreFault::NotPermitted)]
#[case(ErrorKind::ReadOnlyFilesystem, StoreFault::NotPermitted)]
#[case(ErrorKind::StorageFull, StoreFault::Full)]
#[case(ErrorKind::UnexpectedEof, StoreFault::Damaged("it ends too early".to_owned()))]
#[case(ErrorKind::TimedOut, StoreFault::Io("timed out".to_owned()))]
fn errors_of_the_system_are_told_by_what_to_do(#[case] kind: ErrorKind, #[case] fault: StoreFault) {
    assert_eq!(io_fault(&kind.into()), fault);
}

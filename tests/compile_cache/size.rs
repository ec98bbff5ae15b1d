//! The cache keeps to its size, by what was used last, and to its own files.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::bench::{Bench, counts, hit, miss};

/// Makes a file look as if it had been used so many hours before a day long ago.
fn age(path: &Path, hours: u64) {
    let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::open(path).unwrap().set_modified(day - Duration::from_secs(hours * 3600)).unwrap();
}

/// The entry that is there now and was not before.
fn new_entry(bench: &Bench, before: &[String]) -> String {
    let new: Vec<_> = bench.names().into_iter().filter(|name| !before.contains(name)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    new[0].clone()
}

/// How large the entry of a component is that differs from others in its answer alone.
fn entry_bytes() -> u64 {
    let bench = Bench::new();
    bench.load(&bench.component("x"));
    fs::metadata(bench.entry()).unwrap().len()
}

#[test]
fn what_was_not_used_for_longest_goes() {
    let bench = Bench::with(|cache| cache.max_bytes = 3 * entry_bytes() + 4096);
    let mut kept = Vec::new();
    for (answer, hours) in [("a", 1), ("b", 3), ("c", 2)] {
        let before = bench.names();
        assert_eq!(bench.load(&bench.component(answer)), (format!("raw:{answer}"), miss()));
        let name = new_entry(&bench, &before);
        age(&bench.cache().join(&name), hours);
        kept.push(name);
    }
    // By its use, the eldest becomes the youngest.
    assert_eq!(bench.load(&bench.dir.path().join("b")), ("raw:b".to_owned(), hit()));
    let before = bench.names();
    let replacing = counts(&[("compiled", 1), ("written", 1), ("removed", 1)]);
    assert_eq!(bench.load(&bench.component("d")), ("raw:d".to_owned(), replacing));
    let d = new_entry(&bench, &before);
    let mut expected = [kept[0].as_str(), &kept[1], &d].map(str::to_owned);
    expected.sort();
    assert_eq!(bench.names(), expected);
}

/// A use is noted once a minute: more often would be a write for each load.
#[test]
fn uses_are_noted_coarsely() {
    let bench = Bench::new();
    let component = bench.component("a");
    bench.load(&component);
    let modified = || fs::metadata(bench.entry()).unwrap().modified().unwrap();
    let first = modified();
    assert_eq!(bench.load(&component).1, hit());
    assert_eq!(modified(), first);
    age(&bench.entry(), 1);
    let old = modified();
    assert_eq!(bench.load(&component).1, hit());
    assert!(modified() > old + Duration::from_secs(3000));
}

#[test]
fn what_is_larger_than_the_cache_is_not_kept() {
    let bench = Bench::with(|cache| cache.max_bytes = entry_bytes() - 1);
    let component = bench.component("x");
    for _ in 0..2 {
        assert_eq!(bench.load(&component), ("raw:x".to_owned(), counts(&[("compiled", 1)])));
    }
    assert_eq!(bench.names(), [""; 0]);
}

/// One that others, with a larger cache, keep in the same directory is theirs to use.
#[test]
fn an_entry_above_the_size_is_not_read() {
    let large = Bench::new();
    let component = large.component("x");
    large.load(&component);
    let cache = large.cache();
    let small = Bench::with(|options| {
        options.directory = cache;
        options.max_bytes = entry_bytes() - 1;
    });
    assert_eq!(small.load(&component), ("raw:x".to_owned(), counts(&[("refused", 1), ("compiled", 1)])));
    assert_eq!(large.load(&component), ("raw:x".to_owned(), hit()));
}

#[test]
fn files_of_others_stay_and_what_the_dead_left_goes() {
    let bench = Bench::with(|cache| cache.max_bytes = entry_bytes());
    let stem = |digit: &str| format!("{}-{}", digit.repeat(64), digit.repeat(16));
    let others = [
        "notes.txt".to_owned(),
        "large.code".to_owned(),
        format!("{}.code", "A".repeat(64)),
        format!("{}.code.bak", stem("a")),
        format!("{}.code.new", stem("a")),
        format!("{}.code.0123.new", stem("a")),
    ];
    for name in &others {
        fs::write(bench.cache().join(name), vec![0; 1 << 20]).unwrap();
        age(&bench.cache().join(name), 1000);
    }
    let directory = format!("{}.code", stem("b"));
    fs::create_dir(bench.cache().join(&directory)).unwrap();
    // One that a process is writing, by its lock, and one that nobody is.
    let written = format!("{}.code.{}.new", stem("c"), "c".repeat(16));
    let lock = File::create(bench.cache().join(&written)).unwrap();
    lock.lock().unwrap();
    let abandoned = format!("{}.code.{}.new", stem("d"), "d".repeat(16));
    fs::write(bench.cache().join(&abandoned), "half").unwrap();
    // An entry of another version of the crate, which counts like any other.
    let foreign = format!("{}.code", stem("e"));
    fs::write(bench.cache().join(&foreign), "old").unwrap();
    age(&bench.cache().join(&foreign), 1);

    let before = bench.names();
    let replacing = counts(&[("compiled", 1), ("written", 1), ("removed", 1)]);
    assert_eq!(bench.load(&bench.component("x")), ("raw:x".to_owned(), replacing));
    let mut expected = others.to_vec();
    expected.extend([directory, written, new_entry(&bench, &before)]);
    expected.sort();
    assert_eq!(bench.names(), expected);
}

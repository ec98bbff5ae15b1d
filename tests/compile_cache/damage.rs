//! Whatever stands in the place of an entry and is not the entry is never handed to the engine, and is replaced; the
//! load succeeds all the same.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use xxhash_rust::xxh3::xxh3_128;

use super::bench::{Bench, counts, hit, miss, refused};

/// The trailer, in bytes, and how far from the end its parts begin.
const TRAILER: usize = 100;
const MAGIC: usize = TRAILER;
const VERSION: usize = MAGIC - 8;
const LENGTH: usize = VERSION - 4;
const WASM: usize = LENGTH - 8;
const ENGINE: usize = WASM - 32;
const CHECKSUM: usize = ENGINE - 32;

/// Puts other bytes in the place of an entry, with the mode of one.
fn replace(entry: &Path, bytes: &[u8]) {
    let beside = entry.with_extension("beside");
    fs::write(&beside, bytes).unwrap();
    fs::set_permissions(&beside, Permissions::from_mode(0o400)).unwrap();
    fs::rename(beside, entry).unwrap();
}

/// The entry with one bit turned, so far from the end.
fn flip(entry: &Path, from_end: usize) {
    let mut bytes = fs::read(entry).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    replace(entry, &bytes);
}

/// The entry with other bytes in place of those so far from the end, and a checksum that fits them.
fn forge(entry: &Path, from_end: usize, other: &[u8]) {
    let mut bytes = fs::read(entry).unwrap();
    let at = bytes.len() - from_end;
    bytes[at..at + other.len()].copy_from_slice(other);
    let says = bytes.len() - CHECKSUM;
    let checksum = xxh3_128(&bytes[..says]);
    bytes[says..].copy_from_slice(&checksum.to_le_bytes());
    replace(entry, &bytes);
}

fn cut(entry: &Path, to: usize) {
    replace(entry, &fs::read(entry).unwrap()[..to]);
}

fn extend(entry: &Path, by: &[u8]) {
    replace(entry, &[&fs::read(entry).unwrap(), by].concat());
}

fn chmod(entry: &Path, mode: u32) {
    fs::set_permissions(entry, Permissions::from_mode(mode)).unwrap();
}

fn instead(entry: &Path, make: impl FnOnce(&Path)) {
    let kept = entry.parent().unwrap().parent().unwrap().join("kept");
    fs::rename(entry, kept).unwrap();
    make(entry);
}

fn length(entry: &Path) -> usize {
    fs::metadata(entry).unwrap().len() as usize
}

/// What is done to an entry.
type Damage = fn(&Path);

const DAMAGES: &[(&str, Damage)] = &[
    ("the first byte of the code", |entry| flip(entry, length(entry))),
    ("a byte amid the code", |entry| flip(entry, length(entry) / 2)),
    ("the last byte of the code", |entry| flip(entry, TRAILER + 1)),
    ("the magic", |entry| flip(entry, MAGIC)),
    ("the version", |entry| flip(entry, VERSION)),
    ("the length", |entry| flip(entry, LENGTH)),
    ("the hash of the wasm", |entry| flip(entry, WASM)),
    ("the hash of the engine", |entry| flip(entry, ENGINE)),
    ("the checksum", |entry| flip(entry, CHECKSUM)),
    ("the last byte", |entry| flip(entry, 1)),
    ("another magic that is checked", |entry| forge(entry, MAGIC, b"airscodf")),
    ("another version that is checked", |entry| forge(entry, VERSION, &2_u32.to_le_bytes())),
    ("another length that is checked", |entry| forge(entry, LENGTH, &u64::MAX.to_le_bytes())),
    ("other wasm that is checked", |entry| forge(entry, WASM, &[7; 32])),
    ("another engine that is checked", |entry| forge(entry, ENGINE, &[7; 32])),
    ("nothing left", |entry| cut(entry, 0)),
    ("one byte left", |entry| cut(entry, 1)),
    ("less than a trailer left", |entry| cut(entry, TRAILER - 1)),
    ("as much as a trailer left", |entry| cut(entry, TRAILER)),
    ("as much as a trailer and a byte left", |entry| cut(entry, TRAILER + 1)),
    ("half left", |entry| cut(entry, length(entry) / 2)),
    ("the code left without its trailer", |entry| cut(entry, length(entry) - TRAILER)),
    ("all but the last byte left", |entry| cut(entry, length(entry) - 1)),
    ("one byte more", |entry| extend(entry, b"\0")),
    ("a page more", |entry| extend(entry, &[0; 4096])),
    ("a second trailer", |entry| {
        let bytes = fs::read(entry).unwrap();
        extend(entry, &bytes[bytes.len() - TRAILER..]);
    }),
    ("the trailer alone", |entry| {
        let bytes = fs::read(entry).unwrap();
        replace(entry, &bytes[bytes.len() - TRAILER..]);
    }),
    ("zeros, as many as before", |entry| replace(entry, &vec![0; length(entry)])),
    ("text", |entry| replace(entry, b"machine code")),
    ("a program of the system", |entry| replace(entry, &fs::read("/bin/sh").unwrap())),
    ("a file that its owner may write", |entry| chmod(entry, 0o600)),
    ("a file that its group may write", |entry| chmod(entry, 0o420)),
    ("a file that others may write", |entry| chmod(entry, 0o402)),
    ("a file that others may read", |entry| chmod(entry, 0o444)),
    ("a file that runs as its owner", |entry| chmod(entry, 0o4400)),
    ("a link to the entry", |entry| {
        instead(entry, |entry| symlink(entry.parent().unwrap().with_file_name("kept"), entry).unwrap());
    }),
    ("a link to nothing", |entry| instead(entry, |entry| symlink("nothing", entry).unwrap())),
    ("a link to itself", |entry| instead(entry, |entry| symlink(entry, entry).unwrap())),
    ("an empty directory", |entry| instead(entry, |entry| fs::create_dir(entry).unwrap())),
    ("a FIFO", |entry| {
        instead(entry, |entry| assert!(Command::new("mkfifo").arg(entry).status().unwrap().success()));
    }),
    ("a device", |entry| instead(entry, |entry| symlink("/dev/zero", entry).unwrap())),
];

/// Damages an entry and holds that it is replaced, whole, and used from then on.
fn is_refused_and_replaced(what: &str, damage: impl FnOnce(&Path)) {
    let bench = Bench::new();
    let component = bench.component("yes");
    let yes = "raw:yes".to_owned();
    assert_eq!(bench.load(&component), (yes.clone(), miss()), "{what}");
    let entry = bench.entry();
    let whole = fs::read(&entry).unwrap();
    damage(&entry);
    assert_eq!(bench.load(&component), (yes.clone(), refused()), "{what}");
    assert_eq!((bench.entry(), fs::read(&entry).unwrap() == whole), (entry, true), "{what}");
    assert_eq!(bench.load(&component), (yes, hit()), "{what}");
}

#[test]
fn damage_is_refused_and_replaced() {
    for (what, damage) in DAMAGES {
        is_refused_and_replaced(what, damage);
    }
}

#[test]
fn the_code_of_another_component_is_refused_and_replaced() {
    let other = Bench::new();
    other.load(&other.component("no"));
    let bytes = fs::read(other.entry()).unwrap();
    is_refused_and_replaced("another component's entry by this name", |entry| replace(entry, &bytes));
    // Whole but for its key, it is refused by its key.
    let key = |entry: &Path| {
        let mine = fs::read(entry).unwrap();
        let mut forged = bytes.clone();
        let from = forged.len() - WASM;
        forged[from..from + 31].copy_from_slice(&mine[mine.len() - WASM..][..31]);
        replace(entry, &forged);
    };
    is_refused_and_replaced("another component's entry with most of this key", key);
}

/// A component that an engine with other settings compiled, beside one of these settings.
#[test]
fn the_code_of_another_engine_is_not_run() {
    let bench = Bench::new();
    let component = bench.component("yes");
    bench.load(&component);
    let entry = bench.entry();
    let mine = fs::read(&entry).unwrap();
    // It counts no fuel and looks at no epoch: run by this engine, its loops would never end.
    let foreign = wasmtime::Engine::default().precompile_component(&fs::read(component.join("yes.wasm")).unwrap());
    let mut says = mine[mine.len() - TRAILER..mine.len() - CHECKSUM].to_vec();
    let foreign = foreign.unwrap();
    says[MAGIC - LENGTH..MAGIC - WASM].copy_from_slice(&(foreign.len() as u64).to_le_bytes());
    let mut forged = [foreign, says].concat();
    forged.extend(xxh3_128(&forged).to_le_bytes());
    replace(&entry, &forged);
    // Whoever forges a key is this user, and gets as far as the engine's own check.
    let stopped = counts(&[("trusted", 1), ("refused", 1), ("compiled", 1), ("written", 1)]);
    assert_eq!(bench.load(&component), ("raw:yes".to_owned(), stopped));
    assert!(fs::read(&entry).unwrap() == mine);
    assert_eq!(bench.load(&component), ("raw:yes".to_owned(), hit()));
}

/// What is in a full directory is somebody's: it stays, and is no error.
#[test]
fn a_full_directory_in_the_place_of_an_entry_stays() {
    let bench = Bench::new();
    let component = bench.component("yes");
    bench.load(&component);
    let entry = bench.entry();
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    fs::write(entry.join("mine"), "").unwrap();
    let compiled = counts(&[("refused", 1), ("compiled", 1)]);
    for _ in 0..2 {
        assert_eq!(bench.load(&component), ("raw:yes".to_owned(), compiled));
    }
    assert_eq!((bench.entry(), entry.join("mine").exists()), (entry, true));
}

/// What a crash between the write and the rename leaves is whole, and still no entry.
#[test]
fn what_got_no_name_is_not_loaded_and_goes() {
    let bench = Bench::new();
    let component = bench.component("yes");
    bench.load(&component);
    let entry = bench.entry();
    let unfinished = format!("{}.0123456789abcdef.new", entry.display());
    fs::rename(&entry, &unfinished).unwrap();
    assert_eq!(bench.load(&component), ("raw:yes".to_owned(), miss()));
    assert_eq!(bench.entry(), entry);
}

/// A change of some bytes, of the length, or both.
#[derive(Debug, Clone)]
enum Change {
    Bits(Vec<(prop::sample::Index, u8)>),
    Cut(prop::sample::Index),
    More(Vec<u8>),
    Moved(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        prop::collection::vec((at(), 1..=u8::MAX), 1..4).prop_map(Change::Bits),
        at().prop_map(Change::Cut),
        prop::collection::vec(any::<u8>(), 1..300).prop_map(Change::More),
        (at(), at()).prop_map(|(from, to)| Change::Moved(from, to)),
    ]
}

fn changed(bytes: &[u8], change: &Change) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match change {
        Change::Bits(turned) => turned.iter().for_each(|(at, bits)| {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }),
        Change::Cut(to) => bytes.truncate(to.index(bytes.len())),
        Change::More(more) => bytes.extend(more),
        Change::Moved(from, to) => {
            let byte = bytes.remove(from.index(bytes.len()));
            bytes.insert(to.index(bytes.len() + 1), byte);
        }
    }
    bytes
}

#[test]
fn no_damage_at_random_gets_to_the_engine() {
    let bench = Bench::new();
    let component = bench.component("yes");
    bench.load(&component);
    let entry = bench.entry();
    let whole = fs::read(&entry).unwrap();
    let config = Config { cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(48), ..Config::default() };
    proptest!(config, |(change in change())| {
        let bytes = changed(&whole, &change);
        replace(&entry, &bytes);
        let expected = if bytes == whole { hit() } else { refused() };
        prop_assert_eq!(bench.load(&component), ("raw:yes".to_owned(), expected));
        prop_assert!(fs::read(&entry).unwrap() == whole);
    });
}

//! Somebody else exchanges directories, files and links, as fast as it goes, while guests work inside a grant.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, open, renameat_with, statat, symlinkat, unlinkat};

use super::super::walk::walk;
use super::super::{FileError, Reached, Root};
use super::world::{World, difference, tree};

/// Granted is `/g`, and the file `/one` but not its neighbour.
const WORLD: &str = "
    outside/
    outside/f = SECRET
    root/out/
    root/out/f = SECRET
    root/out/d/
    root/out/d/f = SECRET
    root/neighbour = SECRET
    root/one = open
    root/g/
    root/g/f = open
    root/g/d/
    root/g/d/f = open
    root/g/e/
    root/g/e/d/
    root/g/e/d/f = open
";

/// Pairs of names that are exchanged: the directory they are in, the two, and the link that is one of them.
const EXCHANGED: [(&str, &str, &str, &str); 6] = [
    ("root/g", "f", "f.link", "../out/f"),
    ("root/g", "d", "d.link", "/out"),
    ("root/g/e", "d", "d.link", "../../out/d"),
    ("root/g", "e", "e.link", "../out/"),
    ("root", "one", "one.link", "neighbour"),
    ("root/g/d", "f", "f.link", "../../../outside/f"),
];

const PATHS: [&str; 11] = [
    "/g/f",
    "/g/d/f",
    "/g/e/d/f",
    "/one",
    "/g/f.link",
    "/g/d.link/f",
    "/g/e.link/d/f",
    "/g/d",
    "/g/d/new",
    "/g/e/d/new",
    "/g/e/new",
];

/// The fewest and the most turns of each guest; between the two, it ends when everything was met.
const TURNS: std::ops::Range<usize> = 1_000..60_000;

#[derive(Default)]
struct Met {
    /// The path led out of the grant.
    denied: AtomicUsize,
    /// What was decided on was another thing when it was acted on.
    changed: AtomicUsize,
    /// A name was replaced within a walk.
    walks: AtomicUsize,
    read: AtomicUsize,
    written: AtomicUsize,
    deleted: AtomicUsize,
    swapped: AtomicUsize,
}

impl Met {
    fn all(&self) -> [usize; 7] {
        [&self.denied, &self.changed, &self.walks, &self.read, &self.written, &self.deleted, &self.swapped]
            .map(|count| count.load(Ordering::Relaxed))
    }
}

fn is_granted(path: &str) -> bool {
    path == "/g" || path.starts_with("/g/") || path == "/one"
}

/// One step of somebody who may do anything in the root. The directory is the same one, wherever it has gone.
fn swap(directory: &OwnedFd, (_, one, other, target): (&str, &str, &str, &str)) -> bool {
    let is_link = |name: &str| {
        let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
    };
    if !is_link(one) && !is_link(other) {
        // A guest has deleted it, or written a file in its place.
        let _ = unlinkat(directory, other, AtFlags::empty());
        let _ = symlinkat(target, directory, other);
    }
    renameat_with(directory, one, directory, other, RenameFlags::EXCHANGE).is_ok()
}

/// One turn of a guest: reach, decide, act.
fn turn(root: &Root, number: usize, met: &Met) {
    let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
    let path = PATHS[number % PATHS.len()];
    let at = root.reach(path).unwrap();
    if !is_granted(&at.path) {
        count(&met.denied);
        return;
    }
    let result = match (number / PATHS.len()) % 6 {
        0 | 1 => at.read(100).map(|content| {
            assert!(matches!(content.as_slice(), b"open" | b"guest"), "{path}: {}", String::from_utf8_lossy(&content));
            count(&met.read);
        }),
        2 => at.write(b"guest").map(|()| {
            count(&met.written);
        }),
        3 => at.list(100).map(|entries| {
            let secret = entries.iter().find(|entry| entry.size == b"SECRET".len() as u64);
            assert_eq!(secret, None, "{path}");
        }),
        4 => at.stat().map(|stat| assert_ne!(stat.size, b"SECRET".len() as u64, "{path}")),
        _ => delete(&at, met),
    };
    if result == Err(FileError::changed()) {
        count(&met.changed);
    }
}

/// Only what is written again, so that there is always something to exchange.
fn delete(at: &Reached, met: &Met) -> Result<(), FileError> {
    if !at.path.ends_with("/f") {
        return Ok(());
    }
    at.delete()?;
    met.deleted.fetch_add(1, Ordering::Relaxed);
    at.write(b"guest")
}

pub(super) fn check() {
    let world = World::new(WORLD);
    let host = world.host.path();
    let outside = || {
        let mut tree = tree(host);
        tree.retain(|path, _| !path.starts_with("/root/g/") && !path.starts_with("/root/one"));
        tree
    };
    let before = outside();
    let (met, done) = (Met::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let pairs = EXCHANGED.map(|pair| {
            let directory = open(host.join(pair.0), OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
            (directory, pair)
        });
        let [a, b, c, d, e, f] = pairs;
        for pairs in [[a, b, c], [d, e, f]] {
            let (met, done) = (&met, &done);
            scope.spawn(move || {
                for (directory, pair) in pairs.iter().cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    met.swapped.fetch_add(usize::from(swap(directory, *pair)), Ordering::Relaxed);
                }
            });
        }
        {
            let (world, met, done) = (&world, &met, &done);
            scope.spawn(move || {
                for path in PATHS.iter().cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let changed = walk(&world.root.0.directory, path).is_err();
                    met.walks.fetch_add(usize::from(changed), Ordering::Relaxed);
                }
            });
        }
        let guests: Vec<_> = (0..2)
            .map(|guest| {
                let (world, met) = (&world, &met);
                scope.spawn(move || {
                    for number in 0..TURNS.end {
                        if number >= TURNS.start && met.all().iter().all(|count| *count > 0) {
                            break;
                        }
                        turn(&world.root, number + guest * 5, met);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = guests.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a guest met what is not granted");
    });
    assert_eq!(difference(&before, &outside()), "", "outside the grant");
    assert!(met.all().iter().all(|count| *count > 0), "the race was not met: {:?}", met.all());
    println!("denied, changed, walks, read, written, deleted, swapped: {:?}", met.all());
}

#[test]
fn nothing_outside_the_grant_is_read_or_changed() {
    check();
}

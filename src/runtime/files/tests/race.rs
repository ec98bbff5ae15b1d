//! Somebody else exchanges directories, files and links, as fast as it goes, while guests work inside a grant.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, open, renameat_with, statat, symlinkat, unlinkat};

use super::super::walk::{Changed, End, walk};
use super::super::{FileError, Kind, MAX_WALKS, Reached, Root, until_still};
use super::world::{World, difference, tree};

/// Granted are `/g`, `/one` and `/box`, but not what is beside them: a link to that leads out of no directory.
const WORLD: &str = "
    outside/
    outside/f = SECRET
    root/out/
    root/out/f = SECRET
    root/out/d/
    root/out/d/f = SECRET
    root/neighbour = SECRET
    root/one = open
    root/vault/
    root/vault/f = SECRET
    root/box/
    root/box/f = open
    root/g/
    root/g/f = open
    root/g/d/
    root/g/d/f = open
    root/g/e/
    root/g/e/d/
    root/g/e/d/f = open
";

/// A directory, two names in it that are exchanged, and the link that is one of them.
type Pair = (&'static str, &'static str, &'static str, &'static str);

/// Who exchanges what, while a guest asks for which paths; two threads each, so that two cores suffice to collide.
const CONTESTS: [(&[Pair], &[&str]); 2] = [
    (
        &[
            ("root/g", "f", "f.link", "../out/f"),
            ("root/g", "d", "d.link", "/out"),
            ("root/g/e", "d", "d.link", "../../out/d"),
            ("root/g", "e", "e.link", "../out/"),
            ("root/g/d", "f", "f.link", "../../../outside/f"),
        ],
        &[
            "/g/f",
            "/g/d/f",
            "/g/e/d/f",
            "/g/f.link",
            "/g/d.link/f",
            "/g/e.link/d/f",
            "/g/d",
            "/g/d/new",
            "/g/e/d/new",
            "/g/e/new",
        ],
    ),
    (&[("root", "one", "one.link", "neighbour"), ("root", "box", "box.link", "vault")], &["/one", "/box", "/box/f"]),
];

const KEEPS_CHANGING: &str = "the path keeps changing";

/// The fewest and the most turns of a guest; between the two, it ends when everything was met.
const TURNS: std::ops::Range<usize> = 10_000..100_000;

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
    path == "/one"
        || ["/g", "/box"]
            .iter()
            .any(|tree| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// One step of somebody who may do anything in the root. The directory is the same one, wherever it has gone.
fn swap(directory: &OwnedFd, (_, one, other, target): Pair) -> bool {
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
fn turn(root: &Root, paths: &[&str], number: usize, met: &Met) {
    let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
    let path = paths[number % paths.len()];
    if walk(&root.0.directory, path).is_err() {
        count(&met.walks);
    }
    let at = root.reach(path).unwrap();
    assert_ne!(
        at.kind,
        Kind::Unreachable(FileError::Io(KEEPS_CHANGING.to_owned())),
        "as rare as that many replacements"
    );
    if !is_granted(&at.path) {
        count(&met.denied);
        return;
    }
    // What goes to the disk is rare: whoever waits for the disk does not race.
    let result = match (number / paths.len()) % 32 {
        0 => at.write(b"guest").map(|()| {
            count(&met.written);
        }),
        1 => delete(&at, met),
        2..=9 => at.list(100).map(|entries| {
            let secret = entries.iter().find(|entry| entry.size == b"SECRET".len() as u64);
            assert_eq!(secret, None, "{path}");
        }),
        10..=13 => at.stat().map(|stat| assert_ne!(stat.size, b"SECRET".len() as u64, "{path}")),
        _ => at.read(100).map(|content| {
            assert!(matches!(content.as_slice(), b"open" | b"guest"), "{path}: {}", String::from_utf8_lossy(&content));
            count(&met.read);
        }),
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
    for (pairs, paths) in CONTESTS {
        contest(pairs, paths);
    }
}

fn contest(pairs: &[Pair], paths: &[&str]) {
    let world = World::new(WORLD);
    let host = world.host.path();
    let outside = || {
        let mut tree = tree(host);
        tree.retain(|path, _| !["/root/g/", "/root/one", "/root/box"].iter().any(|granted| path.starts_with(granted)));
        tree
    };
    let before = outside();
    let directory = |pair: &Pair| open(host.join(pair.0), OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
    let pairs: Vec<_> = pairs.iter().map(|pair| (directory(pair), *pair)).collect();
    let (met, done) = (Met::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let guest = scope.spawn(|| {
            for number in 0..TURNS.end {
                if number >= TURNS.start && met.all().iter().all(|count| *count > 0) {
                    break;
                }
                turn(&world.root, paths, number, &met);
            }
        });
        scope.spawn(|| {
            for (directory, pair) in pairs.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                met.swapped.fetch_add(usize::from(swap(directory, *pair)), Ordering::Relaxed);
            }
        });
        let ended = guest.join();
        done.store(true, Ordering::Relaxed);
        assert!(ended.is_ok(), "the guest met what is not granted");
    });
    assert_eq!(difference(&before, &outside()), "", "outside the grant");
    assert!(met.all().iter().all(|count| *count > 0), "the race was not met: {:?}", met.all());
    println!("denied, changed, walks, read, written, deleted, swapped: {:?}", met.all());
}

#[test]
fn nothing_outside_the_grant_is_read_or_changed() {
    check();
}

#[test]
fn a_path_that_never_stands_still_is_given_up() {
    let mut walks = 0;
    let walked = until_still(|| {
        walks += 1;
        Err(Changed { path: format!("/{walks}"), via_link: true })
    });
    assert!(matches!(walked.end, End::Nowhere(FileError::Io(why)) if why == KEEPS_CHANGING));
    assert_eq!((walked.path, walked.via_link, walks), (format!("/{MAX_WALKS}"), true, MAX_WALKS));
}

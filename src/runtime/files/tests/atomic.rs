//! A write is whole or not at all: for readers beside it, after a kill, after an error; and what a kill leaves goes.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::super::name::is_reserved;
use super::super::temporary::Temporary;
use super::super::{FileError, Root};
use super::fallback::{FSYNC, refuse_on_this_thread};
use super::world::{World, difference};

/// A content that shows its letter and its length, so that a torn one is none of these.
fn content(letter: u8) -> Vec<u8> {
    vec![letter; 300_000 + usize::from(letter) * 1000]
}

fn is_whole(found: &[u8]) -> bool {
    found.first().is_some_and(|letter| found == content(*letter))
}

fn temporaries(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().is_some_and(is_reserved)).count()
}

#[test]
fn readers_see_whole_contents_while_writers_replace_them() {
    let world = World::new("root/d/");
    world.reach("/d/f").write(&content(b'a')).unwrap();
    let (running, seen) = (AtomicUsize::new(2), AtomicUsize::new(0));
    thread::scope(|scope| {
        for letters in [b"ac", b"bd"] {
            let (world, running, seen) = (&world, &running, &seen);
            scope.spawn(move || {
                // Until the reader has seen each of them, and not for ever.
                for round in 0..2000 {
                    if round >= 30 && seen.load(Ordering::Relaxed) == 4 {
                        break;
                    }
                    world.reach("/d/f").write(&content(letters[round % 2])).unwrap();
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let mut letters = BTreeSet::new();
        while running.load(Ordering::Relaxed) > 0 {
            let found = world.reach("/d/f").read(1 << 20).unwrap();
            assert!(is_whole(&found), "{} bytes of {:?}", found.len(), found.first());
            letters.insert(found[0]);
            seen.store(letters.len(), Ordering::Relaxed);
            let entries = world.reach("/d").list(9).unwrap();
            assert_eq!(entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["f"]);
        }
        assert_eq!(letters, BTreeSet::from(*b"abcd"));
    });
    assert_eq!(temporaries(&world.on_host("/d")), 0);
}

/// Names the directory that a child process writes in until it is killed.
const KILLED: &str = "AIRSSYS_TEST_WRITE_IN";

#[test]
fn a_killed_writer_tears_nothing_and_leaves_nothing_for_good() {
    if let Some(directory) = env::var_os(KILLED) {
        write_for_ever(Path::new(&directory));
    }
    let world = World::new("");
    world.reach("/f").write(&content(b'a')).unwrap();
    let (mut left, mut rounds) = (0, 0);
    // Until a kill has met the middle of a write three times; each has a good chance.
    while left < 3 {
        rounds += 1;
        assert!(rounds <= 100, "no kill came in the middle of a write");
        let name = "runtime::files::tests::atomic::a_killed_writer_tears_nothing_and_leaves_nothing_for_good";
        let mut child = Command::new(env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .env(KILLED, world.on_host("/"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut writes = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let some = 1 + rounds % 4;
        assert_eq!(writes.by_ref().filter(|line| line == "written").take(some).count(), some);
        // At another moment each time.
        for turn in 0..rounds * 20_000 {
            std::hint::black_box(turn);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_whole(&fs::read(world.on_host("/f")).unwrap()));
        left += usize::from(temporaries(&world.on_host("/")) > 0);

        let restarted = Root::open(&world.on_host("/")).unwrap();
        let entries = restarted.reach("/").unwrap().list(9).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["f"]);
        restarted.reach("/f").unwrap().write(&content(b'z')).unwrap();
        assert_eq!(temporaries(&world.on_host("/")), 0, "the next write sweeps");
        assert_eq!(fs::read(world.on_host("/f")).unwrap(), content(b'z'));
    }
}

fn write_for_ever(directory: &Path) -> ! {
    let root = Root::open(directory).unwrap();
    for letter in (b'a'..=b'y').cycle() {
        root.reach("/f").unwrap().write(&content(letter)).unwrap();
        println!("\nwritten");
        std::io::stdout().flush().unwrap();
    }
    unreachable!("a cycle has no end")
}

#[test]
fn an_error_changes_nothing() {
    let world = World::new("root/f = old");
    let before = world.tree();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (existing, new) = (world.reach("/f"), world.reach("/new"));
            refuse_on_this_thread(FSYNC, 5);
            let expected = FileError::Io("Input/output error (os error 5)".to_owned());
            assert_eq!((existing.write(b"new"), new.write(b"new")), (Err(expected.clone()), Err(expected)));
        });
    });
    assert_eq!(difference(&before, &world.tree()), "");
    // The directory is gone: there is nowhere to write.
    let world = World::new("root/d/");
    let at = world.reach("/d/f");
    fs::remove_dir(world.on_host("/d")).unwrap();
    assert_eq!((at.write(b"x"), at.create_directory()), (Err(FileError::NotFound), Err(FileError::NotFound)));
}

#[test]
fn a_write_goes_to_a_new_file() {
    let world = World::new("root/f = old");
    fs::hard_link(world.on_host("/f"), world.host.path().join("outside")).unwrap();
    let mut opened = File::open(world.on_host("/f")).unwrap();
    let inode = opened.metadata().unwrap().ino();
    world.reach("/f").write(b"new").unwrap();
    assert_ne!(fs::metadata(world.on_host("/f")).unwrap().ino(), inode);
    assert_eq!(fs::read(world.host.path().join("outside")).unwrap(), b"old", "another name of the old file");
    let mut content = String::new();
    std::io::Read::read_to_string(&mut opened, &mut content).unwrap();
    assert_eq!(content, "old", "whoever has it open");
}

#[test]
fn only_abandoned_files_are_swept_and_once() {
    let world = World::new(
        "root/d/\nroot/d/.airssys-1.tmp = left\nroot/d/.airssys-2.tmp = busy\nroot/d/.airssys-3.tmp/\n\
         root/d/.airssys-4.tmp -> ../x\nroot/d/.airssys-5.txt = guest's\nroot/x = kept",
    );
    let busy = File::open(world.on_host("/d/.airssys-2.tmp")).unwrap();
    busy.try_lock().unwrap();
    let before = world.tree();
    world.reach("/d/f").write(b"x").unwrap();
    assert_eq!(difference(&before, &world.tree()), "-/root/d/.airssys-1.tmp, +/root/d/f file x");
    drop(busy);
    fs::write(world.on_host("/d/.airssys-1.tmp"), "left").unwrap();
    world.reach("/d/f").write(b"x").unwrap();
    assert_eq!(temporaries(&world.on_host("/d")), 4, "not each time");
    let another = Root::open(&world.on_host("/")).unwrap();
    another.reach("/d/f").unwrap().write(b"x").unwrap();
    assert_eq!(temporaries(&world.on_host("/d")), 2, "a directory and a link are not ours");
}

#[test]
fn a_new_file_is_locked_until_it_has_its_name() {
    let world = World::new("");
    let directory = Dir::open_ambient_dir(world.on_host("/"), ambient_authority()).unwrap();
    let create = || Temporary::create(&directory, false).unwrap().unwrap();
    let temporary = create();
    let name = directory.entries().unwrap().next().unwrap().unwrap().file_name();
    assert!(is_reserved(name.to_str().unwrap()) && name.len() == 45, "{name:?}");
    world.root.sweep(&directory);
    assert_eq!(temporaries(&world.on_host("/")), 1, "its lock is held");
    assert!(temporary.rename("f").unwrap());
    assert_eq!((temporaries(&world.on_host("/")), fs::read(world.on_host("/f")).unwrap()), (0, Vec::new()));
    // Dropped, it goes; swept away, it says so.
    drop(create());
    assert_eq!(temporaries(&world.on_host("/")), 0);
    let lost = create();
    let name = directory.entries().unwrap().map(|entry| entry.unwrap().file_name()).find(|name| name != "f").unwrap();
    directory.remove_file(name).unwrap();
    assert!(!lost.rename("f").unwrap());
    let names: BTreeSet<_> = (0..100).map(|_| super::super::temporary::new_name()).collect();
    assert_eq!(names.len(), 100);
}

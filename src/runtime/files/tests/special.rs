//! Devices, FIFOs and sockets: whoever is granted one is neither held up nor given more than the bound.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::super::{Kind, Root};
use super::world::{World, difference, done, read};

#[test]
fn fifos_give_what_is_there() {
    for (content, max, expected) in [
        ("", 4, "\"\""),
        ("abcd", 4, "\"abcd\""),
        ("abcde", 4, "too-large(4)"),
        ("a", 0, "too-large(0)"),
        ("", 0, "\"\""),
    ] {
        let world = World::new("root/fifo |\nroot/link -> fifo");
        // Both ends, so that this open does not wait and a reader finds a writer.
        let mut fifo = OpenOptions::new().read(true).write(true).open(world.on_host("/fifo")).unwrap();
        fifo.write_all(content.as_bytes()).unwrap();
        assert_eq!(read(world.reach("/link").read(max)), expected, "{content}");
    }
    let world = World::new("root/fifo |");
    assert_eq!(read(world.reach("/fifo").read(4)), "\"\"", "no writer");
}

pub(super) fn check() {
    let world = World::new("root/fifo |\nroot/link -> socket");
    let _socket = UnixListener::bind(world.on_host("/socket")).unwrap();
    let before = world.tree();
    for (path, what, read_error) in [
        ("/fifo", "/fifo", "\"\""),
        ("/socket", "/socket", "io(No such device or address (os error 6))"),
        ("/link", "/socket", "io(No such device or address (os error 6))"),
    ] {
        let at = world.reach(path);
        assert_eq!((at.path.as_str(), &at.kind), (what, &Kind::Special));
        assert_eq!(read(at.read(100)), read_error, "{path}");
        assert_eq!(done(at.write(b"x")), "io(not a regular file)", "{path}");
        assert_eq!(super::world::list(at.list(9)), "not-a-directory", "{path}");
        assert_eq!(done(at.create_directory()), "already-exists", "{path}");
        assert!(!at.stat().unwrap().is_directory);
    }
    assert_eq!(difference(&before, &world.tree()), "");
    assert_eq!(done(world.reach("/fifo").delete()), "ok");
    assert_eq!(difference(&before, &world.tree()), "-/root/fifo");

    let machine = Root::open(Path::new("/")).unwrap();
    for (path, expected) in
        [("/dev/zero", "too-large(1000)"), ("/dev/null", "\"\""), ("/dev/urandom", "too-large(1000)")]
    {
        let at = machine.reach(path).unwrap();
        assert_eq!((at.path.as_str(), &at.kind), (path, &Kind::Special));
        assert_eq!(read(at.read(1000)), expected, "{path}");
        assert_eq!(done(at.write(b"x")), "io(not a regular file)", "{path}");
    }
    // The kernel's links go where their text says, from the root, and so keep their own tree.
    let own = std::process::id();
    let environment = machine.reach("/proc/self/environ").unwrap();
    assert_eq!((environment.path, environment.kind), (format!("/proc/{own}/environ"), Kind::File));
    let status = machine.reach("/proc/self/status").unwrap();
    assert_eq!(read(status.read(8)), "too-large(8)", "a file that says it is empty");
    let text = String::from_utf8(status.read(100_000).unwrap()).unwrap();
    assert!(text.contains(&format!("Pid:\t{own}\n")), "{text}");
    let working = machine.reach("/proc/self/cwd").unwrap();
    assert_eq!(Path::new(&working.path), std::env::current_dir().unwrap());
}

#[test]
fn special_files_neither_hang_nor_overflow() {
    check();
}

//! What changes between the decision and the act: no link that has appeared is followed, and nothing is done to what
//! was not decided on.

use std::fs;
use std::path::Path;

use super::super::{FileError, Reached};
use super::world::{World, difference, done, make, read, tree};

const WORLD: &str = "
    root/g/
    root/g/f = alpha
    root/g/fifo |
    root/g/fifo2 |
    root/g/d/
    root/g/d/f = beta
    root/g/neighbour = SECRET
    root/out/
    root/out/f = SECRET
";

type Act = fn(&Reached) -> String;

const READ: Act = |at| read(at.read(100));
const WRITE: Act = |at| done(at.write(b"new"));
const DELETE: Act = |at| done(at.delete());
const CREATE: Act = |at| done(at.create_directory());
const LIST: Act = |at| super::world::list(at.list(100));

/// The path that is reached, what replaces something meanwhile (the old name, and the line that makes the new one),
/// the act, its outcome, and what it changes.
const TABLE: &[(&str, &str, &str, Act, &str, &str)] = &[
    // A file becomes a link: beside it, elsewhere, upwards, to a folder, to nothing.
    ("/g/f", "root/g/f", "root/g/f -> neighbour", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> /out/f", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> ../out/f", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> d", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> nowhere", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> neighbour", WRITE, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> ../out/f", WRITE, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> neighbour", DELETE, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f -> nowhere", DELETE, CHANGED, ""),
    // A file becomes something else.
    ("/g/f", "root/g/f", "root/g/f", READ, "is-a-directory", ""),
    ("/g/f", "root/g/f", "root/g/f", WRITE, "is-a-directory", ""),
    ("/g/f", "root/g/f", "root/g/f", DELETE, "is-a-directory", ""),
    ("/g/f", "root/g/f", "root/g/f |", READ, CHANGED, ""),
    ("/g/f", "root/g/f", "root/g/f |", WRITE, CHANGED, ""),
    // A file is replaced by a file, as a write does.
    ("/g/f", "root/g/f", "root/g/f = other", READ, "\"other\"", ""),
    ("/g/f", "root/g/f", "root/g/f = other", WRITE, "ok", "~/root/g/f file new"),
    ("/g/f", "root/g/f", "root/g/f = other", DELETE, "ok", "-/root/g/f"),
    // It goes.
    ("/g/f", "root/g/f", "", READ, "not-found", ""),
    ("/g/f", "root/g/f", "", WRITE, "ok", "+/root/g/f file new"),
    ("/g/f", "root/g/f", "", DELETE, "not-found", ""),
    // Nothing becomes something.
    ("/g/new", "", "root/g/new -> ../out/f", WRITE, CHANGED, ""),
    ("/g/new", "", "root/g/new -> ../out/new", CREATE, "already-exists", ""),
    ("/g/new", "", "root/g/new = other", READ, "not-found", ""),
    ("/g/new", "", "root/g/new = other", CREATE, "already-exists", ""),
    ("/g/new", "", "root/g/new", CREATE, "already-exists", ""),
    ("/g/new", "", "root/g/new |", WRITE, CHANGED, ""),
    // A FIFO is read only if it is the one that was decided on.
    ("/g/fifo", "root/g/fifo", "root/g/fifo -> fifo2", READ, CHANGED, ""),
    ("/g/fifo", "root/g/fifo", "root/g/fifo |", READ, CHANGED, ""),
    ("/g/fifo", "root/g/fifo", "root/g/fifo = file", READ, "\"file\"", ""),
    // A directory becomes a link: what was reached is the directory.
    ("/g/d/f", "root/g/d", "root/g/d -> ../out", READ, "\"beta\"", ""),
    ("/g/d/f", "root/g/d", "root/g/d -> /out", WRITE, "ok", "~/old file new"),
    ("/g/d/f", "root/g/d", "root/g/d -> ../out", DELETE, "ok", "-/old"),
    ("/g/d/new", "root/g/d", "root/g/d -> ../out", CREATE, "ok", "+/old-new dir"),
    ("/g/d", "root/g/d", "root/g/d -> ../out", LIST, "[f:4]", ""),
];

const CHANGED: &str = "io(the path changed meanwhile)";

fn outcome(path: &str, old: &str, new: &str, act: Act) -> (String, String) {
    let world = World::new(WORLD);
    let at = world.reach(path);
    let host = world.host.path();
    // It stays, under another name: an inode that is free again could be that of what comes next.
    let moved = tempfile::tempdir_in(host).unwrap();
    if !old.is_empty() {
        fs::rename(host.join(old), moved.path().join("old")).unwrap();
    }
    if !new.is_empty() {
        make(host, new);
    }
    let before = tree(host);
    let result = act(&at);
    let change = difference(&before, &tree(host));
    let moved = format!("/{}", Path::new(moved.path().file_name().unwrap()).display());
    (result, change.replace(&format!("{moved}/old/f"), "/old").replace(&format!("{moved}/old/new"), "/old-new"))
}

pub(super) fn check() {
    for (path, old, new, act, result, change) in TABLE {
        let found = outcome(path, old, new, *act);
        assert_eq!(found, ((*result).to_owned(), (*change).to_owned()), "{path}, {old} becomes {new:?}");
    }
}

#[test]
fn what_appears_after_the_decision_is_not_followed() {
    check();
}

#[test]
fn the_host_knows_its_own_files_and_where_they_are() {
    use std::os::unix::fs::MetadataExt;
    let world = World::new("root/a/\nroot/a/f = x\nroot/l -> a/f\nroot/a/up -> ../../../a");
    fs::hard_link(world.on_host("/a/f"), world.on_host("/hard")).unwrap();
    let identity = |path: &str| {
        let metadata = fs::metadata(world.on_host(path)).unwrap();
        Some((metadata.dev(), metadata.ino()))
    };
    for (path, identity, host) in [
        ("/a/f", identity("/a/f"), "/a/f"),
        ("/l", identity("/a/f"), "/a/f"),
        ("/hard", identity("/a/f"), "/hard"),
        ("/a/up/f", identity("/a/f"), "/a/f"),
        ("/a", identity("/a"), "/a"),
        ("/", identity("/"), ""),
        ("/a/none", None, "/a/none"),
        ("/none/none", None, "/none/none"),
    ] {
        let at = world.reach(path);
        assert_eq!(
            (at.identity(), at.host_path()),
            (identity, world.on_host(host).canonicalize().unwrap_or_else(|_| world.on_host(host))),
            "{path}"
        );
    }
    assert_eq!(world.reach("/none/none").delete(), Err(FileError::NotFound));
}

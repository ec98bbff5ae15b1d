//! Paths by world by outcome, for every operation.

use std::fmt::Write;

use super::world::{World, difference, done, list, reached, read, stat};

/// What is outside the root must neither be read nor change.
const WORLD: &str = "
    outside = HOST
    beside/
    root/g/
    root/g/f = alpha
    root/g/d/
    root/g/d/inner = beta
    root/g/.airssys-old.tmp = left
    root/out/
    root/out/s = SECRET
    root/g/near -> f
    root/g/below -> d/inner
    root/g/deep -> d
    root/g/absolute -> /out/s
    root/g/relative -> ../out/s
    root/g/folder -> ../out
    root/g/slash -> ../out/
    root/g/file-slash -> f/
    root/g/file-dot -> f/.
    root/g/file-up -> f/../f
    root/g/messy -> .//../g/./d/..//f
    root/g/above -> ../../../../g/f
    root/g/host -> ../../outside
    root/g/host-folder -> ../../beside
    root/g/top -> /
    root/g/up -> ..
    root/g/self -> .
    root/g/dangling -> fresh
    root/g/dangling-out -> /out/fresh
    root/g/dangling-slash -> fresh/
    root/g/dangling-deep -> no/where
    root/g/dangling-up -> no/../f
    root/g/loop -> loop
    root/g/ping -> pong
    root/g/pong -> ping
    root/g/one -> two
    root/g/two -> /g/three/
    root/g/three -> ../g/deep
    root/g/hidden -> .airssys-old.tmp
";

/// Each path: what is reached; read; stat; list; then write, delete and create, each in a fresh world, with all that
/// changes on the host's disk.
const TABLE: &str = include_str!("table.txt");

fn outcomes(path: &str) -> String {
    let mut text = format!("{path}\n");
    let world = World::new(WORLD);
    let before = world.tree();
    let at = world.reach(path);
    writeln!(text, "  reach  {}", reached(&at)).unwrap();
    writeln!(text, "  read   {}", read(at.read(100))).unwrap();
    writeln!(text, "  stat   {}", stat(at.stat())).unwrap();
    writeln!(text, "  list   {}", list(at.list(100))).unwrap();
    assert_eq!(difference(&before, &world.tree()), "", "{path}: to look changes nothing");
    for (operation, act) in [
        ("write ", (|at| at.write(b"new")) as fn(&super::super::Reached) -> Result<(), super::super::FileError>),
        ("delete", |at| at.delete()),
        ("create", |at| at.create_directory()),
    ] {
        let world = World::new(WORLD);
        let before = world.tree();
        let result = done(act(&world.reach(path)));
        writeln!(text, "  {operation} {}", format!("{result} {}", difference(&before, &world.tree())).trim()).unwrap();
    }
    text
}

pub(super) fn check() {
    let paths = TABLE.lines().filter(|line| line.starts_with('/'));
    let found: String = paths.map(outcomes).collect();
    assert_eq!(found, TABLE, "\n{found}");
}

#[test]
fn every_path_and_operation() {
    check();
}

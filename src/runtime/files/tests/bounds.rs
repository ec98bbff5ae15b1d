//! Sizes: of paths, names, links, files and directories.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::super::{FileError, Kind};
use super::world::{World, done, list, reached, read, stat};

#[test]
fn texts_that_are_no_path() {
    let world = World::new("");
    for (path, expected) in [
        ("", "the path is empty"),
        ("a", "the path is not absolute"),
        ("~/a", "the path is not absolute"),
        ("./a", "the path is not absolute"),
        ("/a\0b", "the path contains NUL"),
        (&"/a".repeat(2049), "the path is longer than 4096 bytes"),
    ] {
        assert_eq!(world.root.reach(path).map_err(|why| why.to_string()).unwrap_err(), expected, "{path:?}");
    }
}

#[test]
fn names_that_are_unusual() {
    let world = World::new("root/a/");
    for name in ["line\nbreak", " ", "~", "*", "\u{202e}x", "\x1b[31m", "a\\b", "c:d", "...", "-rf", &"n".repeat(255)] {
        let at = world.reach(&format!("/a/{name}"));
        assert_eq!((at.kind.clone(), done(at.write(name.as_bytes()))), (Kind::Missing, "ok".to_owned()), "{name:?}");
        assert_eq!(fs::read(world.on_host("/a").join(name)).unwrap(), name.as_bytes());
        assert_eq!(world.reach("/a").list(9).unwrap()[0].name, name);
        assert_eq!(done(world.reach(&format!("/a/{name}")).delete()), "ok");
    }
    let refused = "invalid-path(the file system does not take the name)";
    for path in [format!("/a/{}", "n".repeat(256)), format!("/a/{}/x", "é".repeat(128))] {
        assert_eq!(reached(&world.reach(&path)), format!("{path} {refused}"));
    }
    assert_eq!(list(world.reach("/a").list(0)), "[]");
}

#[test]
fn the_longest_path() {
    let world = World::new("");
    let path = "/d".repeat(2047);
    let mut directory = Dir::open_ambient_dir(world.on_host("/"), ambient_authority()).unwrap();
    for _ in 0..2047 {
        directory.create_dir("d").unwrap();
        directory = directory.open_dir("d").unwrap();
    }
    assert_eq!(reached(&world.reach(&path)), format!("{path} directory"));
    let file = world.reach(&format!("{path}/f"));
    assert_eq!((file.path.len(), done(file.write(b"deep"))), (4096, "ok".to_owned()));
    assert_eq!(read(world.reach(&format!("{path}/f")).read(9)), "\"deep\"");

    // Up by more directories than stay open, and down again.
    let to = |target: &str| {
        let link = world.on_host("/l");
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
        world.reach("/l")
    };
    assert_eq!(reached(&to(&format!("{}{}/d", "d/".repeat(40), "../".repeat(39)))), "/d/d directory by link");
    assert_eq!(reached(&to(&format!("{}{}d", "d/".repeat(18), "../".repeat(30)))), "/d directory by link");

    // What a link leads to is as long as a path may be, and no longer.
    assert_eq!(to(&format!(".{path}")).path.len(), 4094);
    fs::create_dir(world.on_host("/x")).unwrap();
    symlink(&path[1..], world.on_host("/x/l")).unwrap();
    symlink("l", world.on_host("/x/m")).unwrap();
    let too_long = "invalid-path(the path leads to one longer than 4096 bytes)";
    assert_eq!(reached(&world.reach("/x/m/none")), format!("/x/l {too_long}"));
    assert_eq!(reached(&world.reach("/x/l")), format!("/x/{} not-found by link", &path[1..]));

    // Each turn up and down at a great depth opens the way again; there is an end to that.
    let deep = "/d".repeat(1000);
    let turns = format!("{}{}", "../".repeat(20), "d/".repeat(20)).repeat(40);
    symlink(format!("{turns}turn"), world.on_host(&format!("{deep}/turn"))).unwrap();
    let expected = format!("{deep}/turn io(the path takes too many steps) by link");
    assert_eq!(reached(&world.reach(&format!("{deep}/turn"))), expected);
    symlink(turns, world.on_host(&format!("{deep}/once"))).unwrap();
    assert_eq!(reached(&world.reach(&format!("{deep}/once"))), format!("{deep} directory by link"));

    // In pieces, for what removes the world opens all directories of a path at once.
    for piece in 0..5 {
        let at = world.on_host(&"/d".repeat(400));
        fs::rename(at.join("d"), world.on_host(&format!("/piece-{piece}"))).unwrap();
        fs::rename(world.on_host("/d"), world.on_host(&format!("/done-{piece}"))).unwrap();
        fs::rename(world.on_host(&format!("/piece-{piece}")), world.on_host("/d")).unwrap();
    }
    let World { host, .. } = world;
    host.close().unwrap();
}

#[test]
fn forty_links_and_no_more() {
    let world = World::new("root/g/\nroot/g/l0 = end");
    for number in 1..=41 {
        symlink(format!("l{}", number - 1), world.on_host(&format!("/g/l{number}"))).unwrap();
    }
    assert_eq!(reached(&world.reach("/g/l40")), "/g/l0 file by link");
    assert_eq!(reached(&world.reach("/g/l41")), "/g/l1 io(the path leads through more than 40 links) by link");
    assert_eq!(fs::read(world.on_host("/g/l40")).unwrap(), b"end", "as the kernel has it");
    assert!(fs::read(world.on_host("/g/l41")).is_err());
}

#[test]
fn contents_up_to_the_bound() {
    let world = World::new("root/f = abcd\nroot/empty =  ");
    for (path, max, expected) in [
        ("/f", 3, "too-large(3)"),
        ("/f", 4, "\"abcd\""),
        ("/f", u64::MAX, "\"abcd\""),
        ("/f", 0, "too-large(0)"),
        ("/none", 0, "not-found"),
    ] {
        assert_eq!(read(world.reach(path).read(max)), expected, "{path} {max}");
    }
    // A terabyte with nothing in it is refused by its size.
    fs::File::create(world.on_host("/vast")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(read(world.reach("/vast").read(1 << 30)), "too-large(1073741824)");
    assert_eq!(stat(world.reach("/vast").stat()), "file of 1099511627776");
    // Nothing is too much to write, nor too little.
    for content in [Vec::new(), vec![7; 3_000_000]] {
        assert_eq!(world.reach("/f").write(&content), Ok(()));
        assert_eq!(world.reach("/f").read(3_000_000), Ok(content));
    }
}

#[test]
fn entries_up_to_the_bound() {
    let world = World::new("root/d/\nroot/d/.airssys-1.tmp = x\nroot/d/sub/\nroot/d/l -> /nowhere\nroot/d/ll -> sub");
    for number in 0..1000 {
        fs::write(world.on_host(&format!("/d/{number:03}")), "ab").unwrap();
    }
    assert_eq!(list(world.reach("/d").list(1002)), "too-large(1002)");
    let all = world.reach("/d").list(1003).unwrap();
    let names: Vec<&str> = all.iter().map(|entry| entry.name.as_str()).collect();
    let mut expected: Vec<String> = (0..1000).map(|number| format!("{number:03}")).collect();
    expected.extend(["l", "ll", "sub"].map(str::to_owned));
    assert_eq!(names, expected);
    assert!(all[..1000].iter().all(|entry| entry.size == 2 && !entry.is_directory));

    let odd = World::new("root/d/\nroot/d/b = x");
    fs::write(odd.on_host("/d").join(std::ffi::OsStr::from_bytes(b"a\xff")), "yy").unwrap();
    symlink(std::ffi::OsStr::from_bytes(b"a\xff"), odd.on_host("/d/c")).unwrap();
    assert_eq!(list(odd.reach("/d").list(9)), "[a\u{fffd}:2 b:1 c:0]");
    assert_eq!(reached(&odd.reach("/d/c")), "/d/c io(a link leads to a name that is not UTF-8) by link");
    assert_eq!(reached(&odd.reach("/d/a\u{fffd}")), "/d/a\u{fffd} missing");
}

#[test]
fn permissions_of_a_file_are_kept_and_heeded() {
    let world = World::new("root/f = old");
    let mode = |path: &str| fs::metadata(world.on_host(path)).unwrap().permissions().mode() & 0o7777;
    for (before, after) in [(0o600, 0o600), (0o640, 0o640), (0o777, 0o777), (0o200, 0o200), (0o6755, 0o755)] {
        fs::set_permissions(world.on_host("/f"), fs::Permissions::from_mode(before)).unwrap();
        assert_eq!(world.reach("/f").write(b"x"), Ok(()), "{before:o}");
        assert_eq!(mode("/f"), after);
    }
    fs::set_permissions(world.on_host("/f"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(stat(world.reach("/f").stat()), "file of 1 readonly");
    assert_eq!(world.reach("/f").write(b"y"), Err(FileError::Io("the file is read-only".to_owned())));
    assert_eq!(read(world.reach("/f").read(9)), "\"x\"");
    // A new file is as the process makes them.
    fs::write(world.on_host("/plain"), "").unwrap();
    assert_eq!(world.reach("/new").write(b""), Ok(()));
    assert_eq!(mode("/new"), mode("/plain"));
}

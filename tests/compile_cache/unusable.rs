//! A directory that cannot be used costs time and a warning, once, and fails no load.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use airssys_wasm::runtime::CacheOptions;

use super::bench::{Bench, answer, component, counts, engine, hit, names};

/// What `run` says with that cache: exit code, standard output, standard error. `shell` comes before it in a shell.
fn run(dir: &Path, shell: &str, cache: &str) -> (Option<i32>, String, String) {
    let script = format!("{shell} exec \"$0\" run a --cache {cache} --op raw:");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_airssys-wasm")]).current_dir(dir);
    let output = command.env("NO_COLOR", "1").env_remove("RUST_LOG").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let err = text(output.stderr);
    // Without the time.
    let err: Vec<_> = err.lines().map(|line| line.split_once("  WARN ").map_or(line, |(_, told)| told)).collect();
    (output.status.code(), text(output.stdout), err.join("\n"))
}

fn told(cache: &str, why: &str) -> String {
    format!(
        "airssys_wasm::runtime::compiled::disk: the code cache cannot be used; components are compiled without it \
         directory={cache} why={why}"
    )
}

/// How a directory is made that cannot be used.
type Make = fn(&Path);

#[test]
fn the_directory_is_explained_and_the_load_goes_on() {
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let made = move |path: &Path, bits| {
        fs::create_dir(path).unwrap();
        mode(path, bits);
    };
    let link = "it is no directory, or only a link to one: name the directory itself";
    let table: &[(&str, Make, &str)] = &[
        ("file", |at| fs::write(at, "").unwrap(), link),
        ("link", |at| symlink(".", at).unwrap(), link),
        ("link/", |at| symlink(".", at).unwrap(), link),
        ("link/.", |at| symlink(".", at).unwrap(), link),
        ("nowhere", |at| symlink("absent", at).unwrap(), link),
        ("/proc/absent/cache", |_| {}, "it cannot be created: No such file or directory (os error 2)"),
        ("/dev/null/cache", |_| {}, link),
    ];
    for (cache, make, why) in table {
        let dir = tempfile::tempdir().unwrap();
        component(dir.path(), "a", "");
        make(&dir.path().join(cache.split('/').next().unwrap()));
        assert_eq!(run(dir.path(), "", cache), (Some(0), "a\n".to_owned(), told(cache, why)), "{cache}");
    }
    for (bits, shown) in [(0o770, "770"), (0o707, "707"), (0o1777, "1777")] {
        let dir = tempfile::tempdir().unwrap();
        component(dir.path(), "a", "");
        made(&dir.path().join("open"), bits);
        let why = format!("others may write to it, its mode is {shown}: take that from them with `chmod go-w`");
        assert_eq!(run(dir.path(), "", "open"), (Some(0), "a\n".to_owned(), told("open", &why)));
        assert_eq!(names(&dir.path().join("open")), [""; 0]);
    }
}

#[test]
fn a_directory_is_created_for_its_user_alone() {
    let dir = tempfile::tempdir().unwrap();
    component(dir.path(), "a", "");
    for _ in 0..2 {
        assert_eq!(run(dir.path(), "umask 0;", "x/y/z/"), (Some(0), "a\n".to_owned(), String::new()));
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let cache = dir.path().join("x/y/z");
    let entry = cache.join(&names(&cache)[0]);
    assert_eq!([mode(&dir.path().join("x")), mode(&cache), mode(&entry)], [0o700, 0o700, 0o400]);
}

/// A limit on the size of files fails a write in the middle, as a full disk does.
#[test]
fn a_write_that_fails_is_told_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    component(dir.path(), "a", "");
    let full = run(dir.path(), "trap '' XFSZ; ulimit -f 8;", "cache");
    let why = "it cannot be written to: File too large (os error 27)";
    assert_eq!(full, (Some(0), "a\n".to_owned(), told("cache", why)));
    assert_eq!(names(&dir.path().join("cache")), [""; 0]);
}

#[test]
fn a_directory_that_is_opened_to_others_is_not_used_any_more() {
    let bench = Bench::new();
    let component = bench.component("a");
    bench.load(&component);
    for mode in [0o720, 0o702] {
        fs::set_permissions(bench.cache(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(bench.load(&component), ("raw:a".to_owned(), counts(&[("compiled", 1)])));
    }
    fs::set_permissions(bench.cache(), Permissions::from_mode(0o755)).unwrap();
    assert_eq!(bench.load(&component), ("raw:a".to_owned(), hit()));
}

/// Another directory by the name of one that is gone is not looked at.
#[test]
fn a_directory_that_is_replaced_is_not_used() {
    let bench = Bench::new();
    let component = bench.component("a");
    bench.load(&component);
    let (cache, moved) = (bench.cache(), bench.dir.path().join("moved"));
    fs::rename(&cache, &moved).unwrap();
    fs::create_dir(&cache).unwrap();
    assert_eq!(bench.load(&component), ("raw:a".to_owned(), hit()));
    fs::remove_dir_all(&moved).unwrap();
    assert_eq!(bench.load(&component), ("raw:a".to_owned(), counts(&[("compiled", 1)])));
    assert_eq!(names(&cache), [""; 0]);
}

/// Only the superuser can give files away; to anybody else this is no case.
#[test]
fn what_belongs_to_others_is_not_used() {
    let bench = Bench::new();
    let directory = bench.component("a");
    bench.load(&directory);
    let given = chown(bench.entry(), Some(1), None);
    if given.is_err() {
        return;
    }
    let replaced = counts(&[("refused", 1), ("compiled", 1), ("written", 1)]);
    assert_eq!(bench.load(&directory), ("raw:a".to_owned(), replaced));
    assert_eq!(bench.load(&directory), ("raw:a".to_owned(), hit()));
    chown(bench.cache(), Some(1), None).unwrap();
    assert_eq!(bench.load(&directory), ("raw:a".to_owned(), counts(&[("compiled", 1)])));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let unused = engine(Some(CacheOptions::new(bench.cache())));
    assert_eq!(runtime.block_on(answer(&unused, &directory)), "raw:a");
    assert_eq!(unused.cache_stats(), counts(&[("compiled", 1)]));
}

//! Several processes at one cache, and somebody who spoils it meanwhile.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::bench::{component, engine, names};
use airssys_wasm::runtime::CacheOptions;

/// How many processes there are at a time, and how often.
const PROCESSES: usize = 4;
const ROUNDS: usize = 6;

fn start(component: &Path, cache: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airssys-wasm"));
    command.arg("run").arg(component).arg("--cache").arg(cache).args(["--op", "raw:"]);
    command.env("NO_COLOR", "1").env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Exit code, standard output, standard error.
fn said(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn quiet(answer: &str) -> (Option<i32>, String, String) {
    (Some(0), format!("{answer}\n"), String::new())
}

#[test]
fn processes_share_a_cache() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let components = ["one", "two"].map(|name| (name, component(dir.path(), name, "")));
    // In the first round all of them compile, and write the same files.
    for _ in 0..3 {
        let children: Vec<_> = (0..PROCESSES).map(|n| (n, start(&components[n % 2].1, &cache))).collect();
        for (n, child) in children {
            assert_eq!(said(child), quiet(components[n % 2].0));
        }
    }
    let kept = names(&cache);
    assert_eq!((kept.len(), kept.iter().all(|name| name.ends_with(".code"))), (2, true), "{kept:?}");
    // What many wrote is whole.
    let engine = engine(Some(CacheOptions::new(&cache)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (name, directory) in &components {
        assert_eq!(runtime.block_on(super::bench::answer(&engine, directory)), format!("raw:{name}"));
    }
    let stats = engine.cache_stats();
    assert_eq!((stats.from_disk, stats.refused, stats.compiled), (2, 0, 0), "{stats:?}");
}

/// What the spoiler does to an entry, in turn: what it does while others may be reading it.
fn spoil(entry: &Path, turn: usize, beside: &Path) {
    // Another process may have replaced or removed it: whoever comes late does nothing.
    let Ok(mut bytes) = fs::read(entry) else { return };
    match turn % 5 {
        0 => return drop(fs::remove_file(entry)),
        1 => bytes.truncate(bytes.len() / 2),
        2 => bytes.clear(),
        // An empty one, which somebody spoiled before, stays as it is.
        3 => bytes.iter_mut().step_by(4096).for_each(|byte| *byte ^= 0xff),
        _ => bytes.extend([0; 100]),
    }
    fs::write(beside, bytes).unwrap();
    fs::set_permissions(beside, Permissions::from_mode(0o400)).unwrap();
    fs::rename(beside, entry).unwrap();
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let names = names(cache).into_iter().filter(|name| name.ends_with(".code"));
    names.map(|name| cache.join(name)).collect()
}

/// A cache with room for one of two components, so that each process evicts what the others use, while a third party
/// removes and damages entries.
#[test]
fn nothing_that_happens_to_the_files_fails_a_load() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, beside) = (dir.path().join("cache"), dir.path().join("beside"));
    let components = ["one", "two"].map(|name| (name, component(dir.path(), name, "")));
    said(start(&components[0].1, &cache));
    for round in 0..ROUNDS {
        let mut children: Vec<_> = (0..PROCESSES).map(|n| (n, start(&components[n % 2].1, &cache))).collect();
        let mut turn = round;
        // As long as one of them runs.
        while children.iter_mut().any(|(_, child)| child.try_wait().unwrap().is_none()) {
            for entry in entries(&cache) {
                spoil(&entry, turn, &beside);
                turn += 1;
            }
            std::thread::yield_now();
        }
        for (n, child) in children {
            let (code, out, err) = said(child);
            assert_eq!((code, out), (Some(0), format!("{}\n", components[n % 2].0)), "{err}");
            let told = |line: &str| line.contains("a file of the code cache is not used");
            assert!(err.lines().all(told), "{err}");
        }
    }
    let left: Vec<_> = names(&cache).into_iter().filter(|name| !name.ends_with(".code")).collect();
    assert_eq!(left, [""; 0]);
    // Whatever state that left it in, the next one copes.
    said(start(&components[0].1, &cache));
    assert_eq!(said(start(&components[0].1, &cache)), quiet("one"));
}

//! Whole runs that end at any step that writes, and the run after.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use rstest::rstest;

use super::{LOCK, Mode, Outcome, Settings, Status, update, update_with};
use crate::manifest::Manifest;

fn manifest(dependencies: &str) -> Manifest {
    let text = format!(
        "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n\
         [resources.memory]\nmax = \"1MB\"\n[wit-dependencies]\n{dependencies}"
    );
    Manifest::parse(&text).unwrap()
}

/// Whatever is below a directory: path and content.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => pending.push(path),
                false => {
                    let name = path.strip_prefix(root).unwrap().display().to_string();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

/// A component with a package of its own, which has changed since the lock was made; and a requirement that has changed.
fn component() -> (tempfile::TempDir, Manifest, Settings) {
    let root = tempfile::tempdir().unwrap();
    let own = root.path().join("wit/b");
    fs::create_dir_all(&own).unwrap();
    fs::write(root.path().join("component.toml"), "").unwrap();
    fs::write(own.join("b.wit"), "package b:b@1.0.0;").unwrap();
    let before = manifest("\"airssys:core\" = \"~1.0.0\"\n\"b:b\" = \"1\"\n");
    let settings = Settings { mode: Mode::Update, ..Settings::default() };
    update(root.path(), &before, &settings).unwrap();
    fs::write(own.join("b.wit"), "package b:b@1.0.0; interface i {}").unwrap();
    (root, manifest("\"airssys:core\" = \"^1.0.0\"\n\"b:b\" = \"1\"\n"), settings)
}

#[rstest]
#[case::an_error(false)]
#[case::a_crash(true)]
fn the_run_after_one_that_ended_makes_the_same(#[case] crashes: bool) {
    let (root, manifest, settings) = component();
    let mut steps = 0;
    let outcome = update_with(root.path(), &manifest, &settings, &mut |_| {
        steps += 1;
        Ok(())
    });
    let Outcome::Done(report) = outcome.unwrap() else { panic!("it is done") };
    let statuses: Vec<(String, Status)> = report.items.iter().map(|item| (item.id.to_string(), item.status)).collect();
    let expected = [
        ("airssys:core@1.0.0", Status::Removed),
        ("airssys:core@1.1.0", Status::Added),
        ("b:b@1.0.0", Status::Updated),
    ];
    assert_eq!(statuses, expected.map(|(id, status)| (id.to_owned(), status)));
    let done = tree(root.path());
    assert!(steps > 10, "{steps}");

    for last in 0..steps {
        let (root, manifest, settings) = component();
        let before = tree(root.path());
        let mut count = 0;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            update_with(root.path(), &manifest, &settings, &mut |_| {
                count += 1;
                match (count > last, crashes) {
                    (false, _) => Ok(()),
                    (true, false) => Err(io::Error::other("no more")),
                    (true, true) => resume_unwind(Box::new("crash")),
                }
            })
        }));
        match &ended {
            Ok(Ok(_)) => panic!("step {last} is none"),
            Ok(Err(error)) => assert!(error.is_failure(), "step {last}: {error}"),
            Err(_) => {}
        }
        if !crashes {
            let known = |path: &&String| before.contains_key(*path) || done.contains_key(*path);
            let left: Vec<String> = tree(root.path()).keys().filter(|path| !known(path)).cloned().collect();
            assert_eq!(left, Vec::<String>::new(), "step {last} leaves something temporary");
            assert_eq!(tree(root.path())[LOCK], before[LOCK], "step {last} is before the lock is written");
        }
        update(root.path(), &manifest, &settings).unwrap();
        assert_eq!(tree(root.path()), done, "step {last}");
    }
}

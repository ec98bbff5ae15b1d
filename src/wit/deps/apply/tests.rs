//! Runs that end at any step, by an error or for good.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use rstest::rstest;

use super::{Change, apply, recover, write_lock};

const CHANGED: &str = "a.changed@1.0.0";
const ADDED: &str = "a.added@1.0.0";
const REMOVED: &str = "a.removed@1.0.0";

/// Whatever is below a directory: path and content.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            match path.is_dir() {
                true => pending.push(path),
                false => drop(found.insert(name, fs::read_to_string(&path).unwrap())),
            }
        }
    }
    found
}

/// A component with two packages in place, one that somebody else put there, and what a run is to make of it.
fn component() -> (tempfile::TempDir, Vec<Change>) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("wit.lock", "old"),
        ("wit/deps/a.changed@1.0.0/a.wit", "old"),
        ("wit/deps/a.changed@1.0.0/b.wit", "old"),
        ("wit/deps/a.removed@1.0.0/a.wit", "old"),
        ("wit/deps/mine/a.wit", "mine"),
        ("wit/deps/.new-mine/a.wit", "mine, too"),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let files = |texts: &[&str]| Some(texts.iter().map(|name| ((*name).to_owned(), b"new".to_vec())).collect());
    let change = |directory: &str, files| Change { directory: directory.to_owned(), files };
    let changes = vec![
        change(ADDED, files(&["a.wit", "c.wit"])),
        change(CHANGED, files(&["a.wit", "c.wit"])),
        change(REMOVED, None),
    ];
    (root, changes)
}

fn run(root: &Path, changes: &[Change], before: &mut super::Before<'_>) -> Result<(), super::ApplyError> {
    apply(&root.join("wit/deps"), changes, before)?;
    write_lock(root, "new", before)
}

/// Each package, and the lock, is the old or the new one; nothing temporary is there, and nothing of others is missing.
fn assert_each_is_whole(root: &Path, place: &str) {
    let found = tree(root);
    let of = |prefix: &str| -> Vec<String> {
        let prefix = format!("wit/deps/{prefix}/");
        found.iter().filter_map(|(path, text)| Some(format!("{} {text}", path.strip_prefix(&prefix)?))).collect()
    };
    let new = ["a.wit new", "c.wit new"].map(str::to_owned).to_vec();
    assert!([vec![], new.clone()].contains(&of(ADDED)), "{place}: {found:#?}");
    assert!(
        [["a.wit old", "b.wit old"].map(str::to_owned).to_vec(), new].contains(&of(CHANGED)),
        "{place}: {found:#?}"
    );
    assert!([vec!["a.wit old".to_owned()], vec![]].contains(&of(REMOVED)), "{place}: {found:#?}");
    assert!(["old", "new"].contains(&found["wit.lock"].as_str()), "{place}: {found:#?}");
    assert_eq!(
        (found["wit/deps/mine/a.wit"].as_str(), found["wit/deps/.new-mine/a.wit"].as_str()),
        ("mine", "mine, too")
    );
    let known = of(ADDED).len() + of(CHANGED).len() + of(REMOVED).len() + 3;
    assert_eq!(found.len(), known, "{place}: something is left: {found:#?}");
}

/// The steps of a run, in order.
fn steps() -> Vec<&'static str> {
    let (root, changes) = component();
    let mut steps = Vec::new();
    run(root.path(), &changes, &mut |step| {
        steps.push(step);
        Ok(())
    })
    .unwrap();
    steps
}

#[test]
fn the_steps_of_a_run() {
    let added = ["create", "create", "write", "write", "put in place"];
    let changed = ["create", "write", "write", "set aside", "put in place", "remove"];
    let rest = ["set aside", "remove", "write", "put in place"];
    assert_eq!(steps(), [&added[..], &changed, &rest].concat());
}

#[rstest]
#[case::an_error(false)]
#[case::a_crash(true)]
fn a_run_that_ends_at_any_step_is_mended_by_the_next(#[case] crashes: bool) {
    for last in 0..steps().len() {
        let (root, changes) = component();
        let mut count = 0;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            run(root.path(), &changes, &mut |step| {
                count += 1;
                match (count > last, crashes) {
                    (false, _) => Ok(()),
                    (true, false) => Err(io::Error::other(format!("no {step}"))),
                    // No destructor may tidy up after a crash, so none is relied upon.
                    (true, true) => resume_unwind(Box::new("crash")),
                }
            })
        }));
        let place = format!("step {last}");
        assert!(!matches!(ended, Ok(Ok(()))), "{place}");
        if crashes {
            recover(root.path(), &root.path().join("wit/deps")).unwrap();
        }
        assert_each_is_whole(root.path(), &place);

        // The next run finds out what is still to be done, by content.
        let left: Vec<Change> = changes
            .into_iter()
            .filter(|change| {
                let found = tree(root.path());
                let file = found.get(&format!("wit/deps/{}/a.wit", change.directory)).map(String::as_str);
                file != change.files.as_ref().map(|_| "new")
            })
            .collect();
        run(root.path(), &left, &mut |_| Ok(())).unwrap();
        let end: Vec<String> = tree(root.path()).into_iter().map(|(path, text)| format!("{path} {text}")).collect();
        let expected = [
            "wit.lock new",
            "wit/deps/.new-mine/a.wit mine, too",
            "wit/deps/a.added@1.0.0/a.wit new",
            "wit/deps/a.added@1.0.0/c.wit new",
            "wit/deps/a.changed@1.0.0/a.wit new",
            "wit/deps/a.changed@1.0.0/c.wit new",
            "wit/deps/mine/a.wit mine",
        ];
        assert_eq!(end, expected, "{place}");
    }
}

//! A process that writes is killed a hundred times.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use super::super::{Store, StoreError, StoreFault};
use super::{Contents, below, contents, id};

const ROUNDS: usize = 100;
/// Tells the process that it is the one to be killed, and where to write.
const PLACE: &str = "AIRSSYS_TEST_STORE";
/// From which write it goes on.
const FROM: &str = "AIRSSYS_TEST_FROM";

#[test]
fn what_was_acknowledged_survives_kill() {
    if let Some(place) = std::env::var_os(PLACE) {
        let from = std::env::var(FROM).unwrap().parse().unwrap();
        write_for_ever(&Store::open(place).unwrap(), from);
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("store");
    let mut model = Contents::new();
    let mut chance = 1;
    let mut next = 0;
    for round in 0..ROUNDS {
        let mut writer = spawn(&place, next);
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut acknowledged = 0;
        let enough = 1 + below(&mut chance, 20);
        // Kill after some acknowledgements; those on the way count as well.
        for line in lines {
            let Some(number) = line.strip_prefix("wrote ") else { continue };
            assert_eq!(number.parse(), Ok(next), "round {round}");
            expect(&mut model, next);
            next += 1;
            acknowledged += 1;
            if round == 0 && acknowledged == 1 {
                let error = Store::open(&place).unwrap_err();
                assert!(matches!(error, StoreError::Unusable { fault: StoreFault::InUse, .. }), "{error}");
            }
            if acknowledged == enough {
                writer.kill().unwrap();
            }
        }
        assert!(acknowledged >= enough, "round {round}: the writer ended by itself: {:?}", writer.wait());
        writer.wait().unwrap();

        let store = Store::open(&place).unwrap();
        let found = contents(&store);
        let mut one_more = model.clone();
        expect(&mut one_more, next);
        if found != model {
            assert_eq!(found, one_more, "round {round}");
            model = one_more;
            next += 1;
        }
        assert_eq!(store.verify(), Ok(()), "round {round}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn spawn(place: &std::path::Path, from: usize) -> Child {
    let this = module_path!().split_once("::").unwrap().1;
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{this}::what_was_acknowledged_survives_kill")])
        .env(PLACE, place)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Makes one write after the other and tells each when it is done.
fn write_for_ever(store: &Store, from: usize) -> ! {
    for number in from.. {
        let (owner, namespace, key, value) = write(number);
        match value {
            Some(value) => store.set(&id(owner), u64::MAX, namespace, &key, &value).unwrap(),
            None => drop(store.delete(namespace, &key).unwrap()),
        }
        // Not through the test's own output, which is held back until the test ends.
        writeln!(std::io::stdout(), "wrote {number}").unwrap();
        std::io::stdout().flush().unwrap();
    }
    unreachable!("numbers end")
}

fn expect(model: &mut Contents, number: usize) {
    let (owner, namespace, key, value) = write(number);
    let place = (namespace.to_owned(), key);
    match value {
        Some(value) => drop(model.insert(place, (owner.to_owned(), value))),
        None => drop(model.remove(&place)),
    }
}

/// The write of that number; no value deletes. Every write changes something that can be told from the one before.
fn write(number: usize) -> (&'static str, &'static str, String, Option<Vec<u8>>) {
    let mut chance = u64::try_from(number).unwrap();
    let owner = ["a", "b", "acme:c"][below(&mut chance, 3)];
    let namespace = ["app:x", "app:y"][below(&mut chance, 2)];
    let key = format!("key-{}", below(&mut chance, 40));
    let sizes = [0, 10, 300, 5_000, 70_000];
    let size = sizes[below(&mut chance, sizes.len())];
    let value = number.to_le_bytes().into_iter().chain(std::iter::repeat_n(7, size)).collect();
    let deletes = below(&mut chance, 5) == 0;
    (owner, namespace, key, (!deletes).then_some(value))
}

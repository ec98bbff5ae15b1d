//! Tests of the store: tables here, a file for each kind of harm.

mod crash;
mod faults;
mod kill;
mod model;
mod places;
mod snapshot;
mod threads;

use std::collections::BTreeMap;

use redb::ReadableTable as _;
use rstest::rstest;

use super::entries::{INDEX, VALUES};
use super::keys::MAX_VALUE_BYTES;
use super::listing::{MAX_PAGE_BYTES, MAX_PAGE_KEYS};
use super::{PageBounds, Store, StoreError, Usage};
use crate::contract::ComponentId;

/// Everything in a store: by namespace and key, the owner and the value.
type Contents = BTreeMap<(String, String), (String, Vec<u8>)>;

fn id(name: &str) -> ComponentId {
    ComponentId::new(name).unwrap()
}

fn contents(store: &Store) -> Contents {
    let read = store.0.guarded.read(|snapshot| {
        let values = snapshot.transaction.open_table(VALUES)?;
        let mut contents = Contents::new();
        for entry in snapshot.transaction.open_table(INDEX)?.iter()? {
            let (place, entry) = entry?;
            let (namespace, key) = place.value();
            let value = values.get((namespace, key))?.unwrap().value().to_vec();
            contents.insert((namespace.to_owned(), key.to_owned()), (entry.value().0.to_owned(), value));
        }
        Ok(contents)
    });
    read.unwrap()
}

/// The next of a fixed sequence of numbers that look random.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Like [`random`], below a bound.
fn below(state: &mut u64, bound: usize) -> usize {
    usize::try_from(random(state) % u64::try_from(bound).unwrap()).unwrap()
}

#[rstest]
#[case::shortest("a", Ok(()))]
#[case::blank(" ", Ok(()))]
#[case::beyond_ascii("schlüssel/🗝", Ok(()))]
#[case::empty("", Err("the key is empty"))]
#[case::nul("a\0b", Err("the key contains NUL"))]
fn keys_are_text_without_nul(#[case] key: &str, #[case] expected: Result<(), &str>) {
    let expected = expected.map_err(|text| StoreError::InvalidKey(text.to_owned()));
    assert_all_hold_the_key(key, &expected);
}

#[rstest]
#[case::longest("k".repeat(1024), Ok(()))]
#[case::too_long("k".repeat(1025), Err("the key has 1025 bytes, at most 1024 are allowed"))]
#[case::bytes_count_not_letters("ü".repeat(513), Err("the key has 1026 bytes, at most 1024 are allowed"))]
fn keys_have_a_length(#[case] key: String, #[case] expected: Result<(), &str>) {
    let expected = expected.map_err(|text| StoreError::InvalidKey(text.to_owned()));
    assert_all_hold_the_key(&key, &expected);
}

/// Every function that takes a key judges it alike, and an entry under a good one is found.
fn assert_all_hold_the_key(key: &str, expected: &Result<(), StoreError>) {
    let store = Store::in_memory().unwrap();
    let set = store.set(&id("a"), u64::MAX, "app:a", key, b"v");
    let found = (store.get("app:a", key), store.exists("app:a", key), store.delete("app:a", key));
    let value = expected.clone().map(|()| Some(b"v".to_vec()));
    let yes = expected.clone().map(|()| true);
    assert_eq!((set, found), (expected.clone(), (value, yes.clone(), yes)));
}

#[rstest]
#[case::largest(MAX_VALUE_BYTES, Ok(()))]
#[case::too_large(MAX_VALUE_BYTES + 1, Err(StoreError::ValueTooLarge(MAX_VALUE_BYTES + 1)))]
fn values_have_a_size(#[case] bytes: usize, #[case] expected: Result<(), StoreError>) {
    let store = Store::in_memory().unwrap();
    let value = vec![7; bytes];
    assert_eq!(store.set(&id("a"), u64::MAX, "app:a", "k", &value), expected);
    assert_eq!(store.get("app:a", "k").unwrap(), expected.is_ok().then_some(value));
}

#[rstest]
#[case("app:a", Ok(()))]
#[case("app:*", Err(StoreError::InvalidNamespace))]
#[case("app", Err(StoreError::InvalidNamespace))]
#[case("app:A", Err(StoreError::InvalidNamespace))]
#[case("app:a\0", Err(StoreError::InvalidNamespace))]
#[case(&format!("app:{}", "a".repeat(124)), Ok(()))]
#[case(&format!("app:{}", "a".repeat(125)), Err(StoreError::InvalidNamespace))]
fn an_embedder_names_namespaces_as_grants_do(#[case] namespace: &str, #[case] expected: Result<(), StoreError>) {
    assert_eq!(Store::in_memory().unwrap().put(&id("a"), namespace, "k", b""), expected);
}

/// A write, by whom and within what, and how it ends; then what is charged to `a` and to `b`.
type Step = (&'static str, u64, &'static str, &'static str, usize, Result<(), u64>, [u64; 2]);

#[rstest]
#[case::a_quota_is_exact(&[
    ("a", 10, "app:x", "k", 9, Ok(()), [10, 0]),
    ("a", 10, "app:x", "k", 10, Err(10), [10, 0]),
    ("a", 10, "app:x", "l", 0, Err(10), [10, 0]),
    ("a", 11, "app:x", "l", 0, Ok(()), [11, 0]),
])]
#[case::a_quota_spans_namespaces(&[
    ("a", 10, "app:x", "k", 4, Ok(()), [5, 0]),
    ("a", 10, "app:y", "k", 4, Ok(()), [10, 0]),
    ("a", 10, "app:z", "k", 0, Err(10), [10, 0]),
])]
#[case::components_do_not_share_one(&[
    ("a", 5, "app:x", "k", 4, Ok(()), [5, 0]),
    ("b", 5, "app:x", "l", 4, Ok(()), [5, 5]),
    ("b", 5, "app:x", "m", 0, Err(5), [5, 5]),
])]
#[case::an_overwrite_counts_once(&[
    ("a", 10, "app:x", "k", 9, Ok(()), [10, 0]),
    ("a", 10, "app:x", "k", 9, Ok(()), [10, 0]),
    ("a", 10, "app:x", "k", 2, Ok(()), [3, 0]),
    ("a", 10, "app:x", "long-key", 0, Err(10), [3, 0]),
    ("a", 10, "app:x", "longkey", 0, Ok(()), [10, 0]),
])]
#[case::an_overwrite_moves_the_charge(&[
    ("a", 10, "app:x", "k", 9, Ok(()), [10, 0]),
    ("b", 4, "app:x", "k", 4, Err(4), [10, 0]),
    ("b", 4, "app:x", "k", 3, Ok(()), [0, 4]),
    ("a", 10, "app:x", "k", 9, Ok(()), [10, 0]),
])]
#[case::a_lowered_quota_lets_shrink_but_not_grow(&[
    ("a", 20, "app:x", "k", 9, Ok(()), [10, 0]),
    ("a", 20, "app:x", "l", 9, Ok(()), [20, 0]),
    ("a", 5, "app:x", "k", 10, Err(5), [20, 0]),
    ("a", 5, "app:x", "k", 9, Ok(()), [20, 0]),
    ("a", 5, "app:x", "k", 8, Ok(()), [19, 0]),
    ("a", 5, "app:x", "k", 9, Err(5), [19, 0]),
    ("a", 5, "app:x", "m", 0, Err(5), [19, 0]),
])]
#[case::nothing_fits_into_nothing(&[("a", 0, "app:x", "k", 0, Err(0), [0, 0])])]
#[case::the_largest_quota(&[("a", u64::MAX, "app:x", "k", 99, Ok(()), [100, 0])])]
fn quotas_hold(#[case] steps: &[Step]) {
    let store = Store::in_memory().unwrap();
    for (number, (owner, quota, namespace, key, bytes, expected, charges)) in steps.iter().enumerate() {
        let before = contents(&store);
        let result = store.set(&id(owner), *quota, namespace, key, &vec![7; *bytes]);
        assert_eq!(result, expected.map_err(StoreError::QuotaExceeded), "step {number}");
        assert_eq!([store.charged(&id("a")).unwrap(), store.charged(&id("b")).unwrap()], *charges, "step {number}");
        let place = ((*namespace).to_owned(), (*key).to_owned());
        let mut after = before;
        if expected.is_ok() {
            after.insert(place, ((*owner).to_owned(), vec![7; *bytes]));
        }
        assert_eq!(contents(&store), after, "step {number}");
        assert_eq!(store.verify(), Ok(()), "step {number}");
    }
}

#[test]
fn deleting_frees_the_owner_whoever_deletes() {
    let store = Store::in_memory().unwrap();
    store.set(&id("a"), 6, "app:x", "k", b"12345").unwrap();
    assert_eq!(store.usage("app:x").unwrap(), Usage { bytes: 6, keys: 1 });
    let deleted = [store.delete("app:x", "k"), store.delete("app:x", "k"), store.delete("app:y", "k")];
    assert_eq!(deleted, [Ok(true), Ok(false), Ok(false)]);
    assert_eq!((store.charged(&id("a")).unwrap(), store.usage("app:x").unwrap()), (0, Usage::default()));
    store.set(&id("a"), 6, "app:x", "k", b"12345").unwrap();
    store.verify().unwrap();
}

#[test]
fn namespaces_are_apart_and_clones_are_one() {
    let store = Store::in_memory().unwrap();
    let clone = store.clone();
    store.set(&id("a"), 99, "app:x", "k", b"x").unwrap();
    clone.set(&id("a"), 99, "app:xy", "k", b"").unwrap();
    let values = ["app:x", "app:xy", "app:y"].map(|namespace| store.get(namespace, "k").unwrap());
    assert_eq!(values, [Some(b"x".to_vec()), Some(Vec::new()), None]);
    let keys = ["app:x", "app:xy", "app:y"].map(|namespace| clone.keys(namespace).unwrap().len());
    assert_eq!(keys, [1, 1, 0]);
    assert_eq!(format!("{store:?} {:?}", store.identity()), "Store(\"in memory\") None");
}

/// The pages of a listing, by bounds of keys and bytes.
#[rstest]
#[case::all_at_once("", 9, 99, "a a/1 a/10 a/2 b ä")]
#[case::a_page_ends_with_the_last_key("", 6, 99, "a a/1 a/10 a/2 b ä")]
#[case::by_keys("", 2, 99, "a a/1 | a/10 a/2 | b ä")]
#[case::by_bytes("", 9, 7, "a a/1 | a/10 a/2 | b ä")]
#[case::at_least_one("", 0, 0, "a | a/1 | a/10 | a/2 | b | ä")]
#[case::prefix("a/", 2, 99, "a/1 a/10 | a/2")]
#[case::whole_key_as_prefix("a/1", 9, 99, "a/1 a/10")]
#[case::nothing_starts_so("c", 9, 99, "")]
#[case::no_key_can_start_so("a\0", 9, 99, "")]
fn pages_follow_one_another(#[case] prefix: &str, #[case] keys: usize, #[case] bytes: usize, #[case] pages: &str) {
    let store = Store::in_memory().unwrap();
    for key in ["b", "a/2", "a/10", "a", "ä", "a/1"] {
        store.set(&id("a"), 999, "app:m", key, key.as_bytes()).unwrap();
        store.set(&id("a"), 999, "app:l", key, b"").unwrap();
        store.set(&id("a"), 999, "app:n", key, b"").unwrap();
    }
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list("app:m", prefix, cursor.as_deref(), PageBounds { keys, bytes }).unwrap();
        found.push(page.keys.join(" "));
        assert!(found.len() <= 6, "{found:?} goes on");
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.join(" | "), pages);
}

#[test]
fn a_page_is_bounded_by_default() {
    let store = Store::in_memory().unwrap();
    let list = |namespace| store.list(namespace, "", None, PageBounds::default()).unwrap().keys;
    let fill = |namespace: &str, count: usize, width: usize| {
        // One transaction; a commit each takes its time.
        let each = (0..count).map(|number| format!("{number:0width$}"));
        let keys: Vec<String> = each.collect();
        let write = |transaction: &redb::WriteTransaction| {
            for key in &keys {
                let write = super::Write { owner: "a", quota: u64::MAX, namespace, key, value: b"" };
                super::entries::set(transaction, &write)?;
            }
            Ok(super::entries::Outcome { value: (), changed: true })
        };
        store.0.guarded.write(write).unwrap();
    };
    fill("app:many", MAX_PAGE_KEYS + 1, 4);
    fill("app:long", MAX_PAGE_BYTES / 1024 + 1, 1024);
    assert_eq!([list("app:many").len(), list("app:long").len()], [MAX_PAGE_KEYS, MAX_PAGE_BYTES / 1024]);
    store.verify().unwrap();
}

/// What becomes of a cursor of the listing of `app:x` with the prefix `k` that ended with the key `k1`.
#[rstest]
#[case::its_own("app:x", "k", |cursor: String| cursor, true)]
#[case::another_namespace("app:y", "k", |cursor: String| cursor, false)]
#[case::another_prefix("app:x", "", |cursor: String| cursor, false)]
#[case::another_key("app:x", "k", |cursor: String| cursor.replace("k1", "k2"), false)]
#[case::no_key("app:x", "k", |cursor: String| cursor.replace("k1", ""), false)]
#[case::empty("app:x", "k", |_| String::new(), false)]
#[case::a_key_alone("app:x", "k", |_| "k1".to_owned(), false)]
#[case::cut_within_a_letter("app:x", "k", |_| format!("{}ü", "0".repeat(15)), false)]
#[case::endless("app:x", "k", |cursor: String| cursor + &"k".repeat(1 << 20), false)]
fn a_cursor_is_of_one_listing(
    #[case] namespace: &str,
    #[case] prefix: &str,
    #[case] change: fn(String) -> String,
    #[case] accepted: bool,
) {
    let store = Store::in_memory().unwrap();
    for key in ["k1", "k2", "k3"] {
        store.set(&id("a"), 99, "app:x", key, b"").unwrap();
        store.set(&id("a"), 99, "app:y", key, b"").unwrap();
    }
    let bounds = PageBounds { keys: 1, bytes: 99 };
    let cursor = store.list("app:x", "k", None, bounds).unwrap().next_cursor.unwrap();
    // The key that the cursor stands behind need not be there any more.
    store.delete("app:x", "k1").unwrap();
    let page = store.list(namespace, prefix, Some(&change(cursor)), PageBounds::default()).map(|page| page.keys);
    let foreign = StoreError::InvalidKey("the cursor is of no page of this listing".to_owned());
    assert_eq!(page, if accepted { Ok(vec!["k2".to_owned(), "k3".to_owned()]) } else { Err(foreign) });
}

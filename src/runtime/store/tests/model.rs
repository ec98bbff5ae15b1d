//! Random operations against a model that recounts everything each time.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{PageBounds, Store, StoreError, Usage};
use super::{Contents, contents, id};

const OWNERS: [&str; 3] = ["a", "b", "acme:c"];
const NAMESPACES: [&str; 3] = ["app:x", "app:y", "b:x"];

/// One operation.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Set { owner: usize, quota: u64, namespace: usize, key: String, bytes: usize },
    Delete { namespace: usize, key: String },
}

pub(super) fn ops(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Op>> {
    let key = "[ab]{1,3}";
    let quota = prop_oneof![3 => 0..60_u64, 1 => Just(u64::MAX)];
    let set = (0..OWNERS.len(), quota, 0..NAMESPACES.len(), key, 0..20_usize);
    let set = set.prop_map(|(owner, quota, namespace, key, bytes)| Op::Set { owner, quota, namespace, key, bytes });
    let delete = (0..NAMESPACES.len(), key).prop_map(|(namespace, key)| Op::Delete { namespace, key });
    vec(prop_oneof![3 => set, 1 => delete], count)
}

/// Whether the operation found something to do, or the quota that it would have passed.
pub(super) fn apply(store: &Store, op: &Op, number: usize) -> Result<bool, StoreError> {
    match op {
        Op::Set { owner, quota, namespace, key, bytes } => {
            store.set(&id(OWNERS[*owner]), *quota, NAMESPACES[*namespace], key, &value(number, *bytes)).map(|()| true)
        }
        Op::Delete { namespace, key } => store.delete(NAMESPACES[*namespace], key),
    }
}

/// The same on the model.
pub(super) fn expect(model: &mut Contents, op: &Op, number: usize) -> Result<bool, StoreError> {
    match op {
        Op::Set { owner, quota, namespace, key, bytes } => {
            let mut after = model.clone();
            let place = (NAMESPACES[*namespace].to_owned(), key.clone());
            after.insert(place, (OWNERS[*owner].to_owned(), value(number, *bytes)));
            let (before_bytes, after_bytes) = (charged(model, OWNERS[*owner]), charged(&after, OWNERS[*owner]));
            if after_bytes > *quota && after_bytes > before_bytes {
                return Err(StoreError::QuotaExceeded(*quota));
            }
            *model = after;
            Ok(true)
        }
        Op::Delete { namespace, key } => Ok(model.remove(&(NAMESPACES[*namespace].to_owned(), key.clone())).is_some()),
    }
}

fn value(number: usize, bytes: usize) -> Vec<u8> {
    number.to_le_bytes().into_iter().cycle().take(bytes).collect()
}

fn charged(model: &Contents, owner: &str) -> u64 {
    let own = model.iter().filter(|(_, (writer, _))| writer == owner);
    own.map(|((_, key), (_, value))| u64::try_from(key.len() + value.len()).unwrap()).sum()
}

fn keys<'a>(model: &'a Contents, namespace: &str) -> Vec<&'a str> {
    model.keys().filter(|(place, _)| place == namespace).map(|(_, key)| key.as_str()).collect()
}

fn usage(model: &Contents, namespace: &str) -> Usage {
    let within = model.iter().filter(|((place, _), _)| place == namespace);
    let sizes = within.map(|((_, key), (_, value))| u64::try_from(key.len() + value.len()).unwrap());
    sizes.fold(Usage::default(), |usage, bytes| Usage { bytes: usage.bytes + bytes, keys: usage.keys + 1 })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_store_does_what_the_model_does(ops in ops(1..60)) {
        let store = Store::in_memory().unwrap();
        let mut model = Contents::new();
        for (number, op) in ops.iter().enumerate() {
            prop_assert_eq!(apply(&store, op, number), expect(&mut model, op, number), "{:?}", op);
            let (Op::Set { namespace, key, .. } | Op::Delete { namespace, key }) = op;
            let value = model.get(&(NAMESPACES[*namespace].to_owned(), key.clone())).map(|(_, value)| value.clone());
            prop_assert_eq!(store.get(NAMESPACES[*namespace], key).unwrap(), value, "{:?}", op);
            for owner in OWNERS {
                prop_assert_eq!(store.charged(&id(owner)).unwrap(), charged(&model, owner), "{}", owner);
            }
            for namespace in NAMESPACES {
                prop_assert_eq!(store.usage(namespace).unwrap(), usage(&model, namespace), "{}", namespace);
                prop_assert_eq!(store.keys(namespace).unwrap(), keys(&model, namespace), "{}", namespace);
            }
        }
        prop_assert_eq!(contents(&store), model);
        prop_assert_eq!(store.verify(), Ok(()));
    }

    #[test]
    fn a_key_that_stays_is_listed_once(
        before in ops(10..40),
        between in vec(ops(0..6), 12),
        prefix in "[ab]{0,1}",
        keys in 1..4_usize,
    ) {
        let store = Store::in_memory().unwrap();
        let mut number = 0..;
        let mut run = |ops: &[Op]| for op in ops {
            let _ = apply(&store, op, number.next().unwrap());
        };
        let there = || -> BTreeSet<String> {
            store.keys("app:x").unwrap().into_iter().filter(|key| key.starts_with(&prefix)).collect()
        };
        run(&before);
        let (mut always, mut ever) = (there(), there());
        let mut listed = Vec::new();
        let mut cursor = None;
        for ops in between.iter().cycle() {
            let bounds = PageBounds { keys, bytes: 99 };
            let page = store.list("app:x", &prefix, cursor.as_deref(), bounds).unwrap();
            prop_assert!(page.keys.len() <= keys);
            listed.extend(page.keys);
            prop_assert!(listed.len() <= 3 * 14, "{:?} goes on", listed);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
            for op in ops {
                run(std::slice::from_ref(op));
                always = always.intersection(&there()).cloned().collect();
                ever.extend(there());
            }
        }
        let once: BTreeSet<String> = listed.iter().cloned().collect();
        prop_assert_eq!(once.iter().collect::<Vec<_>>(), listed.iter().collect::<Vec<_>>(), "sorted, each once");
        prop_assert!(once.is_superset(&always), "{:?} lacks some of {:?}", once, always);
        prop_assert!(once.is_subset(&ever), "{:?} was never all there: {:?}", once, ever);
    }
}

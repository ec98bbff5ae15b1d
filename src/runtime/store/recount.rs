//! Recounts the store. It reads every key and value, and shares no arithmetic with what keeps the totals.

use std::collections::BTreeMap;

use redb::{ReadableTable as _, ReadableTableMetadata as _};

use super::entries::{INDEX, NAMESPACES, OWNERS};
use super::error::Failure;
use super::snapshot::Snapshot;

/// Holds index, values and totals against each other.
pub(super) fn verify(snapshot: &Snapshot) -> Result<(), Failure> {
    let mut owners: BTreeMap<String, u64> = BTreeMap::new();
    let mut namespaces: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let (values, transaction) = (&snapshot.values, &snapshot.transaction);
    let index = transaction.open_table(INDEX)?;
    for entry in index.iter()? {
        let (place, entry) = entry?;
        let ((namespace, key), (owner, charge)) = (place.value(), entry.value());
        let bytes = values.get((namespace, key))?.map(|value| key.len() + value.value().len());
        if bytes.and_then(|bytes| u64::try_from(bytes).ok()) != Some(charge) {
            return contradiction(format!("the key `{}` of {namespace}", key.escape_debug()));
        }
        *owners.entry(owner.to_owned()).or_default() += charge;
        let total = namespaces.entry(namespace.to_owned()).or_default();
        *total = (total.0 + charge, total.1 + 1);
    }
    if values.len()? != index.len()? {
        return contradiction("a value without a key".to_owned());
    }
    let mut kept = BTreeMap::new();
    for total in transaction.open_table(OWNERS)?.iter()? {
        let (owner, bytes) = total?;
        kept.insert(owner.value().to_owned(), bytes.value());
    }
    if let Some(owner) = difference(&owners, &kept) {
        return contradiction(format!("the total of {owner}"));
    }
    let mut kept = BTreeMap::new();
    for total in transaction.open_table(NAMESPACES)?.iter()? {
        let (namespace, total) = total?;
        kept.insert(namespace.value().to_owned(), total.value());
    }
    match difference(&namespaces, &kept) {
        Some(namespace) => contradiction(format!("the totals of {namespace}")),
        None => Ok(()),
    }
}

fn contradiction(what: String) -> Result<(), Failure> {
    Err(Failure::Contradiction(format!("{what} does not fit the entries")))
}

/// The first name whose totals differ, or that one of the two lacks.
fn difference<'a, T: PartialEq>(counted: &'a BTreeMap<String, T>, kept: &'a BTreeMap<String, T>) -> Option<&'a String> {
    let mut names = counted.keys().chain(kept.keys());
    names.find(|name| counted.get(*name) != kept.get(*name))
}

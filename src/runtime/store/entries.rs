//! The tables, and what one transaction does to them.
//!
//! The index holds what is needed to list and to account, apart from the values, so that neither reads a value. The
//! two tables of totals have no row for a total of zero.

use redb::{ReadableDatabase as _, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::error::Failure;
use super::snapshot::Snapshot;
use super::{StoreError, Usage};

/// Which version of these tables a database has. A database without it is not a store.
const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("airssys-store");
/// The one that this code writes.
const FORMAT_VERSION: u64 = 1;
/// By namespace and key: who wrote the entry last, and what it counts for.
pub(super) const INDEX: TableDefinition<'_, (&str, &str), (&str, u64)> = TableDefinition::new("index");
/// By namespace and key: the value.
pub(super) const VALUES: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("values");
/// By component: what its entries count for.
pub(super) const OWNERS: TableDefinition<'_, &str, u64> = TableDefinition::new("owners");
/// By namespace: what its entries count for, and how many they are.
pub(super) const NAMESPACES: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("namespaces");

/// What a write transaction came to.
pub(super) struct Outcome<T> {
    pub(super) value: T,
    /// Whether there is something to commit.
    pub(super) changed: bool,
}

/// An entry to write, and for whom.
pub(super) struct Write<'a> {
    pub(super) owner: &'a str,
    pub(super) quota: u64,
    pub(super) namespace: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a [u8],
}

/// Makes the tables of a new database, or sees that those of an old one are a store's.
pub(super) fn prepare(database: &redb::Database) -> Result<(), Failure> {
    let foreign = |what: String| {
        Failure::Refused(StoreError::Unusable { place: String::new(), fault: super::StoreFault::Foreign(what) })
    };
    let transaction = database.begin_read()?;
    let version = match transaction.open_table(FORMAT) {
        Ok(format) => format.get("version")?.map(|version| version.value()),
        Err(redb::TableError::TableDoesNotExist(_)) if transaction.list_tables()?.next().is_none() => {
            return create(database);
        }
        Err(redb::TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(error.into()),
    };
    match version {
        Some(FORMAT_VERSION) => Ok(()),
        Some(other) => Err(foreign(format!("a store of format {other}, this host writes {FORMAT_VERSION}"))),
        None => Err(foreign("a database of something else".to_owned())),
    }
}

fn create(database: &redb::Database) -> Result<(), Failure> {
    let transaction = database.begin_write()?;
    transaction.open_table(FORMAT)?.insert("version", FORMAT_VERSION)?;
    transaction.open_table(INDEX)?;
    transaction.open_table(VALUES)?;
    transaction.open_table(OWNERS)?;
    transaction.open_table(NAMESPACES)?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn get(snapshot: &Snapshot, namespace: &str, key: &str) -> Result<Option<Vec<u8>>, Failure> {
    Ok(snapshot.values.get((namespace, key))?.map(|value| value.value().to_vec()))
}

pub(super) fn exists(snapshot: &Snapshot, namespace: &str, key: &str) -> Result<bool, Failure> {
    Ok(snapshot.transaction.open_table(INDEX)?.get((namespace, key))?.is_some())
}

pub(super) fn usage(snapshot: &Snapshot, namespace: &str) -> Result<Usage, Failure> {
    let total = snapshot.transaction.open_table(NAMESPACES)?.get(namespace)?.map(|total| total.value());
    Ok(total.map_or_else(Usage::default, |(bytes, keys)| Usage { bytes, keys }))
}

#[cfg(test)]
pub(super) fn charged(snapshot: &Snapshot, owner: &str) -> Result<u64, Failure> {
    Ok(snapshot.transaction.open_table(OWNERS)?.get(owner)?.map_or(0, |total| total.value()))
}

/// Writes an entry and moves what the key counted for before to its new owner. A value that takes the place of one as
/// large, of the same owner, changes no total: then only the values are touched, which saves a third of the time.
pub(super) fn set(transaction: &WriteTransaction, write: &Write<'_>) -> Result<Outcome<()>, Failure> {
    let Write { owner, namespace, key, value, .. } = *write;
    let more = charge(key, value);
    let mut index = transaction.open_table(INDEX)?;
    let old = index.get((namespace, key))?.map(|entry| (entry.value().0.to_owned(), entry.value().1));
    let same = old.as_ref().is_some_and(|(writer, bytes)| writer == owner && *bytes == more);
    if !same {
        account(transaction, write, old.as_ref(), more)?;
        index.insert((namespace, key), (owner, more))?;
    }
    transaction.open_table(VALUES)?.insert((namespace, key), value)?;
    Ok(Outcome { value: (), changed: true })
}

/// Changes the totals by an entry that counts for `more` bytes from now on, or refuses it for the quota.
fn account(
    transaction: &WriteTransaction,
    write: &Write<'_>,
    old: Option<&(String, u64)>,
    more: u64,
) -> Result<(), Failure> {
    let Write { owner, quota, namespace, .. } = *write;
    let (own, foreign) = match old {
        Some((writer, bytes)) if writer == owner => (*bytes, None),
        Some((writer, bytes)) => (0, Some((writer.as_str(), *bytes))),
        None => (0, None),
    };
    let mut owners = transaction.open_table(OWNERS)?;
    let grow = |held: u64| {
        let total = replace(held, own, more)?;
        let refused = total > quota && total > held;
        if refused { Err(Failure::Refused(StoreError::QuotaExceeded(quota))) } else { Ok(total) }
    };
    change(&mut owners, owner, 0, grow)?;
    if let Some((writer, bytes)) = foreign {
        release(&mut owners, writer, bytes)?;
    }

    let mut namespaces = transaction.open_table(NAMESPACES)?;
    let less = old.map_or(0, |(_, bytes)| *bytes);
    change(&mut namespaces, namespace, (0, 0), |(bytes, keys)| {
        Ok((replace(bytes, less, more)?, replace(keys, old.is_some().into(), 1)?))
    })
}

/// Changes a total where it stands, which takes one walk through the table.
fn change<V: for<'a> redb::Value<SelfType<'a> = V> + 'static>(
    totals: &mut Table<'_, &'static str, V>,
    name: &str,
    none: V,
    change: impl Fn(V) -> Result<V, Failure>,
) -> Result<(), Failure> {
    if let Some(mut total) = totals.get_mut(name)? {
        let changed = change(total.value())?;
        total.insert(changed)?;
        return Ok(());
    }
    totals.insert(name, change(none)?)?;
    Ok(())
}

/// Removes an entry and what it counts for.
pub(super) fn delete(transaction: &WriteTransaction, namespace: &str, key: &str) -> Result<Outcome<bool>, Failure> {
    let mut index = transaction.open_table(INDEX)?;
    let old = index.remove((namespace, key))?.map(|entry| (entry.value().0.to_owned(), entry.value().1));
    let Some((writer, less)) = old else { return Ok(Outcome { value: false, changed: false }) };
    release(&mut transaction.open_table(OWNERS)?, &writer, less)?;
    let mut namespaces = transaction.open_table(NAMESPACES)?;
    let (bytes, keys) = namespaces.get(namespace)?.map_or((0, 0), |total| total.value());
    match (replace(bytes, less, 0)?, replace(keys, 1, 0)?) {
        (0, 0) => namespaces.remove(namespace)?,
        total => namespaces.insert(namespace, total)?,
    };
    if transaction.open_table(VALUES)?.remove((namespace, key))?.is_none() {
        return Err(Failure::Contradiction("a key has no value".to_owned()));
    }
    Ok(Outcome { value: true, changed: true })
}

/// What an entry counts for, in bytes. An empty value leaves that of the key.
pub(super) fn charge(key: &str, value: &[u8]) -> u64 {
    u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX)
}

fn release(owners: &mut Table<'_, &'static str, u64>, owner: &str, bytes: u64) -> Result<(), Failure> {
    let held = owners.get(owner)?.map_or(0, |total| total.value());
    match replace(held, bytes, 0)? {
        0 => owners.remove(owner)?,
        total => owners.insert(owner, total)?,
    };
    Ok(())
}

/// A total with one part replaced by another.
fn replace(total: u64, less: u64, more: u64) -> Result<u64, Failure> {
    let changed = total.checked_sub(less).and_then(|rest| rest.checked_add(more));
    changed.ok_or_else(|| Failure::Contradiction("a total does not fit the entries".to_owned()))
}

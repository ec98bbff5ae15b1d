//! The store beside the database that it stands on, in files on a disk.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, TableDefinition};

use super::guests::Place;
use super::lanes::loops;
use super::{Cores, Prepare, Prepared, Statistic, Workload};
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::Store;

pub(super) const ALL: &[Workload] = &[
    Workload {
        id: "storage/get",
        about: "64 bytes of one of a thousand keys, read from the store",
        against: Some("redb: a read transaction, one table, one key"),
        statistic: Statistic::Ratio,
        on: Cores::ALL,
        prepare: Prepare::Plain(get),
    },
    Workload {
        id: "storage/set",
        about: "64 bytes written to the store, on the disk when it returns",
        against: Some("redb: a write transaction, one table, one key, commit"),
        statistic: Statistic::Ratio,
        on: &[Cores::One],
        prepare: Prepare::Plain(set),
    },
];

const TABLE: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("values");
const NAMESPACE: &str = "perf:data";
const KEYS: usize = 1_000;
const VALUE: &[u8] = &[7; 64];

fn keys() -> Arc<Vec<String>> {
    Arc::new((0..KEYS).map(|key| format!("key-{key:04}")).collect())
}

/// The store and the database, each with the same entries.
fn fill(place: &Path) -> Result<(Store, ComponentId, Database), PerfError> {
    let store = Store::open(place.join("store.redb")).map_err(PerfError::from_error)?;
    let owner = ComponentId::new("owner").map_err(PerfError::from_error)?;
    let database = Database::create(place.join("baseline.redb")).map_err(PerfError::from_error)?;
    let transaction = database.begin_write().map_err(PerfError::from_error)?;
    {
        let mut table = transaction.open_table(TABLE).map_err(PerfError::from_error)?;
        for key in keys().iter() {
            table.insert((NAMESPACE, key.as_str()), VALUE).map_err(PerfError::from_error)?;
        }
    }
    transaction.commit().map_err(PerfError::from_error)?;
    for key in keys().iter() {
        store.put(&owner, NAMESPACE, key, VALUE).map_err(PerfError::from_error)?;
    }
    Ok((store, owner, database))
}

fn get(cores: Cores) -> Result<Prepared, PerfError> {
    let place = Place::new()?;
    let (store, _, database) = fill(place.path())?;
    let database = Arc::new(database);
    let subject = loops(cores, |_| {
        let (store, keys, mut next) = (store.clone(), keys(), 0);
        Ok(move || {
            next = (next + 1) % KEYS;
            store.get(NAMESPACE, &keys[next]).ok().flatten().map(|value| value.len())
        })
    })?;
    let baseline = loops(cores, |_| {
        let (database, keys, mut next) = (Arc::clone(&database), keys(), 0);
        Ok(move || {
            next = (next + 1) % KEYS;
            let table = database.begin_read().ok()?.open_table(TABLE).ok()?;
            let value = table.get((NAMESPACE, keys[next].as_str())).ok()??.value().to_vec();
            Some(value.len())
        })
    })?;
    Ok(Prepared::Pair(subject, baseline))
}

fn set(cores: Cores) -> Result<Prepared, PerfError> {
    let place = Place::new()?;
    let (store, owner, database) = fill(place.path())?;
    let database = Arc::new(database);
    let subject = loops(cores, |_| {
        let (store, owner, keys, mut next) = (store.clone(), owner.clone(), keys(), 0);
        Ok(move || {
            next = (next + 1) % KEYS;
            store.set(&owner, u64::MAX, NAMESPACE, &keys[next], VALUE).map_err(PerfError::from_error)
        })
    })?;
    let baseline = loops(cores, |_| {
        let (database, keys, mut next) = (Arc::clone(&database), keys(), 0);
        Ok(move || -> Result<(), redb::Error> {
            next = (next + 1) % KEYS;
            let transaction = database.begin_write()?;
            transaction.open_table(TABLE)?.insert((NAMESPACE, keys[next].as_str()), VALUE)?;
            transaction.commit()?;
            Ok(())
        })
    })?;
    Ok(Prepared::Pair(subject, baseline))
}

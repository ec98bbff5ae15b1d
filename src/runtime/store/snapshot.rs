//! The latest state, kept open for the reads that follow: to begin a transaction and to open a table takes redb longer
//! than to find a value.
//!
//! In: the database. Out: a view of everything that was committed when it was asked for. A view keeps the pages that it
//! shows, so one is kept no longer than nothing is written. What is read from it is not known here.

use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase as _};

use super::entries::VALUES;
use super::error::Failure;

/// A view of the store at one moment.
pub(super) struct Snapshot {
    pub(super) values: ReadOnlyTable<(&'static str, &'static str), &'static [u8]>,
    /// For the other tables, which are read less often.
    pub(super) transaction: ReadTransaction,
}

/// The snapshot that shows the latest commit, if there is one.
#[derive(Default)]
pub(super) struct Latest(RwLock<Option<Arc<Snapshot>>>);

impl Latest {
    /// The snapshot, taken now if need be.
    pub(super) fn of(&self, database: &Database) -> Result<Arc<Snapshot>, Failure> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(snapshot) = kept {
            return Ok(snapshot);
        }
        // Taken under the lock: a commit that it does not show is followed by a `forget` that finds it here.
        let mut latest = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*latest {
            return Ok(Arc::clone(snapshot));
        }
        let transaction = database.begin_read()?;
        let snapshot = Arc::new(Snapshot { values: transaction.open_table(VALUES)?, transaction });
        *latest = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Gives the snapshot up, as something was committed, or may have been. Who reads from it goes on.
    pub(super) fn forget(&self) {
        let snapshot = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        // Outside of the lock: what it kept is freed here.
        drop(snapshot);
    }
}

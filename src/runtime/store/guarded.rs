//! The database behind what keeps its failures from spreading: after one it is closed and opened again, its panics are
//! errors, and a write is acknowledged when it is on the disk.
//!
//! A database of redb is of no use after a failed read or write, until it is closed and opened; opening it repairs what
//! a failed commit left. A failed commit is never tried again, as it may have succeeded.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use redb::{Database, Durability, ReadableDatabase as _, StorageBackend, WriteTransaction};

use super::StoreError;
use super::backend::Shared;
use super::entries::{self, Outcome};
use super::error::Failure;
use super::snapshot::{Latest, Snapshot};

/// How many bytes of pages the database keeps, so that a store costs little memory however large it is: 16 MiB, the
/// largest value. Half of it is what a transaction holds back before it writes.
const CACHE_BYTES: usize = 16 << 20;

/// The database, or what opens it again.
pub(super) struct Guarded {
    place: String,
    backend: Arc<dyn StorageBackend>,
    /// Held over a write. redb lets one writer in at a time too, but one that waits there would wait for ever for one
    /// that panicked.
    writing: Mutex<()>,
    state: RwLock<State>,
}

struct State {
    /// None after a failure.
    opened: Option<Opened>,
    /// Counts the databases, so that one failure seen by many closes one.
    generation: u64,
}

/// The database and the view of it that reads share. The view ends first.
struct Opened {
    latest: Latest,
    database: Database,
}

impl Guarded {
    /// Opens the database and makes its tables if it is new.
    pub(super) fn open(place: String, backend: Arc<dyn StorageBackend>) -> Result<Self, StoreError> {
        let opened = open(&place, &backend)?;
        let state = RwLock::new(State { opened: Some(opened), generation: 0 });
        Ok(Self { place, backend, writing: Mutex::default(), state })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Reads what was committed last, a second time if the first met the failure of another.
    pub(super) fn read<T>(&self, op: impl Fn(&Snapshot) -> Result<T, Failure>) -> Result<T, StoreError> {
        let attempt = || self.attempt(|opened| op(&*opened.latest.of(&opened.database)?));
        self.twice(attempt, |failure| failure.is_stale())
    }

    /// Changes the database in a transaction of its own. What it did is on the disk when this returns, and every read
    /// that begins afterwards sees it.
    pub(super) fn write<T>(
        &self,
        op: impl Fn(&WriteTransaction) -> Result<Outcome<T>, Failure>,
    ) -> Result<T, StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let committing = Cell::new(false);
        let attempt = || {
            self.attempt(|opened| {
                let written = opened.write(&op, &committing);
                opened.latest.forget();
                written
            })
        };
        self.twice(attempt, |failure| failure.is_stale() && !committing.get())
    }

    fn twice<T>(
        &self,
        attempt: impl Fn() -> Result<T, Failure>,
        again: impl Fn(&Failure) -> bool,
    ) -> Result<T, StoreError> {
        let result = match attempt() {
            Err(failure) if again(&failure) => attempt(),
            result => result,
        };
        result.map_err(|failure| failure.into_error(&self.place))
    }

    /// Lends the database to `op`, and closes it if that shows that it is of no more use.
    fn attempt<T>(&self, op: impl FnOnce(&Opened) -> Result<T, Failure>) -> Result<T, Failure> {
        let (failure, generation) = {
            let state = self.opened()?;
            let Some(opened) = &state.opened else { return Err(redb::Error::DatabaseClosed.into()) };
            match contained(|| op(opened)) {
                Ok(value) => return Ok(value),
                Err(failure) => (failure, state.generation),
            }
        };
        if failure.ends_database() {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if state.generation == generation {
                state.close();
            }
        }
        Err(failure)
    }

    /// The state, after opening the database if it is closed. Another failure can close it again in between.
    fn opened(&self) -> Result<RwLockReadGuard<'_, State>, Failure> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.opened.is_some() {
            return Ok(state);
        }
        drop(state);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.opened.is_none() {
            state.opened = Some(open(&self.place, &self.backend).map_err(Failure::Refused)?);
        }
        drop(state);
        Ok(self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Opened {
    fn write<T>(
        &self,
        op: impl Fn(&WriteTransaction) -> Result<Outcome<T>, Failure>,
        committing: &Cell<bool>,
    ) -> Result<T, Failure> {
        // While someone reads what was, a commit leaves it to the next one to free the pages that it has replaced. If
        // nobody did, redb would do so at once in a second commit, which takes a quarter of the time. The price is room
        // for one version more of what is written.
        let before = self.database.begin_read()?;
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        let outcome = op(&transaction)?;
        if outcome.changed {
            committing.set(true);
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        drop(before);
        Ok(outcome.value)
    }
}

impl State {
    fn close(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        let opened = self.opened.take();
        // What fails here has failed before, and was told then.
        let _ = contained(|| {
            drop(opened);
            Ok(())
        });
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.close();
    }
}

fn open(place: &str, backend: &Arc<dyn StorageBackend>) -> Result<Opened, StoreError> {
    let opened = contained(|| {
        let mut builder = Database::builder();
        let database = builder.set_cache_size(CACHE_BYTES).create_with_backend(Shared(Arc::clone(backend)))?;
        // The database stays within, so that a panic of its end does too.
        match entries::prepare(&database) {
            Ok(()) => Ok(Opened { latest: Latest::default(), database }),
            Err(failure) => Err(failure),
        }
    });
    opened.map_err(|failure| failure.into_error(place).at(place))
}

/// Runs what a damaged database can make panic.
fn contained<T>(op: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(op)).unwrap_or_else(|panic| Err(Failure::Panicked(message(panic.as_ref()))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

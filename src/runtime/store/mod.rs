//! The store: keys and values that outlast instances and crashes, in namespaces, charged to components.
//!
//! In: names, keys and values, and whom to charge. Out: values, pages of keys, totals, or a [`StoreError`]. It stands
//! on redb because that keeps in one file, written by Rust alone, what the contract asks for: a transaction is there
//! whole or not at all after a kill at any moment, a commit returns when it is on the disk, readers wait for nobody,
//! and what it writes to can be replaced, so that tests can fail every write. It does not know permissions, hosts or
//! guests: a namespace that arrives was granted.
//!
//! A namespace is a global name, and whoever is granted it shares it. The quota is a component's: an entry counts for
//! the bytes of its key and of its value, against the component that wrote it last. The totals change in the
//! transaction of the entry, so they are exact whatever happens in between; opening does not recount them, as that
//! takes as long as the store is large ([`Store::verify`] does).
//!
//! Every function waits for the disk, unless there is none: call them where a thread may block.

mod backend;
mod cursor;
mod entries;
mod error;
mod file;
mod guarded;
mod keys;
mod listing;
mod recount;
mod snapshot;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use crate::contract::ComponentId;

pub use error::{StoreError, StoreFault};
pub(crate) use listing::{Page, PageBounds};

use entries::Write;
use guarded::Guarded;

/// A key-value store. Cheap to clone; all clones are one store.
///
/// A runtime whose embedder gives it none has one in memory.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airssys_wasm::contract::ComponentId;
/// use airssys_wasm::runtime::Store;
///
/// let store = Store::in_memory()?;
/// let owner = ComponentId::new("counter")?;
/// store.put(&owner, "counter:totals", "clicks", b"7")?;
/// assert_eq!(store.get("counter:totals", "clicks")?, Some(b"7".to_vec()));
/// assert_eq!(store.keys("counter:totals")?, ["clicks"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    guarded: Guarded,
    identity: Option<(u64, u64)>,
    /// Whether there is a disk, or something else that is waited for.
    may_block: bool,
}

/// How full a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    /// What its entries count for, in bytes, whoever wrote them.
    pub(crate) bytes: u64,
    /// How many entries it has.
    pub(crate) keys: u64,
}

impl Store {
    /// A store that ends with its last clone.
    ///
    /// # Errors
    /// [`StoreError::Unusable`], which memory gives no reason for.
    pub fn in_memory() -> Result<Self, StoreError> {
        let guarded = Guarded::open("in memory".to_owned(), Arc::new(InMemoryBackend::new()))?;
        Ok(Self(Arc::new(Inner { guarded, identity: None, may_block: false })))
    }

    /// Opens the store of a file, or creates it. One process has it at a time.
    ///
    /// The file is created whole or not at all, readable by its owner alone, in a directory that exists. One that was
    /// not closed in order is repaired, which takes as long as it is large. Guests must not be able to reach it.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] names the file, and says what is wrong and what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let place = format!("in {}", path.display());
        let (file, identity) =
            file::open(path).map_err(|fault| StoreError::Unusable { place: place.clone(), fault })?;
        Ok(Self(Arc::new(Inner { guarded: Guarded::open(place, Arc::new(file))?, identity, may_block: true })))
    }

    /// Opens the store of any storage, or creates it in one that is empty.
    ///
    /// It is for those who keep their bytes elsewhere, and for tests that want them to fail. The storage is used
    /// again after `close`, for that is how the store recovers. A crash while an empty one is filled for the first
    /// time can leave it unusable; nothing has been acknowledged by then.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] says what is wrong and what to do.
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let guarded = Guarded::open("of its own storage".to_owned(), Arc::new(backend))?;
        Ok(Self(Arc::new(Inner { guarded, identity: None, may_block: true })))
    }

    /// The device and the inode of the store's file, if it has one, by which an attempt to reach it is known.
    pub fn identity(&self) -> Option<(u64, u64)> {
        self.0.identity
    }

    /// Whether what is done with it may wait for a disk. In memory the longest takes some milliseconds, for a value of
    /// the greatest size, and most take less than it takes to have another thread do them.
    pub(crate) fn may_block(&self) -> bool {
        self.0.may_block
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`StoreError`] for a malformed key and for a store that cannot be read.
    pub fn get(&self, namespace: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        keys::check_key(key)?;
        self.0.guarded.read(|snapshot| entries::get(snapshot, namespace, key))
    }

    /// All keys of a namespace, in the order of their bytes.
    ///
    /// # Errors
    /// [`StoreError`] for a store that cannot be read.
    pub fn keys(&self, namespace: &str) -> Result<Vec<String>, StoreError> {
        let bounds = PageBounds { keys: usize::MAX, bytes: usize::MAX };
        Ok(self.0.guarded.read(|snapshot| listing::list(snapshot, namespace, "", None, bounds))?.keys)
    }

    /// Writes an entry for a component, whatever its quota. It counts against it from then on.
    ///
    /// # Errors
    /// [`StoreError`] for a malformed namespace or key, for a value above 16 MiB and for a store that cannot be
    /// written.
    pub fn put(&self, owner: &ComponentId, namespace: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        keys::check_namespace(namespace)?;
        self.set(owner, u64::MAX, namespace, key, value)
    }

    /// Recounts every entry and holds the result against the totals.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] names the first total that is off.
    pub fn verify(&self) -> Result<(), StoreError> {
        self.0.guarded.read(recount::verify)
    }

    /// Writes an entry if its owner's total then is within `quota`, in bytes, or no larger than before.
    pub(crate) fn set(
        &self,
        owner: &ComponentId,
        quota: u64,
        namespace: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), StoreError> {
        keys::check_key(key)?;
        keys::check_value(value)?;
        let write = Write { owner: owner.as_str(), quota, namespace, key, value };
        self.0.guarded.write(|transaction| entries::set(transaction, &write))
    }

    /// Removes an entry, whoever wrote it; false if there was none.
    pub(crate) fn delete(&self, namespace: &str, key: &str) -> Result<bool, StoreError> {
        keys::check_key(key)?;
        self.0.guarded.write(|transaction| entries::delete(transaction, namespace, key))
    }

    /// Whether there is such an entry.
    pub(crate) fn exists(&self, namespace: &str, key: &str) -> Result<bool, StoreError> {
        keys::check_key(key)?;
        self.0.guarded.read(|snapshot| entries::exists(snapshot, namespace, key))
    }

    /// One page of the keys that start with `prefix`, from the start or from where the cursor's page ended.
    pub(crate) fn list(
        &self,
        namespace: &str,
        prefix: &str,
        cursor: Option<&str>,
        bounds: PageBounds,
    ) -> Result<Page, StoreError> {
        let after = cursor.map(|cursor| cursor::parse(namespace, prefix, cursor)).transpose()?;
        self.0.guarded.read(|snapshot| listing::list(snapshot, namespace, prefix, after, bounds))
    }

    /// How full a namespace is.
    pub(crate) fn usage(&self, namespace: &str) -> Result<Usage, StoreError> {
        self.0.guarded.read(|snapshot| entries::usage(snapshot, namespace))
    }

    #[cfg(test)]
    /// What counts against a component's quota, in bytes.
    pub(crate) fn charged(&self, owner: &ComponentId) -> Result<u64, StoreError> {
        self.0.guarded.read(|snapshot| entries::charged(snapshot, owner.as_str()))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.guarded.place()).finish()
    }
}

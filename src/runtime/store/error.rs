//! Why the store refused or failed, and what redb's errors mean to those who run it.

use std::io::{self, ErrorKind};

use super::keys::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use crate::manifest::pattern::MAX_NAMESPACE_BYTES;

/// Why an operation on a store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key, or the cursor of a listing, is malformed; the text says how.
    #[error("{0}: keys are 1 to {MAX_KEY_BYTES} bytes of UTF-8 without NUL, cursors those that a page came with")]
    InvalidKey(String),
    /// The namespace is malformed.
    #[error(
        "the namespace is not of the form category:subcategory, in lower-case letters, digits and `-`, at most {MAX_NAMESPACE_BYTES} bytes"
    )]
    InvalidNamespace,
    /// The value is too large; its size in bytes.
    #[error("the value has {0} bytes, at most {MAX_VALUE_BYTES} are allowed")]
    ValueTooLarge(usize),
    /// The write would bring its owner above the quota, in bytes. Nothing has changed.
    #[error("the write would pass the quota of {0} bytes")]
    QuotaExceeded(u64),
    /// The store itself fails. A write that ends like this may be there or not, but it is there whole or not at all.
    #[error("failed to use the store {place}: {fault}")]
    Unusable {
        /// Which store.
        place: String,
        /// What is wrong with it.
        fault: StoreFault,
    },
}

/// What is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// Another process, or another store of this one, has it open.
    #[error("it is open elsewhere; end what has it open, or use another file")]
    InUse,
    /// It is not what was written; the text says what was noticed.
    #[error("it is damaged ({0}); restore it from a backup, or move it away to begin with an empty one")]
    Damaged(String),
    /// There is something else in its place; the text says what.
    #[error("it is {0}; use another file")]
    Foreign(String),
    /// No space is left. Once there is some, the store goes on by itself.
    #[error("no space is left; make some, and it goes on by itself")]
    Full,
    /// Its directory does not exist.
    #[error("its directory does not exist; create it")]
    NoDirectory,
    /// The host may not use the file or its directory.
    #[error("the host has no permission to use it; grant it reading and writing of the file and of its directory")]
    NotPermitted,
    /// Any other failure of the storage. The store is opened again for the next operation.
    #[error("{0}; see to the storage, then try again")]
    Io(String),
}

impl StoreError {
    /// What a guest may read: the same without the place.
    pub(crate) fn for_guest(&self) -> String {
        match self {
            Self::Unusable { fault: StoreFault::Full, .. } => "the store has no space left".to_owned(),
            Self::Unusable { fault: StoreFault::Damaged(_) | StoreFault::Foreign(_), .. } => {
                "the store is damaged".to_owned()
            }
            Self::Unusable { .. } => "the store cannot be used".to_owned(),
            other => other.to_string(),
        }
    }

    /// The same error of a store in another place.
    pub(super) fn at(self, place: &str) -> Self {
        match self {
            Self::Unusable { fault, .. } => Self::Unusable { place: place.to_owned(), fault },
            other => other,
        }
    }
}

/// Why one attempt within the store ended.
#[derive(Debug)]
pub(super) enum Failure {
    /// The operation is refused; the store is well.
    Refused(StoreError),
    /// The entries and the totals contradict each other.
    Contradiction(String),
    /// redb failed.
    Database(redb::Error),
    /// redb panicked, with this message.
    Panicked(String),
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

impl Failure {
    /// Whether the database is of no more use and has to be opened again.
    pub(super) fn ends_database(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Contradiction(_) => false,
            Self::Panicked(_) => true,
            Self::Database(error) => matches!(
                error,
                redb::Error::Io(_)
                    | redb::Error::PreviousIo
                    | redb::Error::DatabaseClosed
                    | redb::Error::LockPoisoned(_)
                    | redb::Error::Corrupted(_)
            ),
        }
    }

    /// Whether an earlier failure is all there was: the operation has not been tried.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self, Self::Database(redb::Error::PreviousIo | redb::Error::DatabaseClosed))
    }

    /// The failure as the user of the store sees it.
    pub(super) fn into_error(self, place: &str) -> StoreError {
        let fault = match self {
            Self::Refused(error) => return error,
            Self::Contradiction(text) | Self::Panicked(text) => StoreFault::Damaged(text),
            Self::Database(redb::Error::Io(error)) => io_fault(&error),
            Self::Database(redb::Error::DatabaseAlreadyOpen) => StoreFault::InUse,
            Self::Database(
                error @ (redb::Error::PreviousIo | redb::Error::DatabaseClosed | redb::Error::LockPoisoned(_)),
            ) => StoreFault::Io(error.to_string()),
            Self::Database(error) => StoreFault::Damaged(error.to_string()),
        };
        StoreError::Unusable { place: place.to_owned(), fault }
    }
}

/// What an error of the operating system says about the store.
pub(super) fn io_fault(error: &io::Error) -> StoreFault {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreFault::Full,
        ErrorKind::UnexpectedEof => StoreFault::Damaged("it ends too early".to_owned()),
        ErrorKind::InvalidData => StoreFault::Damaged(error.to_string()),
        ErrorKind::IsADirectory => StoreFault::Foreign("a directory".to_owned()),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreFault::NotPermitted,
        _ => StoreFault::Io(error.to_string()),
    }
}

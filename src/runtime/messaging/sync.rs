//! The lock that mailboxes and the table of requests stand on.
//!
//! They take it from here and from nowhere else, so that a test can put a lock in its place that tries every
//! interleaving (`tests/interleavings.rs`).

use std::sync::PoisonError;

/// A lock whose guard is had even if a holder panicked: what it protects is whole between any two statements.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

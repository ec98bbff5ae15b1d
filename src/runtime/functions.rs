//! Machine code of single functions, kept in memory for components that have the same functions.
//!
//! In: the compiler's key of a function, a hash of everything that its code depends on. Out: the code that was kept under
//! it. This module knows no component, and does not look into either.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Compiled functions by key, up to a number of them. Those that come first stay.
pub(super) struct Functions {
    capacity: usize,
    compiled: Mutex<Compiled>,
}

/// Code by key.
type Compiled = HashMap<Box<[u8]>, Box<[u8]>>;

impl Functions {
    /// Room for so many functions.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, compiled: Mutex::default() }
    }

    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl wasmtime::CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        self.compiled().get(key).map(|code| Cow::Owned(code.to_vec()))
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        let mut compiled = self.compiled();
        let has_room = compiled.len() < self.capacity;
        if has_room {
            compiled.insert(key.into(), code.into());
        }
        has_room
    }
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { capacity, .. } = self;
        f.debug_struct("Functions").field("capacity", capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::CacheStore as _;

    use super::Functions;

    #[test]
    fn what_comes_first_stays_and_more_than_there_is_room_for_is_not_kept() {
        let functions = Functions::new(2);
        let taken = [(b"a", "1"), (b"b", "2"), (b"c", "3")].map(|(key, code)| functions.insert(key, code.into()));
        assert_eq!(taken, [true, true, false]);
        let kept = [b"a", b"b", b"c"].map(|key| functions.get(key).map(|code| code.into_owned()));
        assert_eq!(kept, [Some(b"1".to_vec()), Some(b"2".to_vec()), None]);
    }
}

//! Pages of keys.

use std::ops::Bound;

use super::cursor;
use super::entries::INDEX;
use super::error::Failure;
use super::snapshot::Snapshot;

/// How many keys a page has at most: enough to list most namespaces at once.
pub(super) const MAX_PAGE_KEYS: usize = 1_000;

/// How many bytes the keys of a page have at most: 256 KiB, that long keys do not make a page a burden to the guest's
/// memory. The longest key fits many times.
pub(super) const MAX_PAGE_BYTES: usize = 256 << 10;

/// What bounds a page. A page has at least one key if there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageBounds {
    pub(crate) keys: usize,
    pub(crate) bytes: usize,
}

impl Default for PageBounds {
    fn default() -> Self {
        Self { keys: MAX_PAGE_KEYS, bytes: MAX_PAGE_BYTES }
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Page {
    /// In the order of their bytes.
    pub(crate) keys: Vec<String>,
    /// From where the next page goes on; none on the last.
    pub(crate) next_cursor: Option<String>,
}

/// The keys that start with `prefix` and stand behind `after`. A page goes on behind a key and not at a number of keys,
/// so what comes and goes in between moves no other key in or out.
pub(super) fn list(
    snapshot: &Snapshot,
    namespace: &str,
    prefix: &str,
    after: Option<&str>,
    bounds: PageBounds,
) -> Result<Page, Failure> {
    let index = snapshot.transaction.open_table(INDEX)?;
    let start = after.map_or(Bound::Included((namespace, prefix)), |key| Bound::Excluded((namespace, key)));
    let mut page = Page::default();
    let mut bytes = 0_usize;
    for entry in index.range::<(&str, &str)>((start, Bound::Unbounded))? {
        let (place, _) = entry?;
        let (within, key) = place.value();
        if within != namespace || !key.starts_with(prefix) {
            break;
        }
        bytes = bytes.saturating_add(key.len());
        let full = page.keys.len() >= bounds.keys || bytes > bounds.bytes;
        if let Some(last) = page.keys.last().filter(|_| full) {
            page.next_cursor = Some(cursor::after(namespace, prefix, last));
            break;
        }
        page.keys.push(key.to_owned());
    }
    Ok(page)
}

//! Keeps a directory within its size. Files with other names than the cache's own are none of its business.

use std::io;

use super::directory::Directory;
use super::key::{is_entry, is_unfinished};

/// Removes what dead processes left unfinished, and then the entries that were not used for longest, until all entries
/// together have at most `max_bytes`; but not the one named `kept`. Answers how many entries it removed.
///
/// Processes that do so at a time may remove more than one alone would. A file that is in use by another process stays
/// mapped there.
pub(super) fn trim(directory: &Directory, max_bytes: u64, kept: &str) -> io::Result<u64> {
    for unfinished in directory.files(is_unfinished)? {
        if is_abandoned(directory, &unfinished.name) {
            directory.remove(&unfinished.name);
        }
    }
    let mut entries = directory.files(is_entry)?;
    let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    if bytes <= max_bytes {
        return Ok(0);
    }
    entries.sort_by(|a, b| (a.used, &a.name).cmp(&(b.used, &b.name)));
    let mut removed = 0;
    for entry in entries.iter().filter(|entry| entry.name != kept) {
        if bytes <= max_bytes {
            break;
        }
        removed += u64::from(directory.remove(&entry.name));
        bytes -= entry.bytes;
    }
    Ok(removed)
}

/// Whether nobody holds the lock that a writer holds.
fn is_abandoned(directory: &Directory, name: &str) -> bool {
    directory.file(name).ok().flatten().is_some_and(|file| file.try_lock().is_ok())
}

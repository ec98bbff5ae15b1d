//! New files beside those that they will replace, and what a crash leaves of them.
//!
//! Whoever fills one holds its lock, and a process that dies lets go of it: a file of a reserved name whose lock is
//! free is nobody's, or has just been created and is not missed. The runtime clears a directory of these when it first
//! writes there.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::fs::{File, TryLockError};
use std::hash::BuildHasher;
use std::io;
use std::sync::PoisonError;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions};

use super::Root;
use super::name::{RESERVED, is_reserved};
use super::reached::identity;

/// How many directories are remembered as swept; above it all are forgotten, and swept once more. A guest creates as
/// many as it likes.
const MAX_SWEPT: usize = 65_536;

/// How many entries of a directory are looked through for what a crash left behind: a second of a slow disk. What
/// lies beyond them stays; it takes up space and nothing else.
const MAX_SWEEP_ENTRIES: usize = 1_000_000;

/// A new, locked file of a reserved name. It is removed when dropped, unless it was renamed.
pub(super) struct Temporary<'a> {
    parent: &'a Dir,
    name: String,
    pub(super) file: File,
    renamed: bool,
}

impl<'a> Temporary<'a> {
    /// Creates one; none if the name was taken or the file was swept away, and another one may succeed.
    ///
    /// A file that will take the place of one with permissions of its own is created for its owner alone.
    pub(super) fn create(parent: &'a Dir, is_private: bool) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).follow(FollowSymlinks::No);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt;
            options.mode(if is_private { 0o600 } else { 0o666 });
        }
        let name = new_name();
        let file = match parent.open_with(&name, &options) {
            Ok(file) => file.into_std(),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error),
        };
        let temporary = Self { parent, name, file, renamed: false };
        // Where there are no locks, nobody can take it for abandoned either.
        Ok((!matches!(temporary.file.try_lock(), Err(TryLockError::WouldBlock))).then_some(temporary))
    }

    /// Gives it its name, in place of whatever has that; false if it was swept away before it was locked.
    pub(super) fn rename(mut self, name: &str) -> io::Result<bool> {
        match self.parent.rename(&self.name, self.parent, name) {
            Ok(()) => {
                self.renamed = true;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // It may be gone, with its directory or swept away. What cannot be removed is nobody's once it is closed.
            let _ = self.parent.remove_file(&self.name);
        }
    }
}

impl Root {
    /// Removes what a crash left behind, the first time that this root writes in a directory.
    pub(super) fn sweep(&self, directory: &Dir) {
        let Some(identity) = directory.dir_metadata().ok().as_ref().and_then(identity) else { return };
        {
            let mut swept = self.0.swept.lock().unwrap_or_else(PoisonError::into_inner);
            if swept.len() == MAX_SWEPT {
                *swept = BTreeSet::new();
            }
            if !swept.insert(identity) {
                return;
            }
        }
        let Ok(entries) = directory.entries() else { return };
        for entry in entries.take(MAX_SWEEP_ENTRIES).flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(is_reserved) && is_abandoned(directory, &name) {
                // Another runtime may have been faster.
                let _ = directory.remove_file(&name);
            }
        }
    }
}

fn is_abandoned(directory: &Dir, name: &std::ffi::OsStr) -> bool {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    let Ok(file) = directory.open_with(name, &options) else { return false };
    file.metadata().is_ok_and(|metadata| metadata.is_file()) && file.into_std().try_lock().is_ok()
}

/// 128 bits that nobody foresees: keyed hashes of the operating system's random numbers.
pub(super) fn new_name() -> String {
    let half = || RandomState::new().hash_one(());
    format!("{}{:016x}{:016x}{}", RESERVED.0, half(), half(), RESERVED.1)
}

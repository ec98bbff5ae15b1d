//! The file of a store: found, or created whole.
//!
//! A new database is made in memory and written to a file beside the place, which then takes the place: a crash on the
//! way leaves no database that is half there.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::StorageBackend as _;
use redb::backends::{FileBackend, InMemoryBackend};

use super::StoreError;
use super::error::{StoreFault, io_fault};
use super::guarded::Guarded;

/// Who may use the file: its owner.
const MODE: u32 = 0o600;

/// The file, and its device and inode.
pub(super) fn open(path: &Path) -> Result<(FileBackend, Option<(u64, u64)>), StoreFault> {
    let file = match existing(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path)?;
            existing(path)
        }
        file => file,
    };
    let file = file.map_err(|error| fault(&error))?;
    let metadata = file.metadata().map_err(|error| fault(&error))?;
    if !metadata.is_file() {
        return Err(StoreFault::Foreign("no regular file".to_owned()));
    }
    let identity = (metadata.dev(), metadata.ino());
    let backend = FileBackend::new(file).map_err(|error| StoreFault::Io(error.to_string()))?;
    Ok((backend, Some(identity)))
}

fn existing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Puts a new database in the place, unless another process does so meanwhile.
fn create(path: &Path) -> Result<(), StoreFault> {
    let image = image()?;
    let beside = beside(path);
    let mut options = OpenOptions::new();
    let new = options.read(true).write(true).create(true).truncate(false).mode(MODE).open(&beside);
    let mut new = new.map_err(|error| fault(&error))?;
    match new.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreFault::InUse),
        Err(TryLockError::Error(error)) => return Err(fault(&error)),
    }
    let created = fill(&mut new, &image, &beside, path);
    // Closing does not unlock a file that a child of the host, about to execute something else, still has.
    let _ = new.unlock();
    created.map_err(|error| fault(&error))
}

/// Fills the locked file and puts it in the place, if nothing is there.
fn fill(new: &mut File, image: &[u8], beside: &Path, path: &Path) -> io::Result<()> {
    // Who had the lock before may have been first. What is locked then is of no use, and may be the database itself.
    let first = path.symlink_metadata().is_err();
    let filled = if first {
        write(new, image).and_then(|()| std::fs::rename(beside, path)).and_then(|()| settle(path))
    } else {
        Ok(())
    };
    if !first || filled.is_err() {
        // The error that ended it is the one to tell.
        let _ = std::fs::remove_file(beside);
    }
    filled
}

fn write(file: &mut File, image: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    // One that a crash left may have another mode.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(image)?;
    file.sync_all()
}

/// Makes the new name outlast a crash.
fn settle(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// The bytes of a store without entries.
fn image() -> Result<Vec<u8>, StoreFault> {
    let memory = Arc::new(InMemoryBackend::new());
    let store = Guarded::open(String::new(), Arc::clone(&memory) as Arc<dyn redb::StorageBackend>);
    drop(store.map_err(|error| match error {
        StoreError::Unusable { fault, .. } => fault,
        other => StoreFault::Io(other.to_string()),
    })?);
    let failed = |error: io::Error| fault(&error);
    let len = usize::try_from(memory.len().map_err(failed)?).unwrap_or(0);
    let mut image = vec![0; len];
    memory.read(0, &mut image).map_err(failed)?;
    Ok(image)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn fault(error: &io::Error) -> StoreFault {
    match error.kind() {
        ErrorKind::NotFound => StoreFault::NoDirectory,
        _ => io_fault(error),
    }
}

//! Writing a file whole and at once: whoever reads it sees the old content or the new.

use std::fs::File;
use std::io::{self, Write};

use cap_fs_ext::OpenOptionsMaybeDirExt;
use cap_std::fs::{Dir, OpenOptions, Permissions};

use super::error::FileError;
use super::reached::Reached;
use super::temporary::Temporary;

/// How many new files a write may lose to others, who clear the directory of abandoned ones, before it fails. Each
/// runtime does so once for a directory.
const MAX_TEMPORARIES: usize = 16;

impl Reached {
    /// Creates the file or replaces its content, on the disk when this returns. The permissions of a file that is
    /// there are kept, but not that it runs as its owner; a file without any permission to write is refused.
    ///
    /// # Errors
    /// That it is no regular file; the operating system's. Nothing is changed then, unless the operating system fails
    /// to say whether the new name is on the disk.
    pub(crate) fn write(&self, data: &[u8]) -> Result<(), FileError> {
        let (parent, name, found) = self.name()?;
        if found.is_some_and(|found| !found.is_file()) {
            return Err(FileError::Io("not a regular file".to_owned()));
        }
        let permissions = replaceable(parent, name)?;
        let directory = open_to_sync(parent)?;
        self.root.sweep(parent);
        for _ in 0..MAX_TEMPORARIES {
            let Some(mut temporary) = Temporary::create(parent, permissions.is_some())? else { continue };
            temporary.file.write_all(data)?;
            if let Some(permissions) = &permissions {
                temporary.file.set_permissions(permissions.clone().into_std(&temporary.file)?)?;
            }
            temporary.file.sync_all()?;
            replaceable(parent, name)?;
            if temporary.rename(name)? {
                return Ok(sync(&directory)?);
            }
        }
        Err(FileError::Io("the new file keeps being removed".to_owned()))
    }
}

/// The permissions that a new file takes over from the one it replaces; none if there is none.
fn replaceable(parent: &Dir, name: &str) -> Result<Option<Permissions>, FileError> {
    let now = match parent.symlink_metadata(name) {
        Ok(now) => now,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if now.is_dir() {
        return Err(FileError::IsADirectory);
    }
    if !now.is_file() {
        return Err(FileError::changed());
    }
    let permissions = now.permissions();
    if permissions.readonly() {
        return Err(FileError::Io("the file is read-only".to_owned()));
    }
    Ok(Some(kept(permissions)))
}

/// What of the permissions stays: to read, write and execute. A guest's content never runs as the owner of what it
/// replaced.
fn kept(permissions: Permissions) -> Permissions {
    #[cfg(unix)]
    {
        use cap_std::fs::PermissionsExt;
        Permissions::from_mode(permissions.mode() & 0o777)
    }
    #[cfg(not(unix))]
    permissions
}

/// A handle by which the directory itself goes to the disk, opened before anything is changed.
fn open_to_sync(parent: &Dir) -> io::Result<Option<File>> {
    if cfg!(windows) {
        return Ok(None);
    }
    let mut options = OpenOptions::new();
    options.read(true).maybe_dir(true);
    Ok(Some(parent.open_with(".", &options)?.into_std()))
}

/// File systems that cannot sync a directory say that the call is not for it.
fn sync(directory: &Option<File>) -> io::Result<()> {
    match directory.as_ref().map_or(Ok(()), File::sync_all) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

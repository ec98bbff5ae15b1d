//! What a path led to, and the operations that need no more than its name.
//!
//! Whoever holds a [`Reached`] decides on its `path`; only then are its methods called. They work below the handle of
//! the directory that was walked to, with the last name alone, and follow no link.

use std::path::PathBuf;

use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, Metadata};
use cap_std::time::SystemTime;

use super::Root;
use super::error::FileError;
use super::walk::{End, Walked};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing, in a directory that exists.
    Missing,
    File,
    Directory,
    /// A device, a FIFO or a socket.
    Special,
    /// No such place; the error is what every operation answers, but that a link's name cannot be created.
    Unreachable(FileError),
}

/// What is known of a file or directory. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileStat {
    /// In bytes; 0 for a directory.
    pub(crate) size: u64,
    pub(crate) is_directory: bool,
    /// Whether the asked path itself is a link; the rest is of what it leads to.
    pub(crate) is_symlink: bool,
    pub(crate) created: Option<u64>,
    pub(crate) modified: Option<u64>,
    pub(crate) readonly: bool,
}

/// The object that a path leads to.
#[derive(Debug)]
pub(crate) struct Reached {
    /// The guest's path of the object, free of links: what a permission is decided on.
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// Whether the last name of the asked path is itself a link.
    pub(crate) via_link: bool,
    pub(super) root: Root,
    pub(super) end: End,
}

impl Reached {
    pub(super) fn new(root: Root, Walked { path, via_link, end }: Walked) -> Self {
        let kind = match &end {
            End::Directory { .. } => Kind::Directory,
            End::Name { found: None, .. } => Kind::Missing,
            End::Name { found: Some(found), .. } if found.is_file() => Kind::File,
            End::Name { .. } => Kind::Special,
            End::Nowhere(error) => Kind::Unreachable(error.clone()),
        };
        Self { path, kind, via_link, root, end }
    }

    /// Device and inode, by which the host knows its own files under whatever name; none if nothing is there.
    pub(crate) fn identity(&self) -> Option<(u64, u64)> {
        match &self.end {
            End::Directory { metadata, .. } => identity(metadata),
            End::Name { found, .. } => found.as_ref().and_then(identity),
            End::Nowhere(_) => None,
        }
    }

    /// Device and inode of the directory that the path leads to, or else of the one that its last name is looked up in.
    pub(crate) fn directory_identity(&self) -> Option<(u64, u64)> {
        match &self.end {
            End::Directory { metadata, .. } => identity(metadata),
            End::Name { parent, .. } => parent.dir_metadata().ok().as_ref().and_then(identity),
            End::Nowhere(_) => None,
        }
    }

    /// Where the host has it. What is done with a path of the host can be raced; it is for what needs one.
    pub(crate) fn host_path(&self) -> PathBuf {
        self.root.0.host_path.join(self.path.trim_start_matches('/'))
    }

    /// Describes the object as it was when it was reached.
    ///
    /// # Errors
    /// That nothing is there.
    pub(crate) fn stat(&self) -> Result<FileStat, FileError> {
        let metadata = match &self.end {
            End::Directory { metadata, .. } => metadata,
            End::Name { found, .. } => found.as_ref().ok_or(FileError::NotFound)?,
            End::Nowhere(error) => return Err(error.clone()),
        };
        let is_directory = metadata.is_dir();
        Ok(FileStat {
            size: if is_directory { 0 } else { metadata.len() },
            is_directory,
            is_symlink: self.via_link,
            created: metadata.created().ok().and_then(unix_millis),
            modified: metadata.modified().ok().and_then(unix_millis),
            readonly: metadata.permissions().readonly(),
        })
    }

    /// Deletes a file. Of a link, what it leads to goes and the link stays.
    ///
    /// # Errors
    /// That it is no file, or the operating system's.
    pub(crate) fn delete(&self) -> Result<(), FileError> {
        let (parent, name, found) = self.name()?;
        found.ok_or(FileError::NotFound)?;
        let now = parent.symlink_metadata(name)?;
        if now.is_dir() {
            return Err(FileError::IsADirectory);
        }
        if now.is_symlink() {
            return Err(FileError::changed());
        }
        Ok(parent.remove_file(name)?)
    }

    /// Creates a directory.
    ///
    /// # Errors
    /// That something has the name, be it a link that leads nowhere; or the operating system's.
    pub(crate) fn create_directory(&self) -> Result<(), FileError> {
        if self.via_link {
            return Err(FileError::AlreadyExists);
        }
        match &self.end {
            End::Name { parent, name, found: None } => Ok(parent.create_dir(name)?),
            End::Name { .. } | End::Directory { .. } => Err(FileError::AlreadyExists),
            End::Nowhere(error) => Err(error.clone()),
        }
    }

    /// The name of what is to be a file, in its directory, and what it named when it was reached.
    pub(super) fn name(&self) -> Result<(&Dir, &str, Option<&Metadata>), FileError> {
        match &self.end {
            End::Name { parent, name, found } => Ok((parent, name, found.as_ref())),
            End::Directory { .. } => Err(FileError::IsADirectory),
            End::Nowhere(error) => Err(error.clone()),
        }
    }
}

/// Device and inode. Windows tells them of open files only.
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    (!cfg!(windows)).then(|| (metadata.dev(), metadata.ino()))
}

/// None for what is before 1970.
fn unix_millis(time: SystemTime) -> Option<u64> {
    let since = time.into_std().duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

//! A directory that nobody but this user can have written to, and the files in it.
//!
//! It is opened once, and all that follows goes through that open directory, by names without a path: whatever takes
//! its place later is not looked at. Who may write to it is asked again for every use.

use std::fs::{DirBuilder, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// What others must not be able to do with the directory: write, as group or at all.
const OTHERS_WRITE: u32 = 0o022;
/// The mode of a file that [`Directory::create`] made. Guests cannot make such a file: what they write, its owner may
/// write.
const FILE_MODE: u32 = 0o400;

/// An open directory of this user's.
pub(super) struct Directory(File);

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    #[error("it cannot be created: {0}")]
    Create(#[source] io::Error),
    #[error("it is no directory, or only a link to one: name the directory itself")]
    NotADirectory,
    #[error("it cannot be opened: {0}")]
    Open(#[source] io::Error),
    #[error("it cannot be written to: {0}")]
    Write(#[source] io::Error),
    #[error(transparent)]
    Distrust(#[from] Distrust),
}

/// Why what is written somewhere is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Distrust {
    #[error("it belongs to user {owner} and this process to user {us}: use one of this user's own")]
    Foreign { owner: u32, us: u32 },
    #[error("others may write to it, its mode is {0:03o}: take that from them with `chmod go-w`")]
    Writable(u32),
    #[error("its mode is {0:03o}, and files that are written here have {FILE_MODE:03o}")]
    Mode(u32),
}

/// A file of a directory, by its name.
pub(super) struct Found {
    pub(super) name: String,
    /// When it was used last, in seconds and nanoseconds.
    pub(super) used: (i64, i64),
    pub(super) bytes: u64,
}

/// A new file that has no name to be found by yet. It is locked as long as it is open, so that one that a dead process
/// left can be told from one that is being written; and removed when dropped, unless it got its name.
pub(super) struct Unfinished<'a> {
    directory: &'a Directory,
    name: String,
    pub(super) file: File,
    finished: bool,
}

/// Holds that a file is as [`Directory::create`] makes them.
pub(super) fn trust_file(metadata: &Metadata) -> Result<(), Distrust> {
    let mode = owned(metadata)?;
    if mode == FILE_MODE { Ok(()) } else { Err(Distrust::Mode(mode)) }
}

/// The mode of what this user owns.
fn owned(metadata: &Metadata) -> Result<u32, Distrust> {
    let (owner, us) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == us { Ok(metadata.mode() & 0o7777) } else { Err(Distrust::Foreign { owner, us }) }
}

impl Directory {
    /// Opens it, and creates it first, for this user alone, if it does not exist.
    ///
    /// # Errors
    /// If that fails, or others may write to it.
    pub(super) fn open(path: &Path) -> Result<Self, DirectoryError> {
        // Without a slash at the end, behind which a link would be followed.
        let path: PathBuf = path.components().collect();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = || rustix::fs::open(&path, flags, Mode::empty());
        let opened = match open() {
            Err(Errno::NOENT) => {
                DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(DirectoryError::Create)?;
                open()
            }
            opened => opened,
        };
        let directory = match opened {
            Ok(file) => Self(file.into()),
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(DirectoryError::NotADirectory),
            Err(error) => return Err(DirectoryError::Open(error.into())),
        };
        directory.trust()?;
        Ok(directory)
    }

    /// Holds that this user owns it, and that no other may write to it.
    ///
    /// # Errors
    /// If that is not so.
    pub(super) fn trust(&self) -> Result<(), DirectoryError> {
        let mode = owned(&self.0.metadata().map_err(DirectoryError::Open)?)?;
        if mode & OTHERS_WRITE == 0 { Ok(()) } else { Err(Distrust::Writable(mode).into()) }
    }

    /// Device and inode, by which it is known under whatever name.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.0.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok()
    }

    /// Opens a file to read it, without following a link or waiting for a writer of a FIFO; none if there is none.
    pub(super) fn file(&self, name: &str) -> io::Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates a file under a name that is its own; whoever opens it again may only read. None if another process took
    /// it for abandoned before it was locked, and another one may succeed.
    pub(super) fn create(&self, name: String) -> io::Result<Option<Unfinished<'_>>> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.0, &name, flags, Mode::from_raw_mode(FILE_MODE))?);
        let unfinished = Unfinished { directory: self, name, file, finished: false };
        // Where there are no locks, nobody can take it for abandoned either.
        Ok((!matches!(unfinished.file.try_lock(), Err(TryLockError::WouldBlock))).then_some(unfinished))
    }

    /// The files whose name is asked for, and neither links nor anything else. What vanishes meanwhile is left out.
    pub(super) fn files(&self, asked: impl Fn(&str) -> bool) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().ok().filter(|name| asked(name)) else { continue };
            let Ok(stat) = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                continue;
            }
            let bytes = u64::try_from(stat.st_size).unwrap_or(0);
            let used = (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0));
            found.push(Found { name: name.to_owned(), used, bytes });
        }
        Ok(found)
    }

    /// Removes a file; whether it was there.
    pub(super) fn remove(&self, name: &str) -> bool {
        rustix::fs::unlinkat(&self.0, name, AtFlags::empty()).is_ok()
    }
}

impl Unfinished<'_> {
    /// Gives it its name, in place of whatever has that: a file, a link, a FIFO, an empty directory. False if it was
    /// removed as abandoned before it was locked.
    pub(super) fn finish(mut self, name: &str) -> io::Result<bool> {
        let directory = &self.directory.0;
        let rename = || rustix::fs::renameat(directory, &self.name, directory, name);
        let renamed = match rename() {
            Err(Errno::ISDIR) => rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR).and_then(|()| rename()),
            renamed => renamed,
        };
        self.finished = renamed.is_ok();
        match renamed {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.directory.remove(&self.name);
        }
    }
}

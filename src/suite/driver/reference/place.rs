//! The directory of a case: files written into it, and what is there afterwards.

use std::io;
use std::path::{Component as PathComponent, Path, PathBuf};

use super::super::DriverError;
use crate::suite::protocol::{Bytes, FileKind, FileState, WorldFile};

/// The directory of a world that components see as `/`.
pub(super) const ROOT: &str = "root";

/// A path within the world.
pub(super) fn within(world: &Path, path: &str) -> Result<PathBuf, DriverError> {
    let relative = PathBuf::from(path);
    if !relative.components().all(|part| matches!(part, PathComponent::Normal(_))) {
        return Err(DriverError::new(format!("`{path}` is not a path within the world")));
    }
    Ok(world.join(relative))
}

/// Writes a file of the world.
pub(super) fn write(world: &Path, file: &WorldFile) -> Result<(), DriverError> {
    let path = within(world, &file.path)?;
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = made.and_then(|()| match (&file.link, file.kind) {
        (Some(target), _) => link(target, &path),
        (None, None) => std::fs::write(&path, &file.bytes.0),
        (None, Some(FileKind::Directory)) => std::fs::create_dir_all(&path),
        (None, Some(kind)) => special(kind, &path, &file.bytes),
    });
    written.map_err(|why| DriverError::new(format!("`{}` cannot be written: {why}", file.path)))
}

/// What is at a path of the world. Links are not followed.
pub(super) fn look_at(world: &Path, path: &str) -> Result<FileState, DriverError> {
    state(&within(world, path)?).map_err(|why| DriverError::new(format!("`{path}` cannot be looked at: {why}")))
}

fn state(path: &Path) -> io::Result<FileState> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(FileState::Absent);
        }
        Err(why) => return Err(why),
    };
    Ok(if metadata.is_symlink() {
        FileState::Link(std::fs::read_link(path)?.to_string_lossy().into_owned())
    } else if metadata.is_dir() {
        let names = std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort();
        FileState::Directory(names)
    } else if metadata.is_file() {
        FileState::Content(Bytes(std::fs::read(path)?))
    } else {
        FileState::Special
    })
}

#[cfg(unix)]
fn special(kind: FileKind, path: &Path, bytes: &Bytes) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match kind {
        FileKind::Executable => {
            std::fs::write(path, &bytes.0)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        }
        FileKind::Fifo => {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o644.into(), 0).map_err(Into::into)
        }
        // Bound and dropped: the name stays.
        FileKind::Socket => std::os::unix::net::UnixListener::bind(path).map(drop),
        FileKind::Directory => std::fs::create_dir_all(path),
    }
}

#[cfg(not(unix))]
fn special(_: FileKind, _: &Path, _: &Bytes) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "special files need a Unix system"))
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "symbolic links need a Unix system"))
}

//! Reading a file whole.

use std::io::{self, Read};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Metadata, OpenOptions};

use super::error::FileError;
use super::reached::{Reached, identity};

impl Reached {
    /// The content, at most `max` bytes. Of a device or a FIFO, what is there without waiting.
    ///
    /// It is the content of the file that has the name now: another one may have been renamed to it since it was
    /// reached, as an atomic write does. Anything but a regular file is read only if it is what was decided on.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] with `max`; that it is no file, or none that was decided on; the operating system's.
    pub(crate) fn read(&self, max: u64) -> Result<Vec<u8>, FileError> {
        let (parent, name, found) = self.name()?;
        let found = found.ok_or(FileError::NotFound)?;
        let file = match parent.open_with(name, &options()) {
            Ok(file) => file,
            Err(error) => {
                let is_link = parent.symlink_metadata(name).is_ok_and(|now| now.is_symlink());
                return Err(if is_link { FileError::changed() } else { error.into() });
            }
        };
        let now = file.metadata()?;
        if now.is_dir() {
            return Err(FileError::IsADirectory);
        }
        if !now.is_file() && !is_same(&now, found) {
            return Err(FileError::changed());
        }
        if now.is_file() && now.len() > max {
            return Err(FileError::TooLarge(max));
        }
        let mut content = Vec::new();
        match file.take(max.saturating_add(1)).read_to_end(&mut content) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock || now.is_file() => Err(error.into()),
            _ if u64::try_from(content.len()).unwrap_or(u64::MAX) > max => Err(FileError::TooLarge(max)),
            _ => Ok(content),
        }
    }
}

/// Neither a link nor a FIFO without a writer holds the open up, and a terminal does not become the host's.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NOCTTY.bits().cast_signed());
    }
    options
}

fn is_same(now: &Metadata, found: &Metadata) -> bool {
    now.file_type() == found.file_type() && identity(now) == identity(found)
}

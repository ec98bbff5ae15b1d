//! Listing a directory.

use super::error::FileError;
use super::name::is_reserved;
use super::reached::Reached;
use super::walk::End;

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What is not UTF-8 in it is replaced; such an entry cannot be reached.
    pub(crate) name: String,
    /// Whether it is a directory itself: of a link, false.
    pub(crate) is_directory: bool,
    /// Bytes of a regular file; 0 for anything else. Where a link leads is not looked at.
    pub(crate) size: u64,
}

impl Reached {
    /// The entries of a directory, sorted by name.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] with `max_entries`, if there are more; that it is no directory; the operating system's.
    pub(crate) fn list(&self, max_entries: usize) -> Result<Vec<Entry>, FileError> {
        let handle = match &self.end {
            End::Directory { handle, .. } => handle,
            End::Name { found: Some(_), .. } => return Err(FileError::NotADirectory),
            End::Name { found: None, .. } => return Err(FileError::NotFound),
            End::Nowhere(error) => return Err(error.clone()),
        };
        // All names first: a directory of too many is refused before any of them is looked at.
        let mut names = Vec::new();
        for entry in handle.entries()? {
            let entry = entry?;
            let name = entry.file_name();
            if is_reserved(&name.to_string_lossy()) {
                continue;
            }
            if names.len() == max_entries {
                return Err(FileError::TooLarge(u64::try_from(max_entries).unwrap_or(u64::MAX)));
            }
            names.push(name);
        }
        names.sort_unstable();
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            let metadata = match handle.symlink_metadata(&name).map_err(FileError::from) {
                Ok(metadata) => metadata,
                // Deleted since.
                Err(FileError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            let size = if metadata.is_file() { metadata.len() } else { 0 };
            let is_directory = metadata.is_dir();
            entries.push(Entry { name: name.to_string_lossy().into_owned(), is_directory, size });
        }
        Ok(entries)
    }
}

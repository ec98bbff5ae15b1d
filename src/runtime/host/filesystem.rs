//! `airssys:ext-filesystem/filesystem`: files by path.

use super::super::bindings::filesystem::{DirectoryEntry, FileError, FileMetadata, Host as Filesystem};
use super::Host;
use super::gate::{Access, Denied};

impl From<Denied> for FileError {
    fn from(Denied(text): Denied) -> Self {
        FileError::PermissionDenied(text)
    }
}

impl Host {
    /// Decides an action on a path. Nothing passes, so there is nothing yet that could follow.
    fn file<T>(&self, actions: &[&'static str], path: &str) -> Result<T, FileError> {
        self.gate(Access::Filesystem(actions, path))?;
        Err(FileError::IoError("this runtime serves no files".to_owned()))
    }
}

impl Filesystem for Host {
    async fn read_file(&mut self, path: String) -> Result<Vec<u8>, FileError> {
        self.file(&["read"], &path)
    }

    async fn write_file(&mut self, path: String, _: Vec<u8>) -> Result<(), FileError> {
        self.file(&["write"], &path)
    }

    async fn stat_file(&mut self, path: String) -> Result<FileMetadata, FileError> {
        self.file(&["read", "list"], &path)
    }

    async fn delete_file(&mut self, path: String) -> Result<(), FileError> {
        self.file(&["delete"], &path)
    }

    async fn list_directory(&mut self, path: String) -> Result<Vec<DirectoryEntry>, FileError> {
        self.file(&["list"], &path)
    }

    async fn create_directory(&mut self, path: String) -> Result<(), FileError> {
        self.file(&["write"], &path)
    }
}

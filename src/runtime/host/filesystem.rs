//! `airssys:ext-filesystem/filesystem`: files by path, below the root that the host configured.
//!
//! Every function follows the path to the object that it leads to, passes the gate with that object, and acts on the
//! handle that was found, never on the path again.

use crate::permission::{Class, FourAction, PathError, normalise};

use super::super::bindings::filesystem::{DirectoryEntry, FileError, FileMetadata, Host as Filesystem};
use super::super::files::{self, Kind, Reached};
use super::Host;
use super::gate::{Asked, Denied, Gate, Node, Subject};

/// Where a path leads.
pub(super) struct Found {
    /// The object; none if the host configured no root.
    reached: Option<Reached>,
    /// The guest path of the object, or where it would be.
    path: String,
    node: Node,
}

impl Found {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn node(&self) -> Node {
        self.node
    }

    pub(super) fn into_reached(self) -> Option<Reached> {
        self.reached
    }
}

impl From<Denied> for FileError {
    fn from(Denied(text): Denied) -> Self {
        FileError::PermissionDenied(text)
    }
}

impl Gate {
    /// Follows a guest's path. Nothing of what is found there may be told before the gate was passed.
    pub(super) async fn follow(&self, path: &str) -> Result<Found, PathError> {
        let normal = normalise(path)?.into_owned();
        let Some(root) = self.services.root.clone() else {
            return Ok(Found { reached: None, path: normal, node: Node::Ordinary });
        };
        let asked = normal.clone();
        let Ok(Ok(reached)) = self.services.tasks.blocking(move || root.reach(&asked)).await else {
            return Ok(Found { reached: None, path: normal, node: Node::Ordinary });
        };
        let own = reached.identity().is_some_and(|identity| self.services.own_files.contains(&identity))
            || self.services.own_directory.is_some_and(|directory| reached.directory_identity() == Some(directory));
        let node = match reached.kind {
            _ if own => Node::Own,
            Kind::Special => Node::Special,
            _ => Node::Ordinary,
        };
        Ok(Found { path: reached.path.clone(), reached: Some(reached), node })
    }
}

impl Host {
    /// Follows a path, passes the gate with what is there, and acts on it.
    async fn file<T: Send + 'static>(
        &mut self,
        (action, or): (FourAction, Option<FourAction>),
        path: String,
        act: impl FnOnce(&Reached) -> Result<T, files::FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        let found = match self.gate.follow(&path).await {
            Ok(found) => found,
            Err(error) => {
                let why = error.to_string();
                let subject = Subject::Malformed { class: Class::Filesystem, action: action.as_str(), why: &why };
                // What is no path is no matter of permission; that it was asked for is recorded all the same.
                let _denied = self.gate.pass(Asked { subject, resource: &path, resolved: None });
                return Err(FileError::InvalidPath(why));
            }
        };
        let subject = Subject::Path { action, or, path: &found.path, node: found.node };
        self.gate.pass(Asked { subject, resource: &path, resolved: Some(found.path.clone()) })?;
        let Some(reached) = found.reached else {
            return Err(FileError::IoError("the host gives components no files".to_owned()));
        };
        let acted = self.gate.services.tasks.blocking(move || act(&reached)).await;
        let acted = acted.map_err(|_| FileError::IoError("the operation was given up".to_owned()))?;
        acted.map_err(|error| in_words(error, path))
    }
}

fn in_words(error: files::FileError, path: String) -> FileError {
    match error {
        files::FileError::NotFound => FileError::NotFound(path),
        files::FileError::AlreadyExists => FileError::AlreadyExists(path),
        files::FileError::NotADirectory => FileError::NotADirectory(path),
        files::FileError::IsADirectory => FileError::IsADirectory(path),
        files::FileError::InvalidPath(why) => FileError::InvalidPath(why),
        files::FileError::TooLarge(limit) => FileError::TooLarge(limit),
        files::FileError::Io(why) => FileError::IoError(why),
    }
}

impl Filesystem for Host {
    async fn read_file(&mut self, path: String) -> Result<Vec<u8>, FileError> {
        let max = self.gate.services.limits.file_bytes;
        self.file((FourAction::Read, None), path, move |reached| reached.read(max)).await
    }

    async fn write_file(&mut self, path: String, data: Vec<u8>) -> Result<(), FileError> {
        self.file((FourAction::Write, None), path, move |reached| reached.write(&data)).await
    }

    async fn stat_file(&mut self, path: String) -> Result<FileMetadata, FileError> {
        let stat = self.file((FourAction::Read, Some(FourAction::List)), path, Reached::stat).await?;
        let files::FileStat { size, is_directory, is_symlink, created, modified, readonly } = stat;
        Ok(FileMetadata { size, is_directory, is_symlink, created, modified, readonly })
    }

    async fn delete_file(&mut self, path: String) -> Result<(), FileError> {
        self.file((FourAction::Delete, None), path, Reached::delete).await
    }

    async fn list_directory(&mut self, path: String) -> Result<Vec<DirectoryEntry>, FileError> {
        let max = self.gate.services.limits.directory_entries;
        let entries = self.file((FourAction::List, None), path, move |reached| reached.list(max)).await?;
        let entry = |entry: files::Entry| DirectoryEntry {
            name: entry.name,
            is_directory: entry.is_directory,
            size: entry.size,
        };
        Ok(entries.into_iter().map(entry).collect())
    }

    async fn create_directory(&mut self, path: String) -> Result<(), FileError> {
        self.file((FourAction::Write, None), path, Reached::create_directory).await
    }
}

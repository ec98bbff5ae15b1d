//! Why packages could not be put into `wit/deps`.

use std::path::PathBuf;

use super::apply::ApplyError;
use super::disk::DiskError;
use super::git::GitError;
use super::lock::LockError;
use super::plan::ContentError;
use super::resolve::Conflict;
use crate::wit::source::SourceError;

/// Why packages could not be put into `wit/deps`.
#[derive(Debug, thiserror::Error)]
pub enum DepsError {
    /// The lock cannot be read.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The component's own `wit` cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A `path` of the manifest cannot be read.
    #[error("the path of {name} in [wit-dependencies]")]
    Path {
        /// The package.
        name: String,
        /// What is wrong with it.
        #[source]
        source: DiskError,
    },
    /// A `git` of the manifest cannot be read.
    #[error("the git of {name} in [wit-dependencies]")]
    Git {
        /// The package.
        name: String,
        /// What is wrong with it.
        #[source]
        source: GitError,
    },
    /// A place that the manifest names holds no package.
    #[error(
        "{name} in [wit-dependencies]: {place} leads to no package: no directory has .wit files that declare one with a \
         version{unread}"
    )]
    Empty {
        /// The package.
        name: String,
        /// The place.
        place: String,
        /// Directories that could not be read, a line each.
        unread: String,
    },
    /// The component's own package cannot be read.
    #[error("{0}")]
    Own(String),
    /// There is no set of packages.
    #[error(transparent)]
    Conflict(Box<Conflict>),
    /// Content is not what it has to be.
    #[error(transparent)]
    Content(Box<ContentError>),
    /// `wit` or `wit/deps` is a link that leads outside the component's directory.
    #[error("{} leads outside the component's directory, and nothing is written there: make it a directory", .0.display())]
    Outside(PathBuf),
    /// The component's own package does not resolve with what it was given.
    #[error("the packages are in place, and wit does not resolve with them")]
    Unresolved(#[from] SourceError),
    /// Something could not be written.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The lock could not be made into text.
    #[error("failed to write the lock as TOML")]
    Text(#[from] toml::ser::Error),
}

impl From<ContentError> for DepsError {
    fn from(error: ContentError) -> Self {
        Self::Content(Box::new(error))
    }
}

impl From<Conflict> for DepsError {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(Box::new(conflict))
    }
}

impl DepsError {
    /// Whether the command failed, and not what it was given.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Apply(_) | Self::Text(_))
    }
}

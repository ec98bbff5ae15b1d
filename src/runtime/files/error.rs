//! How an operation on a file fails.

use std::io;

/// Why an operation on a file failed. The path is the caller's to add.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    #[error("nothing is there")]
    NotFound,
    #[error("something is there already")]
    AlreadyExists,
    #[error("not a directory")]
    NotADirectory,
    #[error("a directory")]
    IsADirectory,
    /// The text says what is wrong with it.
    #[error("{0}")]
    InvalidPath(String),
    /// The bound that was passed: bytes of a file, or entries of a directory.
    #[error("more than {0}")]
    TooLarge(u64),
    #[error("{0}")]
    Io(String),
}

impl FileError {
    /// What was decided on was replaced before it was acted on.
    pub(super) fn changed() -> Self {
        Self::Io("the path changed meanwhile".to_owned())
    }
}

impl From<io::Error> for FileError {
    /// Errors that the operating system raises for a name carry no path of the host.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::NotADirectory => Self::NotADirectory,
            io::ErrorKind::IsADirectory => Self::IsADirectory,
            io::ErrorKind::InvalidFilename => Self::InvalidPath("the file system does not take the name".to_owned()),
            _ => Self::Io(error.to_string()),
        }
    }
}

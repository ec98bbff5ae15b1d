//! A directory of `.wit` files, resolved.

use std::path::{Path, PathBuf};

use wit_parser::{PackageId, Resolve};

/// A WIT package that stands in a directory, and all that it refers to.
#[derive(Debug)]
pub struct Source {
    /// Where it stands.
    pub directory: PathBuf,
    /// What it says, features that are not stable included.
    pub resolve: Resolve,
    /// The package of the directory itself.
    pub package: PackageId,
}

/// A directory cannot be read as a WIT package.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", directory.display())]
pub struct SourceError {
    /// The directory that was to be read.
    pub directory: PathBuf,
    /// What is wrong with it, where, and how to mend it.
    pub what: String,
}

/// Reads a directory that holds a WIT package: its `.wit` files, and those of the packages in its `deps/`.
///
/// # Errors
/// [`SourceError`] if there is no such directory, or if what it holds does not resolve.
pub fn read(directory: &Path) -> Result<Source, SourceError> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    match resolve.push_dir(directory) {
        Ok((package, _)) => Ok(Source { directory: directory.to_owned(), resolve, package }),
        Err(error) => Err(SourceError { directory: directory.to_owned(), what: format!("{error:#}") }),
    }
}

//! Files below one directory of the host: from a guest's path to the object that it leads to, and what can be done there.
//!
//! In: a directory of the host ([`Root`]) and paths of guests, which are absolute below it. Out: a [`Reached`], with
//! the path that a permission is decided on, and then the operation itself. Between the two stands whoever decides;
//! this module knows no permission, no component and no engine, and waits for the disk on the caller's thread.
//!
//! [`Root::reach`] opens one name after the other below the handle of the last, never follows a link but reads it and
//! goes where it leads itself, and so knows each name that it walked. What is done later is done below the handle of
//! the last directory, with the last name, and follows no link either: a link that appears after the decision is an
//! error, not a way out. A directory that is moved while it is walked counts as where it was found.
//!
//! Nothing that `reach` meets is an error of its own. A missing directory, a file in the middle, a refusal of the
//! operating system and a loop of links are a [`Kind::Unreachable`], told only once the path was granted, so that a
//! denial does not depend on what exists.
//!
//! A write goes to a new file beside the old, with a name of the form `.airssys-….tmp`, and is renamed over it. Such
//! names belong to the runtime: a path with one is refused whether or not it exists, and no listing shows one.

mod error;
mod list;
mod name;
mod reached;
mod read;
mod temporary;
mod trail;
mod walk;
mod write;

#[cfg(all(test, target_os = "linux"))]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::permission::{PathError, normalise};

pub(crate) use error::FileError;
pub(crate) use list::Entry;
pub(crate) use reached::{FileStat, Kind, Reached};

use walk::{Changed, End, Walked, walk};

/// How often a walk starts again because what it had just looked at was replaced. Each time needs somebody to replace
/// something within microseconds; who does that for ever must not hold the caller for ever.
const MAX_WALKS: usize = 64;

/// A directory of the host, below which the paths of guests lie. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Root(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: Arc<Dir>,
    /// Where the host has it; absolute and free of links when it was opened.
    host_path: PathBuf,
    /// The directories that were cleared of what a crash left behind, by device and inode.
    swept: Mutex<BTreeSet<(u64, u64)>>,
}

impl Root {
    /// Opens a directory of the host as the `/` of guests.
    ///
    /// # Errors
    /// Those of opening a directory.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let host_path = path.canonicalize()?;
        let directory = Arc::new(Dir::open_ambient_dir(&host_path, ambient_authority())?);
        Ok(Self(Arc::new(Inner { directory, host_path, swept: Mutex::default() })))
    }

    /// Goes where a path leads. Nothing is created or changed, nor any content looked at.
    ///
    /// # Errors
    /// [`ReachError`] for a text that is no path; all else is told by [`Reached::kind`].
    pub(crate) fn reach(&self, path: &str) -> Result<Reached, ReachError> {
        let path = normalise(path)?;
        let walked = until_still(|| walk(&self.0.directory, &path));
        Ok(Reached::new(self.clone(), walked))
    }
}

/// Walks until nothing was replaced under the walk, and gives up in the end.
fn until_still(mut walk: impl FnMut() -> Result<Walked, Changed>) -> Walked {
    let mut walks = 1;
    loop {
        match walk() {
            Ok(walked) => return walked,
            Err(_) if walks < MAX_WALKS => walks += 1,
            Err(Changed { path, via_link }) => {
                let end = End::Nowhere(FileError::Io("the path keeps changing".to_owned()));
                return Walked { path, via_link, end };
            }
        }
    }
}

/// Why a text is no path to go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ReachError(#[from] PathError);

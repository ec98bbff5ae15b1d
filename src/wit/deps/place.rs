//! A place that packages are looked for in: what was found there, and what could not be read.

use std::collections::BTreeSet;
use std::fmt;

use super::id::{PackageId, is_reserved};
use super::listing::Listing;
use super::package::{Package, declared};
use super::source::Source;

/// What the packages of a source are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// What it is called in messages: `wit`, `path ../x`, `git URL#commit`, `contract`.
    pub(super) name: String,
    /// The packages, those nearer to the root of the source first.
    pub(super) packages: Vec<Found>,
    /// Directories that hold `.wit` files and no package that could be used.
    pub(super) faulty: Vec<Faulty>,
    /// What may hold packages and was not read, and why.
    pub(super) unread: Vec<String>,
}

/// A package and where it is from.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// What the lock says of it.
    pub(super) source: Source,
    /// The directory inside the place; empty for its root.
    pub(super) directory: String,
    /// The package.
    pub(super) package: Package,
}

/// A directory that could not be read as a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Faulty {
    /// The directory inside the place.
    pub(super) directory: String,
    /// The package that it seems to declare.
    pub(super) declares: Option<String>,
    /// Whether its text is WIT all the same, and only a version is missing.
    pub(super) is_wit: bool,
    /// Where in the place, and what is wrong.
    pub(super) what: String,
}

impl Place {
    /// Reads each directory of a listing as a package. `source` says where the package of a directory is from.
    pub(super) fn read(name: String, listing: Listing, source: impl Fn(&str) -> Source) -> Self {
        let Listing { directories, unread, .. } = listing;
        let mut place = Self { name, packages: Vec::new(), faulty: Vec::new(), unread };
        for (directory, files) in directories {
            let bad = files.iter().find_map(|file| Some(format!("{}: {}", file.name, file.content.as_ref().err()?)));
            let files: Vec<_> = files.into_iter().filter_map(|file| Some((file.name, file.content.ok()?))).collect();
            let declares = files.iter().find_map(|(_, bytes)| seems_to_declare(bytes));
            let at = |separator: &str, what: String| match directory.as_str() {
                "" => what,
                directory => format!("{directory}{separator}{what}"),
            };
            let read = match bad {
                Some(bad) => Err((false, at("/", bad))),
                None => declared(directory.strip_suffix(".wit").map_or(directory.as_str(), parent), files)
                    .map_err(|what| (false, what))
                    .and_then(|declared| declared.versioned().map_err(|what| (true, at(": ", what)))),
            };
            match read {
                Ok(package) => place.packages.push(Found { source: source(&directory), directory, package }),
                Err((is_wit, what)) => place.faulty.push(Faulty { directory, declares, is_wit, what }),
            }
        }
        place.forget_copies();
        place.packages.sort_by_key(|found| (found.directory.matches('/').count(), found.directory.clone()));
        place
    }

    /// Takes out what this command has put into some `deps`, wherever the place has the package itself: a copy may be old.
    fn forget_copies(&mut self) {
        let is_copy = |found: &Found| {
            let parts: Vec<&str> = found.directory.rsplit('/').collect();
            matches!(parts[..], [name, "deps", ..] if is_reserved(name))
        };
        let originals = self.packages.iter().filter(|found| !is_copy(found)).map(|found| found.package.id.clone());
        let originals: BTreeSet<PackageId> = originals.collect();
        self.packages.retain(|found| !is_copy(found) || !originals.contains(&found.package.id));
    }

    /// The directories that hold this package.
    pub(super) fn holding<'a>(&'a self, id: &'a PackageId) -> impl Iterator<Item = usize> + 'a {
        (0..self.packages.len()).filter(move |&index| self.packages[index].package.id == *id)
    }

    /// The directory that seems to declare a package of this name and cannot be read.
    pub(super) fn faulty_of(&self, name: &str) -> Option<&Faulty> {
        self.faulty.iter().find(|faulty| faulty.declares.as_deref() == Some(name))
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The directory around a file.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The name behind the first `package` that starts a line: for files that do not parse, which say no more.
fn seems_to_declare(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let behind = text.lines().find_map(|line| line.trim_start().strip_prefix("package "))?;
    let name = behind.trim_start().split(['@', ';', '{', ' ', '/']).next()?;
    name.contains(':').then(|| name.to_owned())
}

//! From what is to be in `wit/deps` and what is there to the changes, or to why nothing may be changed. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::apply::Change;
use super::disk::{Kept, kept};
use super::error::DepsError;
use super::id::PackageId;
use super::lock::{Lock, Locked};
use super::package::{Files, sha256};
use super::source::Source;

/// What a run does about a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is there as it was.
    Unchanged,
    /// It was not there.
    Added,
    /// It was there with other content.
    Updated,
    /// It was there and is needed no more.
    Removed,
}

/// A package and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The package.
    pub id: PackageId,
    /// What the lock says of it; of one that is removed, what it said.
    pub locked: Locked,
    /// What is done.
    pub status: Status,
}

/// Content is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// A directory of `wit/deps` holds something else than was put there.
    #[error(
        "{id} in wit/deps/{} is not what was put there: expected sha256 {expected}, found {found}: the directory or wit.lock \
         was changed by hand; remove the directory and run again (changes of your own go to a directory below wit)",
        id.directory()
    )]
    Tampered {
        /// The package.
        id: PackageId,
        /// What it should hold.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// A directory that is to be replaced or removed holds something that this command did not put there.
    #[error(
        "wit/deps/{directory} holds {entry}, which was not put there by this command: move it elsewhere and run again"
    )]
    Foreign {
        /// The directory.
        directory: String,
        /// What it holds.
        entry: String,
    },
    /// A source gives other content than the lock says.
    #[error(
        "{id} is not what wit.lock says: expected sha256 {expected}, found {found}: if the change is meant, run \
         with --update"
    )]
    Changed {
        /// The package.
        id: PackageId,
        /// The hash of the lock.
        expected: String,
        /// The hash of what is there, and where that is.
        found: String,
    },
    /// What the lock names is not there any more.
    #[error("{id} is not in {place}, where wit.lock says it is: put it back, or run with --update")]
    Gone {
        /// The package.
        id: PackageId,
        /// Where it should be.
        place: String,
    },
    /// The lock says something of a package that its content does not.
    #[error(
        "wit.lock says of {id} what its content does not: {what}: take the file from version control, or run with --update"
    )]
    Disagrees {
        /// The package.
        id: PackageId,
        /// What differs.
        what: String,
    },
}

/// What is to be done.
pub(super) struct Plan {
    pub(super) items: Vec<Item>,
    pub(super) changes: Vec<Change>,
}

/// Whether the tools that read `wit` find a package of this source where it stands.
pub(super) fn is_in_place(source: &Source) -> bool {
    match source {
        Source::Local(directory) => {
            directory == "wit" || directory.strip_prefix("wit/deps/").is_some_and(|rest| !rest.contains('/'))
        }
        _ => false,
    }
}

/// What has to change in `deps`. `content` gives the files of a package that has to be written.
pub(super) fn plan(
    deps: &Path,
    new: &Lock,
    old: Option<&Lock>,
    mut content: impl FnMut(&PackageId, &Locked) -> Result<Files, DepsError>,
) -> Result<Plan, DepsError> {
    let none = BTreeMap::new();
    let before = old.map_or(&none, |lock| &lock.packages);
    let mut plan = Plan { items: Vec::new(), changes: Vec::new() };
    for (id, locked) in &new.packages {
        let known = before.get(id);
        let status = if is_in_place(&locked.source) {
            match known {
                Some(known) if known.sha256 == locked.sha256 => Status::Unchanged,
                Some(_) => Status::Updated,
                None => Status::Added,
            }
        } else {
            let present = kept(&deps.join(id.directory()))?;
            let status = status(id, locked, known, present.as_ref())?;
            if status != Status::Unchanged {
                let files = Some(content(id, locked)?);
                plan.changes.push(Change { directory: id.directory(), files });
            }
            status
        };
        plan.items.push(Item { id: id.clone(), locked: locked.clone(), status });
    }
    let stays: BTreeSet<&PackageId> =
        new.packages.iter().filter(|(_, locked)| !is_in_place(&locked.source)).map(|(id, _)| id).collect();
    for (id, locked) in before.iter().filter(|(id, locked)| !is_in_place(&locked.source) && !stays.contains(id)) {
        if let Some(present) = kept(&deps.join(id.directory()))? {
            replaceable(id, &present, &[&locked.sha256])?;
            plan.changes.push(Change { directory: id.directory(), files: None });
        }
        if !new.packages.contains_key(id) {
            plan.items.push(Item { id: id.clone(), locked: locked.clone(), status: Status::Removed });
        }
    }
    let gone = before.iter().filter(|(id, locked)| is_in_place(&locked.source) && !new.packages.contains_key(id));
    plan.items.extend(gone.map(|(id, locked)| Item {
        id: id.clone(),
        locked: locked.clone(),
        status: Status::Removed,
    }));
    plan.items.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(plan)
}

/// What has to be done about the directory of a package.
fn status(
    id: &PackageId,
    locked: &Locked,
    known: Option<&Locked>,
    present: Option<&Kept>,
) -> Result<Status, ContentError> {
    let Some(present) = present else { return Ok(Status::Added) };
    let found = found(present);
    if found == locked.sha256 {
        return Ok(Status::Unchanged);
    }
    let expected: Vec<&String> = known.map(|known| &known.sha256).into_iter().chain([&locked.sha256]).collect();
    replaceable(id, present, &expected)?;
    Ok(Status::Updated)
}

/// Refuses to replace or remove what this command did not put there. `expected` is not empty.
fn replaceable(id: &PackageId, present: &Kept, expected: &[&String]) -> Result<(), ContentError> {
    let found = found(present);
    if !expected.contains(&&found) {
        let expected = expected.first().map_or_else(String::new, |first| (*first).clone());
        return Err(ContentError::Tampered { id: id.clone(), expected, found });
    }
    match present.others.first() {
        Some(entry) => Err(ContentError::Foreign { directory: id.directory(), entry: entry.clone() }),
        None => Ok(()),
    }
}

/// The hash of what a directory holds. A `.wit` that is no file has none: tools would read it.
fn found(present: &Kept) -> String {
    match present.others.iter().find(|name| name.ends_with(".wit")) {
        Some(name) => format!("{name}, which is no regular file"),
        None => sha256(&present.files),
    }
}

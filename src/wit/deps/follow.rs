//! A lock that still fits: what it names is held against what is there, and had from where the lock says.

use std::path::Path;

use super::disk::{self, DiskError};
use super::error::DepsError;
use super::gather::{Own, contract_place, read_path};
use super::git::{self, Repository};
use super::id::PackageId;
use super::lock::{Lock, LockError, Locked};
use super::package::{Files, Package, declared, sha256};
use super::place::Place;
use super::plan::{ContentError, is_in_place};
use super::source::Source;
use super::{DEPS, Settings};

/// Refuses a lock that names a source which the manifest does not, or that its content contradicts, wherever that is at hand.
pub(super) fn verify(directory: &Path, lock: &Lock, own: &Own) -> Result<(), DepsError> {
    for (id, locked) in &lock.packages {
        is_named(lock, id, &locked.source)?;
        match &locked.source {
            Source::Local(_) => drop(locally(&own.place, id, locked)?),
            // Whoever has the source is told of a change; whoever has only the copy does without.
            Source::Path(path) if directory.join(path).exists() => drop(from_path(directory, path, id, locked)?),
            _ => {}
        }
        if !is_in_place(&locked.source) {
            let present = disk::kept(&directory.join(DEPS).join(id.directory()))?;
            // Other content is told by the plan, which knows what it may replace.
            if let Some(present) = present.filter(|present| sha256(&present.files) == locked.sha256) {
                agrees(id, locked, present.files)?;
            }
        }
    }
    Ok(())
}

/// The files of a package, from where the lock says.
pub(super) fn content(
    directory: &Path,
    own: &Own,
    settings: &Settings,
    id: &PackageId,
    locked: &Locked,
) -> Result<Files, DepsError> {
    let package = match &locked.source {
        Source::Local(_) => locally(&own.place, id, locked)?,
        Source::Path(path) => from_path(directory, path, id, locked)?,
        Source::Git { url, commit } => {
            let failed = |source| DepsError::Git { name: id.name.clone(), source };
            let repository = Repository::open(settings.cache.as_deref(), url, settings.offline).map_err(failed)?;
            repository.need(commit).map_err(failed)?;
            let listing = git::listing(&repository, commit).map_err(failed)?;
            let place = Place::read(locked.source.to_string(), listing, |_| locked.source.clone());
            in_directory(&place, &locked.directory, id, locked)?
        }
        Source::Contract(_) => {
            let place = contract_place();
            let found = place.packages.iter().find(|found| found.source == locked.source && found.package.id == *id);
            same(found.map(|found| &found.package), &locked.source.to_string(), id, locked)?
        }
    };
    Ok(package.files)
}

fn locally(place: &Place, id: &PackageId, locked: &Locked) -> Result<Package, DepsError> {
    let found = place.packages.iter().find(|found| found.source == locked.source);
    let faulty =
        || place.faulty.iter().find(|faulty| locked.source == Source::Local(format!("wit/{}", faulty.directory)));
    match found {
        None if faulty().is_some() => {
            Err(DepsError::Own(faulty().map(|faulty| format!("wit/{faulty}")).unwrap_or_default()))
        }
        found => same(found.map(|found| &found.package), &locked.source.to_string(), id, locked),
    }
}

fn from_path(directory: &Path, path: &str, id: &PackageId, locked: &Locked) -> Result<Package, DepsError> {
    if !directory.join(path).exists() {
        let source = DiskError::Absent(directory.join(path));
        return Err(DepsError::Path { name: id.name.clone(), source });
    }
    let place = read_path(directory, path, &id.name)?;
    in_directory(&place, &locked.directory, id, locked)
}

fn in_directory(place: &Place, directory: &str, id: &PackageId, locked: &Locked) -> Result<Package, DepsError> {
    let found = place.packages.iter().find(|found| found.directory == directory);
    let called = if directory.is_empty() { place.name.clone() } else { format!("{}, {directory}", place.name) };
    same(found.map(|found| &found.package), &called, id, locked)
}

/// The package, if it is the one that the lock names.
fn same(found: Option<&Package>, place: &str, id: &PackageId, locked: &Locked) -> Result<Package, DepsError> {
    let place = place.to_owned();
    let Some(package) = found else { return Err(ContentError::Gone { id: id.clone(), place }.into()) };
    if package.sha256 != locked.sha256 {
        let (expected, found) = (locked.sha256.clone(), format!("{} in {place}", package.sha256));
        return Err(ContentError::Changed { id: id.clone(), expected, found }.into());
    }
    agrees(id, locked, package.files.clone())
}

/// Whether content of the right hash is the package that the lock says, with the references that it says.
fn agrees(id: &PackageId, locked: &Locked, files: Files) -> Result<Package, DepsError> {
    let disagrees = |what: String| ContentError::Disagrees { id: id.clone(), what };
    let place = format!("{DEPS}/{}", id.directory());
    let package = declared(&place, files).and_then(super::package::Declared::versioned).map_err(disagrees)?;
    if package.id != *id {
        return Err(disagrees(format!("the content is {}", package.id)).into());
    }
    if (&package.uses, &package.nested) != (&locked.dependencies, &locked.nested) {
        return Err(disagrees("the content refers to other packages, or nests others".to_owned()).into());
    }
    Ok(package)
}

/// Refuses a source that no requirement has: a lock fetches nothing that the manifest does not.
fn is_named(lock: &Lock, id: &PackageId, source: &Source) -> Result<(), LockError> {
    let mut requirements = lock.requirements.iter();
    let named = match source {
        Source::Local(_) | Source::Contract(_) => true,
        Source::Path(path) => requirements.any(|requirement| requirement.path.as_ref() == Some(path)),
        Source::Git { url, commit } => requirements
            .any(|requirement| (requirement.git.as_ref(), requirement.commit.as_ref()) == (Some(url), Some(commit))),
    };
    match named {
        true => Ok(()),
        false => Err(LockError {
            line: None,
            what: format!(
                "it has {id} from {source}, which no requirement names: take the file from version control, or remove it \
                 and run `airssys-wasm wit deps` again"
            ),
        }),
    }
}

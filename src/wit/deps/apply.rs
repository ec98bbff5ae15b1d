//! Changes of `wit/deps` and of the lock, so that whoever looks sees the old or the new of each and never half of one.
//!
//! A package is written to a directory beside its place and renamed; one that is replaced is set aside before and
//! discarded after. Whatever ends a run in between, an error or a crash, [`recover`] brings everything to an end.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::id::is_reserved;
use super::package::Files;

/// Being written.
const NEW: &str = ".new-";
/// To be replaced: it is put back unless its successor is in place.
const OLD: &str = ".old-";
/// To be removed.
const GONE: &str = ".gone-";
/// The lock, being written.
const NEW_LOCK: &str = ".wit.lock.new";

/// One change of `wit/deps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The directory.
    pub(super) directory: String,
    /// What it is to hold; none if it is to be removed.
    pub(super) files: Option<Files>,
}

/// Something could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to {what} {}", path.display())]
pub struct ApplyError {
    /// What was to be done.
    pub what: &'static str,
    /// With what.
    pub path: PathBuf,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

/// Is asked before each step, with its name: a test makes it fail or end there.
pub(super) type Before<'a> = dyn FnMut(&'static str) -> io::Result<()> + 'a;

/// Makes changes one after the other. After an error nothing temporary is left.
pub(super) fn apply(deps: &Path, changes: &[Change], before: &mut Before<'_>) -> Result<(), ApplyError> {
    if changes.is_empty() {
        return Ok(());
    }
    let done = step("create", deps, before, |path| fs::create_dir_all(path))
        .and_then(|()| changes.iter().try_for_each(|change| one(deps, change, before)));
    if done.is_err() {
        // The error that is told is the first.
        let _ = recover_packages(deps);
    }
    done
}

fn one(deps: &Path, change: &Change, before: &mut Before<'_>) -> Result<(), ApplyError> {
    let place = deps.join(&change.directory);
    let aside = |prefix: &str| deps.join(format!("{prefix}{}", change.directory));
    let Some(files) = &change.files else {
        step("set aside", &place, before, |path| fs::rename(path, aside(GONE)))?;
        return step("remove", &aside(GONE), before, |path| fs::remove_dir_all(path));
    };
    let new = aside(NEW);
    step("create", &new, before, |path| fs::create_dir(path))?;
    for (name, bytes) in files {
        step("write", &new.join(name), before, |path| {
            let mut file = File::create_new(path)?;
            file.write_all(bytes)?;
            file.sync_all()
        })?;
    }
    let replaces = fs::symlink_metadata(&place).is_ok();
    if replaces {
        step("set aside", &place, before, |path| fs::rename(path, aside(OLD)))?;
    }
    step("put in place", &place, before, |path| fs::rename(&new, path).and_then(|()| sync_directory(deps)))?;
    match replaces {
        true => step("remove", &aside(OLD), before, |path| fs::remove_dir_all(path)),
        false => Ok(()),
    }
}

/// Puts a text in the place of the lock. After an error nothing temporary is left.
pub(super) fn write_lock(directory: &Path, text: &str, before: &mut Before<'_>) -> Result<(), ApplyError> {
    let (new, lock) = (directory.join(NEW_LOCK), directory.join(super::LOCK));
    let done = step("write", &new, before, |path| {
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .and_then(|()| {
        step("put in place", &lock, before, |path| fs::rename(&new, path).and_then(|()| sync_directory(directory)))
    });
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// Ends what a run that did not end has begun: what it was replacing is whole, the old or the new.
pub(super) fn recover(directory: &Path, deps: &Path) -> Result<(), ApplyError> {
    let lock = directory.join(NEW_LOCK);
    match fs::remove_file(&lock) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(ApplyError { what: "remove", path: lock, source });
        }
        _ => {}
    }
    recover_packages(deps)
}

fn recover_packages(deps: &Path) -> Result<(), ApplyError> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| ApplyError { what, path, source }
    };
    let entries = match fs::read_dir(deps) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(failed("read", deps))?,
    };
    for entry in entries {
        let name = entry.map_err(failed("read", deps))?.file_name();
        let Some(name) = name.to_str() else { continue };
        let Some((prefix, package)) = [NEW, OLD, GONE]
            .into_iter()
            .find_map(|prefix| Some((prefix, name.strip_prefix(prefix).filter(|package| is_reserved(package))?)))
        else {
            continue;
        };
        let (path, place) = (deps.join(name), deps.join(package));
        if prefix == OLD && fs::symlink_metadata(&place).is_err() {
            fs::rename(&path, &place).map_err(failed("put back", &place))?;
        } else {
            fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

fn step(
    what: &'static str,
    path: &Path,
    before: &mut Before<'_>,
    act: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), ApplyError> {
    before(what).and_then(|()| act(path)).map_err(|source| ApplyError { what, path: path.to_owned(), source })
}

/// Makes a rename last. Where directories cannot be opened, the file system sees to it.
fn sync_directory(directory: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(directory)?.sync_all(),
        false => Ok(()),
    }
}

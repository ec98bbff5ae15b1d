//! The packages that a component's manifest names in `[wit-dependencies]`, and those that they refer to, put into its
//! `wit/deps`.
//!
//! In: a component's directory, its manifest, its `wit.lock` if it has one. Out: a directory a package and version, and the
//! lock. `gather` reads what there is (`disk`, `git`, the contract), `resolve` chooses and does no I/O, `plan` holds the
//! choice against what is there, `apply` writes. With a lock that still fits, `follow` takes the place of the first two.
//! What the packages mean, and whether a runtime offers them, is not known here.

mod apply;
mod bounds;
mod disk;
mod error;
mod follow;
mod gather;
mod git;
mod id;
mod listing;
mod lock;
mod package;
mod place;
mod plan;
mod resolve;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use apply::ApplyError;
pub use disk::DiskError;
pub use error::DepsError;
pub use git::GitError;
pub use id::PackageId;
pub use listing::TooMuch;
pub use lock::{Lock, LockError, Locked, Requirement};
pub use plan::{ContentError, Item, Status};
pub use resolve::{Conflict, Looked};
pub use source::Source;

use self::gather::Own;
use self::package::Files;
use self::place::Found;
use crate::manifest::Manifest;

/// The lock, from the component's directory.
pub const LOCK: &str = "wit.lock";
/// Where the component's own package stands.
const WIT: &str = "wit";
/// Where packages are put.
const DEPS: &str = "wit/deps";

/// How packages are looked for.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where repositories are kept; none is needed without `git` in the manifest.
    pub cache: Option<PathBuf>,
    /// Whether nothing may be fetched.
    pub offline: bool,
    /// What the lock counts for.
    pub mode: Mode,
}

/// What a lock counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is followed as long as it fits, and made anew when it does not.
    #[default]
    Follow,
    /// It must fit; if it does not, nothing is changed.
    Locked,
    /// It is made anew.
    Update,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The packages are in place.
    Done(Report),
    /// The lock would have to change, and [`Mode::Locked`] forbids it: nothing was changed.
    Stale {
        /// What differs.
        why: String,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Each package, in the order of names and versions.
    pub items: Vec<Item>,
    /// What is worth knowing: tags that have moved, directories that nobody answers for.
    pub notes: Vec<String>,
    /// Whether the lock was written.
    pub lock_written: bool,
}

/// Puts the packages that `manifest` asks for into `wit/deps` of the component's directory, and writes the lock.
///
/// # Errors
/// [`DepsError`] says why not. Each directory of `wit/deps` is then as it was or as it should be, and the lock as it was;
/// after [`DepsError::Unresolved`] all is in place.
pub fn update(directory: &Path, manifest: &Manifest, settings: &Settings) -> Result<Outcome, DepsError> {
    update_with(directory, manifest, settings, &mut |_| Ok(()))
}

/// As [`update`]; `before` is asked before each step that writes.
fn update_with(
    directory: &Path,
    manifest: &Manifest,
    settings: &Settings,
    before: &mut apply::Before<'_>,
) -> Result<Outcome, DepsError> {
    let _alone = alone(directory);
    let old = read_lock(directory)?;
    let own = gather::own(directory)?;
    let local: Vec<&PackageId> = own.place.packages.iter().map(|found| &found.package.id).collect();
    let fits = match &old {
        None => Err("there is no wit.lock".to_owned()),
        Some(lock) => lock.fits(manifest, &own.uses, &local),
    };
    if let (Mode::Locked, Err(why)) = (settings.mode, &fits) {
        return Ok(Outcome::Stale { why: why.clone() });
    }
    let deps = writable(directory)?;
    apply::recover(directory, &deps)?;
    let followed = old.as_ref().filter(|_| fits.is_ok() && settings.mode != Mode::Update);
    let (new, plan) = match followed {
        Some(lock) => {
            follow::verify(directory, lock, &own)?;
            let content = |id: &PackageId, locked: &Locked| follow::content(directory, &own, settings, id, locked);
            (lock.clone(), plan::plan(&deps, lock, old.as_ref(), content)?)
        }
        None => {
            let pins = old.as_ref().filter(|_| settings.mode != Mode::Update);
            let (new, packages) = resolved(directory, manifest, &own, pins, settings)?;
            let content = |id: &PackageId, _: &Locked| Ok(packages.get(id).cloned().unwrap_or_default());
            let plan = plan::plan(&deps, &new, old.as_ref(), content)?;
            (new, plan)
        }
    };
    apply::apply(&deps, &plan.changes, before)?;
    let lock_written = old.as_ref() != Some(&new);
    if lock_written {
        apply::write_lock(directory, &new.text()?, before)?;
    }
    if own.has_package {
        crate::wit::source::read(&directory.join(WIT))?;
    }
    let mut notes = moved(old.as_ref(), &new);
    notes.extend(unowned(&deps, &new));
    Ok(Outcome::Done(Report { items: plan.items, notes, lock_written }))
}

/// A lock, and the files of each package in it.
type Resolved = (Lock, BTreeMap<PackageId, Files>);

/// Looks for the packages, whatever the lock says of them.
fn resolved(
    directory: &Path,
    manifest: &Manifest,
    own: &Own,
    pins: Option<&Lock>,
    settings: &Settings,
) -> Result<Resolved, DepsError> {
    let gathered = gather::gather(directory, manifest, own.place.clone(), pins, settings)?;
    let question = resolve::Question { places: &gathered.places, requirements: &gathered.asked, own: &own.uses };
    let answer = resolve::resolve(question)?;
    let mut lock = Lock { requirements: gathered.requirements, ..Lock::default() };
    let mut files = BTreeMap::new();
    for (id, (place, index)) in answer {
        let Found { source, directory, package } = &gathered.places[place].packages[index];
        let directory = match source {
            Source::Path(_) | Source::Git { .. } => directory.clone(),
            Source::Local(_) | Source::Contract(_) => String::new(),
        };
        files.insert(id.clone(), package.files.clone());
        let locked = Locked {
            source: source.clone(),
            directory,
            sha256: package.sha256.clone(),
            dependencies: package.uses.clone(),
            nested: package.nested.clone(),
        };
        lock.packages.insert(id, locked);
    }
    Ok((lock, files))
}

/// Keeps other runs for the same component waiting while it lives, where files can be locked.
fn alone(directory: &Path) -> Option<File> {
    let manifest = crate::manifest::find_manifest(directory).ok()?;
    let file = File::open(manifest).ok()?;
    file.lock().is_ok().then_some(file)
}

fn read_lock(directory: &Path) -> Result<Option<Lock>, DepsError> {
    let path = directory.join(LOCK);
    let unreadable = |source| DiskError::Unreadable { path: path.clone(), source };
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        // A pipe might never end.
        Ok(_) => return Err(LockError { line: None, what: "it is no regular file".to_owned() }.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error).into()),
    }
    let file = File::open(&path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(bounds::MAX_LOCK_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > bounds::MAX_LOCK_BYTES {
        let what = format!("it has more than {} bytes: it is no lock of this command", bounds::MAX_LOCK_BYTES);
        return Err(LockError { line: None, what }.into());
    }
    Ok(Some(Lock::parse(&text)?))
}

/// `wit/deps`, if what is written there stays in the component's directory.
fn writable(directory: &Path) -> Result<PathBuf, DepsError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DepsError::Disk(DiskError::Unreadable { path, source })
    };
    let root = directory.canonicalize().map_err(unreadable(directory))?;
    for path in [WIT, DEPS].map(|name| directory.join(name)) {
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            _ => {}
        }
        let real = path.canonicalize().map_err(unreadable(&path))?;
        if !real.starts_with(&root) {
            return Err(DepsError::Outside(path));
        }
        if !real.is_dir() {
            return Err(DiskError::NoDirectory(path).into());
        }
    }
    Ok(directory.join(DEPS))
}

/// Tags and revisions that stand for another commit than they did.
fn moved(old: Option<&Lock>, new: &Lock) -> Vec<String> {
    let before = old.map_or(&[][..], |lock| &lock.requirements);
    let each = new.requirements.iter().filter_map(|requirement| {
        let was = before.iter().find(|was| was.has_reference_of(requirement))?.commit.as_ref()?;
        let (is, url) = (requirement.commit.as_ref()?, requirement.git.as_ref()?);
        let reference = match &requirement.tag {
            Some(tag) => format!("tag {tag}"),
            None => format!("revision {}", requirement.rev.as_ref()?),
        };
        let name = &requirement.name;
        (was != is).then(|| format!("{name}: {reference} of {url} was at {was} and is at {is} now"))
    });
    each.collect()
}

/// Directories with names of this command that the lock does not answer for. Tools read them all the same.
fn unowned(deps: &Path, lock: &Lock) -> Vec<String> {
    let owned: Vec<String> = lock.packages.keys().map(PackageId::directory).collect();
    let entries = std::fs::read_dir(deps).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut strange: Vec<String> = names.filter(|name| id::is_reserved(name) && !owned.contains(name)).collect();
    strange.sort();
    let note = |name| format!("{DEPS}/{name} is in no lock, and was left alone: remove it if nothing needs it");
    strange.into_iter().map(note).collect()
}

//! The places that packages are looked for in, read as far as they have to be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::disk::{self, DiskError};
use super::error::DepsError;
use super::git::{self, GitError, Reference, Repository};
use super::id::{PackageId, is_reserved};
use super::listing::Listing;
use super::lock::{Lock, Requirement, requirements};
use super::package::{Files, declared};
use super::place::{Faulty, Found, Place};
use super::plan::is_in_place;
use super::resolve::Asked;
use super::source::Source;
use super::{DEPS, Settings, WIT};
use crate::contract::ContractVersion;
use crate::manifest::Manifest;
use crate::wit::contract;

/// How many directories that cannot be read are named.
const SHOWN: usize = 5;

/// The component's own `wit`.
pub(super) struct Own {
    /// What its own package refers to; nothing if it has none.
    pub(super) uses: BTreeSet<PackageId>,
    /// Whether it has a package of its own.
    pub(super) has_package: bool,
    /// The packages that stand in it, except those that this command put there.
    pub(super) place: Place,
}

/// The places, and what is asked of them.
pub(super) struct Gathered {
    pub(super) places: Vec<Place>,
    pub(super) asked: Vec<Asked>,
    /// With the commits that tags and revisions stand for.
    pub(super) requirements: Vec<Requirement>,
}

/// Reads the component's own `wit`, if it has one.
pub(super) fn own(directory: &Path) -> Result<Own, DepsError> {
    let root = directory.join(WIT);
    let mut listing = match std::fs::symlink_metadata(&root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Listing::default(),
        _ => disk::listing(&root, |path| path.strip_prefix("deps/").is_some_and(is_reserved))?,
    };
    let linked = std::mem::take(&mut listing.linked);
    // What a link in `deps` leads to is found there by tools.
    let source = |directory: &str| match linked.get(directory).map_or(directory, String::as_str) {
        "" => Source::Local(WIT.to_owned()),
        directory => Source::Local(format!("{WIT}/{directory}")),
    };
    let own = listing.directories.remove("");
    let mut place = Place::read(WIT.to_owned(), listing, source);
    // Of what stands twice, that which needs no copy counts.
    place.packages.sort_by_key(|found| !is_in_place(&found.source));
    let Some(files) = own else { return Ok(Own { uses: BTreeSet::new(), has_package: false, place }) };
    let files: Result<Files, DepsError> = files
        .into_iter()
        .map(|file| match file.content {
            Ok(bytes) => Ok((file.name, bytes)),
            Err(why) => Err(DepsError::Own(format!("{WIT}/{}: {why}", file.name))),
        })
        .collect();
    let declared = declared(WIT, files?).map_err(DepsError::Own)?;
    let uses = declared.versioned_uses();
    // Without a version nobody can refer to it.
    if let Ok(package) = declared.versioned() {
        place.packages.insert(0, Found { source: source(""), directory: String::new(), package });
    }
    // Tools read what stands in `deps`, and would fail at this.
    let in_deps = |faulty: &&Faulty| is_in_place(&source(&faulty.directory)) && !faulty.is_wit;
    if let Some(faulty) = place.faulty.iter().find(in_deps) {
        return Err(DepsError::Own(format!("{WIT}/{faulty}")));
    }
    Ok(Own { uses, has_package: true, place })
}

/// Reads every place that the manifest names, and the contract. Tags and revisions that `pins` was made for stand for the
/// commits that it names.
pub(super) fn gather(
    directory: &Path,
    manifest: &Manifest,
    own: Place,
    pins: Option<&Lock>,
    settings: &Settings,
) -> Result<Gathered, DepsError> {
    let mut gathered = Gathered { places: vec![own], asked: Vec::new(), requirements: Vec::new() };
    for (mut requirement, dependency) in requirements(manifest).into_iter().zip(manifest.wit_dependencies.values()) {
        let name = requirement.name.clone();
        let place = if let Some(path) = &requirement.path {
            Some(gathered.place(&name, format!("path {path}"), |_| read_path(directory, path, &name))?)
        } else if let Some(url) = &requirement.git {
            let failed = |source| DepsError::Git { name: name.clone(), source };
            let pinned =
                pins.and_then(|lock| lock.requirements.iter().find(|locked| locked.has_reference_of(&requirement)));
            let pinned = pinned.and_then(|locked| locked.commit.as_deref());
            let repository = Repository::open(settings.cache.as_deref(), url, settings.offline).map_err(failed)?;
            let reference = reference(&requirement).ok_or_else(|| failed(no_reference(url)))?;
            let commit = repository.commit(reference, pinned).map_err(failed)?;
            let source = Source::Git { url: url.clone(), commit: commit.clone() };
            requirement.commit = Some(commit.clone());
            let read = |called: String| {
                let listing = git::listing(&repository, &commit).map_err(failed)?;
                Ok(Place::read(called, listing, |_| source.clone()))
            };
            Some(gathered.place(&name, source.to_string(), read)?)
        } else {
            None
        };
        gathered.asked.push(Asked { name, version: dependency.version.clone(), place });
        gathered.requirements.push(requirement);
    }
    gathered.places.push(contract_place());
    Ok(gathered)
}

impl Gathered {
    /// The place of that name; read if it has not been yet.
    fn place(
        &mut self,
        package: &str,
        called: String,
        read: impl FnOnce(String) -> Result<Place, DepsError>,
    ) -> Result<usize, DepsError> {
        if let Some(index) = self.places.iter().position(|place| place.name == called) {
            return Ok(index);
        }
        let place = read(called)?;
        if place.packages.is_empty() && place.faulty_of(package).is_none() {
            let faulty = place.faulty.iter().map(ToString::to_string);
            let unread =
                faulty.chain(place.unread.iter().cloned()).take(SHOWN).map(|line| format!("\n  {line}")).collect();
            return Err(DepsError::Empty { name: package.to_owned(), place: place.name, unread });
        }
        self.places.push(place);
        Ok(self.places.len() - 1)
    }
}

fn reference(requirement: &Requirement) -> Option<Reference<'_>> {
    let tag = requirement.tag.as_deref().map(Reference::Tag);
    tag.or(requirement.rev.as_deref().map(Reference::Rev))
}

fn no_reference(url: &str) -> GitError {
    GitError::Unknown { url: url.to_owned(), reference: "tag or revision that the manifest names".to_owned() }
}

/// Reads the directory that an entry of the manifest names by `path`.
pub(super) fn read_path(directory: &Path, path: &str, name: &str) -> Result<Place, DepsError> {
    let failed = |source| DepsError::Path { name: name.to_owned(), source };
    let root = directory.join(path);
    // What this command put into the component's own `wit/deps` is no source of anything.
    let deps = directory.join(DEPS).canonicalize().ok();
    let real = root.canonicalize().map_err(|error| failed(DiskError::of(&root, error)))?;
    let is_copy = |inner: &str| {
        let inner: PathBuf = real.join(inner);
        deps.is_some()
            && inner.parent() == deps.as_deref()
            && inner.file_name().and_then(|n| n.to_str()).is_some_and(is_reserved)
    };
    let listing = disk::listing(&root, is_copy).map_err(failed)?;
    Ok(Place::read(format!("path {path}"), listing, |_| Source::Path(path.to_owned())))
}

/// The packages of the contract; each once, as the first version that has it.
pub(super) fn contract_place() -> Place {
    let mut place =
        Place { name: "the contract".to_owned(), packages: Vec::new(), faulty: Vec::new(), unread: Vec::new() };
    for &version in ContractVersion::ALL {
        for package in contract::packages(version) {
            let mut listing = Listing::default();
            for (path, text) in &package.files {
                let name = path.rsplit('/').next().unwrap_or(path);
                // The contract's own files are within every bound.
                let _ = listing.add(name, text.len() as u64, Ok(text.as_bytes().to_vec()));
            }
            let read = Place::read(String::new(), listing, |_| Source::Contract(version));
            for found in read.packages {
                if place.holding(&found.package.id).next().is_none() {
                    let directory = package.directory.to_owned();
                    place.packages.push(Found { directory, ..found });
                }
            }
        }
    }
    place
}

//! Two versions of a WIT package: what changed, and whether the newer has a version that says so.
//!
//! In: two packages that resolve, of one name. Out: changes, each under one rule of a table, and the least version that
//! they ask for. Which of the two is deployed, and what runs against it, is not known here.

mod change;
mod dependency;
mod docs;
mod function;
mod gate;
mod members;
mod pair;
mod permission;
mod report;
mod rule;
mod scope;
mod side;
mod types;
mod version;
mod world;

use std::path::PathBuf;

use semver::Version;

pub use change::Change;
pub use rule::{Class, Rule};
pub use version::Need;

use self::change::Changes;
use self::pair::Pair;
use self::scope::Scope;
use self::side::Side;
use super::source::Source;
use super::unversioned::unversioned;

/// What lies between two versions of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The package, such as `airssys:core`.
    pub package: String,
    /// The version of the older one.
    pub old: Version,
    /// The version that the newer one declares.
    pub new: Version,
    /// What changed: major changes first, then by place.
    pub changes: Vec<Change>,
    /// What the changes ask of the version.
    pub needed: Need,
}

impl Diff {
    /// Whether the newer package declares a version that is high enough.
    pub fn is_enough(&self) -> bool {
        self.needed.is_met_by(&self.new)
    }

    /// The class of all changes together; `None` if there are none.
    pub fn class(&self) -> Option<Class> {
        self.changes.iter().map(Change::class).max()
    }

    /// How many changes are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|change| change.class() == class).count()
    }
}

/// Two packages cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// They are no versions of one package.
    #[error(
        "{} holds `{old}` and {} holds `{new}`: name two directories that hold versions of one package",
        directories[0].display(), directories[1].display()
    )]
    OtherPackage {
        /// Where the two packages stand.
        directories: [PathBuf; 2],
        /// The name of the older one.
        old: String,
        /// The name of the newer one.
        new: String,
    },
    /// One of them does not say which version it is.
    #[error("{}: package `{package}` has no version: write, for instance, `package {package}@0.1.0;`", directory.display())]
    NoVersion {
        /// Where the package stands.
        directory: PathBuf,
        /// Its name.
        package: String,
    },
    /// The older version is the last that there can be.
    #[error(
        "{}: no version of `{package}` is high enough after {version}: give the older one a version that leaves room",
        directory.display()
    )]
    NoHigherVersion {
        /// Where the older package stands.
        directory: PathBuf,
        /// Its name.
        package: String,
        /// Its version.
        version: Version,
    },
}

/// Compares two versions of a package.
///
/// # Errors
/// [`DiffError`] if they are versions of different packages, or if there is no version to hold against the changes.
pub fn diff(old: &Source, new: &Source) -> Result<Diff, DiffError> {
    let sides = [old, new].map(|source| Side::new(&source.resolve, source.package));
    let [old_name, new_name] = [&sides[0], &sides[1]].map(|side| unversioned(&side.package.name));
    if old_name != new_name {
        let directories = [old.directory.clone(), new.directory.clone()];
        return Err(DiffError::OtherPackage { directories, old: old_name, new: new_name });
    }
    let (old_version, new_version) = (version(old)?, version(new)?);
    let [old_side, new_side] = sides;
    let changes = changes(Pair { old: old_side, new: new_side }, &old_version);
    let class = changes.iter().map(Change::class).max();
    let needed = Need::after(&old_version, class).ok_or_else(|| DiffError::NoHigherVersion {
        directory: old.directory.clone(),
        package: old_name.clone(),
        version: old_version.clone(),
    })?;
    Ok(Diff { package: old_name, old: old_version, new: new_version, changes, needed })
}

fn version(source: &Source) -> Result<Version, DiffError> {
    let name = &source.resolve.packages[source.package].name;
    let no_version = || DiffError::NoVersion { directory: source.directory.clone(), package: unversioned(name) };
    name.version.clone().ok_or_else(no_version)
}

fn changes(mut pair: Pair<'_>, old_version: &Version) -> Vec<Change> {
    let mut changes = Changes::new(old_version);
    dependency::compare(&mut pair, &mut changes);
    let (old, new) = (&pair.old, &pair.new);
    let place = format!("package {}", unversioned(&old.package.name));
    docs::compare(&mut changes, &place, &old.package.docs, &new.package.docs);
    interfaces(&pair, &mut changes);
    world::compare_all(&pair, &mut changes);
    changes.sorted()
}

/// Compares the interfaces of the package.
fn interfaces(pair: &Pair<'_>, changes: &mut Changes<'_>) {
    let exported = world::exported(&pair.old);
    let (old, new) = (&pair.old, &pair.new);
    for (name, before) in &old.package.interfaces {
        let interface = &old.resolve.interfaces[*before];
        let Some(now) = new.package.interfaces.get(name) else {
            gate::removed(changes, Rule::InterfaceRemoved, name, "interface is gone", &interface.stability);
            continue;
        };
        let interfaces = [interface, &new.resolve.interfaces[*now]];
        let gates = [&interfaces[0].stability, &interfaces[1].stability];
        gate::kept(changes, name, gates, Rule::Stabilised, |changes| {
            docs::compare(changes, name, &interfaces[0].docs, &interfaces[1].docs);
            let scopes = interfaces.map(Scope::of_interface);
            scope::compare(pair, changes, name, [&scopes[0], &scopes[1]], exported.contains(before));
        });
    }
    for (name, now) in new.package.interfaces.iter().filter(|(name, _)| !old.package.interfaces.contains_key(*name)) {
        let gate = &new.resolve.interfaces[*now].stability;
        gate::added(changes, Rule::InterfaceAdded, name, "interface is new", gate);
    }
}

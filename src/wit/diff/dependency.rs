//! Other packages that this one refers to: in which versions, and which of them are the same in both versions.
//!
//! A package of the same track is the same package, and so is one that moved to another track as a whole: that is told
//! once, and not wherever one of its types is used.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use wit_parser::{InterfaceId, PackageId, PackageName, TypeId, WorldItem};

use super::change::Changes;
use super::pair::Pair;
use super::rule::Rule;
use super::side::Side;
use crate::wit::unversioned::unversioned;

/// Compares the versions in which other packages are referred to, and gives them the names by which they are the same.
pub(super) fn compare(pair: &mut Pair<'_>, changes: &mut Changes<'_>) {
    let (old, new) = (referred_to(&pair.old), referred_to(&pair.new));
    let (old_tracks, new_tracks) = (tracks(&pair.old, &old), tracks(&pair.new, &new));
    let mut moved = BTreeMap::new();
    for (name, old_tracks) in &old_tracks {
        let Some(new_tracks) = new_tracks.get(name) else { continue };
        let place = format!("package {name}");
        for (track, old) in old_tracks {
            if let Some(new) = new_tracks.get(track) {
                same_track(changes, &place, old.as_ref(), new.as_ref());
            }
        }
        let gone: Vec<_> = old_tracks.iter().filter(|(track, _)| !new_tracks.contains_key(*track)).collect();
        let come: Vec<_> = new_tracks.iter().filter(|(track, _)| !old_tracks.contains_key(*track)).collect();
        if let ([(old_track, old)], [(new_track, new)]) = (gone.as_slice(), come.as_slice()) {
            let what = format!("was referred to {}, is {}", in_version(old.as_ref()), in_version(new.as_ref()));
            changes.report(Rule::DependencyTrackChanged, &place, what);
            moved.insert(alias(name, old_track), alias(name, new_track));
        }
    }
    pair.old.aliases = aliases(&pair.old, &old, |alias| moved.get(&alias).cloned().unwrap_or(alias));
    pair.new.aliases = aliases(&pair.new, &new, |alias| alias);
}

fn same_track(changes: &mut Changes<'_>, place: &str, old: Option<&Version>, new: Option<&Version>) {
    let (Some(old), Some(new)) = (old, new) else { return };
    let rule = match new.cmp_precedence(old) {
        std::cmp::Ordering::Greater => Rule::DependencyRaised,
        std::cmp::Ordering::Less => Rule::DependencyLowered,
        std::cmp::Ordering::Equal => return,
    };
    let what = format!("was referred to {}, is {}", in_version(Some(old)), in_version(Some(new)));
    changes.report(rule, place, what);
}

fn in_version(version: Option<&Version>) -> String {
    version.map_or_else(|| "without a version".to_owned(), |version| format!("in version {version}"))
}

/// The highest version of each track, by the name of the package and the track.
type Tracks = BTreeMap<String, BTreeMap<String, Option<Version>>>;

fn tracks(side: &Side<'_>, packages: &BTreeSet<PackageId>) -> Tracks {
    let mut tracks = Tracks::new();
    for id in packages {
        let name = &side.resolve.packages[*id].name;
        let of_package = tracks.entry(unversioned(name)).or_default();
        let highest = of_package.entry(track(name)).or_insert_with(|| name.version.clone());
        if name.version > *highest {
            highest.clone_from(&name.version);
        }
    }
    tracks
}

fn aliases(
    side: &Side<'_>,
    packages: &BTreeSet<PackageId>,
    rename: impl Fn(String) -> String,
) -> BTreeMap<PackageId, String> {
    let alias_of = |id: &PackageId| {
        let name = &side.resolve.packages[*id].name;
        (*id, rename(alias(&unversioned(name), &track(name))))
    };
    packages.iter().map(alias_of).collect()
}

fn track(name: &PackageName) -> String {
    name.version.as_ref().map(PackageName::version_compat_track_string).unwrap_or_default()
}

fn alias(name: &str, track: &str) -> String {
    format!("{name}@{track}")
}

/// The other packages that text of this one names, or whose types reach it through those.
fn referred_to(side: &Side<'_>) -> BTreeSet<PackageId> {
    let mut interfaces: BTreeSet<InterfaceId> = BTreeSet::new();
    let mut types: Vec<TypeId> = Vec::new();
    for id in side.package.interfaces.values() {
        types.extend(side.resolve.interfaces[*id].types.values());
    }
    for world in side.package.worlds.values().map(|id| &side.resolve.worlds[*id]) {
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Interface { id, .. } => {
                    interfaces.insert(*id);
                    types.extend(side.resolve.interfaces[*id].types.values());
                }
                WorldItem::Type { id, .. } => types.push(*id),
                WorldItem::Function(_) => {}
            }
        }
    }
    for id in types {
        let through = std::iter::successors(Some(id), |id| side.used(*id));
        interfaces.extend(through.filter_map(|id| match side.resolve.types[id].owner {
            wit_parser::TypeOwner::Interface(id) => Some(id),
            wit_parser::TypeOwner::World(_) | wit_parser::TypeOwner::None => None,
        }));
    }
    let packages = interfaces.into_iter().filter_map(|id| side.resolve.interfaces[id].package);
    packages.filter(|id| *id != side.id).collect()
}

//! How large and how deep a package may be: what is written by others must neither exhaust the stack nor take for ever.
//!
//! In: packages, parsed or resolved. Out: whether they are within bounds. The parser bounds how types nest within one
//! declaration (100 levels), and nothing else.

use std::path::Path;

use wit_parser::{
    Interface, InterfaceId, Resolve, SourceMap, Type, TypeDefKind, TypeOwner, UnresolvedPackage, UnresolvedPackageGroup,
};

use super::Fault;
use crate::wit::parts::parts;

/// The most packages of a directory and its `deps/` together. The parser calls itself for each that needs another.
const MAX_PACKAGES: usize = 100;

/// The most worlds of all packages together: each may hold everything that the others hold, in a copy of its own.
const MAX_WORLDS: usize = 100;

/// The most interfaces, and items of worlds, of all packages together: each world may hold them all.
const MAX_ITEMS: usize = 10_000;

/// How deep types may be, and how long a chain of interfaces that use each other: the parser, and most of what is done
/// with types, calls itself for each level. Counted by package, and added up. WASI has less than 50.
const MAX_DEPTH: usize = 500;

/// Of how many parts a type may be made when all names are replaced by what they stand for: twenty pairs of pairs are a
/// million. Whoever compares or prints types goes through them. The largest of WASI has less than 200.
const MAX_PARTS: usize = 10_000;

/// Holds packages that are parsed against the bounds of what resolving them costs.
pub(super) fn of_parsed(directory: &Path, groups: &[UnresolvedPackageGroup]) -> Result<(), Fault> {
    let packages = || groups.iter().flat_map(|group| group.nested.iter().chain([&group.main]));
    let items = |package: &UnresolvedPackage| {
        let of_worlds: usize = package.worlds.iter().map(|(_, world)| world.imports.len() + world.exports.len()).sum();
        package.interfaces.len() + of_worlds
    };
    let counts = [
        ("packages", packages().count(), MAX_PACKAGES),
        ("worlds", packages().map(|package| package.worlds.len()).sum(), MAX_WORLDS),
        ("interfaces and items of worlds", packages().map(items).sum(), MAX_ITEMS),
    ];
    for (what, count, most) in counts {
        if count > most {
            let what = format!("it and its `deps/` have {count} {what}, and at most {most} are read");
            return Err(Fault::at(directory, what, "take the packages out of `deps/` that nothing uses"));
        }
    }

    let (mut types, mut interfaces) = (0, 0);
    for group in groups {
        for package in group.nested.iter().chain([&group.main]) {
            types += depth_of_types(package, types, &group.source_map)?;
            interfaces += depth_of_interfaces(package, interfaces, &group.source_map)?;
        }
    }
    Ok(())
}

/// The depth of the deepest type of a package; `before` is that of the packages before it.
fn depth_of_types(package: &UnresolvedPackage, before: usize, map: &SourceMap) -> Result<usize, Fault> {
    let mut depths: Vec<usize> = Vec::with_capacity(package.types.len());
    for (_, def) in &package.types {
        let below = parts(&def.kind).into_iter().filter_map(|part| match part {
            Type::Id(id) => depths.get(id.index()).copied(),
            _ => None,
        });
        let depth = below.max().unwrap_or_default() + 1;
        if before + depth > MAX_DEPTH {
            let name = def.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            return Err(Fault {
                place: map.render_location(def.span),
                what: format!(
                    "the type{name} is made of types that are made of types, more than {MAX_DEPTH} levels deep"
                ),
                mend: "let a type be made of fewer levels; if several packages have deep types, split `deps/`"
                    .to_owned(),
            });
        }
        depths.push(depth);
    }
    Ok(depths.into_iter().max().unwrap_or_default())
}

/// How long the longest chain of interfaces of a package is, each of which uses types of the next.
fn depth_of_interfaces(package: &UnresolvedPackage, before: usize, map: &SourceMap) -> Result<usize, Fault> {
    let mut depths: Vec<usize> = Vec::with_capacity(package.interfaces.len());
    for (id, interface) in &package.interfaces {
        let below = used(package, id, interface).filter_map(|id| depths.get(id.index()).copied());
        let depth = below.max().unwrap_or_default() + 1;
        if before + depth > MAX_DEPTH {
            let name = interface.name.as_deref().unwrap_or_default();
            return Err(Fault {
                place: map.render_location(interface.span),
                what: format!(
                    "the interface `{name}` uses interfaces that use interfaces, more than {MAX_DEPTH} in a row"
                ),
                mend: "use types from where they are defined".to_owned(),
            });
        }
        depths.push(depth);
    }
    Ok(depths.into_iter().max().unwrap_or_default())
}

/// The interfaces whose types an interface uses.
fn used<'a>(
    package: &'a UnresolvedPackage,
    id: InterfaceId,
    interface: &'a Interface,
) -> impl Iterator<Item = InterfaceId> + 'a {
    interface.types.values().filter_map(move |ty| match package.types[*ty].kind {
        TypeDefKind::Type(Type::Id(other)) => match package.types[other].owner {
            TypeOwner::Interface(owner) if owner != id => Some(owner),
            _ => None,
        },
        _ => None,
    })
}

/// Holds every resolved type against the number of parts that it may be made of.
pub(super) fn of_types(directory: &Path, resolve: &Resolve) -> Result<(), Fault> {
    // A type stands behind those that it is made of.
    let mut sizes: Vec<usize> = Vec::with_capacity(resolve.types.len());
    for (_, def) in &resolve.types {
        let size = parts(&def.kind).into_iter().fold(1, |size: usize, part| {
            size.saturating_add(match part {
                Type::Id(id) => sizes.get(id.index()).copied().unwrap_or(1),
                _ => 1,
            })
        });
        if size > MAX_PARTS {
            let name = def.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let place = match def.span.is_known() {
                true => resolve.render_location(def.span),
                false => directory.display().to_string(),
            };
            return Err(Fault {
                place,
                what: format!("the type{name}, written out, is made of more than {MAX_PARTS} parts"),
                mend: "let it hold fewer types that hold several others each".to_owned(),
            });
        }
        sizes.push(size);
    }
    Ok(())
}

//! The WIT that a guest is built against: the contract's, with the program's edits.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup, WorldId};

use super::ProgramError;
use super::program::WorldEdits;

/// The contract's WIT packages, as they stand in `wit/`.
static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/wit");

/// Where each package of the contract stands below `wit/`; the world's own package last.
const PACKAGES: [&str; 5] = ["core", "ext/filesystem", "ext/network", "ext/process", "ext/storage"];

/// A world that a guest is built against, with all that it refers to.
pub(super) type World = Arc<(Resolve, WorldId)>;

/// Resolves the platform world with the edits applied. Most guests have none, and share one world.
///
/// # Errors
/// [`ProgramError`] if an edit finds nothing to replace, or if the edited WIT does not resolve.
pub(super) fn resolve(edits: &WorldEdits) -> Result<World, ProgramError> {
    static UNEDITED: OnceLock<World> = OnceLock::new();
    if *edits != WorldEdits::default() {
        return edited(edits).map(Arc::new);
    }
    match UNEDITED.get() {
        Some(world) => Ok(Arc::clone(world)),
        None => edited(edits).map(|world| Arc::clone(UNEDITED.get_or_init(|| Arc::new(world)))),
    }
}

fn edited(edits: &WorldEdits) -> Result<(Resolve, WorldId), ProgramError> {
    let mut sources: Vec<(String, BTreeMap<String, String>)> =
        PACKAGES.iter().map(|package| ((*package).to_owned(), wit_files(package))).collect();
    sources.push((String::new(), wit_files("")));
    apply(edits, &mut sources)?;

    let mut groups = Vec::new();
    for (_, files) in &sources {
        groups.push(parse(files)?);
    }
    for (index, package) in edits.packages.iter().enumerate() {
        groups.push(parse_nested(index, package)?);
    }
    let main = groups.remove(PACKAGES.len());
    let mut resolve = Resolve::default();
    let package = resolve
        .push_groups(main, groups)
        .map_err(|why| ProgramError::new(format!("the guest's WIT does not resolve: {why}")))?;
    let world = resolve
        .select_world(&[package], Some("component"))
        .map_err(|why| ProgramError::new(format!("the guest's WIT has no world: {why}")))?;
    Ok((resolve, world))
}

/// The `.wit` files that stand directly in a folder below `wit/`.
fn wit_files(folder: &str) -> BTreeMap<String, String> {
    let dir = if folder.is_empty() { Some(&WIT) } else { WIT.get_dir(folder) };
    dir.into_iter()
        .flat_map(Dir::files)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "wit"))
        .filter_map(|file| Some((file.path().display().to_string(), file.contents_utf8()?.to_owned())))
        .collect()
}

fn apply(edits: &WorldEdits, sources: &mut [(String, BTreeMap<String, String>)]) -> Result<(), ProgramError> {
    let mut texts: Vec<&mut String> = sources.iter_mut().flat_map(|(_, files)| files.values_mut()).collect();
    for (package, version) in &edits.versions {
        rewrite_version(&mut texts, package, version)?;
    }
    for edit in &edits.replace {
        let mut found = false;
        for text in texts.iter_mut().filter(|text| text.contains(&edit.find)) {
            **text = text.replace(&edit.find, &edit.with);
            found = true;
        }
        if !found {
            return Err(ProgramError::new(format!("wit.replace finds `{}` nowhere in the contract's WIT", edit.find)));
        }
    }
    if !edits.imports.is_empty() {
        let world = texts
            .iter_mut()
            .rev()
            .find(|text| text.contains("include airssys:core/component"))
            .ok_or_else(|| ProgramError::new("the edited WIT has no platform world to add imports to"))?;
        let end = world.rfind('}').unwrap_or(world.len());
        let lines: String = edits.imports.iter().map(|import| format!("  import {import};\n")).collect();
        world.insert_str(end, &lines);
    }
    Ok(())
}

/// Gives a package another version wherever it is declared or referred to. `@since` gates above the
/// new version would not parse, and say nothing about a guest, so they go.
fn rewrite_version(texts: &mut [&mut String], package: &str, version: &str) -> Result<(), ProgramError> {
    let old = format!("@{}", crate::contract::CONTRACT_VERSION);
    let new = if version.is_empty() { String::new() } else { format!("@{version}") };
    let declaration = format!("package {package}{old};");
    let Some(_) = texts.iter().find(|text| text.contains(&declaration)) else {
        return Err(ProgramError::new(format!("wit.versions names `{package}`, which is no package of the contract")));
    };
    for text in texts.iter_mut() {
        **text = text
            .replace(&declaration, &format!("package {package}{new};"))
            .lines()
            .map(|line| if line.contains(&format!("{package}/")) { line.replace(&old, &new) } else { line.to_owned() })
            .filter(|line| !line.trim_start().starts_with("@since("))
            .collect::<Vec<_>>()
            .join("\n");
    }
    Ok(())
}

fn parse(files: &BTreeMap<String, String>) -> Result<UnresolvedPackageGroup, ProgramError> {
    let mut map = SourceMap::default();
    for (path, text) in files {
        map.push_str(path, text.clone());
    }
    map.parse().map_err(|(_, why)| ProgramError::new(format!("the guest's WIT does not parse: {}", why)))
}

/// A package in braces needs a main package around it.
fn parse_nested(index: usize, package: &str) -> Result<UnresolvedPackageGroup, ProgramError> {
    let text = format!("package suite:extra{index};\n{package}\n");
    parse(&BTreeMap::from([(format!("wit.packages[{index}]"), text)]))
}

//! The WIT that a guest is built against: the contract's, with the program's edits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup, WorldId};

use super::ProgramError;
use super::program::{Program, WorldEdits};
use crate::contract::ContractVersion;
use crate::wit::contract;

/// The files of one package: path and text.
type Sources = BTreeMap<String, String>;

/// A world that a guest is built against, with all that it refers to.
pub(super) type World = Arc<(Resolve, WorldId)>;

/// Resolves the platform world of the program's contract version, with its edits applied. Most guests have none, and
/// share one world.
///
/// # Errors
/// [`ProgramError`] if an edit finds nothing to replace, or if the edited WIT does not resolve.
pub(super) fn resolve(program: &Program) -> Result<World, ProgramError> {
    static UNEDITED: Mutex<BTreeMap<(ContractVersion, &'static str), World>> = Mutex::new(BTreeMap::new());
    let contract = program.contract.unwrap_or(ContractVersion::V1_0);
    let receives = !program.handle_publication.is_empty() || !program.on_publication.is_empty();
    let world = if receives { "subscribing-component" } else { "component" };
    let edits = &program.wit;
    if *edits != WorldEdits::default() {
        return edited(edits, contract, world).map(Arc::new);
    }
    let mut unedited = UNEDITED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(resolved) = unedited.get(&(contract, world)) {
        return Ok(Arc::clone(resolved));
    }
    let resolved = Arc::new(edited(edits, contract, world)?);
    unedited.insert((contract, world), Arc::clone(&resolved));
    Ok(resolved)
}

fn edited(edits: &WorldEdits, contract: ContractVersion, world: &str) -> Result<(Resolve, WorldId), ProgramError> {
    let mut sources: Vec<Sources> = contract::packages(contract)
        .into_iter()
        .map(|package| package.files.into_iter().map(|(path, text)| (path, text.to_owned())).collect())
        .collect();
    apply(edits, &mut sources)?;

    let mut groups = sources.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let main = groups.pop().ok_or_else(|| ProgramError::new("the contract has no packages"))?;
    for (index, package) in edits.packages.iter().enumerate() {
        groups.push(parse_nested(index, package)?);
    }
    let mut resolve = Resolve::default();
    let package = resolve
        .push_groups(main, groups)
        .map_err(|why| ProgramError::new(format!("the guest's WIT does not resolve: {why}")))?;
    let world = resolve
        .select_world(&[package], Some(world))
        .map_err(|why| ProgramError::new(format!("contract {contract} has no world `{world}`: {why}")))?;
    Ok((resolve, world))
}

fn apply(edits: &WorldEdits, sources: &mut [Sources]) -> Result<(), ProgramError> {
    let mut texts: Vec<&mut String> = sources.iter_mut().flat_map(Sources::values_mut).collect();
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
        let (world, end) =
            texts
                .iter_mut()
                .rev()
                .find_map(|text| end_of_platform_world(text).map(|end| (text, end)))
                .ok_or_else(|| ProgramError::new("the edited WIT has no platform world to add imports to"))?;
        let lines: String = edits.imports.iter().map(|import| format!("  import {import};\n")).collect();
        world.insert_str(end, &lines);
    }
    Ok(())
}

/// Where the world ends that has everything of the platform: at the brace that closes what the inclusion of the core
/// world stands in.
fn end_of_platform_world(text: &str) -> Option<usize> {
    let inside = text.find("include airssys:core/component")?;
    let mut open = 1;
    let end = text[inside..].char_indices().find(|(_, character)| {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    Some(inside + end.0)
}

/// Gives a package another version wherever it is declared or referred to. Gates above the new version would not parse, and
/// say nothing about a guest, so they go.
fn rewrite_version(texts: &mut [&mut String], package: &str, version: &str) -> Result<(), ProgramError> {
    let new = if version.is_empty() { String::new() } else { format!("@{version}") };
    let start = format!("package {package}@");
    let declared = texts.iter().flat_map(|text| text.lines()).find_map(|line| line.strip_prefix(&start));
    let Some(old) = declared.and_then(|rest| rest.strip_suffix(';')).map(|version| format!("@{version}")) else {
        return Err(ProgramError::new(format!("wit.versions names `{package}`, which is no package of the contract")));
    };
    let declaration = format!("package {package}{old};");
    for text in texts.iter_mut() {
        **text = text
            .replace(&declaration, &format!("package {package}{new};"))
            .lines()
            .map(|line| if line.contains(&format!("{package}/")) { line.replace(&old, &new) } else { line.to_owned() })
            .filter(|line| !["@since(", "@deprecated("].iter().any(|gate| line.trim_start().starts_with(gate)))
            .collect::<Vec<_>>()
            .join("\n");
    }
    Ok(())
}

fn parse(files: &Sources) -> Result<UnresolvedPackageGroup, ProgramError> {
    let mut map = SourceMap::default();
    for (path, text) in files {
        map.push_str(path, text.clone());
    }
    map.parse().map_err(|(_, why)| ProgramError::new(format!("the guest's WIT does not parse: {}", why)))
}

/// A package in braces needs a main package around it.
fn parse_nested(index: usize, package: &str) -> Result<UnresolvedPackageGroup, ProgramError> {
    let text = format!("package suite:extra{index};\n{package}\n");
    parse(&Sources::from([(format!("wit.packages[{index}]"), text)]))
}

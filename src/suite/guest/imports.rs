//! The functions that a guest imports: those that its actions call, and those that it only names.

use std::collections::BTreeMap;

use wit_parser::abi::AbiVariant;
use wit_parser::{Function, Resolve, WasmImport, WorldId, WorldItem, WorldKey};

use super::ProgramError;
use super::action::Action;
use super::compile::ABI;
use super::flat::core_type;
use super::module::Import;
use super::program::Program;
use super::script::Actions;

/// A function that the program imports.
pub(super) struct Imported<'a> {
    pub(super) function: &'a Function,
    pub(super) index: u32,
}

/// The imports of the core module, and where each function that the program names is among them.
pub(super) fn imports<'a>(
    program: &Program,
    actions: &Actions,
    resolve: &'a Resolve,
    world: WorldId,
) -> Result<(Vec<Import>, BTreeMap<String, Imported<'a>>), ProgramError> {
    let (mut imports, mut imported): (Vec<Import>, BTreeMap<String, Imported<'a>>) = Default::default();
    let called = actions.all().filter_map(Action::functions);
    for name in called.chain(program.imports.iter().map(String::as_str)) {
        if imported.contains_key(name) {
            continue;
        }
        let (key, function) = find_import(resolve, world, name)?;
        let (module, field) = resolve.wasm_import_name(ABI, WasmImport::Func { interface: Some(key), func: function });
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
        let index =
            imports.iter().position(|known| known.module == module && known.name == field).unwrap_or_else(|| {
                imports.push(Import {
                    module,
                    name: field,
                    params: signature.params.into_iter().map(core_type).collect(),
                    results: signature.results.into_iter().map(core_type).collect(),
                });
                imports.len() - 1
            });
        imported.insert(name.to_owned(), Imported { function, index: index as u32 });
    }
    Ok((imports, imported))
}

/// Finds `interface.function` or `package/interface.function` among the world's imports.
fn find_import<'a>(
    resolve: &'a Resolve,
    world: WorldId,
    name: &str,
) -> Result<(&'a WorldKey, &'a Function), ProgramError> {
    let unknown = || ProgramError::new(format!("the guest's world imports no function `{name}`"));
    let (interface, function) = name.split_once('.').ok_or_else(unknown)?;
    for (key, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let full = resolve.name_world_key(key);
        let unversioned = full.split('@').next().unwrap_or(&full);
        let short = unversioned.rsplit('/').next().unwrap_or(unversioned);
        if [short, unversioned].contains(&interface)
            && let Some(function) = resolve.interfaces[*id].functions.get(function)
        {
            return Ok((key, function));
        }
    }
    Err(unknown())
}

//! The packages in `wit/`, and the functions of the platform world.

use std::path::{Path, PathBuf};

use airssys_wasm::wit::source::read;
use wit_parser::{Function, PackageId, Resolve, WorldItem};

pub(crate) fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")
}

pub(crate) fn resolve(directory: &str) -> (Resolve, PackageId) {
    let source = read(&wit().join(directory)).unwrap_or_else(|why| panic!("{why}"));
    (source.resolve, source.package)
}

/// `(interface, function)` of everything that the platform world imports or exports, in its order.
pub(crate) fn functions(resolve: &Resolve, exported: bool) -> Vec<(String, &Function)> {
    let world = resolve
        .worlds
        .iter()
        .map(|(_, world)| world)
        .find(|world| world.package.is_some_and(|package| resolve.packages[package].name.name == "platform"));
    let world = world.unwrap();
    let mut functions = Vec::new();
    for item in if exported { &world.exports } else { &world.imports }.values() {
        let WorldItem::Interface { id, .. } = item else { panic!("the world has only interfaces") };
        let interface = &resolve.interfaces[*id];
        let package = &resolve.packages[interface.package.unwrap()].name.name;
        let name = format!("{package}/{}", interface.name.as_deref().unwrap());
        functions.extend(interface.functions.values().map(|function| (name.clone(), function)));
    }
    functions
}

//! What takes the place of something that is deprecated.

use wit_parser::{Docs, InterfaceId, PackageId, Resolve};

use super::item::shown;

/// The first name in backticks in a doc comment that there is: a function or a type of the same interface,
/// `interface.name` or an interface or a world of the package, or an interface of any package by its whole name. What is
/// deprecated, `own`, is no replacement of itself.
pub(super) fn replacement(
    resolve: &Resolve,
    package: PackageId,
    interface: Option<InterfaceId>,
    own: &str,
    docs: &Docs,
) -> Option<String> {
    let text = docs.contents.as_deref().unwrap_or_default();
    let quoted = text.split('`').skip(1).step_by(2);
    let own_name = own.split_once('.').map_or(own, |(_, name)| name);
    let mut names = quoted.map(|name| name.trim_start_matches('%')).filter(|name| ![own, own_name].contains(name));
    names.find(|name| exists(resolve, package, interface, name)).map(str::to_owned)
}

fn exists(resolve: &Resolve, package: PackageId, interface: Option<InterfaceId>, name: &str) -> bool {
    let holds = |id: InterfaceId, name: &str| {
        let interface = &resolve.interfaces[id];
        interface.types.contains_key(name) || interface.functions.values().any(|function| shown(function) == name)
    };
    let package = &resolve.packages[package];
    let within = |(of, name): (&str, &str)| package.interfaces.get(of).is_some_and(|id| holds(*id, name));
    let whole = |id: InterfaceId| {
        resolve.id_of(id).is_some_and(|whole| whole == name || whole.split_once('@').is_some_and(|(id, _)| id == name))
    };
    interface.is_some_and(|id| holds(id, name))
        || package.interfaces.contains_key(name)
        || package.worlds.contains_key(name)
        || name.split_once('.').is_some_and(within)
        || resolve.interfaces.iter().any(|(id, _)| whole(id))
}

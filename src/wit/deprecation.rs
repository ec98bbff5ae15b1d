//! What takes the place of something that is deprecated.

use std::collections::{HashMap, HashSet};

use wit_parser::{Docs, InterfaceId, PackageId, Resolve};

use super::item::shown;

/// What may replace something: all that a package has, and the interfaces of all packages.
#[derive(Debug)]
pub(super) struct Replacements {
    /// `interface.name`, `interface`, `world` and `package/interface`, the latter with and without a version.
    known: HashSet<String>,
    /// The interfaces of the package and their names.
    interfaces: HashMap<InterfaceId, String>,
}

impl Replacements {
    pub(super) fn new(resolve: &Resolve, package: PackageId) -> Self {
        let package = &resolve.packages[package];
        let mut known: HashSet<String> = package.worlds.keys().chain(package.interfaces.keys()).cloned().collect();
        for (name, id) in &package.interfaces {
            let interface = &resolve.interfaces[*id];
            known.extend(interface.types.keys().map(|ty| format!("{name}.{ty}")));
            known.extend(interface.functions.values().map(|function| format!("{name}.{}", shown(function))));
        }
        for id in resolve.interfaces.iter().filter_map(|(id, _)| resolve.id_of(id)) {
            known.extend(id.split_once('@').map(|(id, _)| id.to_owned()));
            known.insert(id);
        }
        let interfaces = package.interfaces.iter().map(|(name, id)| (*id, name.clone())).collect();
        Self { known, interfaces }
    }

    /// The first name in backticks in a doc comment that there is: a function or a type of the same interface,
    /// `interface.name`, an interface or a world of the package, or an interface of any package by its whole name. What
    /// is deprecated, `own`, is no replacement of itself.
    pub(super) fn find(&self, interface: Option<InterfaceId>, own: &str, docs: &Docs) -> Option<String> {
        let text = docs.contents.as_deref().unwrap_or_default();
        let interface = interface.and_then(|id| self.interfaces.get(&id));
        let exists = |name: &&str| {
            let beside = interface.map(|interface| format!("{interface}.{name}"));
            beside.as_deref() != Some(own)
                && *name != own
                && (self.known.contains(*name) || beside.is_some_and(|name| self.known.contains(&name)))
        };
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.map(|name| name.trim_start_matches('%')).find(exists).map(str::to_owned)
    }
}

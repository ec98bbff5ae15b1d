//! One of the two versions, and how its types are called.
//!
//! Types are nominal here: a reference to a named type is its name, so that a type that changes is one change, where it
//! is defined, and not one wherever it is used.

use std::collections::BTreeMap;

use wit_parser::{Interface, InterfaceId, Package, PackageId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use crate::wit::{parts, render};

/// One version of the package.
pub(super) struct Side<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) id: PackageId,
    pub(super) package: &'a Package,
    /// What other packages are called where they are compared. Without an entry, as they call themselves.
    pub(super) aliases: BTreeMap<PackageId, String>,
}

/// A name that is the same in both versions if it means the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TypeName {
    owner: String,
    name: String,
}

impl<'a> Side<'a> {
    pub(super) fn new(resolve: &'a Resolve, id: PackageId) -> Self {
        Self { resolve, id, package: &resolve.packages[id], aliases: BTreeMap::new() }
    }

    /// An interface as text of this package names it; empty for one that is defined in a world, which nothing names.
    pub(super) fn show_interface(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        match (&interface.name, self.foreign(interface)) {
            (Some(name), Some(package)) => self.resolve.packages[package].name.interface_id(name),
            (Some(name), None) => name.clone(),
            (None, _) => String::new(),
        }
    }

    /// An interface by a name that holds in both versions.
    pub(super) fn interface(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        match (&interface.name, self.foreign(interface).and_then(|package| self.aliases.get(&package))) {
            (Some(name), Some(alias)) => format!("{alias}/{name}"),
            _ => self.show_interface(id),
        }
    }

    fn foreign(&self, interface: &Interface) -> Option<PackageId> {
        interface.package.filter(|package| *package != self.id)
    }

    /// A named type by a name that holds in both versions; `None` for one without a name, such as `list<u8>`.
    ///
    /// What is defined in a world is named in that world alone, so it does not matter which one it is: a world has the
    /// types of those that it includes.
    pub(super) fn name(&self, id: TypeId) -> Option<TypeName> {
        let def = &self.resolve.types[id];
        let owner = match def.owner {
            TypeOwner::Interface(id) => self.interface(id),
            TypeOwner::World(_) | TypeOwner::None => String::new(),
        };
        Some(TypeName { owner, name: def.name.clone()? })
    }

    /// What `use` brings in under this name, if that is how the name comes here.
    pub(super) fn used(&self, id: TypeId) -> Option<TypeId> {
        parts::used(self.resolve, id)
    }

    /// The type behind every `use`.
    pub(super) fn origin(&self, id: TypeId) -> TypeId {
        parts::defined(self.resolve, id)
    }

    /// A type as `use` names it.
    pub(super) fn show_used(&self, id: TypeId) -> String {
        let def = &self.resolve.types[id];
        let owner = match def.owner {
            TypeOwner::Interface(id) => self.show_interface(id),
            TypeOwner::World(_) | TypeOwner::None => String::new(),
        };
        format!("{owner}.{{{}}}", def.name.as_deref().unwrap_or_default())
    }

    /// A type as it is written in WIT.
    pub(super) fn show(&self, ty: Type) -> String {
        render::type_name(self.resolve, ty)
    }

    /// What stands behind the `=` of a type alias.
    pub(super) fn show_kind(&self, kind: &TypeDefKind) -> String {
        render::written(self.resolve, kind)
    }
}

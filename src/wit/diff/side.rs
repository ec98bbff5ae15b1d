//! One of the two versions, and how its types are called.
//!
//! Types are nominal here: a reference to a named type is its name, so that a type that changes is one change, where it
//! is defined, and not one wherever it is used.

use std::collections::BTreeMap;

use wit_parser::{Handle, Interface, InterfaceId, Package, PackageId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

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
        let def = &self.resolve.types[id];
        match def.kind {
            TypeDefKind::Type(Type::Id(other)) if self.resolve.types[other].owner != def.owner => Some(other),
            _ => None,
        }
    }

    /// The type behind every `use`.
    pub(super) fn origin(&self, id: TypeId) -> TypeId {
        std::iter::successors(Some(id), |id| self.used(*id)).last().unwrap_or(id)
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
        let Type::Id(id) = ty else { return primitive(ty).to_owned() };
        let def = &self.resolve.types[id];
        def.name.clone().unwrap_or_else(|| self.show_kind(&def.kind))
    }

    /// What stands behind the `=` of a type alias.
    pub(super) fn show_kind(&self, kind: &TypeDefKind) -> String {
        let optional = |ty: Option<Type>| ty.map_or_else(|| "_".to_owned(), |ty| self.show(ty));
        match kind {
            TypeDefKind::Type(ty) => self.show(*ty),
            TypeDefKind::Handle(Handle::Own(id)) => self.show(Type::Id(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", self.show(Type::Id(*id))),
            TypeDefKind::Tuple(tuple) => {
                format!("tuple<{}>", tuple.types.iter().map(|ty| self.show(*ty)).collect::<Vec<_>>().join(", "))
            }
            TypeDefKind::Option(ty) => format!("option<{}>", self.show(*ty)),
            TypeDefKind::Result(result) => match (result.ok, result.err) {
                (None, None) => "result".to_owned(),
                (ok, None) => format!("result<{}>", optional(ok)),
                (ok, err) => format!("result<{}, {}>", optional(ok), optional(err)),
            },
            TypeDefKind::List(ty) => format!("list<{}>", self.show(*ty)),
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", self.show(*ty)),
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", self.show(*key), self.show(*value)),
            TypeDefKind::Future(ty) => {
                ty.map_or_else(|| "future".to_owned(), |ty| format!("future<{}>", self.show(ty)))
            }
            TypeDefKind::Stream(ty) => {
                ty.map_or_else(|| "stream".to_owned(), |ty| format!("stream<{}>", self.show(ty)))
            }
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown => kind.as_str().to_owned(),
        }
    }
}

fn primitive(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "",
    }
}

//! What a package consists of, one item after the other, each with its path, its doc comment and its gate.
//!
//! In: a package that has been read. Out: its own items; those that its worlds include from other packages are theirs.
//! What an item ought to be is not known here.

use std::collections::{BTreeMap, HashSet};

use wit_parser::{
    Docs, Function, InterfaceId, PackageId, Span, Stability, TypeDefKind, TypeId, World, WorldId, WorldItem, WorldKey,
};

use super::parts::used;
use super::source::Source;

/// One item of a package.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    /// What it is, in a word: `interface`, `record`, `field`.
    pub(super) kind: &'static str,
    /// Where it stands: `interface.type.field`.
    pub(super) path: String,
    pub(super) docs: &'a Docs,
    pub(super) span: Span,
    /// Its gate, if it may have one.
    pub(super) stability: Option<&'a Stability>,
    /// The gate of the interface or world that it stands in.
    pub(super) within: Option<&'a Stability>,
    /// The interface that it stands in, or is.
    pub(super) interface: Option<InterfaceId>,
    pub(super) what: What<'a>,
}

/// What has more to it than its doc comment and its gate.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Function {
        function: &'a Function,
        /// Whether components export it, and the host does not offer it.
        exported: bool,
    },
    Type(TypeId),
    Other,
}

/// The items of a package, in the order in which they are declared.
pub(super) fn items(source: &Source, package: PackageId) -> Vec<Item<'_>> {
    let mut items = Items { source, found: Vec::new(), seen: HashSet::new() };
    let package = &source.resolve.packages[package];
    items.add("package", package.name.to_string(), &package.docs, Span::default(), What::Other);
    let exported = exported_only(source, package.worlds.values().copied());
    for (name, id) in &package.interfaces {
        items.interface(name, *id, exported.contains(id));
    }
    for (name, id) in &package.worlds {
        items.world(name, &source.resolve.worlds[*id]);
    }
    items.found
}

/// The interfaces that worlds export and none of them imports.
pub(super) fn exported_only(source: &Source, worlds: impl Iterator<Item = WorldId>) -> HashSet<InterfaceId> {
    let (mut imported, mut exported) = (HashSet::new(), HashSet::new());
    let interface = |item: &WorldItem| match item {
        WorldItem::Interface { id, .. } => Some(*id),
        _ => None,
    };
    for world in worlds.map(|id| &source.resolve.worlds[id]) {
        imported.extend(world.imports.values().filter_map(interface));
        exported.extend(world.exports.values().filter_map(interface));
    }
    exported.difference(&imported).copied().collect()
}

/// A function's name as people write it: `f`, `resource.f`, `resource.constructor`.
pub(super) fn shown(function: &Function) -> String {
    match function.name.strip_prefix('[').and_then(|name| name.split_once(']')) {
        Some(("constructor", resource)) => format!("{resource}.constructor"),
        Some((_, name)) => name.to_owned(),
        None => function.name.clone(),
    }
}

struct Items<'a> {
    source: &'a Source,
    found: Vec<Item<'a>>,
    /// What has been found in a world, since other worlds that include it have it again.
    seen: HashSet<Span>,
}

impl<'a> Items<'a> {
    fn add(&mut self, kind: &'static str, path: String, docs: &'a Docs, span: Span, what: What<'a>) -> &mut Item<'a> {
        let item = Item { kind, path, docs, span, stability: None, within: None, interface: None, what };
        let index = self.found.len();
        self.found.push(item);
        &mut self.found[index]
    }

    fn interface(&mut self, path: &str, id: InterfaceId, exported: bool) {
        let interface = &self.source.resolve.interfaces[id];
        let item = self.add("interface", path.to_owned(), &interface.docs, interface.span, What::Other);
        (item.stability, item.interface) = (Some(&interface.stability), Some(id));
        let start = self.found.len();
        self.content(path, &interface.types, interface.functions.values(), exported);
        for item in &mut self.found[start..] {
            (item.within, item.interface) = (Some(&interface.stability), Some(id));
        }
    }

    /// Types and functions; those of a resource behind it.
    fn content(
        &mut self,
        path: &str,
        types: impl IntoIterator<Item = (&'a String, &'a TypeId)>,
        functions: impl Iterator<Item = &'a Function>,
        exported: bool,
    ) {
        let mut of_resources: BTreeMap<TypeId, Vec<&Function>> = BTreeMap::new();
        let mut free = Vec::new();
        for function in functions {
            match function.kind.resource() {
                Some(resource) => of_resources.entry(resource).or_default().push(function),
                None => free.push(function),
            }
        }
        for (name, id) in types {
            if used(&self.source.resolve, *id).is_none() {
                self.type_of(&format!("{path}.{name}"), *id);
            }
            for function in of_resources.remove(id).unwrap_or_default() {
                self.function(path, function, exported);
            }
        }
        for function in of_resources.into_values().flatten().chain(free) {
            self.function(path, function, exported);
        }
    }

    fn function(&mut self, path: &str, function: &'a Function, exported: bool) {
        let path = format!("{path}.{}", shown(function));
        let item = self.add("function", path, &function.docs, function.span, What::Function { function, exported });
        item.stability = Some(&function.stability);
    }

    fn type_of(&mut self, path: &str, id: TypeId) {
        let def = &self.source.resolve.types[id];
        let item = self.add(def.kind.as_str(), path.to_owned(), &def.docs, def.span, What::Type(id));
        item.stability = Some(&def.stability);
        let part = |name: &str| format!("{path}.{name}");
        match &def.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().for_each(|field| {
                    self.add("field", part(&field.name), &field.docs, field.span, What::Other);
                });
            }
            TypeDefKind::Variant(variant) => variant.cases.iter().for_each(|case| {
                self.add("case", part(&case.name), &case.docs, case.span, What::Other);
            }),
            TypeDefKind::Enum(cases) => cases.cases.iter().for_each(|case| {
                self.add("case", part(&case.name), &case.docs, case.span, What::Other);
            }),
            TypeDefKind::Flags(flags) => flags.flags.iter().for_each(|flag| {
                self.add("flag", part(&flag.name), &flag.docs, flag.span, What::Other);
            }),
            _ => {}
        }
    }

    fn world(&mut self, name: &str, world: &'a World) {
        let item = self.add("world", name.to_owned(), &world.docs, world.span, What::Other);
        item.stability = Some(&world.stability);
        let start = self.found.len();
        for (items, exported) in [(&world.imports, false), (&world.exports, true)] {
            let (mut types, mut functions) = (Vec::new(), Vec::new());
            for (key, item) in items {
                match (key, item) {
                    (WorldKey::Name(key), WorldItem::Interface { id, .. }) => {
                        let interface = &self.source.resolve.interfaces[*id];
                        if interface.name.is_none() && self.is_new(interface.span) {
                            self.interface(&format!("{name}.{key}"), *id, exported);
                        }
                    }
                    (WorldKey::Name(key), WorldItem::Type { id, .. })
                        if self.is_new(self.source.resolve.types[*id].span) =>
                    {
                        types.push((key, id));
                    }
                    (_, WorldItem::Function(function)) if self.is_new(function.span) => functions.push(function),
                    _ => {}
                }
            }
            self.content(name, types, functions.into_iter(), exported);
        }
        self.found[start..].iter_mut().for_each(|item| item.within = item.within.or(Some(&world.stability)));
    }

    /// Whether something in a world stands in a file of the package, and was not there before.
    fn is_new(&mut self, span: Span) -> bool {
        let location = self.source.resolve.source_map.resolve_span(span);
        let parent = location.and_then(|location| std::path::Path::new(location.path).parent());
        parent == Some(self.source.directory.as_path()) && self.seen.insert(span)
    }
}

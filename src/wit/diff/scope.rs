//! What an interface holds, and of what a world holds its types: both are scopes in which types and functions have names.

use std::collections::BTreeMap;

use wit_parser::{Function, Interface, TypeDefKind, TypeId, World, WorldItem};

use super::change::Changes;
use super::gate;
use super::pair::Pair;
use super::rule::Rule;
use super::{function, types};

/// Types by name, and functions.
pub(super) struct Scope<'a> {
    types: BTreeMap<&'a str, TypeId>,
    functions: Vec<&'a Function>,
}

impl<'a> Scope<'a> {
    pub(super) fn of_interface(interface: &'a Interface) -> Self {
        Self {
            types: interface.types.iter().map(|(name, id)| (name.as_str(), *id)).collect(),
            functions: interface.functions.values().collect(),
        }
    }

    /// The types of a world, with the functions of its resources. Functions that it imports are items of their own.
    pub(super) fn of_world(world: &'a World, resolve: &'a wit_parser::Resolve) -> Self {
        let types = world.imports.values().filter_map(|item| match item {
            WorldItem::Type { id, .. } => Some((resolve.types[*id].name.as_deref()?, *id)),
            WorldItem::Interface { .. } | WorldItem::Function(_) => None,
        });
        let functions = world.imports.values().filter_map(|item| match item {
            WorldItem::Function(function) if function.kind.resource().is_some() => Some(function),
            _ => None,
        });
        Self { types: types.collect(), functions: functions.collect() }
    }

    /// The functions of a resource, or those of none.
    fn functions(&self, resource: Option<TypeId>) -> impl Iterator<Item = &'a Function> {
        self.functions.iter().copied().filter(move |function| function.kind.resource() == resource)
    }
}

/// Compares what stands below `place`. `obliged` says that components have to have its functions and resources.
pub(super) fn compare(
    pair: &Pair<'_>,
    changes: &mut Changes<'_>,
    place: &str,
    [old, new]: [&Scope<'_>; 2],
    obliged: bool,
) {
    let mut left = new.types.clone();
    for (name, before) in &old.types {
        let place = format!("{place}.{name}");
        match left.remove(name) {
            Some(now) => {
                let (old_def, new_def) = (&pair.old.resolve.types[*before], &pair.new.resolve.types[now]);
                let resource = obliged && matches!(new_def.kind, TypeDefKind::Resource);
                let stabilised = if resource { Rule::ExportedResourceAdded } else { Rule::Stabilised };
                gate::kept(changes, &place, [&old_def.stability, &new_def.stability], stabilised, |changes| {
                    if types::compare(pair, changes, &place, *before, now) {
                        let functions = [old.functions(Some(*before)), new.functions(Some(now))];
                        function::compare_all(pair, changes, &place, functions, obliged);
                    }
                });
            }
            None => types::removed(&pair.old, changes, &place, *before),
        }
    }
    for (name, now) in left {
        types::added(&pair.new, changes, &format!("{place}.{name}"), now, obliged);
    }
    function::compare_all(pair, changes, place, [old.functions(None), new.functions(None)], obliged);
}

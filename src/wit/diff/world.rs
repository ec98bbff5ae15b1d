//! Worlds: what they import and export. An interface that has a name is compared where it is defined, not here.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{Docs, Function, IndexMap, InterfaceId, Stability, WorldId, WorldItem, WorldKey};

use super::change::Changes;
use super::docs;
use super::function;
use super::gate;
use super::pair::Pair;
use super::rule::Rule;
use super::scope::{self, Scope};
use super::side::Side;
use crate::wit::render::function_type;

/// Compares the worlds of the package.
pub(super) fn compare_all(pair: &Pair<'_>, changes: &mut Changes<'_>) {
    let (old, new) = (&pair.old, &pair.new);
    for (name, before) in &old.package.worlds {
        let place = format!("world {name}");
        let gate = &old.resolve.worlds[*before].stability;
        match new.package.worlds.get(name) {
            Some(now) => {
                let gates = [gate, &new.resolve.worlds[*now].stability];
                gate::kept(changes, &place, gates, Rule::Stabilised, |changes| {
                    compare(pair, changes, &place, *before, *now);
                });
            }
            None => gate::removed(changes, Rule::WorldRemoved, &place, "world is gone", gate),
        }
    }
    for (name, now) in new.package.worlds.iter().filter(|(name, _)| !old.package.worlds.contains_key(*name)) {
        let gate = &new.resolve.worlds[*now].stability;
        gate::added(changes, Rule::WorldAdded, &format!("world {name}"), "world is new", gate);
    }
}

/// The interfaces that components have to have: a world exports them, as part of the contract.
pub(super) fn exported(side: &Side<'_>) -> BTreeSet<InterfaceId> {
    let worlds = side.package.worlds.values().map(|id| &side.resolve.worlds[*id]);
    let stable = worlds.filter(|world| !gate::is_unstable(&world.stability));
    let exports = stable.flat_map(|world| world.exports.values());
    let exports = exports.filter(|item| !gate::is_unstable(item.stability(side.resolve)));
    exports.filter_map(interface).collect()
}

fn compare(pair: &Pair<'_>, changes: &mut Changes<'_>, place: &str, old: WorldId, new: WorldId) {
    let worlds = [&pair.old.resolve.worlds[old], &pair.new.resolve.worlds[new]];
    docs::compare(changes, place, &worlds[0].docs, &worlds[1].docs);
    let scopes = [Scope::of_world(worlds[0], pair.old.resolve), Scope::of_world(worlds[1], pair.new.resolve)];
    scope::compare(pair, changes, place, [&scopes[0], &scopes[1]], false);
    for direction in [Direction::Import, Direction::Export] {
        let items = [items(&pair.old, old, direction), items(&pair.new, new, direction)];
        compare_items(pair, changes, place, items, direction);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Import,
    Export,
}

impl Direction {
    const fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Export => "export",
        }
    }

    /// The rules for: one more, one less, one that was unstable.
    const fn rules(self) -> [Rule; 3] {
        match self {
            Self::Import => [Rule::WorldImportAdded, Rule::WorldImportRemoved, Rule::Stabilised],
            Self::Export => [Rule::WorldExportAdded, Rule::WorldExportRemoved, Rule::WorldExportAdded],
        }
    }
}

/// Something that a world imports or exports.
struct Item<'a> {
    /// As the place names it.
    name: String,
    /// What it is, where the name does not tell.
    what: String,
    gate: Stability,
    content: Content<'a>,
}

enum Content<'a> {
    /// An interface that is defined elsewhere, with the documentation of the statement.
    Named(&'a Docs, Option<&'a str>),
    /// An interface that is defined in the world.
    Inline(InterfaceId, Option<&'a str>),
    Function(&'a Function),
}

/// The items in one direction, by what makes them the same in both versions. Types are not among them.
fn items<'a>(side: &Side<'a>, world: WorldId, direction: Direction) -> BTreeMap<(&'static str, String), Item<'a>> {
    let world = &side.resolve.worlds[world];
    let needed = needed(side, &world.imports, &world.exports);
    let all = if direction == Direction::Import { &world.imports } else { &world.exports };
    let items = all.iter().filter_map(|(key, item)| match (key, item) {
        (_, WorldItem::Type { .. }) => None,
        (_, WorldItem::Function(function)) if function.kind.resource().is_some() => None,
        (_, WorldItem::Function(function)) => {
            let what = format!(": `{}`", function_type(side.resolve, function));
            let content = Content::Function(function);
            let item = Item { name: function.name.clone(), what, gate: function.stability.clone(), content };
            Some((("function", function.name.clone()), item))
        }
        (key, WorldItem::Interface { id, stability, docs, external_id, .. }) => {
            let named = Content::Named(docs, external_id.as_deref());
            let shown = side.show_interface(*id);
            let (name, what, identity, content) = match key {
                WorldKey::Interface(_) => (shown, String::new(), ("interface", side.interface(*id)), named),
                WorldKey::Name(name) if side.resolve.interfaces[*id].name.is_some() => {
                    let identity = ("named", format!("{name} {}", side.interface(*id)));
                    (name.clone(), format!(": interface `{shown}`"), identity, named)
                }
                WorldKey::Name(name) => {
                    let content = Content::Inline(*id, external_id.as_deref());
                    (name.clone(), ": an interface defined there".to_owned(), ("inline", name.clone()), content)
                }
            };
            // Whatever a statement says of an interface that others need anyway, the world has it because of them.
            let implied = direction == Direction::Import && needed.contains(id);
            let gate = if implied { Stability::Unknown } else { stability.clone() };
            Some((identity, Item { name, what, gate, content }))
        }
    });
    items.collect()
}

/// The interfaces that a world imports because something that is part of the contract needs their types.
fn needed(
    side: &Side<'_>,
    imports: &IndexMap<WorldKey, WorldItem>,
    exports: &IndexMap<WorldKey, WorldItem>,
) -> BTreeSet<InterfaceId> {
    let mut needed = BTreeSet::new();
    // What is needed stands in front of what needs it.
    for item in exports.values().chain(imports.values().rev()) {
        let stands =
            !gate::is_unstable(item.stability(side.resolve)) || interface(item).is_some_and(|id| needed.contains(&id));
        match item {
            WorldItem::Interface { id, .. } if stands => needed.extend(side.resolve.interface_direct_deps(*id)),
            WorldItem::Type { id, .. } if stands => needed.extend(side.resolve.type_interface_dep(*id)),
            _ => {}
        }
    }
    needed
}

const fn interface(item: &WorldItem) -> Option<InterfaceId> {
    match item {
        WorldItem::Interface { id, .. } => Some(*id),
        WorldItem::Function(_) | WorldItem::Type { .. } => None,
    }
}

fn compare_items(
    pair: &Pair<'_>,
    changes: &mut Changes<'_>,
    place: &str,
    [old, mut new]: [BTreeMap<(&'static str, String), Item<'_>>; 2],
    direction: Direction,
) {
    let [added, removed, stabilised] = direction.rules();
    let place_of = |item: &Item<'_>| format!("{place} {} {}", direction.word(), item.name);
    for (identity, before) in old {
        let place = place_of(&before);
        match new.remove(&identity) {
            Some(now) => gate::kept(changes, &place, [&before.gate, &now.gate], stabilised, |changes| {
                compare_content(pair, changes, &place, &before.content, &now.content, direction);
            }),
            None => {
                let what = format!("{} is gone{}", direction.word(), before.what);
                gate::removed(changes, removed, &place, &what, &before.gate);
            }
        }
    }
    for now in new.into_values() {
        let what = format!("{} is new{}", direction.word(), now.what);
        gate::added(changes, added, &place_of(&now), &what, &now.gate);
    }
}

fn compare_content(
    pair: &Pair<'_>,
    changes: &mut Changes<'_>,
    place: &str,
    old: &Content<'_>,
    new: &Content<'_>,
    direction: Direction,
) {
    match (old, new) {
        (Content::Named(old_docs, old_id), Content::Named(new_docs, new_id)) => {
            docs::compare(changes, place, old_docs, new_docs);
            docs::compare_external_id(changes, place, [*old_id, *new_id]);
        }
        (Content::Inline(old, old_id), Content::Inline(new, new_id)) => {
            let interfaces = [&pair.old.resolve.interfaces[*old], &pair.new.resolve.interfaces[*new]];
            docs::compare(changes, place, &interfaces[0].docs, &interfaces[1].docs);
            docs::compare_external_id(changes, place, [*old_id, *new_id]);
            let scopes = interfaces.map(Scope::of_interface);
            let obliged = direction == Direction::Export;
            scope::compare(pair, changes, place, [&scopes[0], &scopes[1]], obliged);
        }
        (Content::Function(old), Content::Function(new)) => function::compare(pair, changes, place, old, new),
        // Items of different contents have different identities.
        _ => {}
    }
}

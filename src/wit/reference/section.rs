//! One interface or world of a package, in Markdown.

use std::collections::HashMap;

use wit_parser::{
    Docs, Function, InterfaceId, PackageId, Resolve, Stability, Type, TypeDefKind, TypeId, World, WorldItem, WorldKey,
};

use crate::wit::annotation::{self, AnnotationError};
use crate::wit::deprecation::Replacements;
use crate::wit::item::{Item, What, items, shown};
use crate::wit::parts::used;
use crate::wit::render;
use crate::wit::source::Source;

/// An interface or a world.
pub(super) struct Section {
    /// Its name in the package.
    pub(super) name: String,
    /// What stands above it.
    pub(super) heading: String,
    /// All that is said of it, without the version of its package.
    pub(super) text: String,
}

/// What a package says of itself, below its heading.
pub(super) fn package(source: &Source, package: PackageId) -> String {
    match said(&source.resolve.packages[package].docs) {
        text if text.is_empty() => text,
        text => format!("\n{text}\n"),
    }
}

/// The interfaces of a package, then its worlds, in the order of their names.
pub(super) fn sections(source: &Source, package: PackageId) -> Vec<Section> {
    let resolve = &source.resolve;
    let (interfaces, worlds) = (&resolve.packages[package].interfaces, &resolve.packages[package].worlds);
    let mut page = Page { resolve, replacements: Replacements::new(resolve, package), items: HashMap::new() };
    for item in items(source, package) {
        let (first, _) = item.path.split_once('.').unwrap_or((&item.path, ""));
        page.items.entry(first.to_owned()).or_default().push(item);
    }
    let id = |name: &str| resolve.packages[package].name.interface_id(name);
    let mut interfaces: Vec<_> = interfaces.iter().collect();
    interfaces.sort();
    let interfaces = interfaces.into_iter().map(|(name, interface)| Section {
        name: name.clone(),
        heading: format!("interface {}", id(name)),
        text: page.interface(name, *interface),
    });
    let mut worlds: Vec<_> = worlds.iter().collect();
    worlds.sort();
    let worlds = worlds.into_iter().map(|(name, world)| Section {
        name: name.clone(),
        heading: format!("world {}", id(name)),
        text: page.world(name, &resolve.worlds[*world]),
    });
    interfaces.chain(worlds).collect()
}

struct Page<'a> {
    resolve: &'a Resolve,
    replacements: Replacements,
    /// The items of the package, by the interface or world that they stand in.
    items: HashMap<String, Vec<Item<'a>>>,
}

impl Page<'_> {
    fn interface(&self, name: &str, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let mut text = paragraph(&interface.docs);
        text += &self.gates(name, &interface.stability, Some(id), &interface.docs);
        let names = interface.types.iter().filter(|(_, id)| used(self.resolve, **id).is_some());
        let names: Vec<_> = names.map(|(name, _)| format!("`{name}`")).collect();
        if !names.is_empty() {
            text += &format!("Uses {}.\n\n", names.join(", "));
        }
        text += &self.content(name);
        finished(text)
    }

    /// The types and functions of an interface or a world.
    fn content(&self, name: &str) -> String {
        let mut text = String::new();
        for item in self.items.get(name).into_iter().flatten() {
            text += &match item.what {
                What::Type(id) => self.type_of(item, id),
                What::Function { function, .. } => self.function(item, function),
                What::Other => continue,
            };
        }
        text
    }

    fn type_of(&self, item: &Item<'_>, id: TypeId) -> String {
        let def = &self.resolve.types[id];
        let name = def.name.as_deref().unwrap_or_default();
        let mut text = match &def.kind {
            kind @ (TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource) => format!("#### {} `{name}`\n\n", kind.as_str()),
            kind => {
                format!("#### type `{name}`\n\n```wit\ntype {} = {};\n```\n\n", render::name(name), self.written(kind))
            }
        };
        text += &paragraph(&def.docs);
        text += &self.gates(&item.path, &def.stability, item.interface, &def.docs);
        let ty = |ty: &Type| format!("`{}`", render::type_name(self.resolve, *ty));
        match &def.kind {
            TypeDefKind::Record(record) => {
                let rows = record.fields.iter().map(|field| [code(&field.name), ty(&field.ty), cell(&field.docs)]);
                text += &table(["field", "type", "meaning"], rows);
            }
            TypeDefKind::Variant(variant) => {
                let payload = |payload: &Option<Type>| payload.as_ref().map(ty).unwrap_or_default();
                let rows = variant.cases.iter().map(|case| [code(&case.name), payload(&case.ty), cell(&case.docs)]);
                text += &table(["case", "payload", "meaning"], rows);
            }
            TypeDefKind::Enum(cases) => {
                text +=
                    &table(["case", "meaning"], cases.cases.iter().map(|case| [code(&case.name), cell(&case.docs)]));
            }
            TypeDefKind::Flags(flags) => {
                text +=
                    &table(["flag", "meaning"], flags.flags.iter().map(|flag| [code(&flag.name), cell(&flag.docs)]));
            }
            _ => {}
        }
        text
    }

    fn written(&self, kind: &TypeDefKind) -> String {
        render::written(self.resolve, kind)
    }

    fn function(&self, item: &Item<'_>, function: &Function) -> String {
        let signature = render::signature(self.resolve, function);
        let mut text = format!("#### `{}`\n\n```wit\n{signature}\n```\n\n", shown(function));
        match annotation::permissions(self.resolve, function) {
            Ok(needed) => {
                let alternatives: Vec<_> = needed.iter().map(|permission| format!("`{permission}`")).collect();
                let needed = if needed.is_empty() { "none".to_owned() } else { alternatives.join(" or ") };
                text += &format!("Permission: {needed}.\n\n");
            }
            Err(AnnotationError::Lines(0)) => {}
            Err(why) => text += &format!("Permission: not known, {why}.\n\n"),
        }
        text += &paragraph(&function.docs);
        text + &self.gates(&item.path, &function.stability, item.interface, &function.docs)
    }

    fn world(&self, name: &str, world: &World) -> String {
        let mut text = paragraph(&world.docs);
        text += &self.gates(name, &world.stability, None, &world.docs);
        let (imports, exports) = (world.imports.iter(), world.exports.iter());
        let all = imports.map(|entry| ("imports", entry)).chain(exports.map(|entry| ("exports", entry)));
        let rows = all.map(|(direction, (key, item))| {
            let docs = match item {
                WorldItem::Interface { docs, .. } => docs,
                WorldItem::Function(function) => &function.docs,
                WorldItem::Type { id, .. } => &self.resolve.types[*id].docs,
            };
            let what = match key {
                WorldKey::Name(name) => name.clone(),
                WorldKey::Interface(id) => self.resolve.id_of(*id).unwrap_or_default(),
            };
            [direction.to_owned(), code(&what), cell(docs)]
        });
        text += &table(["direction", "what", "meaning"], rows);
        text += &self.content(name);
        finished(text)
    }

    /// Since when something exists, whether it is deprecated, and what replaces it.
    fn gates(&self, path: &str, stability: &Stability, interface: Option<InterfaceId>, docs: &Docs) -> String {
        let (mut text, deprecated) = match stability {
            Stability::Unknown => return String::new(),
            Stability::Stable { since, deprecated } => (format!("Since {since}."), deprecated),
            Stability::Unstable { feature, deprecated } => (format!("Not stable: feature `{feature}`."), deprecated),
        };
        if let Some(version) = deprecated {
            let instead = self.replacements.find(interface, path, docs);
            let instead = instead.map(|name| format!(": use `{name}`")).unwrap_or_default();
            text += &format!(" **Deprecated since {version}**{instead}.");
        }
        text + "\n\n"
    }
}

/// A doc comment without the line that says which permission is needed, as paragraphs.
fn paragraph(docs: &Docs) -> String {
    match said(docs) {
        text if text.is_empty() => String::new(),
        text => format!("{text}\n\n"),
    }
}

/// A doc comment in a cell of a table.
fn cell(docs: &Docs) -> String {
    let paragraphs = said(docs);
    let paragraphs = paragraphs.split("\n\n").map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("<br>").replace('|', "\\|")
}

fn said(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    let lines: Vec<_> =
        text.lines().filter(|line| annotation::behind_mark(line).is_none()).map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

/// A table, or nothing if it has no rows.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: String = rows.map(|row| format!("| {} |\n", row.join(" | "))).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("| {} |\n|{}\n{rows}\n", head.join(" | "), "---|".repeat(N)),
    }
}

/// A text that ends with one line feed.
fn finished(text: String) -> String {
    format!("{}\n", text.trim_end())
}

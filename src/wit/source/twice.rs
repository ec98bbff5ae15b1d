//! Names that stand twice where a name may stand once, capitals or not.
//!
//! In: packages that resolve. Out: whether fields, cases, flags and parameters have names of their own. The parser reads
//! them all the same (of parameters, those that differ in capitals), and no tool makes a component of them.

use std::collections::HashSet;

use wit_parser::{Resolve, Span, TypeDefKind, WorldItem};

use super::Fault;
use crate::wit::item::shown;

/// Refuses the first name that stands twice.
pub(super) fn refuse(resolve: &Resolve) -> Result<(), Fault> {
    for (_, def) in &resolve.types {
        let names: Vec<(&str, Span)> = match &def.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().map(|field| (field.name.as_str(), field.span)).collect()
            }
            TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| (case.name.as_str(), case.span)).collect(),
            TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| (case.name.as_str(), case.span)).collect(),
            TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| (flag.name.as_str(), flag.span)).collect(),
            _ => continue,
        };
        let kind = def.kind.as_str();
        within(resolve, kind, def.name.as_deref().unwrap_or_default(), names)?;
    }
    let of_worlds = resolve.worlds.iter().flat_map(|(_, world)| world.imports.values().chain(world.exports.values()));
    let of_worlds = of_worlds.filter_map(|item| match item {
        WorldItem::Function(function) => Some(function),
        WorldItem::Interface { .. } | WorldItem::Type { .. } => None,
    });
    let functions = resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.values()).chain(of_worlds);
    for function in functions {
        let params = function.params.iter().map(|param| (param.name.as_str(), param.span));
        within(resolve, "function", &shown(function), params.collect())?;
    }
    Ok(())
}

fn within(resolve: &Resolve, kind: &str, of: &str, names: Vec<(&str, Span)>) -> Result<(), Fault> {
    let mut known = HashSet::new();
    match names.into_iter().find(|(name, _)| !known.insert(name.to_ascii_lowercase())) {
        None => Ok(()),
        Some((name, span)) => Err(Fault {
            place: resolve.render_location(span),
            what: format!("the name `{name}` stands twice in the {kind} `{of}`, capitals left aside"),
            mend: "rename one of the two".to_owned(),
        }),
    }
}

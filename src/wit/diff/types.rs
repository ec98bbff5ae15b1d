//! Named types: records, variants, enums, flags, resources, aliases, and what `use` brings in.

use wit_parser::{Enum, Flags, Record, Type, TypeDefKind, TypeId, Variant};

use super::change::Changes;
use super::members::{self, Member};
use super::pair::Pair;
use super::rule::Rule;
use super::side::Side;
use super::{docs, gate};

/// A type that only the newer version has. `obliged` says that components would have to have it, were it a resource.
pub(super) fn added(side: &Side<'_>, changes: &mut Changes<'_>, place: &str, id: TypeId, obliged: bool) {
    let def = &side.resolve.types[id];
    let (rule, what) = match (side.used(id), &def.kind) {
        (Some(used), _) => (Rule::UsedTypeAdded, format!("is used from `{}`", side.show_used(used))),
        (None, TypeDefKind::Resource) if obliged => (Rule::ExportedResourceAdded, "resource is new".to_owned()),
        (None, TypeDefKind::Resource) => (Rule::ResourceAdded, "resource is new".to_owned()),
        (None, _) => (Rule::TypeAdded, format!("{} is new", describe(side, id))),
    };
    gate::added(changes, rule, place, &what, &def.stability);
}

/// A type that only the older version has.
pub(super) fn removed(side: &Side<'_>, changes: &mut Changes<'_>, place: &str, id: TypeId) {
    let def = &side.resolve.types[id];
    let (rule, what) = match (side.used(id), &def.kind) {
        (Some(used), _) => (Rule::UsedTypeRemoved, format!("was used from `{}`", side.show_used(used))),
        (None, TypeDefKind::Resource) => (Rule::ResourceRemoved, "resource is gone".to_owned()),
        (None, _) => (Rule::TypeRemoved, format!("{} is gone", describe(side, id))),
    };
    gate::removed(changes, rule, place, &what, &def.stability);
}

/// Compares all of a type but its gate, and tells whether it is a resource in both versions, so that its functions are
/// to be compared.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Changes<'_>, place: &str, old: TypeId, new: TypeId) -> bool {
    let (old_def, new_def) = (&pair.old.resolve.types[old], &pair.new.resolve.types[new]);
    docs::compare(changes, place, &old_def.docs, &new_def.docs);
    docs::compare_external_id(changes, place, [old_def.external_id.as_deref(), new_def.external_id.as_deref()]);
    match (pair.old.used(old), pair.new.used(new)) {
        (Some(old), Some(new)) => {
            if !pair.same_reference(old, new) {
                let what =
                    format!("was used from `{}`, is from `{}`", pair.old.show_used(old), pair.new.show_used(new));
                changes.report(Rule::UsedTypeChanged, place, what);
            }
            return false;
        }
        (None, None) => {}
        _ => return other_kind(pair, changes, place, old, new),
    }
    let (members, kind) = match (&old_def.kind, &new_def.kind) {
        (TypeDefKind::Resource, TypeDefKind::Resource) => return true,
        (TypeDefKind::Record(old), TypeDefKind::Record(new)) => ([fields(old), fields(new)], &members::FIELD),
        (TypeDefKind::Variant(old), TypeDefKind::Variant(new)) => ([cases(old), cases(new)], &members::VARIANT_CASE),
        (TypeDefKind::Enum(old), TypeDefKind::Enum(new)) => ([enum_cases(old), enum_cases(new)], &members::ENUM_CASE),
        (TypeDefKind::Flags(old), TypeDefKind::Flags(new)) => ([flags(old), flags(new)], &members::FLAG),
        (old_kind, new_kind) if is_alias(old_kind) && is_alias(new_kind) => {
            if !pair.same_kind(old_kind, new_kind) {
                let what = format!("was `{}`, is `{}`", pair.old.show_kind(old_kind), pair.new.show_kind(new_kind));
                changes.report(Rule::TypeAliasChanged, place, what);
            }
            return false;
        }
        _ => return other_kind(pair, changes, place, old, new),
    };
    members::compare(pair, changes, place, kind, [&members[0], &members[1]]);
    false
}

fn other_kind(pair: &Pair<'_>, changes: &mut Changes<'_>, place: &str, old: TypeId, new: TypeId) -> bool {
    let what = format!("was {}, is {}", describe(&pair.old, old), describe(&pair.new, new));
    changes.report(Rule::TypeKindChanged, place, what);
    false
}

/// A type in a word or two.
fn describe(side: &Side<'_>, id: TypeId) -> String {
    let kind = &side.resolve.types[id].kind;
    match side.used(id) {
        Some(used) => format!("`use` of `{}`", side.show_used(used)),
        None if is_alias(kind) => format!("alias of `{}`", side.show_kind(kind)),
        None => kind.as_str().to_owned(),
    }
}

/// Whether a type is another name for something that has a notation of its own.
const fn is_alias(kind: &TypeDefKind) -> bool {
    !matches!(
        kind,
        TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown
    )
}

fn fields(record: &Record) -> Vec<Member<'_>> {
    record.fields.iter().map(|field| member(&field.name, Some(field.ty), &field.docs)).collect()
}

fn cases(variant: &Variant) -> Vec<Member<'_>> {
    variant.cases.iter().map(|case| member(&case.name, case.ty, &case.docs)).collect()
}

fn enum_cases(of: &Enum) -> Vec<Member<'_>> {
    of.cases.iter().map(|case| member(&case.name, None, &case.docs)).collect()
}

fn flags(of: &Flags) -> Vec<Member<'_>> {
    of.flags.iter().map(|flag| member(&flag.name, None, &flag.docs)).collect()
}

fn member<'a>(name: &'a str, ty: Option<Type>, docs: &'a wit_parser::Docs) -> Member<'a> {
    Member { name, ty, docs: Some(docs) }
}

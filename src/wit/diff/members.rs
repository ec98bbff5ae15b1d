//! Parts that have names and come in an order: parameters, fields, cases, flags.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{Docs, Type};

use super::change::Changes;
use super::docs;
use super::pair::Pair;
use super::rule::Rule;
use super::side::Side;

/// One part.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    /// The type of a field or a parameter, or what a case carries.
    pub(super) ty: Option<Type>,
    /// Parameters have none.
    pub(super) docs: Option<&'a Docs>,
}

/// What a part is called, and which rules apply to it.
pub(super) struct Kind {
    noun: &'static str,
    /// What stands before and behind its type.
    around: [&'static str; 2],
    added: Rule,
    removed: Rule,
    renamed: Rule,
    reordered: Rule,
    /// Another type: one was given, it was taken away, it is another.
    retyped: Option<[Rule; 3]>,
}

pub(super) const PARAMETER: Kind = Kind {
    noun: "parameter",
    around: [": ", ""],
    added: Rule::ParameterAdded,
    removed: Rule::ParameterRemoved,
    renamed: Rule::ParameterRenamed,
    reordered: Rule::ParameterReordered,
    retyped: Some([Rule::ParameterTypeChanged; 3]),
};
pub(super) const FIELD: Kind = Kind {
    noun: "field",
    around: [": ", ""],
    added: Rule::RecordFieldAdded,
    removed: Rule::RecordFieldRemoved,
    renamed: Rule::RecordFieldRenamed,
    reordered: Rule::RecordFieldReordered,
    retyped: Some([Rule::RecordFieldTypeChanged; 3]),
};
pub(super) const VARIANT_CASE: Kind = Kind {
    noun: "case",
    around: ["(", ")"],
    added: Rule::VariantCaseAdded,
    removed: Rule::VariantCaseRemoved,
    renamed: Rule::VariantCaseRenamed,
    reordered: Rule::VariantCaseReordered,
    retyped: Some([Rule::VariantPayloadAdded, Rule::VariantPayloadRemoved, Rule::VariantPayloadChanged]),
};
pub(super) const ENUM_CASE: Kind = Kind {
    noun: "case",
    around: ["(", ")"],
    added: Rule::EnumCaseAdded,
    removed: Rule::EnumCaseRemoved,
    renamed: Rule::EnumCaseRenamed,
    reordered: Rule::EnumCaseReordered,
    retyped: None,
};
pub(super) const FLAG: Kind = Kind {
    noun: "flag",
    around: [": ", ""],
    added: Rule::FlagAdded,
    removed: Rule::FlagRemoved,
    renamed: Rule::FlagRenamed,
    reordered: Rule::FlagReordered,
    retyped: None,
};

/// Compares the parts of the item at `place`.
///
/// A part was renamed if another name stands in its position with the same type. Otherwise one is gone, and one is new.
pub(super) fn compare(
    pair: &Pair<'_>,
    changes: &mut Changes<'_>,
    place: &str,
    kind: &Kind,
    [old, new]: [&[Member<'_>]; 2],
) {
    let by_name = |members: &[Member<'_>]| -> BTreeMap<String, usize> {
        members.iter().enumerate().map(|(index, member)| (member.name.to_owned(), index)).collect()
    };
    let (old_names, new_names) = (by_name(old), by_name(new));
    let mut survivors = Vec::new();
    for (index, before) in old.iter().enumerate() {
        let part = format!("{place}.{}", before.name);
        let renamed =
            new.get(index).filter(|now| !old_names.contains_key(now.name) && pair.same_optional(before.ty, now.ty));
        match (new_names.get(before.name).and_then(|index| new.get(*index)), renamed) {
            (Some(now), _) => {
                retyped(pair, changes, &part, kind, [before, now]);
                documented(changes, &part, [before, now]);
                survivors.push(now.name);
            }
            (None, Some(now)) => {
                changes.report(
                    kind.renamed,
                    &part,
                    format!("{} was called `{}`, is called `{}`", kind.noun, before.name, now.name),
                );
                documented(changes, &part, [before, now]);
                survivors.push(now.name);
            }
            (None, None) => {
                let shown = show(&pair.old, kind, before);
                changes.report(kind.removed, &part, format!("{} is gone: `{shown}`", kind.noun));
            }
        }
    }
    let known: BTreeSet<&str> = survivors.iter().copied().collect();
    for now in new.iter().filter(|now| !known.contains(now.name)) {
        let shown = show(&pair.new, kind, now);
        changes.report(kind.added, &format!("{place}.{}", now.name), format!("{} is new: `{shown}`", kind.noun));
    }
    let order: Vec<&str> = new.iter().map(|now| now.name).filter(|name| known.contains(name)).collect();
    if order != survivors {
        let what = format!("order was `{}`, is `{}`", survivors.join(", "), order.join(", "));
        changes.report(kind.reordered, place, what);
    }
}

fn retyped(pair: &Pair<'_>, changes: &mut Changes<'_>, part: &str, kind: &Kind, [old, new]: [&Member<'_>; 2]) {
    let Some([given, taken, other]) = kind.retyped else { return };
    let rule = match (old.ty, new.ty) {
        (None, None) => return,
        (None, Some(_)) => given,
        (Some(_), None) => taken,
        (Some(old), Some(new)) if pair.same(old, new) => return,
        (Some(_), Some(_)) => other,
    };
    changes.report(rule, part, format!("was `{}`, is `{}`", show(&pair.old, kind, old), show(&pair.new, kind, new)));
}

fn documented(changes: &mut Changes<'_>, part: &str, [old, new]: [&Member<'_>; 2]) {
    if let (Some(old), Some(new)) = (old.docs, new.docs) {
        docs::compare(changes, part, old, new);
    }
}

fn show(side: &Side<'_>, kind: &Kind, member: &Member<'_>) -> String {
    match member.ty {
        Some(ty) => {
            let [before, behind] = kind.around;
            format!("{}{before}{}{behind}", member.name, side.show(ty))
        }
        None => member.name.to_owned(),
    }
}

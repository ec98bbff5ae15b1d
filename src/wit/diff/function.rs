//! Functions: those of interfaces and worlds, methods, static functions and constructors.

use std::collections::BTreeMap;

use wit_parser::{Function, FunctionKind};

use super::change::Changes;
use super::members::{self, Member};
use super::pair::Pair;
use super::rule::Rule;
use super::{docs, gate, permission};
use crate::wit::render::{function_type, keyword, parameters};

/// Compares the functions below `place`. `obliged` says that components have to have them.
pub(super) fn compare_all<'f>(
    pair: &Pair<'_>,
    changes: &mut Changes<'_>,
    place: &str,
    [old, new]: [impl Iterator<Item = &'f Function>; 2],
    obliged: bool,
) {
    let addition = if obliged { Rule::ExportedFunctionAdded } else { Rule::FunctionAdded };
    let stabilised = if obliged { Rule::ExportedFunctionAdded } else { Rule::Stabilised };
    let mut new: BTreeMap<&str, &Function> = new.map(|function| (function.name.as_str(), function)).collect();
    for before in old {
        let place = format!("{place}.{}", before.item_name());
        match new.remove(before.name.as_str()) {
            Some(now) => {
                gate::kept(changes, &place, [&before.stability, &now.stability], stabilised, |changes| {
                    compare(pair, changes, &place, before, now);
                });
            }
            None => {
                let what = format!("{} is gone: `{}`", noun(before), function_type(pair.old.resolve, before));
                gate::removed(changes, Rule::FunctionRemoved, &place, &what, &before.stability);
            }
        }
    }
    for now in new.into_values() {
        let what = format!("{} is new: `{}`", noun(now), function_type(pair.new.resolve, now));
        gate::added(changes, addition, &format!("{place}.{}", now.item_name()), &what, &now.stability);
    }
}

/// Compares all of a function but its gate.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Changes<'_>, place: &str, old: &Function, new: &Function) {
    if old.kind.is_async() != new.kind.is_async() {
        let what = format!("was `{}`, is `{}`", keyword(old), keyword(new));
        changes.report(Rule::FunctionAsyncChanged, place, what);
    }
    let parameters = [old, new].map(|function| {
        parameters(function)
            .map(|param| Member { name: &param.name, ty: Some(param.ty), docs: None })
            .collect::<Vec<_>>()
    });
    members::compare(pair, changes, place, &members::PARAMETER, [&parameters[0], &parameters[1]]);
    result(pair, changes, place, old, new);
    documentation(changes, place, docs::text(&old.docs), docs::text(&new.docs));
    docs::compare_external_id(changes, place, [old.external_id.as_deref(), new.external_id.as_deref()]);
}

fn result(pair: &Pair<'_>, changes: &mut Changes<'_>, place: &str, old: &Function, new: &Function) {
    let (rule, what) = match (old.result, new.result) {
        (None, None) => return,
        (None, Some(new)) => (Rule::ResultAdded, format!("returned nothing, returns `{}`", pair.new.show(new))),
        (Some(old), None) => (Rule::ResultRemoved, format!("returned `{}`, returns nothing", pair.old.show(old))),
        (Some(old), Some(new)) if pair.same(old, new) => return,
        (Some(old), Some(new)) => {
            (Rule::ResultTypeChanged, format!("returned `{}`, returns `{}`", pair.old.show(old), pair.new.show(new)))
        }
    };
    changes.report(rule, place, what);
}

/// Compares doc comments. Who may call the function is told once, as that.
fn documentation(changes: &mut Changes<'_>, place: &str, old: &str, new: &str) {
    let told = permission::compare(changes, place, old, new);
    let (old_rest, new_rest) = (permission::without_line(old), permission::without_line(new));
    if old_rest != new_rest || told {
        docs::compare_text(changes, place, &old_rest, &new_rest);
    } else {
        docs::compare_text(changes, place, old, new);
    }
}

const fn noun(function: &Function) -> &'static str {
    match function.kind {
        FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => "function",
        FunctionKind::Method(_) | FunctionKind::AsyncMethod(_) => "method",
        FunctionKind::Static(_) | FunctionKind::AsyncStatic(_) => "static function",
        FunctionKind::Constructor(_) => "constructor",
    }
}

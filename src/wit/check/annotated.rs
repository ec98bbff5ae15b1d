//! Every function of the host says in one line which permission it needs, and can refuse for want of it. What components
//! export says nothing of the kind: the host calls it.

use wit_parser::{Function, Resolve, Type, TypeDefKind};

use super::{Rule, Subject, What};
use crate::wit::annotation::permissions;
use crate::wit::parts::unnamed;

/// The grammar of the line, in short.
const GRAMMAR: &str = "write one line `/// @permission none`, or `/// @permission CLASS.ACTION(PARAMETER)`, alternatives \
                       separated by ` | `; wit/README.md has the grammar";

pub(super) fn check(subject: &mut Subject<'_>) {
    let resolve = &subject.source.resolve;
    for item in subject.items {
        let What::Function { function, exported } = item.what else { continue };
        if exported {
            let docs = function.docs.contents.as_deref().unwrap_or_default();
            if docs.lines().any(|line| line.contains("@permission")) {
                let what = "names a permission, and is exported by components only".to_owned();
                subject.find(Rule::Annotated, item, what, "take the line `@permission` out: the host calls it");
            }
            continue;
        }
        match permissions(resolve, function) {
            Err(why) => {
                let what = format!("does not say which permission it needs: {why}");
                subject.find(Rule::Annotated, item, what, GRAMMAR);
            }
            Ok(needed) if !needed.is_empty() && !can_refuse(resolve, function) => {
                let what = "needs a permission, and cannot say that it is not granted".to_owned();
                let mend = "let it return a `result` whose error is a variant with the case `permission-denied`";
                subject.find(Rule::Annotated, item, what, mend);
            }
            Ok(_) => {}
        }
    }
}

/// Whether the function's error has a case for a permission that is lacking.
fn can_refuse(resolve: &Resolve, function: &Function) -> bool {
    let kind = |ty: Type| match unnamed(resolve, ty) {
        Type::Id(id) => Some(&resolve.types[id].kind),
        _ => None,
    };
    let Some(TypeDefKind::Result(result)) = function.result.and_then(kind) else { return false };
    match result.err.and_then(kind) {
        Some(TypeDefKind::Variant(variant)) => variant.cases.iter().any(|case| case.name == "permission-denied"),
        Some(TypeDefKind::Enum(cases)) => cases.cases.iter().any(|case| case.name == "permission-denied"),
        _ => false,
    }
}

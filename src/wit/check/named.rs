//! Names are in lower case; units, and what is an error, can be told by the name.

use std::collections::HashSet;

use wit_parser::{Function, PackageId, Resolve, Span, Type, TypeDefKind, TypeId, TypeOwner};

use super::{Item, Rule, Subject, What};
use crate::wit::parts::{defined, unnamed};

/// Endings of names that say the unit of a size, a duration or a point in time.
const UNITS: [&str; 4] = ["-ms", "-millis", "-nanos", "-bytes"];

pub(super) fn check(subject: &mut Subject<'_>) {
    let resolve = &subject.source.resolve;
    // Errors whose names are wrong are told once, however many functions have them.
    let mut told = HashSet::new();
    for item in subject.items {
        let name = item.path.rsplit('.').next().unwrap_or_default();
        if item.kind != "package" && name.contains(|letter: char| letter.is_ascii_uppercase()) {
            let mend = format!("write `{}`", name.to_ascii_lowercase());
            subject.find(Rule::Named, item, "has a name with capitals".to_owned(), mend);
        }
        match item.what {
            What::Function { function, .. } => {
                for param in &function.params {
                    unit(subject, &format!("{}.{}", item.path, param.name), param.ty, param.span);
                }
                if function.result.is_some_and(|ty| is_number(resolve, ty)) {
                    function.result.iter().for_each(|ty| unit(subject, &item.path, *ty, item.span));
                }
                errors(subject, item, function, &mut told);
            }
            What::Type(id) => {
                if let TypeDefKind::Record(record) = &resolve.types[id].kind {
                    for field in &record.fields {
                        unit(subject, &format!("{}.{}", item.path, field.name), field.ty, field.span);
                    }
                }
            }
            What::Other => {}
        }
    }
}

/// A name that ends in a unit stands for a `u64`.
fn unit(subject: &mut Subject<'_>, path: &str, ty: Type, span: Span) {
    let Some(unit) = UNITS.iter().find(|unit| path.ends_with(*unit)) else { return };
    let resolve = &subject.source.resolve;
    let counted = match unnamed(resolve, ty) {
        Type::Id(id) => match resolve.types[id].kind {
            TypeDefKind::Option(inner) => unnamed(resolve, inner),
            _ => Type::Id(id),
        },
        ty => ty,
    };
    if counted != Type::U64 {
        let what = format!("has the unit `{unit}` in its name, and is neither `u64` nor `option<u64>`");
        let mend = "make it a `u64`, or choose a name without a unit if it is no quantity";
        subject.find_at(Rule::Named, span, path, what, mend);
    }
}

fn is_number(resolve: &Resolve, ty: Type) -> bool {
    let number = [Type::U8, Type::U16, Type::U32, Type::S8, Type::S16, Type::S32, Type::S64, Type::F32, Type::F64];
    number.contains(&unnamed(resolve, ty))
}

/// A function fails by a `result`, whose error is a type of the package that is called `…-error`.
fn errors(subject: &mut Subject<'_>, item: &Item<'_>, function: &Function, told: &mut HashSet<TypeId>) {
    let resolve = &subject.source.resolve;
    let Some(result) = function.result else { return };
    if let Type::Id(id) = result
        && resolve.types[id].name.as_ref().is_some_and(|name| name.ends_with("-error"))
    {
        let what = "returns an error that is no error of a `result`".to_owned();
        subject.find(Rule::Named, item, what, "let it return `result<_, …-error>`");
    }
    let Type::Id(id) = unnamed(resolve, result) else { return };
    let TypeDefKind::Result(parts) = &resolve.types[id].kind else { return };
    let error = match parts.err {
        Some(Type::Id(id)) => named(resolve, id),
        Some(_) | None => None,
    };
    let mend = "define a variant or an enum named after its subject, `file-error`, with a case for each reason";
    match error {
        None if parts.err.is_none() => {
            subject.find(Rule::Named, item, "can fail, and does not say why".to_owned(), mend);
        }
        None => {
            let what = "has an error without a name".to_owned();
            subject.find(Rule::Named, item, what, mend);
        }
        Some(Named { id, name, package, path }) => {
            let own = package == Some(subject.package);
            if !name.ends_with("-error") && own && told.insert(id) {
                let what = "is the error of a function, and its name does not end in `-error`".to_owned();
                subject.find_at(Rule::Named, resolve.types[id].span, &path, what, mend);
            }
            if !own {
                let what = format!("has the error `{name}` of another package");
                subject.find(Rule::Named, item, what, "let each package define its own errors");
            }
        }
    }
}

/// A type that has a name, where it is defined.
struct Named {
    id: TypeId,
    name: String,
    package: Option<PackageId>,
    /// `interface.type`.
    path: String,
}

fn named(resolve: &Resolve, id: TypeId) -> Option<Named> {
    let id = defined(resolve, id);
    let name = resolve.types[id].name.clone()?;
    let (owner, package) = match resolve.types[id].owner {
        TypeOwner::Interface(id) => (resolve.interfaces[id].name.clone(), resolve.interfaces[id].package),
        TypeOwner::World(id) => (Some(resolve.worlds[id].name.clone()), resolve.worlds[id].package),
        TypeOwner::None => (None, None),
    };
    let path = owner.map_or(name.clone(), |owner| format!("{owner}.{name}"));
    Some(Named { id, name, package, path })
}

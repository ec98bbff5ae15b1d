//! What types are made of, and what their names stand for.

use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

/// The types that a type directly holds. A handle holds nothing: what it leads to is somewhere else.
pub(super) fn parts(kind: &TypeDefKind) -> Vec<Type> {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.clone(),
        TypeDefKind::Result(result) => result.ok.into_iter().chain(result.err).collect(),
        TypeDefKind::Map(key, value) => vec![*key, *value],
        TypeDefKind::Option(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::FixedLengthList(ty, _)
        | TypeDefKind::Type(ty) => {
            vec![*ty]
        }
        TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => ty.iter().copied().collect(),
        TypeDefKind::Resource
        | TypeDefKind::Handle(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Unknown => Vec::new(),
    }
}

/// A type without the names it is given by `type` and `use`.
pub(super) fn unnamed(resolve: &Resolve, mut ty: Type) -> Type {
    while let Type::Id(id) = ty {
        let TypeDefKind::Type(next) = resolve.types[id].kind else { break };
        ty = next;
    }
    ty
}

/// What `use` brings in under the name of a type, if that is how the name comes here: it is described where it is defined.
pub(super) fn used(resolve: &Resolve, id: TypeId) -> Option<TypeId> {
    let def = &resolve.types[id];
    match def.kind {
        TypeDefKind::Type(Type::Id(other)) if resolve.types[other].owner != def.owner => Some(other),
        _ => None,
    }
}

/// Where a type is defined: behind every `use`.
pub(super) fn defined(resolve: &Resolve, id: TypeId) -> TypeId {
    std::iter::successors(Some(id), |id| used(resolve, *id)).last().unwrap_or(id)
}

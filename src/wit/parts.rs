//! What types are made of.

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

/// Where a type is defined that `use` may have brought in.
pub(super) fn defined(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(next)) = resolve.types[id].kind {
        if resolve.types[next].owner == resolve.types[id].owner {
            break;
        }
        id = next;
    }
    id
}

/// Whether a type is brought in by `use`, and so is described where it is defined.
pub(super) fn is_used(resolve: &Resolve, id: TypeId) -> bool {
    defined(resolve, id) != id
}

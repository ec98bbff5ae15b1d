//! The two versions, and when a type of one is the type of the other.

use wit_parser::{Handle, Type, TypeDefKind, TypeId};

use super::side::Side;

/// What is compared.
pub(super) struct Pair<'a> {
    pub(super) old: Side<'a>,
    pub(super) new: Side<'a>,
}

impl Pair<'_> {
    /// Whether two references mean the same type.
    pub(super) fn same(&self, old: Type, new: Type) -> bool {
        match (old, new) {
            (Type::Id(old), Type::Id(new)) => self.same_reference(old, new),
            (old, new) => old == new,
        }
    }

    /// The same, where there may be none.
    pub(super) fn same_optional(&self, old: Option<Type>, new: Option<Type>) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => self.same(old, new),
            (old, new) => old.is_none() && new.is_none(),
        }
    }

    /// A name means itself, and what `use` brings in under it: whichever agrees. If the name stays and `use` brings in
    /// something else, that is told where `use` stands.
    pub(super) fn same_reference(&self, old: TypeId, new: TypeId) -> bool {
        match (self.old.name(old), self.new.name(new)) {
            (Some(old_name), Some(new_name)) => {
                old_name == new_name || self.old.name(self.old.origin(old)) == self.new.name(self.new.origin(new))
            }
            (None, None) => self.same_kind(&self.old.resolve.types[old].kind, &self.new.resolve.types[new].kind),
            _ => false,
        }
    }

    /// Whether two types without a name are the same. Those that always have one are not looked into.
    pub(super) fn same_kind(&self, old: &TypeDefKind, new: &TypeDefKind) -> bool {
        match (old, new) {
            (TypeDefKind::Type(old), TypeDefKind::Type(new))
            | (TypeDefKind::Option(old), TypeDefKind::Option(new))
            | (TypeDefKind::List(old), TypeDefKind::List(new)) => self.same(*old, *new),
            (TypeDefKind::Handle(Handle::Own(old)), TypeDefKind::Handle(Handle::Own(new)))
            | (TypeDefKind::Handle(Handle::Borrow(old)), TypeDefKind::Handle(Handle::Borrow(new))) => {
                self.same_reference(*old, *new)
            }
            (TypeDefKind::Tuple(old), TypeDefKind::Tuple(new)) => {
                old.types.len() == new.types.len()
                    && old.types.iter().zip(&new.types).all(|(old, new)| self.same(*old, *new))
            }
            (TypeDefKind::Result(old), TypeDefKind::Result(new)) => {
                self.same_optional(old.ok, new.ok) && self.same_optional(old.err, new.err)
            }
            (TypeDefKind::FixedLengthList(old, old_length), TypeDefKind::FixedLengthList(new, new_length)) => {
                old_length == new_length && self.same(*old, *new)
            }
            (TypeDefKind::Map(old_key, old_value), TypeDefKind::Map(new_key, new_value)) => {
                self.same(*old_key, *new_key) && self.same(*old_value, *new_value)
            }
            (TypeDefKind::Future(old), TypeDefKind::Future(new))
            | (TypeDefKind::Stream(old), TypeDefKind::Stream(new)) => self.same_optional(*old, *new),
            _ => false,
        }
    }
}

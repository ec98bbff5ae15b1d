//! The rules: every kind of change that a comparison knows, with the class that it has whatever else changes.
//!
//! The table is data. The page `wit/VERSIONING.md` and the cases in `tests/wit/diff/` are held against it.

use crate::contract::kebab_enum;

kebab_enum! {
    /// What a change asks of the version, from least to most.
    pub enum Class {
        /// Nobody who uses the package sees a difference.
        Patch = "patch",
        /// Whoever uses the older version goes on as before; the newer has more, or says more.
        Minor = "minor",
        /// Somebody who uses the older version may not be able to use the newer.
        Major = "major",
    }
}

/// Declares [`Rule`] from one line a rule: variant, slug, class, text.
macro_rules! rules {
    ($( $variant:ident $slug:literal $class:ident $text:literal; )+) => {
        kebab_enum! {
            /// A kind of change. Its slug is public interface: never renamed, never reused.
            pub enum Rule { $( #[doc = $text] $variant = $slug, )+ }
        }

        impl Rule {
            /// What a change of this kind asks of the version.
            pub const fn class(self) -> Class {
                match self { $( Self::$variant => Class::$class, )+ }
            }

            /// When the rule applies.
            pub const fn text(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }
        }
    };
}

rules! {
    // Packages.
    DocsChanged "docs-changed" Patch "A doc comment says something else.";
    ExternalIdChanged "external-id-changed" Major "`@external-id` was given, taken away or changed.";
    DependencyRaised "dependency-raised" Minor "Another package is referred to in a higher version of the same track.";
    DependencyLowered "dependency-lowered" Major "Another package is referred to in a lower version of the same track.";
    DependencyTrackChanged "dependency-track-changed" Major "Another package is referred to in a version of another track, whose types are other types.";

    // Interfaces and functions.
    InterfaceAdded "interface-added" Minor "An interface is new.";
    InterfaceRemoved "interface-removed" Major "An interface is gone.";
    FunctionAdded "function-added" Minor "A function, method, static function or constructor is new, and no world of the older version exports its interface.";
    ExportedFunctionAdded "exported-function-added" Major "A function, method, static function or constructor is new in an interface that a world of the older version exports: components do not have it.";
    FunctionRemoved "function-removed" Major "A function, method, static function or constructor is gone.";
    FunctionAsyncChanged "function-async-changed" Major "A function became `async`, or is so no more.";
    ParameterAdded "parameter-added" Major "A function takes one parameter more.";
    ParameterRemoved "parameter-removed" Major "A function takes one parameter less.";
    ParameterRenamed "parameter-renamed" Major "A parameter has another name, in the same position and of the same type.";
    ParameterReordered "parameter-reordered" Major "Parameters come in another order.";
    ParameterTypeChanged "parameter-type-changed" Major "A parameter has another type.";
    ResultAdded "result-added" Major "A function that returned nothing returns something.";
    ResultRemoved "result-removed" Major "A function returns nothing any more.";
    ResultTypeChanged "result-type-changed" Major "A function returns another type.";
    PermissionTightened "permission-tightened" Major "A function needs a permission and needed none, or fewer alternatives suffice.";
    PermissionLoosened "permission-loosened" Minor "A function needs no permission any more, or more alternatives suffice.";
    PermissionChanged "permission-changed" Major "A function needs another permission.";

    // Types.
    TypeAdded "type-added" Minor "A type is new.";
    TypeRemoved "type-removed" Major "A type is gone.";
    TypeKindChanged "type-kind-changed" Major "A type is of another kind, such as a variant that was an enum.";
    TypeAliasChanged "type-alias-changed" Major "A type stands for another type.";
    UsedTypeAdded "used-type-added" Minor "`use` brings in one type more.";
    UsedTypeRemoved "used-type-removed" Major "`use` does not bring in a type any more.";
    UsedTypeChanged "used-type-changed" Major "`use` brings in another type under the same name.";
    ResourceAdded "resource-added" Minor "A resource is new, and no world of the older version exports its interface.";
    ExportedResourceAdded "exported-resource-added" Major "A resource is new in an interface that a world of the older version exports: components do not have it.";
    ResourceRemoved "resource-removed" Major "A resource is gone.";
    RecordFieldAdded "record-field-added" Major "A record has one field more.";
    RecordFieldRemoved "record-field-removed" Major "A record has one field less.";
    RecordFieldRenamed "record-field-renamed" Major "A field has another name, in the same position and of the same type.";
    RecordFieldReordered "record-field-reordered" Major "Fields come in another order.";
    RecordFieldTypeChanged "record-field-type-changed" Major "A field has another type.";
    VariantCaseAdded "variant-case-added" Major "A variant has one case more.";
    VariantCaseRemoved "variant-case-removed" Major "A variant has one case less.";
    VariantCaseRenamed "variant-case-renamed" Major "A case of a variant has another name, in the same position and with the same payload.";
    VariantCaseReordered "variant-case-reordered" Major "Cases of a variant come in another order.";
    VariantPayloadAdded "variant-payload-added" Major "A case that carried nothing carries something.";
    VariantPayloadRemoved "variant-payload-removed" Major "A case carries nothing any more.";
    VariantPayloadChanged "variant-payload-changed" Major "A case carries another type.";
    EnumCaseAdded "enum-case-added" Major "An enum has one case more.";
    EnumCaseRemoved "enum-case-removed" Major "An enum has one case less.";
    EnumCaseRenamed "enum-case-renamed" Major "A case of an enum has another name, in the same position.";
    EnumCaseReordered "enum-case-reordered" Major "Cases of an enum come in another order.";
    FlagAdded "flag-added" Major "Flags have one member more.";
    FlagRemoved "flag-removed" Major "Flags have one member less.";
    FlagRenamed "flag-renamed" Major "A flag has another name, in the same position.";
    FlagReordered "flag-reordered" Major "Flags come in another order.";

    // Worlds.
    WorldAdded "world-added" Minor "A world is new.";
    WorldRemoved "world-removed" Major "A world is gone.";
    WorldImportAdded "world-import-added" Minor "A world imports one thing more.";
    WorldImportRemoved "world-import-removed" Major "A world does not import a thing any more.";
    WorldExportAdded "world-export-added" Major "A world exports one thing more, which components do not have.";
    WorldExportRemoved "world-export-removed" Major "A world does not export a thing any more.";

    // Gates.
    SinceAdded "since-added" Patch "An item had no `@since` and has one that is no higher than the older version.";
    SinceRemoved "since-removed" Patch "An item had `@since` and has none.";
    SinceRaised "since-raised" Major "`@since` denies that an item was in a version that had it.";
    SinceLowered "since-lowered" Patch "`@since` names a lower version than before.";
    SinceTooEarly "since-too-early" Major "`@since` of an item that is new claims that the older version had it.";
    Deprecated "deprecated" Minor "An item is deprecated.";
    DeprecationChanged "deprecation-changed" Patch "An item is deprecated since another version.";
    DeprecationRemoved "deprecation-removed" Minor "An item is not deprecated any more.";
    UnstableAdded "unstable-added" Patch "An item is new and `@unstable`, so not part of the contract.";
    UnstableChanged "unstable-changed" Patch "An item that was `@unstable`, and is so still, changed in some way.";
    UnstableRemoved "unstable-removed" Patch "An item that was `@unstable` is gone.";
    Stabilised "stabilised" Minor "An item that was `@unstable` is part of the contract now.";
    Destabilised "destabilised" Major "An item that was part of the contract is `@unstable` now.";
}

impl Rule {
    /// What becomes of the rule where the item is `@unstable` in both versions: nothing in it was promised.
    pub(super) const fn when_unstable(self) -> Self {
        match self {
            Self::DocsChanged | Self::UnstableAdded | Self::UnstableRemoved => self,
            _ => Self::UnstableChanged,
        }
    }
}

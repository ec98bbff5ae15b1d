//! Where a load failed and why: phases, and the codes that belong to each.

use super::kebab_enum;

kebab_enum! {
    /// The phases of a load, in the order in which they run; `registry` stands for the checks before the first.
    pub enum Phase {
        /// The identifier is looked up among the loaded components.
        Registry = "registry",
        /// `component.toml` is read and validated whole.
        Manifest = "manifest",
        /// The manifest is held against the operator's policy.
        Policy = "policy",
        /// The wasm is read, bound to its hash, and compiled.
        Component = "component",
        /// Imports and exports are held against what the runtime offers.
        Interface = "interface",
        /// The component is instantiated.
        Instantiate = "instantiate",
        /// `metadata` is called and held against the manifest.
        Metadata = "metadata",
        /// `init` is called.
        Init = "init",
    }
}

kebab_enum! {
    /// Why a load failed. Codes are public interface: tools and cases match on them, never on message text.
    pub enum LoadCode {
        /// The manifest is not TOML, or not readable as UTF-8 text.
        ManifestSyntax = "manifest-syntax",
        /// A key that the schema does not have.
        ManifestUnknownField = "manifest-unknown-field",
        /// A mandatory key, or the manifest itself, is missing.
        ManifestMissingField = "manifest-missing-field",
        /// A key with a value of the wrong type, form or range.
        ManifestInvalidValue = "manifest-invalid-value",
        /// The manifest is larger than 1 MiB.
        ManifestTooLarge = "manifest-too-large",
        /// A capability pattern that breaks the pattern language.
        InvalidPattern = "invalid-pattern",
        /// The manifest asks for a permission that a strict policy refuses.
        PolicyDenied = "policy-denied",
        /// The manifest asks for a limit above the operator's.
        LimitExceedsPolicy = "limit-exceeds-policy",
        /// The file is no component: a core module, text, or something else.
        NotAComponent = "not-a-component",
        /// The file starts like a component and does not validate.
        InvalidComponent = "invalid-component",
        /// The file is larger than the runtime compiles.
        ComponentTooLarge = "component-too-large",
        /// The initial memories and tables exceed the manifest's maximum.
        MemoryExceedsLimit = "memory-exceeds-limit",
        /// The file is precompiled machine code, which is never accepted as wasm.
        PrecompiledRefused = "precompiled-refused",
        /// A lifecycle function or its interface is not exported.
        MissingExport = "missing-export",
        /// An import of a package or interface that the runtime does not offer.
        UnsupportedInterface = "unsupported-interface",
        /// An interface in a version that the runtime's does not satisfy.
        IncompatibleVersion = "incompatible-version",
        /// An interface without a version.
        UnversionedInterface = "unversioned-interface",
        /// The right interface in the right version with a wrong shape.
        SignatureMismatch = "signature-mismatch",
        /// A start function trapped.
        InstantiationTrapped = "instantiation-trapped",
        /// A start function ran past its limit.
        InstantiationTimeout = "instantiation-timeout",
        /// The runtime has no room for another instance.
        ResourceExhausted = "resource-exhausted",
        /// `metadata` contradicts the manifest.
        MetadataMismatch = "metadata-mismatch",
        /// `metadata` trapped.
        MetadataTrapped = "metadata-trapped",
        /// `metadata` ran past its limit.
        MetadataTimeout = "metadata-timeout",
        /// `init` answered an error.
        InitFailed = "init-failed",
        /// `init` trapped.
        InitTrapped = "init-trapped",
        /// `init` ran past its limit.
        InitTimeout = "init-timeout",
        /// A component of that name is loaded already.
        AlreadyLoaded = "already-loaded",
        /// No component of that name is loaded.
        NotFound = "not-found",
    }
}

impl LoadCode {
    /// The phase that the code belongs to.
    pub const fn phase(self) -> Phase {
        use LoadCode::*;
        match self {
            ManifestSyntax | ManifestUnknownField | ManifestMissingField | ManifestInvalidValue | ManifestTooLarge
            | InvalidPattern => Phase::Manifest,
            PolicyDenied | LimitExceedsPolicy => Phase::Policy,
            NotAComponent | InvalidComponent | ComponentTooLarge | MemoryExceedsLimit | PrecompiledRefused => {
                Phase::Component
            }
            MissingExport | UnsupportedInterface | IncompatibleVersion | UnversionedInterface | SignatureMismatch => {
                Phase::Interface
            }
            InstantiationTrapped | InstantiationTimeout | ResourceExhausted => Phase::Instantiate,
            MetadataMismatch | MetadataTrapped | MetadataTimeout => Phase::Metadata,
            InitFailed | InitTrapped | InitTimeout => Phase::Init,
            AlreadyLoaded | NotFound => Phase::Registry,
        }
    }
}

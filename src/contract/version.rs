//! Versions: those of the contract, and the rule by which what a component was built against is held against what a
//! runtime offers.

use semver::{Comparator, Version, VersionReq};

use super::kebab_enum;

kebab_enum! {
    /// A version of the contract, which is that of its package `airssys:core` without the patch.
    pub enum ContractVersion {
        /// `airssys:core@1.0.0`.
        V1_0 = "1.0",
        /// `airssys:core@1.1.0`: publish/subscribe, and the time in nanoseconds.
        V1_1 = "1.1",
    }
}

impl ContractVersion {
    /// The one that this crate's runtime offers unless told otherwise.
    pub const NEWEST: Self = Self::V1_1;

    /// The version of `airssys:core`.
    pub const fn core(self) -> Version {
        match self {
            Self::V1_0 => Version::new(1, 0, 0),
            Self::V1_1 => Version::new(1, 1, 0),
        }
    }
}

/// Whether a component built against `built` runs on a runtime that offers `offered`.
///
/// A runtime serves every component of its own semver track (the same major version; for `0.x` the
/// same minor; for `0.0.x` the same patch) that was built against the offered version or an earlier
/// one: a newer one may use functions that are not there. A pre-release is compatible with itself
/// alone, and build metadata is ignored.
///
/// ```
/// use airssys_wasm::contract::version::compatible;
/// let version = |text| semver::Version::parse(text).unwrap();
/// assert!(compatible(&version("1.0.0"), &version("1.5.0")));
/// assert!(!compatible(&version("1.5.0"), &version("1.0.0")));
/// assert!(!compatible(&version("0.4.0"), &version("0.5.0")));
/// assert!(!compatible(&version("1.0.0-rc.1"), &version("1.0.0")));
/// ```
pub fn compatible(built: &Version, offered: &Version) -> bool {
    let core = |version: &Version| (version.major, version.minor, version.patch);
    if !built.pre.is_empty() || !offered.pre.is_empty() {
        return core(built) == core(offered) && built.pre == offered.pre;
    }
    track(built) == track(offered) && core(built) <= core(offered)
}

/// Whether two versions are releases of one track, that is: whether the later may serve what was built against the earlier.
pub fn same_track(a: &Version, b: &Version) -> bool {
    track(a) == track(b)
}

/// Whether an offered version satisfies a requirement of `[wit-dependencies]`: as semver has it, but for pre-releases,
/// which nothing but they themselves satisfies.
///
/// ```
/// use airssys_wasm::contract::version::satisfies;
/// let satisfies = |requirement, offered| {
///     satisfies(&semver::VersionReq::parse(requirement).unwrap(), &semver::Version::parse(offered).unwrap())
/// };
/// assert!(satisfies("^1.0.0", "1.1.0"));
/// assert!(!satisfies("^1.0.1", "1.0.0"));
/// assert!(satisfies("=1.0.0-rc.1", "1.0.0-rc.1"));
/// assert!(!satisfies("^1.0.0-rc.1", "1.0.0"));
/// ```
pub fn satisfies(requirement: &VersionReq, offered: &Version) -> bool {
    let pre_release = |comparator: &Comparator| {
        let at = (Some(offered.minor), Some(offered.patch));
        comparator.major == offered.major && (comparator.minor, comparator.patch) == at && comparator.pre == offered.pre
    };
    let mut pre_releases = requirement.comparators.iter().filter(|comparator| !comparator.pre.is_empty());
    pre_releases.all(pre_release) && requirement.matches(offered)
}

/// The part of a version within which releases are compatible.
fn track(version: &Version) -> (u64, u64, u64) {
    match (version.major, version.minor) {
        (0, 0) => (0, 0, version.patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    }
}

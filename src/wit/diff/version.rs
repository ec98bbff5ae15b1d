//! Which version a package must have after a change: semantic versioning, the rule of `0.x` included.

use std::fmt;

use semver::Version;

use super::rule::Class;

/// The versions that the newer package may declare. Build metadata counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing changed: any version that is not lower than the older one.
    NoLowerThan(Version),
    /// This release, a pre-release of it, or anything higher.
    AtLeast(Version),
    /// Anything higher: the older version is a pre-release, which promises nothing.
    HigherThan(Version),
}

impl Need {
    /// What `class` asks of a package whose older version is `old`. `None` if there is no higher version to go to,
    /// because a part of the older one is 2⁶⁴ − 1.
    pub(super) fn after(old: &Version, class: Option<Class>) -> Option<Self> {
        let old = Version { build: semver::BuildMetadata::EMPTY, ..old.clone() };
        let Some(class) = class else { return Some(Self::NoLowerThan(old)) };
        if !old.pre.is_empty() {
            return Some(Self::HigherThan(old));
        }
        let (major, minor, patch) = (old.major, old.minor, old.patch);
        let next = match (class, major, minor) {
            (_, 0, 0) => Version::new(0, 0, patch.checked_add(1)?),
            (Class::Major, 0, _) => Version::new(0, minor.checked_add(1)?, 0),
            (Class::Minor | Class::Patch, 0, _) | (Class::Patch, ..) => {
                Version::new(major, minor, patch.checked_add(1)?)
            }
            (Class::Minor, ..) => Version::new(major, minor.checked_add(1)?, 0),
            (Class::Major, ..) => Version::new(major.checked_add(1)?, 0, 0),
        };
        Some(Self::AtLeast(next))
    }

    /// Whether a version is high enough.
    pub fn is_met_by(&self, version: &Version) -> bool {
        let core = |version: &Version| (version.major, version.minor, version.patch);
        match self {
            Self::NoLowerThan(old) => version.cmp_precedence(old).is_ge(),
            Self::AtLeast(least) => core(version) >= core(least),
            Self::HigherThan(old) => version.cmp_precedence(old).is_gt(),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLowerThan(version) | Self::AtLeast(version) => write!(f, "{version} or higher"),
            Self::HigherThan(version) => write!(f, "a version above {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The least release that each class needs: major, minor, patch.
    #[rstest]
    #[case("1.2.3", ["2.0.0", "1.3.0", "1.2.4"])]
    #[case("1.2.3+build", ["2.0.0", "1.3.0", "1.2.4"])]
    #[case("0.2.3", ["0.3.0", "0.2.4", "0.2.4"])]
    #[case("0.0.3", ["0.0.4", "0.0.4", "0.0.4"])]
    fn after_a_release(#[case] old: Version, #[case] least: [&str; 3]) {
        let after = [Class::Major, Class::Minor, Class::Patch].map(|class| Need::after(&old, Some(class)));
        assert_eq!(after, least.map(|least| Some(Need::AtLeast(least.parse().unwrap()))));
    }

    #[rstest]
    #[case("18446744073709551615.0.0", Class::Major)]
    #[case("1.18446744073709551615.0", Class::Minor)]
    #[case("1.0.18446744073709551615", Class::Patch)]
    #[case("0.18446744073709551615.0", Class::Major)]
    #[case("0.1.18446744073709551615", Class::Minor)]
    #[case("0.0.18446744073709551615", Class::Major)]
    fn there_is_an_end(#[case] old: Version, #[case] class: Class) {
        assert_eq!(Need::after(&old, Some(class)), None);
    }

    #[rstest]
    #[case("1.0.0", None, "0.9.9 no, 1.0.0-rc.1 no, 1.0.0 yes, 1.0.0+b yes, 1.0.1-rc.1 yes, 2.0.0 yes")]
    #[case("1.0.0+a", None, "1.0.0-rc.1 no, 1.0.0 yes, 1.0.0+b yes")]
    #[case("1.0.0-rc.1", None, "1.0.0-beta no, 1.0.0-rc.1 yes, 1.0.0-rc.2 yes, 1.0.0 yes")]
    #[case("1.0.0", Some(Class::Patch), "1.0.0 no, 1.0.0+b no, 1.0.1-rc.1 yes, 1.0.1 yes")]
    #[case("1.0.0", Some(Class::Minor), "1.0.9 no, 1.1.0-rc.1 yes, 1.1.0 yes, 2.0.0-rc.1 yes")]
    #[case("1.9.0", Some(Class::Major), "1.10.0 no, 2.0.0-rc.1 yes, 3.0.0 yes, 0.1.0 no")]
    #[case("0.2.3", Some(Class::Major), "0.2.9 no, 0.3.0-rc.1 yes, 1.0.0 yes")]
    #[case("0.0.3", Some(Class::Patch), "0.0.3 no, 0.0.4 yes, 0.1.0 yes")]
    #[case("1.0.0-rc.1", Some(Class::Major), "1.0.0-rc.1 no, 1.0.0-rc.1+b no, 1.0.0-rc.2 yes, 1.0.0 yes, 0.9.0 no")]
    fn is_met_by(#[case] old: Version, #[case] class: Option<Class>, #[case] expected: &str) {
        let need = Need::after(&old, class).unwrap();
        let judged = expected.split(", ").map(|row| {
            let version = row.split(' ').next().unwrap();
            let met = need.is_met_by(&version.parse().unwrap());
            format!("{version} {}", if met { "yes" } else { "no" })
        });
        assert_eq!(judged.collect::<Vec<_>>().join(", "), expected);
    }
}

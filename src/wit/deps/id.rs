//! Which package: its name and its exact version.

use std::fmt;
use std::str::FromStr;

use semver::Version;
use wit_parser::PackageName;

use crate::wit::unversioned::unversioned;

/// A package of one version, such as `airssys:core@1.1.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageId {
    /// `namespace:name`.
    pub name: String,
    /// The version that its text declares.
    pub version: Version,
}

impl PackageId {
    /// The identifier of a package that declares a version; none if it does not.
    pub fn of(name: &PackageName) -> Option<Self> {
        Some(Self { name: unversioned(name), version: name.version.clone()? })
    }

    /// The directory below `wit/deps` that this command keeps the package in: `airssys.core@1.1.0`.
    ///
    /// Names of WIT have no dot, so that no two packages share a directory.
    pub fn directory(&self) -> String {
        format!("{}@{}", self.name.replacen(':', ".", 1), self.version)
    }
}

/// Whether a directory below `wit/deps` is this command's: no other has a name of that form.
pub(super) fn is_reserved(directory: &str) -> bool {
    directory
        .split_once('.')
        .is_some_and(|(namespace, rest)| format!("{namespace}:{rest}").parse::<PackageId>().is_ok())
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl FromStr for PackageId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no package of the form namespace:name@1.2.3");
        let (name, version) = text.split_once('@').ok_or_else(wrong)?;
        let (namespace, simple) = name.split_once(':').ok_or_else(wrong)?;
        if [namespace, simple].iter().any(|part| wit_parser::validate_id(part).is_err()) {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), version: Version::parse(version).map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("airssys:core@1.1.0", "airssys.core@1.1.0")]
    #[case("a-b:c@1.0.0-rc.1+x", "a-b.c@1.0.0-rc.1+x")]
    #[case("a:b-c@0.0.1", "a.b-c@0.0.1")]
    fn a_package_has_a_directory_of_its_own(#[case] text: &str, #[case] directory: &str) {
        let id: PackageId = text.parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.directory().as_str()), (text, directory));
        assert!(is_reserved(directory));
    }

    #[rstest]
    #[case("core")]
    #[case("airssys-core")]
    #[case("airssys-core@1.1.0")]
    #[case("wasi-io-0.2.0")]
    #[case("airssys.core")]
    #[case("airssys.core@1")]
    #[case(".new-airssys.core@1.1.0")]
    #[case("a.b.c@1.0.0")]
    fn other_directories_are_somebody_elses(#[case] directory: &str) {
        assert!(!is_reserved(directory));
    }

    #[rstest]
    #[case("../x:y@1.0.0")]
    #[case("a:b/c@1.0.0")]
    #[case("a@1.0.0")]
    #[case("a:b@1.0")]
    #[case("a:b")]
    fn what_is_no_package(#[case] text: &str) {
        assert_eq!(text.parse::<PackageId>(), Err(format!("`{text}` is no package of the form namespace:name@1.2.3")));
    }
}

//! The name of a package in all its versions.

use wit_parser::PackageName;

/// A package's name without its version: `airssys:core`.
pub(super) fn unversioned(name: &PackageName) -> String {
    format!("{}:{}", name.namespace, name.name)
}

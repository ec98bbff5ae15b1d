//! The contract's WIT packages, as they stand in `wit/`.

use include_dir::{Dir, include_dir};

use crate::contract::ContractVersion;

static WIT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/wit");

/// One package of the contract: a directory below `wit/` and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The directory below `wit/`, such as `ext/storage`; empty for `wit/` itself.
    pub directory: &'static str,
    /// The `.wit` files of the directory: path below `wit/`, and text. In the order of their paths.
    pub files: Vec<(String, &'static str)>,
}

/// The packages of a version of the contract. The last is `airssys:platform`, which refers to all others.
pub fn packages(version: ContractVersion) -> Vec<Package> {
    let directories = match version {
        ContractVersion::V1_0 => ["core", "ext/filesystem", "ext/network", "ext/process", "ext/storage", ""],
        ContractVersion::V1_1 => ["1.1/core", "ext/filesystem", "ext/network", "ext/process", "ext/storage", "1.1"],
    };
    directories.map(|directory| Package { directory, files: files(directory) }).into()
}

/// The `.wit` files that stand directly in a directory below `wit/`.
fn files(directory: &str) -> Vec<(String, &'static str)> {
    let dir = if directory.is_empty() { Some(&WIT) } else { WIT.get_dir(directory) };
    let mut files: Vec<_> = dir
        .into_iter()
        .flat_map(Dir::files)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "wit"))
        .filter_map(|file| Some((file.path().display().to_string(), file.contents_utf8()?)))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_files_and_declares_itself_once() {
        for version in ContractVersion::ALL {
            for package in packages(*version) {
                let declarations = package.files.iter().flat_map(|(_, text)| text.lines());
                let declarations = declarations.filter(|line| line.starts_with("package ")).count();
                assert_eq!(declarations, 1, "{version} {}", package.directory);
            }
        }
    }
}

//! One package: from the `.wit` files of a directory to who it is, what it uses, and the hash of its content.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use wit_parser::PackageName;

use super::id::PackageId;
use crate::wit::printable::printable;
use crate::wit::source::{Fault, Texts, parsed, text};

/// The files of a package: name without directory, and bytes. In the order of their names.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// The first bytes that are hashed: another layout would have another line.
const HASH_HEADER: &[u8] = b"airssys-wasm wit package 1\n";

/// How many characters are shown of what is wrong with a text.
const SHOWN: usize = 300;

/// A package that others can depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    /// Its name and version.
    pub(super) id: PackageId,
    /// The packages that its text refers to.
    pub(super) uses: BTreeSet<PackageId>,
    /// Packages that its files declare in braces, and that come with it.
    pub(super) nested: BTreeSet<PackageId>,
    /// Its files.
    pub(super) files: Files,
    /// The hash of its files.
    pub(super) sha256: String,
}

/// What the files of a directory declare, versions or not.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// The package of the directory.
    pub(super) name: PackageName,
    /// What it, or a package nested in it, refers to, and does not declare itself.
    pub(super) uses: Vec<PackageName>,
    /// What is declared in braces.
    pub(super) nested: Vec<PackageName>,
    /// The files.
    pub(super) files: Files,
}

/// Reads the files of one directory. `place` stands before their names in errors.
///
/// # Errors
/// Where a file does not parse, and why, on one line; or that none of them declares a package.
pub(super) fn declared(place: &str, files: Files) -> Result<Declared, String> {
    let path = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
    let texts = files.iter().map(|(name, bytes)| Ok((path(name), text(&path(name), bytes)?)));
    let texts: Result<Vec<_>, Fault> = texts.collect();
    let group = texts.and_then(|files| parsed(Texts { place: place.into(), files }));
    let group = group.map_err(|Fault { place, what, mend }| {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        printable(&format!("{place}{what}: {mend}"), SHOWN)
    })?;
    let nested: Vec<PackageName> = group.nested.iter().map(|package| package.name.clone()).collect();
    let all = std::iter::once(&group.main).chain(&group.nested);
    let mut uses: Vec<PackageName> = all.flat_map(|package| package.foreign_deps.keys().cloned()).collect();
    uses.sort();
    uses.dedup();
    // A package nested here may refer to the one around it, and the other way round.
    uses.retain(|name| !nested.contains(name) && (*name != group.main.name || refers_to_itself(&group.main)));
    Ok(Declared { name: group.main.name, uses, nested, files })
}

fn refers_to_itself(package: &wit_parser::UnresolvedPackage) -> bool {
    package.foreign_deps.contains_key(&package.name)
}

impl Declared {
    /// The package, if it, and all that it names, have versions.
    ///
    /// # Errors
    /// Which name lacks a version, and how to mend it.
    pub(super) fn versioned(self) -> Result<Package, String> {
        let id = PackageId::of(&self.name)
            .ok_or_else(|| format!("the package has no version: write `package {}@1.0.0;`", self.name))?;
        let all = |names: &[PackageName], role: &str| {
            let each = names.iter().map(|name| {
                PackageId::of(name).ok_or_else(|| format!("{role} `{name}` without a version: write `{name}@1.0.0`"))
            });
            each.collect::<Result<BTreeSet<_>, _>>()
        };
        let uses = all(&self.uses, "it refers to")?;
        let nested = all(&self.nested, "it declares")?;
        Ok(Package { id, uses, nested, sha256: sha256(&self.files), files: self.files })
    }

    /// The versioned packages that it refers to.
    pub(super) fn versioned_uses(&self) -> BTreeSet<PackageId> {
        self.uses.iter().filter_map(PackageId::of).collect()
    }
}

/// The hash of a package's content: SHA-256, in lower-case hexadecimal, over the line `airssys-wasm wit package 1\n` and,
/// for each file in the order of the bytes of its name, the length of the name (64 bits, big-endian), the name, the
/// length of the content (likewise), the content.
pub(super) fn sha256(files: &Files) -> String {
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    let mut hash = Sha256::new();
    hash.update(HASH_HEADER);
    for (name, bytes) in sorted {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hex(&hash.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn files(texts: &[(&str, &str)]) -> Files {
        texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn read(texts: &[(&str, &str)]) -> Result<String, String> {
        let package = declared("d", files(texts))?.versioned()?;
        let list = |ids: &BTreeSet<PackageId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Ok(format!("{} uses [{}] nests [{}]", package.id, list(&package.uses), list(&package.nested)))
    }

    #[rstest]
    #[case("package a:b@1.0.0;", Ok("a:b@1.0.0 uses [] nests []"))]
    #[case(
        "package a:b@1.0.0; interface i { use c:d/t@0.1.0.{x}; } world w { include e:f/w@2.0.0; import c:d/u@0.2.0; }",
        Ok("a:b@1.0.0 uses [c:d@0.1.0 c:d@0.2.0 e:f@2.0.0] nests []")
    )]
    #[case(
        "package a:b@1.0.0; world w { import n:m/i@1.0.0; } package n:m@1.0.0 { interface i { use o:p/t@1.0.0.{x}; } }",
        Ok("a:b@1.0.0 uses [o:p@1.0.0] nests [n:m@1.0.0]")
    )]
    #[case("package a:b@1.0.0; interface i { use a:b/j@1.0.0.{x}; }", Ok("a:b@1.0.0 uses [a:b@1.0.0] nests []"))]
    #[case("package a:b;", Err("the package has no version: write `package a:b@1.0.0;`"))]
    #[case(
        "package a:b@1.0.0; world w { import c:d/i; }",
        Err("it refers to `c:d` without a version: write `c:d@1.0.0`")
    )]
    #[case(
        "interface i {}",
        Err(
            "d: no file says which package this is: let one of the `.wit` files begin with `package NAMESPACE:NAME@VERSION;`"
        )
    )]
    #[case(
        "package a:b@1.0.0; interface i { f: func(; }",
        Err(
            "d/a.wit:1:42: expected an identifier or string, found ';': correct it; the syntax is described at https://component-model.bytecodealliance.org/design/wit.html"
        )
    )]
    #[case(
        "package a:b@1.0.0;\nworld w { @since(version = 1.0.0) @unstable(feature = x) import c:d/i@1.0.0; }",
        Err(
            "d/a.wit:2:11: `@since` and `@unstable` exclude each other: keep `@unstable` until it is part of the contract, and `@since` from then on"
        )
    )]
    fn a_package_is_read(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        assert_eq!(read(&[("a.wit", text)]), expected.map(str::to_owned).map_err(str::to_owned));
    }

    /// The layout of the hash, written out by hand.
    #[test]
    fn the_hash_has_the_documented_layout() {
        let mut bytes = b"airssys-wasm wit package 1\n".to_vec();
        bytes.extend(b"\0\0\0\0\0\0\0\x05a.wit\0\0\0\0\0\0\0\x02xy\0\0\0\0\0\0\0\x05b.wit\0\0\0\0\0\0\0\0");
        let expected = hex(&Sha256::digest(&bytes));
        assert_eq!(sha256(&files(&[("a.wit", "xy"), ("b.wit", "")])), expected);
        assert_eq!(sha256(&files(&[("b.wit", ""), ("a.wit", "xy")])), expected, "the order does not matter");
        assert_ne!(sha256(&files(&[("a.wit", "xyb.wit")])), expected);
    }
}

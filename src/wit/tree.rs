//! All packages below a directory.
//!
//! In: a directory. Out: the packages that stand in it and in the directories below, each once: links to directories and
//! what is called `deps` lead to packages that stand somewhere else.

use std::fs;
use std::path::{Path, PathBuf};

use wit_parser::{PackageId, PackageName};

use super::source::{self, Fault, Source, SourceError};

/// The most directories that are looked into: a search that was started in the wrong place must end.
const MAX_DIRECTORIES: usize = 1000;

/// Reads every package below a directory, in the order of their names and versions.
///
/// # Errors
/// [`SourceError`] if there is none, if one cannot be read, if a package stands in two places, or if there are more than
/// a thousand directories to look into.
pub fn read(root: &Path) -> Result<Vec<Source>, SourceError> {
    let refused = |fault| SourceError { directory: root.to_owned(), fault };
    let mut sources: Vec<Source> = directories(root)
        .map_err(refused)?
        .iter()
        .map(|directory| source::read(directory))
        .collect::<Result<_, _>>()?;
    sources.sort_by(|one, other| name(one, one.package).cmp(name(other, other.package)));
    if sources.is_empty() {
        let mend = "name a directory that holds packages, such as the `wit` of a component or of this contract";
        return Err(refused(Fault::at(root, "there are no `.wit` files in it, nor in the directories below", mend)));
    }
    for pair in sources.windows(2) {
        let [one, other] = pair else { continue };
        if name(one, one.package) == name(other, other.package) {
            let what = format!("the package {} stands in {} as well", name(one, one.package), one.directory.display());
            return Err(refused(Fault::at(&other.directory, what, "keep one of the two, and let links lead to it")));
        }
    }
    Ok(sources)
}

/// Every package of some sources with the source that it is of.
pub(super) fn packages(sources: &[Source]) -> impl Iterator<Item = (&Source, PackageId)> {
    sources.iter().flat_map(|source| {
        let packages = [source.package].into_iter().chain(source.nested.iter().copied());
        packages.map(move |package| (source, package))
    })
}

fn name(source: &Source, package: PackageId) -> &PackageName {
    &source.resolve.packages[package].name
}

/// The directories that hold `.wit` files, sorted.
fn directories(root: &Path) -> Result<Vec<PathBuf>, Fault> {
    let (mut pending, mut found, mut seen) = (vec![root.to_owned()], Vec::new(), 0);
    while let Some(directory) = pending.pop() {
        seen += 1;
        if seen > MAX_DIRECTORIES {
            let what = format!("there are more than {MAX_DIRECTORIES} directories below it");
            return Err(Fault::at(root, what, "name the directory that holds the packages"));
        }
        let mut holds_wit = false;
        for path in source::entries(&directory)? {
            let kind = fs::symlink_metadata(&path).map_err(|why| source::unreadable(&path, &why))?.file_type();
            let name = path.file_name().unwrap_or_default();
            let skipped = name == "deps" || name.to_string_lossy().starts_with('.');
            match kind.is_dir() {
                true if !skipped => pending.push(path),
                true => {}
                false => holds_wit |= path.extension().is_some_and(|extension| extension == "wit"),
            }
        }
        if holds_wit {
            found.push(directory);
        }
    }
    found.sort();
    Ok(found)
}

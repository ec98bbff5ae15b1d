//! The files of a package and of those in its `deps/`, within bounds.
//!
//! In: a directory. Out: texts, by package. What they say is not known here.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::Fault;
use super::texts::{MAX_FILE_BYTES, Texts, text};

/// The most bytes of all files together: the whole of WASI is a tenth of that.
const MAX_TOTAL_BYTES: u64 = 2 << 20;

/// The most `.wit` files of a package and its `deps/` together: what is read of a directory that is no package must end.
const MAX_FILES: usize = 500;

const NO_FILES: &str = "name the directory that holds the `.wit` files of a package, or put them there";
const NO_FILES_IN_DEPS: &str = "put those of the package there that it stands for, or delete it";

/// What links become on systems that have none.
const LINKS: &str = "a link that was checked out as a file comes back with `git config core.symlinks true`";

/// How much has been read.
#[derive(Debug, Default)]
struct Budget {
    files: usize,
    bytes: u64,
}

/// The texts of the package in `directory`, then those of each entry of its `deps/`, in the order of their names.
pub(super) fn read(directory: &Path) -> Result<Vec<Texts>, Fault> {
    let mut budget = Budget::default();
    let mut all = vec![read_package(directory, NO_FILES, &mut budget)?];
    let deps = directory.join("deps");
    let entries = match entries(&deps) {
        Ok(entries) => entries,
        Err(_) if fs::symlink_metadata(&deps).is_err_and(|why| why.kind() == ErrorKind::NotFound) => return Ok(all),
        Err(fault) => return Err(fault),
    };
    for path in entries {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if is_directory(&path)? {
            all.push(read_package(&path, NO_FILES_IN_DEPS, &mut budget)?);
        } else if extension == "wit" {
            let files = vec![read_file(&path, &mut budget)?];
            all.push(Texts { place: path, files });
        } else if ["wasm", "wat"].contains(&extension) {
            let mend = "put its text there instead: `wasm-tools component wit FILE` prints it";
            return Err(Fault::at(&path, "it is a package in binary form, and only `.wit` files are read", mend));
        }
    }
    Ok(all)
}

/// The `.wit` files that stand directly in a directory; `mend` says what to do if there are none.
fn read_package(directory: &Path, mend: &str, budget: &mut Budget) -> Result<Texts, Fault> {
    let mut files = Vec::new();
    for path in entries(directory)? {
        if path.extension().is_some_and(|extension| extension == "wit") && !is_directory(&path)? {
            files.push(read_file(&path, budget)?);
        }
    }
    if files.is_empty() {
        return Err(Fault::at(directory, "there are no `.wit` files in it", mend));
    }
    Ok(Texts { place: directory.to_owned(), files })
}

/// What a directory holds, sorted.
pub(in crate::wit) fn entries(directory: &Path) -> Result<Vec<PathBuf>, Fault> {
    let listed = fs::read_dir(directory).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut listed: Vec<PathBuf> = listed.map_err(|why| match why.kind() {
        ErrorKind::NotFound => absent(directory),
        ErrorKind::NotADirectory => Fault::at(
            directory,
            "it is no directory",
            format!("name the directory that holds the `.wit` files, or put one there; {LINKS}"),
        ),
        _ => unreadable(directory, &why),
    })?;
    listed.sort();
    Ok(listed)
}

/// Whether there is a directory, behind any links.
fn is_directory(path: &Path) -> Result<bool, Fault> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        // Nothing there, or links in a circle.
        Err(why) if why.kind() != ErrorKind::PermissionDenied && path.is_symlink() => Err(absent(path)),
        Err(why) if why.kind() == ErrorKind::NotFound => Err(absent(path)),
        Err(why) => Err(unreadable(path, &why)),
    }
}

/// The path and the text of a file.
fn read_file(path: &Path, budget: &mut Budget) -> Result<(String, String), Fault> {
    let shown = path.to_str().filter(|shown| !shown.contains(char::is_control));
    let Some(shown) = shown else {
        let what = "its name is not UTF-8, or has a control character in it";
        return Err(Fault { place: format!("{path:?}"), what: what.to_owned(), mend: "rename it".to_owned() });
    };
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Fault::at(path, "it is neither a file nor a directory", "put a file there, or a link to one"));
    }
    budget.files += 1;
    if budget.files > MAX_FILES {
        let what = format!("with it there are more than {MAX_FILES} `.wit` files in the package and its `deps/`");
        return Err(Fault::at(path, what, "take the packages out of `deps/` that nothing uses"));
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    let length = read.map_err(|why| unreadable(path, &why))? as u64;
    let text = text(shown, &bytes)?;
    budget.bytes += length;
    if budget.bytes > MAX_TOTAL_BYTES {
        let what = format!("with it the package and its `deps/` are larger than {MAX_TOTAL_BYTES} bytes");
        return Err(Fault::at(path, what, "take the packages out of `deps/` that nothing uses"));
    }
    Ok((shown.to_owned(), text))
}

/// Nothing is there, or a link leads nowhere.
fn absent(path: &Path) -> Fault {
    match fs::read_link(path) {
        Ok(target) => Fault::at(
            path,
            format!("it is a link to {}, which leads nowhere", target.display()),
            "let it lead to what it stands for, or delete it",
        ),
        Err(_) => Fault::at(path, "there is no such directory", "name the directory that holds the `.wit` files"),
    }
}

pub(in crate::wit) fn unreadable(path: &Path, why: &std::io::Error) -> Fault {
    Fault::at(path, format!("it cannot be read: {why}"), "let it be a file or directory that this user may read")
}

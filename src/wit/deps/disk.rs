//! From a directory to the `.wit` files below it.
//!
//! Links are followed as long as they stay below the directory; what lies outside is never read. Hidden directories, and
//! those that build tools fill, are passed by.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::bounds::{MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES};
use super::listing::{Listing, TooMuch};

/// Directories that hold no sources.
const PASSED_BY: [&str; 2] = ["target", "node_modules"];

/// A directory cannot be taken as a source.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// It, or something in it, cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What cannot be read.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It is not there.
    #[error("{} does not exist", .0.display())]
    Absent(PathBuf),
    /// It is a file.
    #[error("{} is no directory", .0.display())]
    NoDirectory(PathBuf),
    /// It holds more than is read.
    #[error("{}", path.display())]
    TooMuch {
        /// The directory.
        path: PathBuf,
        /// Which bound was passed.
        #[source]
        what: TooMuch,
    },
    /// It holds more entries than are looked at.
    #[error("{} holds more than {MAX_ENTRIES} entries: name a directory nearer to the packages", .0.display())]
    Entries(PathBuf),
    /// Its directories are nested too deep.
    #[error("{} is more than {MAX_DEPTH} directories deep: name a directory nearer to the packages", .0.display())]
    Depth(PathBuf),
}

impl DiskError {
    /// What the operating system says of a path.
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::Absent(path.to_owned()),
            _ => Self::Unreadable { path: path.to_owned(), source },
        }
    }
}

/// Reads all `.wit` files below `root`, except in the directories that `skip` names by their path from it.
pub(super) fn listing(root: &Path, skip: impl Fn(&str) -> bool) -> Result<Listing, DiskError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DiskError::of(&path, source)
    };
    let real = root.canonicalize().map_err(unreadable(root))?;
    if !real.is_dir() {
        return Err(DiskError::NoDirectory(root.to_owned()));
    }
    let mut listing = Listing::default();
    let mut entries = 0;
    let mut pending = vec![(String::new(), 0)];
    while let Some((directory, depth)) = pending.pop() {
        let path = real.join(&directory);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(unreadable(&path))? {
            entries += 1;
            if entries > MAX_ENTRIES {
                return Err(DiskError::Entries(root.to_owned()));
            }
            let entry = entry.map_err(unreadable(&path))?;
            let kind = entry.file_type().map_err(unreadable(&path))?;
            // A name that is not UTF-8 is no name of a WIT file for any tool.
            names.extend(entry.file_name().into_string().ok().map(|name| (name, kind)));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, kind) in names {
            let inner = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let path = real.join(&inner);
            if kind.is_symlink() && path.is_dir() {
                match path.canonicalize().ok().as_deref().and_then(|target| below(&real, target)) {
                    Some(target) => drop(listing.linked.insert(target, inner)),
                    None => listing.unread.push(format!("{inner} is a link that leads outside (not followed)")),
                }
            } else if kind.is_dir() {
                if name.starts_with('.') || PASSED_BY.contains(&name.as_str()) || skip(&inner) {
                    continue;
                }
                if depth == MAX_DEPTH {
                    return Err(DiskError::Depth(root.to_owned()));
                }
                pending.push((inner, depth + 1));
            } else if name.ends_with(".wit") {
                let content = content(&real, &path);
                let length = content.as_ref().map_or(0, |bytes| bytes.len() as u64);
                let too_much = |what| DiskError::TooMuch { path: root.to_owned(), what };
                listing.add(&inner, length, content).map_err(too_much)?;
            } else if is_binary_package(&inner) {
                listing.unread.push(format!("{inner} is a package in binary (not read): put its text there"));
            }
        }
    }
    listing.unread.sort();
    Ok(listing)
}

/// The path of `target` from `root`, with `/`; none if it lies outside.
fn below(root: &Path, target: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = target.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Whether tools for WIT read the file as a package, which this command does not.
fn is_binary_package(path: &str) -> bool {
    let directory = path.rsplit('/').nth(1);
    directory == Some("deps") && [".wasm", ".wat"].iter().any(|ending| path.ends_with(ending))
}

/// The bytes of a file, at most one more than a file may have; or why they cannot be had.
fn content(root: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let target = path.canonicalize().map_err(unreadable)?;
    if !target.starts_with(root) {
        return Err("it is a link that leads outside the source, and is not followed".to_owned());
    }
    // A pipe might never end.
    if !fs::metadata(&target).map_err(unreadable)?.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(&target).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The `.wit` files that stand directly in a directory of `wit/deps`, and everything else that does.
pub(super) struct Kept {
    pub(super) files: super::package::Files,
    /// What no package has: other files, directories, links.
    pub(super) others: Vec<String>,
}

/// Reads a directory that this command filled; none if there is no such directory.
pub(super) fn kept(path: &Path) -> Result<Option<Kept>, DiskError> {
    let unreadable = |source| DiskError::Unreadable { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(DiskError::NoDirectory(path.to_owned())),
        Ok(_) => {}
    }
    let mut kept = Kept { files: Vec::new(), others: Vec::new() };
    let mut bytes = Listing::default();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wit") && entry.file_type().map_err(unreadable)?.is_file() {
            let mut content = Vec::new();
            let file = File::open(entry.path()).map_err(unreadable)?;
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content).map_err(unreadable)?;
            let too_much = |what| DiskError::TooMuch { path: path.to_owned(), what };
            bytes.add(&name, content.len() as u64, Ok(Vec::new())).map_err(too_much)?;
            kept.files.push((name, content));
        } else {
            kept.others.push(name);
        }
    }
    kept.files.sort();
    kept.others.sort();
    Ok(Some(kept))
}

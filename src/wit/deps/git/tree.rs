//! The `.wit` files of a commit.

use std::collections::BTreeMap;

use super::super::bounds::{MAX_FILE_BYTES, MAX_LINK_BYTES, MAX_LISTING_BYTES};
use super::super::listing::{Listing, TooMuch};
use super::links::{Step, follow};
use super::{GitError, Repository};
use crate::wit::printable::printable;

/// How many characters of a name a message shows.
const SHOWN: usize = 100;

/// What stands at a path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) kind: Kind,
    pub(super) object: String,
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    /// A submodule, which is not looked into.
    Other,
}

/// Reads the `.wit` files of a commit that the repository has.
pub(in super::super) fn listing(repository: &Repository, commit: &str) -> Result<Listing, GitError> {
    let url = || repository.url.clone();
    let arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", commit];
    let (output, said, success) = repository.git.output(&arguments, MAX_LISTING_BYTES)?;
    if output.len() as u64 > MAX_LISTING_BYTES {
        return Err(GitError::Listing { url: url(), commit: commit.to_owned() });
    }
    let failed = |said: &str| GitError::Failed { action: "read", url: url(), said: printable(said, SHOWN) };
    if !success {
        return Err(failed(&String::from_utf8_lossy(&said)));
    }
    let mut leaves = BTreeMap::new();
    for line in output.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        // A name that is not UTF-8 is no name of a WIT file for any tool.
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let (path, leaf) = read(line).ok_or_else(|| failed("git ls-tree answers in a form that is not known"))?;
        if path.split('/').any(is_impossible) {
            let name = printable(path, SHOWN);
            return Err(GitError::Name { url: url(), commit: commit.to_owned(), name });
        }
        leaves.insert(path.to_owned(), leaf);
    }
    let mut objects = repository.git.objects()?;
    let mut listing = Listing::default();
    let too_much = |what: TooMuch| GitError::TooMuch { url: url(), commit: commit.to_owned(), what };
    for (path, leaf) in leaves.iter().filter(|(path, leaf)| path.ends_with(".wit") && leaf.kind != Kind::Other) {
        let read_link = |leaf: &Leaf| match leaf.bytes > MAX_LINK_BYTES {
            true => Err(format!("it is a link with more than {MAX_LINK_BYTES} bytes")),
            false => {
                let target = objects.blob(&leaf.object, MAX_LINK_BYTES).map_err(|error| error.to_string())?;
                String::from_utf8(target).map_err(|_| "it is a link whose target is not UTF-8".to_owned())
            }
        };
        match follow(path, leaf, &leaves, read_link) {
            Step::File(leaf) => {
                // A file that is too large is told before it is read.
                let length = leaf.bytes;
                let content = match length > MAX_FILE_BYTES {
                    true => Ok(Vec::new()),
                    false => objects.blob(&leaf.object, MAX_FILE_BYTES).map_err(|error| error.to_string()),
                };
                listing.add(path, length, content).map_err(too_much)?;
            }
            Step::Directory => {}
            Step::Bad(why) => listing.add(path, 0, Err(why)).map_err(too_much)?,
        }
    }
    Ok(listing)
}

/// `MODE TYPE OBJECT SIZE<tab>PATH`, as `git ls-tree -l` writes it.
fn read(line: &str) -> Option<(&str, Leaf)> {
    let (left, path) = line.split_once('\t')?;
    let [mode, kind, object, size] = left.split_ascii_whitespace().collect::<Vec<_>>()[..] else { return None };
    let kind = match (mode, kind) {
        ("120000", "blob") => Kind::Link,
        (_, "blob") => Kind::File,
        _ => Kind::Other,
    };
    let bytes = if size == "-" { 0 } else { size.parse().ok()? };
    Some((path, Leaf { kind, object: object.to_owned(), bytes }))
}

/// A name that leads elsewhere than to a file of the tree.
fn is_impossible(name: &str) -> bool {
    matches!(name, "" | "." | "..") || name.eq_ignore_ascii_case(".git")
}

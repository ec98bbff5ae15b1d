//! One walk from the root along a path, name by name.
//!
//! In: the root's handle and a normal path. Out: where it ends and by which names, or that something was replaced
//! under the walk. Links are read and walked here, as in a root of their own: an absolute target starts at the root,
//! and `..` of the root is the root. What happens at the end is not decided here.

use std::io;
use std::sync::Arc;

use cap_fs_ext::DirExt;
use cap_std::fs::{Dir, Metadata};

use super::error::FileError;
use super::name::{Part, parts_reversed, refusal};
use super::trail::Trail;
use crate::manifest::pattern::MAX_PATH_BYTES;

/// How many links a path may lead through: Linux's bound, which ends loops.
const MAX_LINKS: usize = 40;

/// How many names a walk may open. Forty links of the longest target stay below; it bounds a target that goes up and
/// down a deep tree, where each turn opens the way again.
const MAX_STEPS: usize = 100_000;

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Walked {
    /// The names that were walked, and behind them those that could not be.
    pub(super) path: String,
    /// Whether the last name of the asked path is itself a link.
    pub(super) via_link: bool,
    pub(super) end: End,
}

/// What is at the end.
#[derive(Debug)]
pub(super) enum End {
    /// A name in a directory, with what it names unless that is nothing; no link and no directory.
    Name {
        parent: Arc<Dir>,
        name: String,
        found: Option<Metadata>,
    },
    Directory {
        handle: Arc<Dir>,
        metadata: Metadata,
    },
    /// The way breaks off before the last name, or the operating system refuses it.
    Nowhere(FileError),
}

/// Something was replaced between being looked at and being opened.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) path: String,
    pub(super) via_link: bool,
}

/// Walks along `path`, which is normal.
///
/// # Errors
/// [`Changed`]; to walk again is safe.
pub(super) fn walk(root: &Arc<Dir>, path: &str) -> Result<Walked, Changed> {
    let mut walk = Walk {
        trail: Trail::new(root),
        pending: parts_reversed(path),
        in_asked: true,
        via_link: false,
        links: 0,
        steps: 0,
    };
    while let Some(part) = walk.pending.pop() {
        let name = match part {
            Part::Here => continue,
            Part::Up => {
                walk.trail.pop();
                continue;
            }
            Part::Name(name) => name,
        };
        let last = walk.pending.is_empty();
        let asked_itself = walk.in_asked && last;
        walk.in_asked &= !last;
        if let Some(why) = refusal(&name) {
            return Ok(walk.nowhere(Some(&name), FileError::InvalidPath(why.to_owned())));
        }
        walk.steps += 1 + walk.trail.cost();
        if walk.steps > MAX_STEPS {
            return Ok(walk.nowhere(Some(&name), FileError::Io("the path takes too many steps".to_owned())));
        }
        let Ok(parent) = walk.trail.handle() else { return Err(walk.changed(&name)) };
        match step(&parent, &name, last) {
            Step::Directory(handle) => walk.trail.push(name, handle),
            Step::Link(target) => {
                walk.via_link |= asked_itself;
                let Some(target) = target else {
                    let error = FileError::Io("a link leads to a name that is not UTF-8".to_owned());
                    return Ok(walk.nowhere(Some(&name), error));
                };
                if let Some(end) = walk.follow(&name, &target) {
                    return Ok(end);
                }
            }
            Step::End(found) => {
                let path = walk.path(Some(&name));
                return Ok(Walked { path, via_link: walk.via_link, end: End::Name { parent, name, found } });
            }
            Step::Blocked(error) => return Ok(walk.nowhere(Some(&name), error)),
            Step::Changed => return Err(walk.changed(&name)),
        }
    }
    let path = walk.path(None);
    let Ok(handle) = walk.trail.handle() else { return Err(Changed { path, via_link: walk.via_link }) };
    let end = match handle.dir_metadata() {
        Ok(metadata) => End::Directory { handle, metadata },
        Err(error) => End::Nowhere(error.into()),
    };
    Ok(Walked { path, via_link: walk.via_link, end })
}

/// A walk under way.
struct Walk {
    trail: Trail,
    /// What is still to be walked, last first.
    pending: Vec<Part>,
    /// Whether the last name of the asked path is still ahead.
    in_asked: bool,
    via_link: bool,
    links: usize,
    steps: usize,
}

impl Walk {
    /// Puts the target of a link in the place of its name; or ends the walk, which has gone too far.
    fn follow(&mut self, name: &str, target: &str) -> Option<Walked> {
        if self.links == MAX_LINKS {
            let error = FileError::Io(format!("the path leads through more than {MAX_LINKS} links"));
            return Some(self.nowhere(Some(name), error));
        }
        self.links += 1;
        let link = join(self.trail.names().iter().map(String::as_str).chain([name]));
        if target.starts_with('/') {
            self.trail.back_to_root();
        }
        self.pending.extend(parts_reversed(target));
        if self.path(None).len() > MAX_PATH_BYTES {
            // Nobody can decide on the rest: the link is as far as the path goes.
            let error = FileError::InvalidPath(format!("the path leads to one longer than {MAX_PATH_BYTES} bytes"));
            return Some(Walked { path: link, via_link: self.via_link, end: End::Nowhere(error) });
        }
        None
    }

    /// The names walked, `name`, and the pending ones as they stand.
    fn path(&self, name: Option<&str>) -> String {
        let mut names: Vec<&str> = self.trail.names().iter().map(String::as_str).chain(name).collect();
        for part in self.pending.iter().rev() {
            match part {
                Part::Name(name) => names.push(name),
                Part::Up => {
                    names.pop();
                }
                Part::Here => {}
            }
        }
        join(names)
    }

    fn nowhere(&self, name: Option<&str>, error: FileError) -> Walked {
        Walked { path: self.path(name), via_link: self.via_link, end: End::Nowhere(error) }
    }

    fn changed(&self, name: &str) -> Changed {
        Changed { path: self.path(Some(name)), via_link: self.via_link }
    }
}

fn join<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut path = String::new();
    for name in names {
        path.push('/');
        path.push_str(name);
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// What a name turned out to be.
enum Step {
    Directory(Dir),
    /// None leads to a name that is not UTF-8.
    Link(Option<String>),
    /// The last name: something else, or nothing.
    End(Option<Metadata>),
    Blocked(FileError),
    Changed,
}

/// Looks at one name. The last one may be anything; of the others, directories are opened at once.
fn step(parent: &Dir, name: &str, last: bool) -> Step {
    if !last {
        match parent.open_dir_nofollow(name) {
            Ok(handle) => return Step::Directory(handle),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Step::Blocked(FileError::NotFound),
            // A link, or no directory; or refused, and then so is the next.
            Err(_) => {}
        }
    }
    let found = match parent.symlink_metadata(name) {
        Ok(found) => found,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Step::Blocked(error.into()),
        Err(_) if last => return Step::End(None),
        Err(_) => return Step::Changed,
    };
    // An error of what follows is the object's own only if that is still the object.
    let failed = |error: io::Error| match parent.symlink_metadata(name) {
        Ok(now) if now.file_type() == found.file_type() => Step::Blocked(error.into()),
        _ => Step::Changed,
    };
    if found.is_symlink() {
        let target = parent.read_link_contents(name).map(|target| target.into_os_string().into_string().ok());
        target.map_or_else(failed, Step::Link)
    } else if found.is_dir() {
        parent.open_dir_nofollow(name).map_or_else(failed, Step::Directory)
    } else if last {
        Step::End(Some(found))
    } else {
        Step::Blocked(FileError::NotADirectory)
    }
}

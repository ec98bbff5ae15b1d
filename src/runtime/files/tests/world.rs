//! Worlds on the disk, from text to a directory and back, and outcomes as text.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode};

use super::super::{Entry, FileError, FileStat, Kind, Reached, Root};

/// A temporary directory of the host; the guest's root is the directory `root` in it.
pub(super) struct World {
    pub(super) host: tempfile::TempDir,
    pub(super) root: Root,
}

impl World {
    /// Builds a world of lines: `path/` is a directory, `path = content` a file, `path -> target` a link, `path |` a
    /// FIFO; the paths are the host's, below the temporary directory.
    pub(super) fn new(lines: &str) -> Self {
        let host = tempfile::tempdir().unwrap();
        fs::create_dir(host.path().join("root")).unwrap();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            make(host.path(), line);
        }
        let root = Root::open(&host.path().join("root")).unwrap();
        Self { host, root }
    }

    pub(super) fn reach(&self, path: &str) -> Reached {
        self.root.reach(path).unwrap()
    }

    /// A guest's path as the host has it.
    pub(super) fn on_host(&self, path: &str) -> PathBuf {
        self.host.path().join("root").join(path.trim_start_matches('/'))
    }

    pub(super) fn tree(&self) -> BTreeMap<String, String> {
        tree(self.host.path())
    }
}

pub(super) fn make(host: &Path, line: &str) {
    if let Some((path, target)) = line.split_once(" -> ") {
        symlink(target, host.join(path)).unwrap();
    } else if let Some((path, content)) = line.split_once(" = ") {
        fs::write(host.join(path), content).unwrap();
    } else if let Some(path) = line.strip_suffix(" |") {
        rustix::fs::mknodat(CWD, host.join(path), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    } else {
        fs::create_dir(host.join(line)).unwrap();
    }
}

/// Everything below a directory, by its path: `dir`, `link TARGET`, `file CONTENT` or `special`.
pub(super) fn tree(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let what = if metadata.is_symlink() {
                format!("link {}", fs::read_link(&path).unwrap().display())
            } else if metadata.is_dir() {
                pending.push(path.clone());
                "dir".to_owned()
            } else if metadata.is_file() {
                format!("file {}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
            } else {
                assert!(metadata.file_type().is_fifo() || metadata.file_type().is_socket());
                "special".to_owned()
            };
            found.insert(format!("/{}", path.strip_prefix(directory).unwrap().display()), what);
        }
    }
    found
}

/// What differs between two trees, the names of the former first.
pub(super) fn difference(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let gone = before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("-{path}"));
    let new = after.iter().filter(|(path, what)| before.get(*path) != Some(what)).map(|(path, what)| {
        let sign = if before.contains_key(path) { '~' } else { '+' };
        format!("{sign}{path} {what}")
    });
    gone.chain(new).collect::<Vec<_>>().join(", ")
}

pub(super) fn error(error: &FileError) -> String {
    match error {
        FileError::NotFound => "not-found".to_owned(),
        FileError::AlreadyExists => "already-exists".to_owned(),
        FileError::NotADirectory => "not-a-directory".to_owned(),
        FileError::IsADirectory => "is-a-directory".to_owned(),
        FileError::InvalidPath(text) => format!("invalid-path({text})"),
        FileError::TooLarge(bound) => format!("too-large({bound})"),
        FileError::Io(text) => format!("io({text})"),
    }
}

/// `PATH KIND`, and whether by a link.
pub(super) fn reached(reached: &Reached) -> String {
    let kind = match &reached.kind {
        Kind::Missing => "missing".to_owned(),
        Kind::File => "file".to_owned(),
        Kind::Directory => "directory".to_owned(),
        Kind::Special => "special".to_owned(),
        Kind::Unreachable(why) => error(why),
    };
    format!("{} {kind}{}", reached.path, if reached.via_link { " by link" } else { "" })
}

pub(super) fn read(result: Result<Vec<u8>, FileError>) -> String {
    result.map_or_else(|why| error(&why), |content| format!("{:?}", String::from_utf8_lossy(&content)))
}

pub(super) fn done(result: Result<(), FileError>) -> String {
    result.map_or_else(|why| error(&why), |()| "ok".to_owned())
}

/// Times are checked to be of this century, not compared.
pub(super) fn stat(result: Result<FileStat, FileError>) -> String {
    let stat = match result {
        Ok(stat) => stat,
        Err(why) => return error(&why),
    };
    let year_2020 = 1_577_836_800_000;
    assert!(stat.modified.is_some_and(|at| at > year_2020), "{stat:?}");
    assert!(stat.created.is_none_or(|at| at > year_2020), "{stat:?}");
    let what = if stat.is_directory { "directory" } else { "file" };
    let link = if stat.is_symlink { " by link" } else { "" };
    format!("{what} of {}{link}{}", stat.size, if stat.readonly { " readonly" } else { "" })
}

pub(super) fn list(result: Result<Vec<Entry>, FileError>) -> String {
    let text = |entry: Entry| {
        let slash = if entry.is_directory { "/" } else { "" };
        format!("{}{slash}:{}", entry.name, entry.size)
    };
    result.map_or_else(
        |why| error(&why),
        |entries| format!("[{}]", entries.into_iter().map(text).collect::<Vec<_>>().join(" ")),
    )
}

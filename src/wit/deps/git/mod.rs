//! Packages of git repositories: from a URL and a tag or revision to a commit, and from that to its `.wit` files.
//!
//! Repositories are kept bare in a cache, one a URL, and read object by object: nothing is ever checked out, and no hook,
//! submodule or link outside the tree is followed. What a package is, is not known here.

mod command;
mod links;
mod tree;
mod url;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use self::command::Git;
pub(super) use self::tree::listing;
use super::listing::TooMuch;
use super::package::hex;
use super::source::is_commit;

/// What is fetched: everything that a tag or a revision may name.
const REFS: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// What a manifest names in a repository.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reference<'a> {
    Tag(&'a str),
    Rev(&'a str),
}

/// A repository cannot give what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git`.
    #[error("git cannot be run (install it, or name the package by `path`)")]
    NotInstalled(#[source] std::io::Error),
    /// The URL is one that is not given to git.
    #[error("`{url}` is no URL that is fetched from: {what}")]
    Url {
        /// The URL.
        url: String,
        /// Why, and what would do.
        what: String,
    },
    /// Nothing says where repositories are kept.
    #[error("there is no directory for git repositories: set HOME or XDG_CACHE_HOME, or give --cache DIR")]
    NoCache,
    /// The cache cannot be written.
    #[error("the cache {} cannot be used (give another one with --cache DIR)", path.display())]
    Cache {
        /// The cache, or what in it.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// Git failed.
    #[error("git cannot {action} {url}: {said}")]
    Failed {
        /// What it was to do.
        action: &'static str,
        /// The repository.
        url: String,
        /// What it said, shortened.
        said: String,
    },
    /// The repository has no such tag or revision.
    #[error("{url} has no {reference}")]
    Unknown {
        /// The repository.
        url: String,
        /// What was asked for.
        reference: String,
    },
    /// Something would have to be fetched, and must not be.
    #[error("{url} would have to be fetched to get {reference}, and --offline forbids it: run once without --offline")]
    Offline {
        /// The repository.
        url: String,
        /// What is missing.
        reference: String,
    },
    /// The tree holds more than is read.
    #[error("{url} at {commit}")]
    TooMuch {
        /// The repository.
        url: String,
        /// The commit.
        commit: String,
        /// Which bound was passed.
        #[source]
        what: TooMuch,
    },
    /// The list of the tree's files is too long.
    #[error("{url} at {commit}: the list of its files has more than {} bytes", super::bounds::MAX_LISTING_BYTES)]
    Listing {
        /// The repository.
        url: String,
        /// The commit.
        commit: String,
    },
    /// The tree has a name that no file can have.
    #[error("{url} at {commit}: the tree has an entry `{name}`, which no file can be called: take another commit")]
    Name {
        /// The repository.
        url: String,
        /// The commit.
        commit: String,
        /// The entry.
        name: String,
    },
}

/// The bare repository of a URL in a cache. While it lives no other process changes the repository.
pub(super) struct Repository {
    git: Git,
    url: String,
    offline: bool,
    _lock: Option<File>,
}

impl Repository {
    /// Opens the repository of a URL, and makes it if there is none.
    pub(super) fn open(cache: Option<&Path>, url: &str, offline: bool) -> Result<Self, GitError> {
        url::check(url)?;
        let cache = cache.ok_or(GitError::NoCache)?;
        let name = hex(&Sha256::digest(url.as_bytes())).chars().take(32).collect::<String>();
        let directory = cache.join(format!("{name}.git"));
        let failed = |source| GitError::Cache { path: cache.to_owned(), source };
        if offline {
            // What is only read needs no lock, and the cache may be read-only. What is not there is missed when it is asked.
            return Ok(Self { git: Git::new(directory), url: url.to_owned(), offline, _lock: None });
        }
        fs::create_dir_all(cache).map_err(failed)?;
        let lock = File::create(cache.join(format!("{name}.lock"))).map_err(failed)?;
        // Where there are no locks, git's own keep the repository whole.
        let lock = lock.lock().is_ok().then_some(lock);
        let git = Git::new(directory);
        // Of a repository that is there, this changes nothing; of half of one it makes a whole.
        git.run("make a repository for", url, &["init", "--quiet", "--bare", "--template="])?;
        Ok(Self { git, url: url.to_owned(), offline, _lock: lock })
    }

    /// The commit that a tag or a revision stands for: `pinned`, if that is given, without looking at what it is now.
    pub(super) fn commit(&self, reference: Reference<'_>, pinned: Option<&str>) -> Result<String, GitError> {
        let whole = match reference {
            Reference::Rev(rev) if is_commit(rev) => Some(rev),
            _ => None,
        };
        if let Some(commit) = pinned.or(whole) {
            self.need(commit)?;
            return Ok(commit.to_owned());
        }
        if !self.offline {
            self.fetch(&REFS)?;
        }
        match self.look_up(reference)? {
            Some(commit) => Ok(commit),
            None if self.offline => Err(self.is_offline(reference.to_string())),
            None => Err(GitError::Unknown { url: self.url.clone(), reference: reference.to_string() }),
        }
    }

    /// Makes sure that the repository has a commit, and fetches it if it has not.
    pub(super) fn need(&self, commit: &str) -> Result<(), GitError> {
        if self.has(commit)? {
            return Ok(());
        }
        let reference = format!("commit {commit}");
        if self.offline {
            return Err(self.is_offline(reference));
        }
        self.fetch(&REFS)?;
        // No branch or tag may lead to it any more; many servers give it all the same.
        if self.has(commit)? || self.fetch(&[commit]).is_ok() && self.has(commit)? {
            return Ok(());
        }
        Err(GitError::Unknown { url: self.url.clone(), reference })
    }

    fn has(&self, commit: &str) -> Result<bool, GitError> {
        self.git.succeeds(&["cat-file", "-e", &format!("{commit}^{{commit}}")])
    }

    fn fetch(&self, what: &[&str]) -> Result<(), GitError> {
        let options = ["fetch", "--quiet", "--force", "--prune", "--no-tags", "--no-recurse-submodules"];
        let arguments: Vec<&str> =
            options.into_iter().chain(["--no-write-fetch-head", "--", &self.url]).chain(what.iter().copied()).collect();
        self.git.run("fetch", &self.url, &arguments).map(drop)
    }

    fn look_up(&self, reference: Reference<'_>) -> Result<Option<String>, GitError> {
        let name = match reference {
            Reference::Tag(tag) => format!("refs/tags/{tag}"),
            Reference::Rev(rev) => rev.to_owned(),
        };
        // Git's language of revisions can search messages and walk histories; a manifest names a thing.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/+-".contains(&byte) || !byte.is_ascii();
        if !name.bytes().all(is_plain) || name.contains("..") {
            return Ok(None);
        }
        let commit = format!("{name}^{{commit}}");
        let found = self.git.try_run(&["rev-parse", "--quiet", "--verify", "--end-of-options", &commit])?;
        Ok(found.map(|text| text.trim().to_owned()).filter(|text| is_commit(text)))
    }

    fn is_offline(&self, reference: String) -> GitError {
        GitError::Offline { url: self.url.clone(), reference }
    }
}

impl std::fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Rev(rev) => write!(f, "revision {rev}"),
        }
    }
}

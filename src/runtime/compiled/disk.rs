//! Machine code on the disk, from one process to the next: what of the directory is used, and what is done when it
//! cannot be.
//!
//! Nothing that is wrong with a cache is an error of a load. A directory that cannot be used is told once; an entry
//! that is not what it should be is told each time, and replaced.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use wasmtime::component::Component;

use super::directory::{Directory, DirectoryError};
use super::entry::{self, Checked};
use super::key::{self, Key};
use super::trim::trim;
use super::{Hash, Stats, machine_code};

/// How many new files a write may lose to other processes, who remove what looks abandoned, before it is given up.
const MAX_UNFINISHED: usize = 16;
/// How long an entry is used before that is noted again. What was used within a minute is equally recent.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A directory for machine code, so that a component that was compiled before is not compiled again.
///
/// It may be shared by processes, and by versions of this crate: each finds what an engine like its own has compiled.
/// It must be this user's own and no others' to write, as whoever writes there writes what this process executes; it is
/// created so. What it holds may be removed at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheOptions {
    /// The directory. It is created, for this user alone, if it does not exist.
    pub directory: PathBuf,
    /// How many bytes the files of the cache have together at the most: 256 MiB, some hundred components in Rust. Above
    /// it, those go that were not used for longest.
    pub max_bytes: u64,
}

impl CacheOptions {
    /// A cache in this directory, with the size that is the default.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), max_bytes: 256 << 20 }
    }
}

/// An open cache.
pub(super) struct Disk {
    options: CacheOptions,
    directory: Directory,
    engine: Hash,
    stats: Arc<Stats>,
    /// Whether it was told that the directory cannot be used any more.
    told: AtomicBool,
}

impl Disk {
    /// Opens the directory; none, and a warning, if it cannot be used.
    pub(super) fn open(options: CacheOptions, engine: &wasmtime::Engine, stats: Arc<Stats>) -> Option<Self> {
        let directory = Directory::open(&options.directory).map_err(|why| tell_unusable(&options, &why)).ok()?;
        Some(Self { options, directory, engine: key::of_engine(engine), stats, told: AtomicBool::new(false) })
    }

    /// Device and inode of the directory.
    pub(super) fn identity(&self) -> Option<(u64, u64)> {
        self.directory.identity()
    }

    /// What an engine like this one compiled of these bytes, if it is there and nothing is wrong with it.
    pub(super) fn get(&self, engine: &wasmtime::Engine, wasm: Hash) -> Option<Component> {
        let checked = self.checked(wasm)?;
        self.stats.count(|stats| stats.trusted += 1);
        let component = machine_code::load(engine, &checked);
        let component = component.map_err(|error| self.refuse(wasm, &format!("{error:#}"))).ok()?;
        note_use(&checked);
        self.stats.count(|stats| stats.from_disk += 1);
        Some(component)
    }

    /// The file with what was compiled of these bytes, if it is there and nothing is wrong with it.
    pub(super) fn checked(&self, wasm: Hash) -> Option<Checked> {
        self.directory.trust().map_err(|why| self.tell_once(&why)).ok()?;
        let key = self.key(wasm);
        let file = self.directory.file(&key.file_name()).map_err(entry::Refusal::from).transpose()?;
        let checked = file.and_then(|file| Checked::new(file, &key, self.options.max_bytes));
        checked.map_err(|refusal| self.refuse(wasm, &refusal)).ok()
    }

    /// Keeps what was compiled of these bytes, if it can be kept.
    pub(super) fn put(&self, wasm: Hash, component: &Component) {
        let max_bytes = self.options.max_bytes;
        let code = match component.serialize() {
            Ok(code) if entry::size(&code) <= max_bytes => code,
            Ok(code) => {
                tracing::debug!(bytes = code.len(), max_bytes, "machine code is larger than the whole cache may be");
                return;
            }
            Err(error) => return tracing::warn!(%error, "machine code cannot be kept"),
        };
        let written =
            self.directory.trust().and_then(|()| self.write(&self.key(wasm), &code).map_err(DirectoryError::Write));
        if let Err(why) = written {
            self.tell_once(&why);
        }
    }

    fn write(&self, key: &Key, code: &[u8]) -> std::io::Result<()> {
        let name = key.file_name();
        for _ in 0..MAX_UNFINISHED {
            let Some(unfinished) = self.directory.create(key.unfinished_name())? else { continue };
            entry::write(&unfinished.file, code, key)?;
            if unfinished.finish(&name)? {
                self.stats.count(|stats| stats.written += 1);
                let removed = trim(&self.directory, self.options.max_bytes, &name)?;
                self.stats.count(|stats| stats.removed += removed);
                return Ok(());
            }
        }
        Err(std::io::Error::other("new files keep being removed"))
    }

    fn key(&self, wasm: Hash) -> Key {
        Key { wasm, engine: self.engine }
    }

    fn refuse(&self, wasm: Hash, why: &dyn std::fmt::Display) {
        self.stats.count(|stats| stats.refused += 1);
        let file = self.options.directory.join(self.key(wasm).file_name());
        tracing::warn!(file = %file.display(), %why, "a file of the code cache is not used; the component is compiled again");
    }

    fn tell_once(&self, why: &DirectoryError) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tell_unusable(&self.options, why);
        }
    }
}

fn tell_unusable(options: &CacheOptions, why: &DirectoryError) {
    let directory = options.directory.display();
    tracing::warn!(%directory, %why, "the code cache cannot be used; components are compiled without it");
}

/// Notes that an entry was used, coarsely. Where that cannot be noted, it is older than it seems, and goes earlier.
fn note_use(checked: &Checked) {
    let file = checked.file();
    let noted = file.metadata().and_then(|metadata| metadata.modified());
    let lately = noted.is_ok_and(|noted| noted.elapsed().is_ok_and(|ago| ago < NOTED_EVERY));
    if !lately {
        let _ = file.set_modified(SystemTime::now());
    }
}

//! How much of a source is read. Whoever is pointed at the wrong directory or repository gets an error, not a full disk.

use crate::wit::source;

/// The largest `.wit` file, in bytes: what is larger could not be read where it is put.
pub(super) const MAX_FILE_BYTES: u64 = source::MAX_FILE_BYTES;

/// All `.wit` files of one source together, in bytes: they are held in memory.
pub(super) const MAX_SOURCE_BYTES: u64 = 64 << 20;

/// The `.wit` files of one source.
pub(super) const MAX_FILES: usize = 10_000;

/// The entries of a directory source that are looked at: more means that `path` leads far above the packages.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// Directories inside one another below a source.
pub(super) const MAX_DEPTH: usize = 64;

/// The list of files of a git tree, in bytes: some hundred thousand files.
pub(super) const MAX_LISTING_BYTES: u64 = 64 << 20;

/// Links of a git tree that are followed one behind the other before they count as a circle.
pub(super) const MAX_LINKS: usize = 16;

/// The longest target of a link in a git tree, in bytes: what Linux allows.
pub(super) const MAX_LINK_BYTES: u64 = 4096;

/// The largest `wit.lock`, in bytes: thousands of packages.
pub(super) const MAX_LOCK_BYTES: u64 = 1 << 20;

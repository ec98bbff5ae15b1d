//! How much of a source is read. Whoever is pointed at the wrong directory or repository gets an error, not a full disk.

/// The largest `.wit` file, in bytes; the largest in use have some hundred KiB.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// All `.wit` files of one source together, in bytes: they are held in memory.
pub const MAX_SOURCE_BYTES: u64 = 64 << 20;

/// The `.wit` files of one source.
pub const MAX_FILES: usize = 10_000;

/// The entries of a directory source that are looked at: more means that `path` leads far above the packages.
pub const MAX_ENTRIES: usize = 200_000;

/// Directories inside one another below a source.
pub const MAX_DEPTH: usize = 64;

/// The list of files of a git tree, in bytes: some hundred thousand files.
pub const MAX_LISTING_BYTES: u64 = 64 << 20;

/// Links of a git tree that are followed one behind the other before they count as a circle.
pub const MAX_LINKS: usize = 16;

/// The longest target of a link in a git tree, in bytes: what Linux allows.
pub const MAX_LINK_BYTES: u64 = 4096;

/// The largest `wit.lock`, in bytes: thousands of packages.
pub const MAX_LOCK_BYTES: u64 = 1 << 20;

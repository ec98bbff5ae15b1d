//! Where the directory of a case is made: in memory where the system offers it, because thousands of runs make and remove
//! some files each, and a disk looks for room among the remains of those that went before.
//!
//! In: the world of the case. Out: an empty directory that goes when it is dropped. This module writes nothing into it.

use std::path::Path;

use tempfile::TempDir;

use super::super::DriverError;
use crate::suite::protocol::{FileKind, World};

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// The least room that memory must have to be used, in bytes: what several cases with the largest components, logs and
/// stores take at a time. Containers often have less.
const LEAST_ROOM: u64 = 1 << 30;

/// Makes a directory for a world: where `TMPDIR` says if it says anything.
pub(super) fn make(world: &World) -> Result<TempDir, DriverError> {
    // Memory may be mounted so that nothing in it can be run.
    let runs = world.files.iter().any(|file| file.kind == Some(FileKind::Executable));
    let chosen = std::env::var_os("TMPDIR").is_some();
    let made = if !runs && !chosen && has_room(Path::new(MEMORY)) {
        TempDir::new_in(MEMORY).or_else(|_| TempDir::new())
    } else {
        TempDir::new()
    };
    made.map_err(|why| DriverError::new(format!("the world cannot be written: {why}")))
}

#[cfg(target_os = "linux")]
fn has_room(place: &Path) -> bool {
    rustix::fs::statvfs(place).is_ok_and(|held| held.f_bavail.saturating_mul(held.f_frsize) >= LEAST_ROOM)
}

#[cfg(not(target_os = "linux"))]
fn has_room(_: &Path) -> bool {
    false
}

//! From a checked file to machine code. The one place of the crate with `unsafe`.

use std::os::fd::AsRawFd as _;

use wasmtime::component::Component;

use super::entry::Checked;

/// Where the system shows a process its open files by number.
const OPEN_FILES: &str = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };

/// Maps a checked file and takes its machine code.
///
/// # Errors
/// If the engine does not take it, such as one whose pool has smaller slots than the component needs.
#[expect(unsafe_code, reason = "nothing but the engine can tell what machine code does, and it takes our word for it")]
pub(super) fn load(engine: &wasmtime::Engine, checked: &Checked) -> wasmtime::Result<Component> {
    // The engine opens by path, and by this path it opens the very file that was checked, whatever has its name by now.
    let path = format!("{OPEN_FILES}/{}", checked.file().as_raw_fd());
    // SAFETY: the code must have been made by a compatible engine and must not change while it is mapped. `Checked`
    // holds the first: the file is whole, names this engine's hash, and lies in a directory and has a mode that let
    // nobody but this user write it, and under its name this crate puts nothing but what an engine with that hash
    // compiled. The second: files of the cache are created read-only, written before they get their name, and never
    // written again, but replaced or unlinked, which leaves a mapping as it is.
    unsafe { Component::deserialize_file(engine, path) }
}

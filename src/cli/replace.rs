//! Files that are written whole or not at all.

use std::io::Write as _;
use std::path::Path;

/// Puts `text` in the place of a file, or where none is: a new file beside it, then a rename, so that no reader sees half
/// of it. A link stays, and what it leads to is replaced; permissions stay as they are.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let old = match path.canonicalize() {
        Ok(path) => Some(path),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => None,
        Err(why) => return Err(why),
    };
    let path = old.as_deref().unwrap_or(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let mut file = std::fs::File::create_new(&new)?;
    let written = old
        .as_deref()
        .map_or(Ok(()), |old| std::fs::metadata(old).and_then(|old| file.set_permissions(old.permissions())))
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

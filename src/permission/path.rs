//! The one form of a guest's path.

use std::borrow::Cow;

/// The longest path, in bytes: Linux's, and that of patterns.
const MAX_BYTES: usize = crate::manifest::pattern::MAX_PATH_BYTES;

/// Why a text is no path of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path is empty.
    #[error("the path is empty")]
    Empty,
    /// The path does not start with `/`.
    #[error("the path is not absolute")]
    Relative,
    /// The path contains NUL.
    #[error("the path contains NUL")]
    Nul,
    /// The path is over 4096 bytes, as given.
    #[error("the path is longer than {MAX_BYTES} bytes")]
    TooLong,
}

/// Takes `.`, `..`, `//` and a trailing `/` out of a path; `..` of `/` is `/`. A path that is normal is returned as it
/// is, without a copy.
///
/// # Errors
/// [`PathError`] for what is no path (`invalid-path`).
pub fn normalise(path: &str) -> Result<Cow<'_, str>, PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    if path.len() > MAX_BYTES {
        return Err(PathError::TooLong);
    }
    if is_plain(path.as_bytes()) {
        return Ok(Cow::Borrowed(path));
    }
    if path.contains('\0') {
        return Err(PathError::Nul);
    }
    let segments = path.strip_prefix('/').ok_or(PathError::Relative)?;
    if segments.is_empty() || !segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Ok(Cow::Borrowed(path));
    }
    let mut normal = String::with_capacity(path.len());
    for segment in segments.split('/') {
        match segment {
            "" | "." => {}
            ".." => normal.truncate(normal.rfind('/').unwrap_or(0)),
            name => {
                normal.push('/');
                normal.push_str(name);
            }
        }
    }
    if normal.is_empty() {
        normal.push('/');
    }
    Ok(Cow::Owned(normal))
}

/// Whether a path is surely normal. It looks at each pair of bytes, without a branch, which takes a few nanoseconds; a name
/// that starts with a dot is left to a closer look.
fn is_plain(path: &[u8]) -> bool {
    let pairs = path.iter().zip(&path[1..]);
    let suspicious =
        |(first, second): (&u8, &u8)| (*first == b'/') & ((*second == b'/') | (*second == b'.')) | (*second == 0);
    let plain = !pairs.fold(false, |any, pair| any | suspicious(pair));
    plain && path[0] == b'/' && (path.len() == 1 || path[path.len() - 1] != b'/')
}

/// The segment that starts at byte `at` of a normal path, and where the next one starts; none behind the last. The
/// first starts at 1.
#[inline]
pub(super) fn segment_at(path: &str, at: usize) -> Option<(&str, usize)> {
    let rest = path.get(at..).filter(|rest| !rest.is_empty())?;
    let end = memchr::memchr(b'/', rest.as_bytes()).unwrap_or(rest.len());
    Some((&rest[..end], at + end + 1))
}

/// Whether a text starts so. Most patterns have nothing there, and to compare with nothing is no matter of course: some
/// processors take longer over loading no byte from no address than over comparing a whole path.
#[inline]
pub(super) fn starts_with(text: &str, start: &str) -> bool {
    start.is_empty() || text.starts_with(start)
}

/// Whether a text ends so; as [`starts_with`].
#[inline]
pub(super) fn ends_with(text: &str, end: &str) -> bool {
    end.is_empty() || text.ends_with(end)
}

/// Whether a normal path is one of the kernel's own trees, which no wildcard reaches.
pub(super) fn is_special(path: &str) -> bool {
    // Nearly every path is told from these by the first letter.
    let may_be = path.as_bytes().get(1).is_some_and(|first| matches!(first, b'p' | b's' | b'd'));
    may_be && segment_at(path, 1).is_some_and(|(first, _)| matches!(first, "proc" | "sys" | "dev"))
}

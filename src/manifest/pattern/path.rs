//! Patterns of file paths and executables.

use super::{MAX_PATH_BYTES, PatternError};

/// Checks a path pattern: absolute segments of literal characters, `*`, `?`, `[ab]`, `[!ab]` and
/// `{a,b}`; or `**` alone.
///
/// # Errors
/// [`PatternError`] says which rule is broken first.
pub fn check_path(pattern: &str) -> Result<(), PatternError> {
    if pattern.is_empty() {
        return Err(PatternError::Empty);
    }
    if pattern.len() > MAX_PATH_BYTES {
        return Err(PatternError::TooLong(MAX_PATH_BYTES));
    }
    if pattern.contains(char::is_control) {
        return Err(PatternError::Control);
    }
    let segments = pattern.strip_prefix('/').ok_or(PatternError::Relative)?;
    segments.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), PatternError> {
    match segment {
        "" => return Err(PatternError::EmptySegment),
        "." | ".." => return Err(PatternError::DotSegment),
        "**" => return Ok(()),
        _ if segment.contains("**") => return Err(PatternError::Globstar),
        _ => {}
    }
    // How many characters the alternative being read has so far, if inside braces.
    let mut alternative: Option<usize> = None;
    let mut rest = segment.chars();
    while let Some(character) = rest.next() {
        match (character, alternative) {
            ('\\', _) => return Err(PatternError::Backslash),
            ('[', _) => check_class(&mut rest)?,
            (']', _) => return Err(PatternError::Unopened(']')),
            ('{', None) => {
                alternative = Some(0);
                continue;
            }
            ('{', Some(_)) => return Err(PatternError::NestedBrace),
            ('}', None) => return Err(PatternError::Unopened('}')),
            ('}' | ',', Some(0)) => return Err(PatternError::EmptyAlternative),
            ('}', Some(_)) => {
                alternative = None;
                continue;
            }
            (',', Some(_)) => {
                alternative = Some(0);
                continue;
            }
            _ => {}
        }
        alternative = alternative.map(|length| length + 1);
    }
    if alternative.is_some() { Err(PatternError::UnclosedBrace) } else { Ok(()) }
}

/// Reads a class behind its `[` up to its `]`.
fn check_class(rest: &mut std::str::Chars<'_>) -> Result<(), PatternError> {
    let (class, behind) = rest.as_str().split_once(']').ok_or(PatternError::UnclosedClass)?;
    *rest = behind.chars();
    let listed = class.strip_prefix('!').unwrap_or(class);
    if listed.is_empty() {
        return Err(PatternError::EmptyClass);
    }
    match listed.chars().find(|c| matches!(c, '^' | '-' | '[' | '\\')) {
        Some(character) => Err(PatternError::ClassSyntax(character)),
        None => Ok(()),
    }
}

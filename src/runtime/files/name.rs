//! Names: from a path or the target of a link to its parts, and which names are not for guests.
//!
//! Everything here is text; no name is looked up.

/// How names of the runtime's own files start and end.
pub(super) const RESERVED: (&str, &str) = (".airssys-", ".tmp");

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Name(String),
    /// `..`
    Up,
    /// The path ended in `/` or `/.`: what precedes must be a directory.
    Here,
}

/// The parts of a path or the target of a link, last first. Whether the text is absolute is not among them.
pub(super) fn parts_reversed(text: &str) -> Vec<Part> {
    let ends_here = matches!(text.rsplit('/').next(), Some("" | "."));
    let names = text.rsplit('/').filter(|part| !matches!(*part, "" | "."));
    let names = names.map(|part| if part == ".." { Part::Up } else { Part::Name(part.to_owned()) });
    ends_here.then_some(Part::Here).into_iter().chain(names).collect()
}

/// Whether a name is of the form that the runtime keeps for itself. Upper case counts too, so that a file system that
/// does not tell it apart gives no way around; the upper case is compared because more letters share it (`ſ` and `s`).
pub(super) fn is_reserved(name: &str) -> bool {
    let upper: String = name.chars().flat_map(char::to_uppercase).collect();
    let (start, end) = (RESERVED.0.to_ascii_uppercase(), RESERVED.1.to_ascii_uppercase());
    upper.len() >= start.len() + end.len() && upper.starts_with(&start) && upper.ends_with(&end)
}

/// What is wrong with a name, if a guest may not use it.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    if is_reserved(name) {
        return Some("the name is reserved for the runtime");
    }
    // There, these separate names, or name a drive or a stream.
    (cfg!(windows) && name.contains(['\\', ':'])).then_some("the name contains a separator")
}

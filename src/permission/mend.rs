//! The line of the manifest that would permit an access.

use super::decision::Access;
use crate::manifest::pattern::{self, MAX_PATH_BYTES};

/// The line to add, unless no pattern can permit the access; `literally` as for [`named`].
pub(super) fn mend(access: Access<'_>, resource: &str, literally: bool) -> Option<String> {
    let key = format!("capabilities.{}", access.class());
    let pattern = named(access, resource, literally)?;
    Some(match access {
        Access::Network(action, _, port) => format!(
            "add {{ action = \"{action}\", host = \"{}\", port = {port} }} to {key} in component.toml",
            escape(&pattern)
        ),
        _ => add(&pattern, &key, access.action()),
    })
}

/// The pattern that permits an access and little else, unless there is none. `literally` says that the rule must do
/// without wildcards.
pub(super) fn named(access: Access<'_>, resource: &str, literally: bool) -> Option<String> {
    match access {
        Access::Filesystem(..) | Access::Process(_) => {
            let pattern = literal(resource);
            let reaches = !literally || pattern == resource;
            (reaches && pattern::check_path(&pattern).is_ok()).then_some(pattern)
        }
        // A label of a host may start or end with `-`, that of a pattern may not.
        Access::Network(..) => pattern::check_host(resource).is_ok().then(|| resource.to_owned()),
        _ => Some(resource.to_owned()),
    }
}

fn add(pattern: &str, key: &str, action: &str) -> String {
    format!("add \"{}\" to {key}.{action} in component.toml", escape(pattern))
}

/// The pattern that matches a path, and little else: nothing is escaped in patterns, so a character with a meaning is
/// listed as a class, and one that cannot be listed is any character.
pub(super) fn literal(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len().min(MAX_PATH_BYTES));
    for character in path.chars() {
        match character {
            '*' | '?' | '{' | '}' => pattern.extend(['[', character, ']']),
            '[' | ']' | '\\' => pattern.push('?'),
            _ if character.is_control() => pattern.push('?'),
            _ => pattern.push(character),
        }
    }
    pattern
}

/// A text within a basic string of TOML, with nothing in it that changes a terminal or the direction of writing.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' => {
                escaped.push_str(&format!("\\u{:04X}", u32::from(character)));
            }
            _ if character.is_control() => escaped.push_str(&format!("\\u{:04X}", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    escaped
}

//! The one place where an access is decided.
//!
//! In: what a component wants to do. Out: leave to do it, or a text that names the line of the manifest which would
//! give it.

use super::super::log::escape;
use super::Host;

/// The longest part of a guest's text that an explanation repeats, in characters.
const MAX_SHOWN_CHARS: usize = 256;

/// One access that needs a permission.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access<'a> {
    /// An action on a path; of several actions one suffices.
    Filesystem(&'a [&'static str], &'a str),
    /// A request to a URL.
    Network(&'a str),
    /// An action on a namespace; of several actions one suffices.
    Storage(&'a [&'static str], &'a str),
    /// Running a command.
    Process(&'a str),
    /// Sending to a component: `send` or `request`.
    Messaging(&'static str, &'a str),
    /// Calling a function that the embedder registered.
    HostFunction(&'a str),
}

/// Why an access is denied: the text of the function's own `permission-denied`.
pub(super) struct Denied(pub(super) String);

impl Host {
    /// Decides an access. No manifest permission is in force in this runtime, so every access is denied.
    pub(super) fn gate(&self, access: Access<'_>) -> Result<(), Denied> {
        Err(Denied(format!("{} in component.toml", access.grant())))
    }
}

impl Access<'_> {
    /// The change of the manifest that would grant the access.
    fn grant(self) -> String {
        match self {
            Access::Filesystem(actions, path) => add(path, "filesystem", actions),
            Access::Network(url) => {
                format!("add the host of \"{}\" with action = \"outbound\" to capabilities.network", shown(url))
            }
            Access::Storage(actions, namespace) => add(namespace, "storage", actions),
            Access::Process(command) => add(command, "process", &["spawn"]),
            Access::Messaging(action, target) => add(target, "messaging", &[action]),
            Access::HostFunction(name) => add(name, "host-functions", &["call"]),
        }
    }
}

fn add(resource: &str, class: &str, actions: &[&'static str]) -> String {
    let keys: Vec<_> = actions.iter().map(|action| format!("capabilities.{class}.{action}")).collect();
    format!("add \"{}\" to {}", shown(resource), keys.join(" or "))
}

fn shown(text: &str) -> String {
    let end = text.char_indices().nth(MAX_SHOWN_CHARS).map_or(text.len(), |(index, _)| index);
    let mut shown = escape(&text[..end]).into_owned();
    if end < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_line_that_would_grant_it() {
        for (access, grant) in [
            (Access::Filesystem(&["read"], "/var/x"), r#"add "/var/x" to capabilities.filesystem.read"#),
            (
                Access::Filesystem(&["read", "list"], "/x"),
                r#"add "/x" to capabilities.filesystem.read or capabilities.filesystem.list"#,
            ),
            (Access::Storage(&["write"], "a:b"), r#"add "a:b" to capabilities.storage.write"#),
            (Access::Process("/bin/ls"), r#"add "/bin/ls" to capabilities.process.spawn"#),
            (Access::Messaging("request", "db"), r#"add "db" to capabilities.messaging.request"#),
            (Access::HostFunction("f\n"), r#"add "f\u{a}" to capabilities.host-functions.call"#),
        ] {
            assert_eq!(access.grant(), grant);
        }
        let long = Access::Process(&"ü".repeat(9_999)).grant();
        assert!(long.chars().count() < 2 * MAX_SHOWN_CHARS, "{long}");
    }
}

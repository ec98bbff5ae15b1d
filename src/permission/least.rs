//! The least capabilities that would have permitted what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::decision::{Access, Class, Rule};
use super::grants::{Grants, resource};
use super::mend::{escape, literal};

/// Accesses as the tables of a manifest: each by its own name, without wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Least {
    /// The patterns, by class and action.
    named: BTreeMap<(Class, &'static str), BTreeSet<String>>,
    /// Action, host and port.
    network: BTreeSet<(&'static str, String, u16)>,
    /// What no pattern can name.
    beyond: BTreeSet<String>,
    bytes: usize,
}

impl Least {
    /// Adds an access. One that was added before changes nothing.
    pub fn add(&mut self, access: Access<'_>) {
        let (class, action, resource) = (access.class(), access.action(), resource(access));
        let pattern = match class {
            Class::Filesystem | Class::Process => literal(&resource),
            _ => resource.clone(),
        };
        let length = pattern.len();
        let known = match access {
            Access::Network(_, _, port) => self.network.contains(&(action, pattern.clone(), port)),
            _ => self.named.get(&(class, action)).is_some_and(|names| names.contains(&pattern)),
        };
        let new = match access {
            _ if known => false,
            _ if !permits(access, &pattern) => {
                self.beyond.insert(format!("{class} {action} \"{}\"", escape(&resource)))
            }
            Access::Network(_, _, port) => self.network.insert((action, pattern, port)),
            _ => self.named.entry((class, action)).or_default().insert(pattern),
        };
        self.bytes += if new { length } else { 0 };
    }

    /// How many bytes of patterns there are: less than the tables have.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The tables, ready to be put into a manifest; empty if nothing was done.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut table = None;
        for ((class, action), names) in &self.named {
            if table != Some(*class) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "[capabilities.{class}]");
                table = Some(*class);
            }
            let names: Vec<_> = names.iter().map(|name| format!("\"{}\"", escape(name))).collect();
            let _ = writeln!(text, "{action} = [{}]", names.join(", "));
        }
        for (action, host, port) in &self.network {
            let host = escape(host);
            let _ = writeln!(text, "[[capabilities.network]]\naction = \"{action}\"\nhost = \"{host}\"\nport = {port}");
        }
        for what in &self.beyond {
            let _ = writeln!(text, "# no pattern names this: {what}");
        }
        text
    }
}

/// Whether the pattern, in the manifest, would permit the access. For what is malformed there is none that would.
fn permits(access: Access<'_>, pattern: &str) -> bool {
    let port = match access {
        Access::Network(_, _, port) => Some(port),
        _ => None,
    };
    let (class, action, pattern) = (access.class(), access.action(), pattern.to_owned());
    let rule = Rule::new(class, action, pattern, port, String::new());
    Grants::of(vec![rule]).is_ok_and(|grants| grants.decide(access).is_granted())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, NetworkAction};
    use crate::permission::{FourAction, MessagingAction, TopicAction};

    #[test]
    fn the_least_manifest_permits_what_was_done_and_says_so_once() {
        let done = [
            Access::Filesystem(FourAction::Read, "/data/b"),
            Access::Filesystem(FourAction::Read, "/data/*a\"{x}"),
            Access::Filesystem(FourAction::Read, "/data//b/."),
            Access::Filesystem(FourAction::Write, "/data/b"),
            Access::Storage(FourAction::List, "a:b"),
            Access::Process("/bin/ls"),
            Access::Messaging(MessagingAction::Request, "db:main"),
            Access::Topic(TopicAction::Subscribe, "orders.created"),
            Access::Topic(TopicAction::Publish, "audit"),
            Access::Topic(TopicAction::Subscribe, "orders"),
            Access::HostFunction("geo.lookup"),
            Access::Network(NetworkAction::Outbound, "EXAMPLE.com.", 443),
            Access::Network(NetworkAction::Outbound, "0x7f.1", 80),
        ];
        let mut least = Least::default();
        done.iter().chain(&done).for_each(|access| least.add(*access));
        let tables = least.to_toml();
        let expected = r#"[capabilities.filesystem]
read = ["/data/[*]a\"[{]x[}]", "/data/b"]
write = ["/data/b"]
[capabilities.storage]
list = ["a:b"]
[capabilities.process]
spawn = ["/bin/ls"]
[capabilities.messaging]
request = ["db:main"]
[capabilities.topics]
publish = ["audit"]
subscribe = ["orders", "orders.created"]
[capabilities.host-functions]
call = ["geo.lookup"]
[[capabilities.network]]
action = "outbound"
host = "127.0.0.1"
port = 80
[[capabilities.network]]
action = "outbound"
host = "example.com"
port = 443
"#;
        assert_eq!(tables, expected);
        let head = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.1.0\"\n[resources.memory]\nmax = \"1MiB\"\n";
        let manifest = Manifest::parse(&format!("{head}{tables}")).unwrap();
        let grants = Grants::new(&manifest.capabilities, &manifest.optional_capabilities).unwrap();
        assert!(done.iter().all(|access| grants.decide(*access).is_granted()));
        assert!(!grants.decide(Access::Filesystem(FourAction::Delete, "/data/b")).is_granted());
    }

    #[test]
    fn what_no_pattern_names_is_told() {
        let mut least = Least::default();
        let done = [
            Access::Filesystem(FourAction::List, "/"),
            Access::Filesystem(FourAction::Read, "/proc/[x]"),
            Access::Filesystem(FourAction::Read, "x"),
            Access::Network(NetworkAction::Outbound, "a.b", 0),
            Access::Network(NetworkAction::Outbound, "a b", 1),
            Access::Storage(FourAction::Read, "App"),
            Access::Messaging(MessagingAction::Send, "Logger"),
            Access::Topic(TopicAction::Publish, "orders.*"),
            Access::HostFunction("geo\n\u{202e}lookup"),
        ];
        done.iter().chain(&done).for_each(|access| least.add(*access));
        let expected = r#"# no pattern names this: filesystem list "/"
# no pattern names this: filesystem read "/proc/[x]"
# no pattern names this: filesystem read "x"
# no pattern names this: host-functions call "geo\u000A\u202Elookup"
# no pattern names this: messaging send "Logger"
# no pattern names this: network outbound "a b"
# no pattern names this: network outbound "a.b"
# no pattern names this: storage read "App"
# no pattern names this: topics publish "orders.*"
"#;
        assert_eq!((least.to_toml().as_str(), least.bytes()), (expected, 47));
    }
}

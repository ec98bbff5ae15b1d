//! The least capabilities that would have permitted what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::decision::{Access, Class, Decision, Reason};
use super::grants::{Grants, resource};
use super::mend::{escape, named};

/// Accesses as the tables of a manifest: each by its own name, without wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Least {
    /// The patterns, by class and action.
    named: BTreeMap<(Class, &'static str), BTreeSet<String>>,
    /// Action, host and port.
    network: BTreeSet<(&'static str, String, u16)>,
    /// What no pattern can name.
    beyond: BTreeSet<String>,
}

impl Least {
    /// Adds an access. One that was added before changes nothing.
    pub fn add(&mut self, access: Access<'_>) {
        let (class, action, resource) = (access.class(), access.action(), resource(access));
        // Who has no grants is denied everything, and told what it takes.
        let nothing = Grants::default();
        let Decision::Denied { reason, .. } = nothing.decide(access) else { return };
        let malformed = matches!(reason, Reason::Malformed(_));
        let name = named(access, &resource, reason == Reason::Special).filter(|_| !malformed);
        match (name, access) {
            (Some(host), Access::Network(_, _, port)) => drop(self.network.insert((action, host, port))),
            (Some(name), _) => drop(self.named.entry((class, action)).or_default().insert(name)),
            (None, _) => drop(self.beyond.insert(format!("{class} {action} {}", escape(&resource)))),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, NetworkAction};
    use crate::permission::{FourAction, MessagingAction};

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
        let head = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = \"1MiB\"\n";
        let manifest = Manifest::parse(&format!("{head}{tables}")).unwrap();
        let grants = Grants::new(&manifest.capabilities, &manifest.optional_capabilities).unwrap();
        assert!(done.iter().all(|access| grants.decide(*access).is_granted()));
        assert!(!grants.decide(Access::Filesystem(FourAction::Delete, "/data/b")).is_granted());
    }

    #[test]
    fn what_no_pattern_names_is_told() {
        let mut least = Least::default();
        least.add(Access::Filesystem(FourAction::List, "/"));
        least.add(Access::Filesystem(FourAction::Read, "/dev/a*"));
        least.add(Access::Network(NetworkAction::Outbound, "-a.test", 443));
        least.add(Access::Network(NetworkAction::Outbound, "*", 443));
        let expected = "\
# no pattern names this: filesystem list /
# no pattern names this: filesystem read /dev/a*
# no pattern names this: network outbound *
# no pattern names this: network outbound -a.test
";
        assert_eq!(least.to_toml(), expected);
    }
}

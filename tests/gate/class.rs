//! What an access of each class is about in the generated cases, and the capabilities that name it.

use airssys_wasm::wit::annotation::{ACTIONS, Permission};
use serde_json::{Value, json};

/// One class of permissions, in the world of the cases.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// What the guest asks for.
    pub(crate) resource: &'static str,
    /// The pattern that permits just that.
    pub(crate) pattern: &'static str,
    /// The widest pattern that permits it, if there is a wider one.
    pub(crate) widest: Option<&'static str>,
    /// A pattern for something else of the same kind.
    pub(crate) elsewhere: &'static str,
}

const CLASSES: [Class; 7] = [
    Class { name: "filesystem", resource: "/data/x", pattern: "/data/x", widest: Some("/**"), elsewhere: "/data/y" },
    Class {
        name: "network",
        resource: "http://host.example/",
        pattern: "host.example",
        widest: Some("*"),
        elsewhere: "other.example",
    },
    Class { name: "storage", resource: "a:b", pattern: "a:b", widest: Some("a:*"), elsewhere: "a:c" },
    Class {
        name: "process",
        resource: "/bin/tool",
        pattern: "/bin/tool",
        widest: Some("/**"),
        elsewhere: "/bin/other",
    },
    Class { name: "messaging", resource: "b", pattern: "b", widest: Some("*"), elsewhere: "c" },
    Class { name: "host-functions", resource: "f", pattern: "f", widest: None, elsewhere: "g" },
    Class {
        name: "topics",
        resource: "orders.created",
        pattern: "orders.created",
        widest: Some("*"),
        elsewhere: "orders.paid",
    },
];

/// The class of a permission, or what has to be added.
pub(crate) fn class(permission: &Permission) -> Result<&'static Class, String> {
    CLASSES.iter().find(|class| class.name == permission.class).ok_or_else(|| {
        format!(
            "nothing is known that an access of class {} could be about: add it to `CLASSES` in tests/gate/class.rs, \
             and to `world` in tests/gate/case.rs",
            permission.class
        )
    })
}

/// The capabilities that permit one action on what the cases are about, and nothing else.
pub(crate) fn just(class: &Class, action: &str) -> Value {
    let mut capabilities = json!({});
    add(&mut capabilities, class.name, action, &[class.pattern]);
    capabilities
}

/// The rule of those capabilities, as an audit record names it.
pub(crate) fn rule(class: &Class, action: &str) -> String {
    let Class { name, pattern, .. } = class;
    match *name {
        "network" => format!("capabilities.network[0] = \"{pattern}\""),
        _ => format!("capabilities.{name}.{action}[0] = \"{pattern}\""),
    }
}

/// Capabilities for every action of every class, by the exact and the widest pattern; but those of `denied` only for
/// something else, and for what the cases are about, too, if `at_first` (a revocation then takes that away).
pub(crate) fn all_but(denied: &[Permission], at_first: bool) -> Value {
    let mut capabilities = json!({});
    for (name, actions) in ACTIONS {
        for class in CLASSES.iter().filter(|class| class.name == name) {
            for action in actions {
                let is_denied = denied.iter().any(|permission| (permission.class, permission.action) == (name, action));
                let patterns: Vec<_> = match (is_denied, at_first) {
                    (false, _) => [class.pattern].into_iter().chain(class.widest).collect(),
                    (true, false) => vec![class.elsewhere],
                    (true, true) => vec![class.elsewhere, class.pattern],
                };
                add(&mut capabilities, name, action, &patterns);
            }
        }
    }
    capabilities
}

fn add(capabilities: &mut Value, class: &str, action: &str, patterns: &[&str]) {
    if class != "network" {
        capabilities[class][action] = json!(patterns);
        return;
    }
    let entries = patterns.iter().map(|host| json!({ "action": action, "host": host }));
    match &mut capabilities[class] {
        Value::Array(known) => known.extend(entries),
        none => *none = entries.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_something_to_be_about() {
        let asked = ACTIONS.iter().map(|(name, _)| *name);
        assert_eq!(CLASSES.map(|class| class.name).to_vec(), asked.collect::<Vec<_>>());
    }
}

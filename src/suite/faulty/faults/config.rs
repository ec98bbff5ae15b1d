//! Runtimes that configure components wrongly.

use crate::suite::faulty::{Bend, Fault, Sent, edit};
use crate::suite::protocol::Stimulus;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "gives-no-environment",
        wrong: "It ignores what the host gives a component at its load: environment, configuration and data.",
        violates: &["lifecycle.init-config", "config.overlay"],
        bend: Bend::Stimuli(|stimulus| match stimulus {
            Stimulus::Load(load) => {
                let mut bare = load.clone();
                (bare.env, bare.config, bare.config_data) = Default::default();
                if bare == *load { Sent::Same } else { Sent::Other(Stimulus::Load(bare)) }
            }
            _ => Sent::Same,
        }),
    },
    Fault {
        name: "takes-any-configuration-key",
        wrong: "It takes configuration keys of any form, and lets a component overwrite the host's values.",
        violates: &["config.overlay"],
        bend: Bend::Lines(|lines| {
            edit::answer(lines, "set-config -> err(", "ok");
            edit::answer(lines, "get-config -> err(", "ok(none)");
        }),
    },
    Fault {
        name: "forgets-configuration",
        wrong: "It forgets what a component has set in its configuration.",
        violates: &["config.overlay"],
        bend: Bend::Lines(|lines| edit::answer(lines, "get-config -> ok(some(", "ok(none)")),
    },
    Fault {
        name: "gives-init-no-grants",
        wrong: "It does not tell `init` which grants are in effect.",
        violates: &["lifecycle.init-config", "perm.policy-modes"],
        bend: Bend::Lines(|lines| {
            let none = "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}";
            edit::answer(lines, "config.granted-capabilities -> ", none);
            edit::answer(lines, "config.granted-capabilities.host-functions -> ", "[]");
        }),
    },
];

//! Runtimes that take what a manifest asks for as something else.

use toml::{Table, Value};

use crate::suite::faulty::edit;
use crate::suite::faulty::{Bend, Fault, Sent};
use crate::suite::protocol::{Bytes, Reply, Stimulus, World, WorldFile};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "grants-everything",
        wrong: "It grants every component every file, command, public host, target and topic, whatever its manifest asks for.",
        violates: &["perm.gate-order", "perm.universal-linker", "msg.grants", "topic.grants"],
        bend: Bend::Stimuli(|stimulus| edit::manifests(stimulus, everything)),
    },
    Fault {
        name: "grants-nothing",
        wrong: "It grants no component anything that its manifest asks for.",
        violates: &["perm.introspection", "perm.fs.globstar", "storage.isolated", "process.isolated"],
        bend: Bend::Stimuli(|stimulus| edit::manifests(stimulus, |manifest| drop(manifest.remove("capabilities")))),
    },
    Fault {
        name: "ignores-ports",
        wrong: "It permits every port of a host for which a manifest asks for one.",
        violates: &["perm.net.subdomain"],
        bend: Bend::Stimuli(|stimulus| {
            edit::manifests(stimulus, |manifest| rules(manifest, |rule| drop(rule.remove("port"))))
        }),
    },
    Fault {
        name: "lets-a-wildcard-be-the-host-itself",
        wrong: "It permits `example.com` where a manifest asks for `*.example.com`.",
        violates: &["perm.net.subdomain"],
        bend: Bend::Stimuli(|stimulus| edit::manifests(stimulus, apex)),
    },
    Fault {
        name: "lets-a-star-span-segments",
        wrong: "It lets `*` in the last segment of a path pattern match `/`.",
        violates: &["perm.fs.star-one-segment"],
        bend: Bend::Stimuli(|stimulus| {
            edit::manifests(stimulus, |manifest| {
                edit::patterns(manifest, "filesystem", |patterns| {
                    patterns.iter_mut().for_each(|pattern| {
                        if let Some((directory, last)) = pattern.rsplit_once('/')
                            && last.contains('*')
                            && last != "**"
                        {
                            *pattern = format!("{directory}/**/{last}");
                        }
                    });
                });
            })
        }),
    },
    Fault {
        name: "lets-a-globstar-be-its-directory",
        wrong: "It permits `/data` where a manifest asks for `/data/**`.",
        violates: &["perm.fs.globstar"],
        bend: Bend::Stimuli(|stimulus| {
            edit::manifests(stimulus, |manifest| {
                edit::patterns(manifest, "filesystem", |patterns| {
                    let own = patterns.iter().filter_map(|pattern| pattern.strip_suffix("/**"));
                    let own: Vec<String> = own.filter(|own| !own.is_empty()).map(str::to_owned).collect();
                    patterns.extend(own);
                });
            })
        }),
    },
    Fault {
        name: "takes-one-action-for-all",
        wrong: "It permits to read, write, delete and list whatever a manifest asks for one of these.",
        violates: &["perm.fs.actions-separate"],
        bend: Bend::Stimuli(|stimulus| edit::manifests(stimulus, |manifest| edit::capabilities(manifest, all_actions))),
    },
    Fault {
        name: "grants-the-whole-category",
        wrong: "It permits every namespace of the category where a manifest asks for one namespace.",
        violates: &["perm.storage.namespace", "storage.isolated"],
        bend: Bend::Stimuli(|stimulus| {
            edit::manifests(stimulus, |manifest| {
                edit::patterns(manifest, "storage", |patterns| {
                    patterns.iter_mut().for_each(|pattern| {
                        if let Some((category, _)) = pattern.split_once(':') {
                            *pattern = format!("{category}:*");
                        }
                    });
                });
            })
        }),
    },
    Fault {
        name: "ignores-the-policy",
        wrong: "It loads components as if the operator had no policy.",
        violates: &["perm.policy-modes"],
        bend: Bend::Stimuli(|stimulus| edit::world(stimulus, |world| world.policy = None)),
    },
    Fault {
        name: "takes-strict-for-permissive",
        wrong: "It drops what a strict policy does not allow, and loads the component.",
        violates: &["perm.policy-modes"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| {
                world.policy = world.policy.as_ref().map(|policy| policy.replace("strict", "permissive"));
            })
        }),
    },
    Fault {
        name: "takes-permissive-for-development",
        wrong: "It warns of what a permissive policy does not allow, and grants it.",
        violates: &["perm.policy-modes"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| {
                world.policy = world.policy.as_ref().map(|policy| policy.replace("permissive", "development"));
            })
        }),
    },
    Fault {
        name: "ignores-revocation",
        wrong: "It says that a grant is revoked, and goes on granting.",
        violates: &["perm.revocation"],
        bend: Bend::Stimuli(|stimulus| match stimulus {
            Stimulus::Revoke(_) => Sent::Nothing(Reply::Done),
            _ => Sent::Same,
        }),
    },
    Fault {
        name: "decides-by-the-link",
        wrong: "It decides by the path that is asked for, and follows a link there wherever it leads.",
        violates: &["perm.fs.links"],
        bend: Bend::Stimuli(|stimulus| edit::world(stimulus, follow)),
    },
    Fault {
        name: "opens-special-files",
        wrong: "It takes FIFOs and sockets for files.",
        violates: &["perm.fs.special"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| {
                use crate::suite::protocol::FileKind::{Fifo, Socket};
                let special = |file: &&mut WorldFile| matches!(file.kind, Some(Fifo | Socket));
                world.files.iter_mut().filter(special).for_each(|file| file.kind = None);
            })
        }),
    },
    Fault {
        name: "connects-to-private-addresses",
        wrong: "It connects to private addresses under a grant of any host.",
        violates: &["perm.net.private", "perm.net.ip-forms"],
        bend: Bend::Stimuli(|stimulus| edit::world(stimulus, |world| world.network.allow_private = true)),
    },
];

/// Puts everything that can be written with patterns into a manifest.
fn everything(manifest: &mut Table) {
    let texts = |texts: &[&str]| Value::Array(texts.iter().map(|text| Value::String((*text).to_owned())).collect());
    let list = |keys: &[&str], patterns: &[&str]| {
        Value::Table(keys.iter().map(|key| ((*key).to_owned(), texts(patterns))).collect())
    };
    let knows_topics = manifest
        .get("component")
        .and_then(|component| component.get("api-version"))
        .and_then(Value::as_str)
        .is_some_and(|version| version.starts_with("1.1"));
    let host: Table = [("action", "outbound"), ("host", "*")]
        .into_iter()
        .map(|(key, text)| (key.to_owned(), Value::String(text.to_owned())))
        .collect();
    let Some(capabilities) = edit::table(manifest, "capabilities") else { return };
    capabilities.insert("filesystem".into(), list(&["read", "write", "delete", "list"], &["/**"]));
    capabilities.insert("process".into(), list(&["spawn"], &["/**"]));
    capabilities.insert("messaging".into(), list(&["send", "request"], &["*"]));
    capabilities.insert("network".into(), Value::Array(vec![Value::Table(host)]));
    if knows_topics {
        capabilities.insert("topics".into(), list(&["publish", "subscribe"], &["*"]));
    }
}

/// The rules for hosts.
fn rules(manifest: &mut Table, edit: impl Fn(&mut Table)) {
    edit::capabilities(manifest, |capabilities| {
        let rules = capabilities.get_mut("network").and_then(Value::as_array_mut);
        rules.into_iter().flatten().filter_map(Value::as_table_mut).for_each(&edit);
    });
}

/// Adds the host itself to every `*.host`.
fn apex(manifest: &mut Table) {
    edit::capabilities(manifest, |capabilities| {
        let Some(rules) = capabilities.get_mut("network").and_then(Value::as_array_mut) else { return };
        let own = rules.iter().filter_map(|rule| {
            let host = rule.get("host")?.as_str()?.strip_prefix("*.")?;
            let mut rule = rule.as_table()?.clone();
            rule.insert("host".into(), Value::String(host.to_owned()));
            Some(Value::Table(rule))
        });
        let own: Vec<Value> = own.collect();
        rules.extend(own);
    });
}

/// Puts the patterns of every action into each.
fn all_actions(capabilities: &mut Table) {
    let Some(lists) = capabilities.get_mut("filesystem").and_then(Value::as_table_mut) else { return };
    let all: Vec<Value> = lists.values().filter_map(Value::as_array).flatten().cloned().collect();
    for action in ["read", "write", "delete", "list"] {
        lists.insert(action.to_owned(), Value::Array(all.clone()));
    }
}

/// Puts in the place of links what they lead to.
fn follow(world: &mut World) {
    let files = world.files.clone();
    let mut made = Vec::new();
    world.files.retain(|file| {
        let Some(target) = file.link.as_deref().map(|target| place(&file.path, target)) else { return true };
        let below = format!("{target}/");
        let of_target = files.iter().filter(|other| other.path == target || other.path.starts_with(&below));
        let copies: Vec<WorldFile> = of_target
            .map(|other| WorldFile { path: other.path.replacen(&target, &file.path, 1), ..other.clone() })
            .collect();
        let dangling = copies.is_empty();
        made.extend(copies);
        dangling
    });
    made.retain(|file| file.bytes != Bytes::default());
    world.files.extend(made);
}

/// Where a link leads, as the path of a world; components see its `root` as `/`.
fn place(link: &str, target: &str) -> String {
    let start = if target.starts_with('/') { "root" } else { link.rsplit_once('/').map_or("", |(start, _)| start) };
    let mut names: Vec<&str> = start.split('/').collect();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

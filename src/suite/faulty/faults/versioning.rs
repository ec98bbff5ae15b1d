//! Runtimes that hold versions against each other wrongly.

use crate::contract::{ContractVersion, LoadCode};
use crate::suite::faulty::{Bend, Fault, ReplyBend, edit};
use crate::suite::protocol::{Reply, Stimulus, World, WorldFile};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "loads-newer-minors",
        wrong: "It leaves versions to the engine's own linking, which ignores minor versions.",
        violates: &["version.checked-first"],
        bend: Bend::Stimuli(|stimulus| {
            edit::guests(stimulus, |wasm| {
                for minor in 2..=9 {
                    edit::replace(wasm, format!("@1.{minor}.").as_bytes(), b"@1.1.");
                }
            })
        }),
    },
    Fault {
        name: "ignores-wit-dependencies",
        wrong: "It does not look at the `wit-dependencies` of a manifest.",
        violates: &["version.checked-first"],
        bend: Bend::Stimuli(|stimulus| edit::manifests(stimulus, |manifest| drop(manifest.remove("wit-dependencies")))),
    },
    Fault {
        name: "offers-its-newest-contract",
        wrong: "It offers the newest contract where it is told to offer an older one.",
        violates: &["version.deprecated-warns"],
        bend: Bend::Stimuli(|stimulus| edit::world(stimulus, |world| world.contract = None)),
    },
    Fault {
        name: "offers-its-first-contract",
        wrong: "It says that it offers the newest contract, and offers the first.",
        violates: &["version.checked-first", "version.side-by-side"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| world.contract = world.contract.map(|_| ContractVersion::V1_0))
        }),
    },
    Fault {
        name: "refuses-build-metadata",
        wrong: "It takes the build of a version for a part of it, and refuses what has another one.",
        violates: &["version.checked-first"],
        bend: Bend::Replies(|| {
            refusing(|world| {
                world.files.iter().any(|file| {
                    let built = |start: &[u8]| {
                        edit::find(&file.bytes.0, start).is_some_and(|at| {
                            let version = &file.bytes.0[at + start.len()..];
                            let end = version.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.');
                            end.is_some_and(|end| version[end] == b'+')
                        })
                    };
                    edit::is_manifest(&file.path) && built(b"api-version = \"")
                        || file.path.ends_with(".wasm") && edit::find(&file.bytes.0, b"0+").is_some()
                })
            })
        }),
    },
    Fault {
        name: "fits-the-newest-alone",
        wrong: "It loads only what was built against the very version that it offers.",
        violates: &["version.checked-first", "version.side-by-side"],
        bend: Bend::Replies(|| {
            refusing(|world| {
                let newest = |file: &WorldFile| edit::find(&file.bytes.0, b"api-version = \"1.1.0\"").is_some();
                world.files.iter().filter(|file| edit::is_manifest(&file.path)).any(|file| !newest(file))
            })
        }),
    },
    Fault {
        name: "wants-no-ranges",
        wrong: "It refuses every requirement in `wit-dependencies`, because it has no packages to meet one.",
        violates: &["version.checked-first", "version.explains"],
        bend: Bend::Replies(|| {
            refusing(|world| {
                let named = |file: &WorldFile| edit::find(&file.bytes.0, b"wit-dependencies").is_some();
                world.files.iter().filter(|file| edit::is_manifest(&file.path)).any(named)
            })
        }),
    },
    Fault {
        name: "links-no-wasi",
        wrong: "It refuses components that import WASI.",
        violates: &["perm.wasi-closed", "version.checked-first"],
        bend: Bend::Replies(|| {
            refusing(|world| {
                let imports = |file: &WorldFile| edit::find(&file.bytes.0, b"wasi:").is_some();
                world.files.iter().filter(|file| file.path.ends_with(".wasm")).any(imports)
            })
        }),
    },
    Fault {
        name: "refuses-topics-in-manifests",
        wrong: "It does not know `capabilities.topics`.",
        violates: &["version.side-by-side"],
        bend: Bend::Replies(|| {
            refusing(|world| {
                let named = |file: &WorldFile| {
                    edit::find(&file.bytes.0, b"topics]").is_some() || edit::find(&file.bytes.0, b"topics =").is_some()
                };
                world.files.iter().filter(|file| edit::is_manifest(&file.path)).any(named)
            })
        }),
    },
    Fault {
        name: "confuses-why-it-refuses",
        wrong: "It calls a wrong shape a wrong version, and a wrong version an unknown interface.",
        violates: &["version.checked-first", "version.explains", "version.side-by-side", "topic.optional-export"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { code, .. } = reply {
                *code = match *code {
                    LoadCode::SignatureMismatch => LoadCode::IncompatibleVersion,
                    LoadCode::IncompatibleVersion => LoadCode::UnsupportedInterface,
                    LoadCode::UnsupportedInterface => LoadCode::MissingExport,
                    other => other,
                };
            }
        }),
    },
    Fault {
        name: "explains-nothing",
        wrong: "It refuses a component with its code and no word of what was asked and what is offered.",
        violates: &["version.explains"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { code, message, .. } = reply {
                *message = code.to_string();
            }
        }),
    },
    Fault {
        name: "links-foreign-imports",
        wrong: "It loads components that import what it does not offer, and traps when that is called.",
        violates: &["perm.wasi-closed", "version.explains"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if let (Stimulus::Load(load), Reply::Refused { code: LoadCode::UnsupportedInterface, .. }) =
                    (stimulus, &*reply)
                {
                    *reply = Reply::Loaded { component: load.directory.clone() };
                }
            })
        }),
    },
    Fault {
        name: "warns-of-nothing",
        wrong: "It does not warn of functions that are deprecated.",
        violates: &["version.deprecated-warns"],
        bend: Bend::Reply(|reply| edit::forget_events(reply, "deprecated")),
    },
    Fault {
        name: "warns-at-every-load",
        wrong: "It warns of every component that there are deprecated functions, whatever it imports.",
        violates: &["version.deprecated-warns"],
        bend: Bend::Reply(|reply| {
            edit::events(reply, |events| {
                if let Some(event) = events.first().cloned() {
                    let mut warning = event;
                    warning.insert("event".to_owned(), "deprecated".into());
                    events.push(warning);
                }
            });
        }),
    },
];

/// Refuses every component of the worlds that are so, as of another version.
fn refusing(wrongly: fn(&World) -> bool) -> ReplyBend {
    edit::refusing(wrongly, LoadCode::IncompatibleVersion)
}

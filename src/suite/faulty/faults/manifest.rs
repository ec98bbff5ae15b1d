//! Runtimes that read manifests wrongly.

use crate::contract::{LoadCode, Phase};
use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::{FileState, Reply, Stimulus, World};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "accepts-invalid-manifests",
        wrong: "It loads a component whose manifest is not valid.",
        violates: &["manifest.strict", "manifest.first", "manifest.bounded", "perm.storage.namespace", "topic.names"],
        bend: Bend::Replies(|| {
            Box::new(|stimulus, reply| {
                if let (Stimulus::Load(load), Reply::Refused { phase: Phase::Manifest, .. }) = (stimulus, &*reply) {
                    *reply = Reply::Loaded { component: load.directory.clone() };
                }
            })
        }),
    },
    Fault {
        name: "calls-every-invalid-value-syntax",
        wrong: "It refuses every invalid manifest with `manifest-syntax`.",
        violates: &["manifest.strict", "perm.net.subdomain"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { phase: Phase::Manifest, code, .. } = reply {
                *code = LoadCode::ManifestSyntax;
            }
        }),
    },
    Fault {
        name: "reports-the-first-error-alone",
        wrong: "It reports the first error of a manifest and no other.",
        violates: &["manifest.all-errors"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { errors, .. } = reply {
                errors.truncate(1);
            }
        }),
    },
    Fault {
        name: "counts-lines-from-zero",
        wrong: "It reports the places of errors in a manifest with lines that count from 0.",
        violates: &["manifest.strict"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { errors, .. } = reply {
                errors.iter_mut().for_each(|error| error.line = error.line.saturating_sub(1));
            }
        }),
    },
    Fault {
        name: "compiles-before-it-reads",
        wrong: "It compiles the wasm before it reads the manifest, so that a component with both wrong is refused for its wasm.",
        violates: &["manifest.first", "lifecycle.load-atomic"],
        bend: Bend::Reply(|reply| {
            if let Reply::Refused { phase, code, errors, .. } = reply
                && *phase == Phase::Manifest
            {
                (*phase, *code) = (Phase::Component, LoadCode::NotAComponent);
                errors.clear();
            }
        }),
    },
    Fault {
        name: "knows-no-patterns",
        wrong: "It refuses every manifest that asks for files by patterns or paths.",
        violates: &["perm.fs.pattern-valid"],
        bend: Bend::Replies(|| {
            edit::refusing(|world| names(world, "capabilities.filesystem"), LoadCode::InvalidPattern)
        }),
    },
    Fault {
        name: "knows-one-name-of-manifests",
        wrong: "It does not read `Component.toml`.",
        violates: &["manifest.strict"],
        bend: Bend::Replies(|| {
            let upper = |world: &World| world.files.iter().any(|file| file.path.ends_with("/Component.toml"));
            edit::refusing(upper, LoadCode::ManifestMissingField)
        }),
    },
    Fault {
        name: "looks-beside-the-manifest-alone",
        wrong: "It refuses every manifest whose `wasm` names a file, wherever that lies.",
        violates: &["manifest.bound"],
        bend: Bend::Replies(|| edit::refusing(|world| names(world, "wasm = "), LoadCode::ManifestInvalidValue)),
    },
    Fault {
        name: "runs-what-the-file-has-become",
        wrong: "It starts a component again from the file as it is by then, not as it was validated.",
        violates: &["manifest.bound"],
        bend: Bend::Replies(|| {
            let mut replaced = false;
            Box::new(move |stimulus, reply| {
                replaced |= matches!(stimulus, Stimulus::ReplaceFile(_));
                if replaced {
                    edit::output(reply, |output| output.extend_from_slice(b", as replaced"));
                    edit::components(reply, |component| component.wasm_sha256 = "0".repeat(64));
                }
            })
        }),
    },
    Fault {
        name: "tears-files",
        wrong: "It writes over a file in place, so that a failure in the middle leaves half of it.",
        violates: &["fs.atomic-write"],
        bend: Bend::Reply(|reply| {
            if let Reply::File { state: FileState::Content(content) } = reply {
                let half = content.0.len() / 2;
                content.0.truncate(half);
            }
        }),
    },
    Fault {
        name: "leaves-temporary-files",
        wrong: "It leaves the new file of an atomic write beside the old one.",
        violates: &["fs.atomic-write"],
        bend: Bend::Reply(|reply| {
            if let Reply::File { state: FileState::Directory(names) } = reply {
                names.push("~new".to_owned());
            }
        }),
    },
];

/// Whether a manifest of the world has that text.
fn names(world: &World, text: &str) -> bool {
    let has = |bytes: &[u8]| edit::find(bytes, text.as_bytes()).is_some();
    world.files.iter().any(|file| edit::is_manifest(&file.path) && has(&file.bytes.0))
}

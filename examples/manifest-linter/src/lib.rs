//! A "runtime" that implements one area of the contract, and the driver that has it judged.
//!
//! It reads the manifest of a component's directory, finds its wasm file, and accepts or refuses. It
//! compiles nothing and calls nothing, and says so: whatever needs a running component it answers with
//! [`Reply::Unsupported`], which makes the case *untestable* instead of passed or failed.

use std::path::{Path, PathBuf};

use airssys_wasm::contract::{ContractVersion, Phase};
use airssys_wasm::manifest::{self, ManifestReadError};
use airssys_wasm::suite::protocol::{Hello, Hook, ManifestFinding, Reply, Stimulus, World, WorldFile};
use airssys_wasm::suite::{Driver, DriverError};
use tempfile::TempDir;

/// The driver: one for each case, with the directory of the case's world once that is open.
#[derive(Debug, Default)]
pub struct ManifestLinter {
    world: Option<TempDir>,
}

impl Driver for ManifestLinter {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        match stimulus {
            Stimulus::Hello { .. } => Ok(Reply::Hello(Hello {
                protocol: 1,
                runtime: "manifest-linter".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                // The newest version of the contract that it knows; cases of later ones are not applicable.
                contract: ContractVersion::NEWEST,
                // What it implements; cases of other areas are not applicable.
                features: vec!["manifest".into()],
                // What its driver can do; cases that need another hook are untestable.
                hooks: vec![Hook::ReplaceFile],
            })),
            Stimulus::CaseBegin(world) => {
                self.world = Some(open(&world)?);
                Ok(Reply::Done)
            }
            Stimulus::Load(request) => Ok(load(&self.root()?.join(request.directory))),
            Stimulus::ReplaceFile(file) => write(self.root()?, &file).map(|()| Reply::Done),
            Stimulus::CaseEnd => {
                self.world = None;
                Ok(Reply::Done)
            }
            // No `_ => Done` here: an answer that was not earned would be a lie to the suite.
            other => Ok(Reply::Unsupported { what: format!("{other:?}: it only reads manifests") }),
        }
    }
}

impl ManifestLinter {
    fn root(&self) -> Result<&Path, DriverError> {
        self.world.as_ref().map(TempDir::path).ok_or_else(|| DriverError::new("no world is open"))
    }
}

/// The runtime itself: accepts a directory, or refuses it in the phase `manifest`.
///
/// A runtime in another language brings its own reader here; this one borrows the reference's. The
/// findings carry code, key and place, because cases of `manifest.strict` assert them.
fn load(directory: &Path) -> Reply {
    let refused = |code, message, errors| Reply::Refused { phase: Phase::Manifest, code, message, errors };
    let manifest = match manifest::read(directory) {
        Ok((manifest, _)) => manifest,
        Err(error) => {
            let code = error.code();
            let findings = match &error {
                ManifestReadError::Invalid { errors, .. } => errors.as_slice(),
                _ => &[],
            };
            let findings = findings.iter().map(|finding| ManifestFinding {
                code: finding.code,
                key: finding.key.clone(),
                line: finding.line,
                column: finding.column,
            });
            return refused(code, error.to_string(), findings.collect());
        }
    };
    match manifest::resolve_wasm(directory, &manifest) {
        Ok(_) => Reply::Loaded { component: manifest.component.name.into() },
        Err(error) => refused(error.code(), error.to_string(), Vec::new()),
    }
}

/// Writes the files of a world into a directory of its own.
fn open(world: &World) -> Result<TempDir, DriverError> {
    let directory = TempDir::new().map_err(|why| DriverError::new(format!("no directory for the world: {why}")))?;
    for file in &world.files {
        write(directory.path(), file)?;
    }
    Ok(directory)
}

fn write(root: &Path, file: &WorldFile) -> Result<(), DriverError> {
    let path: PathBuf = root.join(&file.path);
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| match &file.link {
        Some(target) => link(target, &path),
        None => std::fs::write(&path, &file.bytes.0),
    });
    written.map_err(|why| DriverError::new(format!("{} cannot be written: {why}", file.path)))
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

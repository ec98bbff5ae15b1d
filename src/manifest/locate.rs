//! From a component's directory to its manifest and its wasm. The only I/O of the module.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::ManifestErrors;
use super::model::Manifest;
use super::parse::{MAX_MANIFEST_BYTES, text_of, too_large};
use crate::contract::LoadCode;

/// The names that a manifest may have.
const NAMES: [&str; 2] = ["component.toml", "Component.toml"];

/// A manifest's file as it was read: what a loaded component is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestSource {
    /// Where it was read.
    pub path: PathBuf,
    /// What it said; where bytes are not UTF-8, with replacement characters.
    pub text: String,
    /// The SHA-256 of its bytes, in lower-case hexadecimal; empty if it was too large to be read.
    pub sha256: String,
}

/// Why a directory yields no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestReadError {
    /// The directory holds no manifest.
    #[error("{} holds no component.toml", .dir.display())]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory holds both `component.toml` and `Component.toml`.
    #[error("{} holds component.toml and Component.toml: which one counts is not guessed", .dir.display())]
    Ambiguous {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory or the manifest cannot be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// What cannot be read.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The manifest was found and is not valid.
    #[error("{} is not a valid manifest", .manifest.path.display())]
    Invalid {
        /// The manifest; without text and hash if it is too large to be read.
        manifest: Box<ManifestSource>,
        /// What is wrong with it.
        #[source]
        errors: ManifestErrors,
    },
}

impl ManifestReadError {
    /// The code of a load that fails for this reason.
    pub fn code(&self) -> LoadCode {
        match self {
            Self::Missing { .. } => LoadCode::ManifestMissingField,
            Self::Ambiguous { .. } => LoadCode::ManifestInvalidValue,
            Self::Unreadable { .. } => LoadCode::ManifestSyntax,
            Self::Invalid { errors, .. } => errors.primary(),
        }
    }
}

/// Why the wasm file that a manifest names cannot be taken. The key at fault is `component.wasm`, the
/// code `manifest-invalid-value`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WasmPathError {
    /// The file, or the directory, cannot be reached.
    #[error("{} cannot be reached", .path.display())]
    Unreachable {
        /// What cannot be reached.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A link leads outside the manifest's directory.
    #[error("{} lies outside the directory of the manifest", .path.display())]
    Outside {
        /// Where the link leads.
        path: PathBuf,
    },
    /// The path leads to a directory, device, pipe or socket.
    #[error("{} is no regular file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
}

impl WasmPathError {
    /// The key of the manifest that is at fault.
    pub const KEY: &'static str = "component.wasm";

    /// The code of a load that fails for this reason.
    pub fn code(&self) -> LoadCode {
        LoadCode::ManifestInvalidValue
    }
}

/// Finds the manifest of a component's directory.
///
/// # Errors
/// [`ManifestReadError`] if there is none, if there are two, or if the directory cannot be read.
pub fn find_manifest(dir: &Path) -> Result<PathBuf, ManifestReadError> {
    let unreadable = |source| ManifestReadError::Unreadable { path: dir.to_owned(), source };
    // The listing, not a probe by name: where case does not count, both names are one file.
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        found.extend(NAMES.into_iter().find(|known| name == *known));
    }
    match found[..] {
        [] => Err(ManifestReadError::Missing { dir: dir.to_owned() }),
        [name] => Ok(dir.join(name)),
        _ => Err(ManifestReadError::Ambiguous { dir: dir.to_owned() }),
    }
}

/// Reads the manifest's file without interpreting it.
///
/// # Errors
/// [`ManifestReadError`] if it cannot be read, is over [`MAX_MANIFEST_BYTES`] or is not UTF-8.
pub fn read_source(dir: &Path) -> Result<ManifestSource, ManifestReadError> {
    let path = find_manifest(dir)?;
    let bytes = match read_bounded(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(ManifestReadError::Unreadable { path, source }),
    };
    if bytes.len() > MAX_MANIFEST_BYTES {
        let manifest = ManifestSource { path, text: String::new(), sha256: String::new() };
        return Err(ManifestReadError::Invalid { manifest: Box::new(manifest), errors: too_large() });
    }
    let checked = text_of(&bytes).map(drop);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let manifest = ManifestSource { path, text, sha256: hex(&Sha256::digest(&bytes)) };
    match checked {
        Ok(()) => Ok(manifest),
        Err(errors) => Err(ManifestReadError::Invalid { manifest: Box::new(manifest), errors }),
    }
}

/// Reads and parses the manifest of a component's directory.
///
/// # Errors
/// [`ManifestReadError`] if there is no valid manifest to be read.
pub fn read(dir: &Path) -> Result<(Manifest, ManifestSource), ManifestReadError> {
    let source = read_source(dir)?;
    match Manifest::parse(&source.text) {
        Ok(manifest) => Ok((manifest, source)),
        Err(errors) => Err(ManifestReadError::Invalid { manifest: Box::new(source), errors }),
    }
}

/// Where the wasm file of a manifest is, with all links resolved.
///
/// # Errors
/// [`WasmPathError`] if it is not a regular file inside `dir`.
pub fn resolve_wasm(dir: &Path, manifest: &Manifest) -> Result<PathBuf, WasmPathError> {
    let canonical = |path: &Path| {
        path.canonicalize().map_err(|source| WasmPathError::Unreachable { path: path.to_owned(), source })
    };
    let root = canonical(dir)?;
    let path = canonical(&root.join(&manifest.component.wasm))?;
    if !path.starts_with(&root) {
        return Err(WasmPathError::Outside { path });
    }
    if !path.is_file() {
        return Err(WasmPathError::NotAFile { path });
    }
    Ok(path)
}

/// At most one byte more than a manifest may have; refuses what is no regular file, which might never end.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_MANIFEST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

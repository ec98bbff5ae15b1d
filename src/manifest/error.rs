//! What is wrong with a manifest, and where.

use std::fmt;
use std::ops::Range;

use crate::contract::LoadCode;

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{line}:{column}: {message} ({code})")]
pub struct ManifestError {
    /// What kind of fault it is.
    pub code: LoadCode,
    /// The path of the key at fault, such as `capabilities.filesystem.read[2]`; empty where TOML itself is broken.
    pub key: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The bytes of the text at fault.
    pub span: Range<usize>,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// Everything that is wrong with a manifest: at least one error, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ManifestErrors {
    errors: Vec<ManifestError>,
    more: usize,
}

impl ManifestErrors {
    /// How many errors are kept: beyond that, a manifest is no manifest, and reports stay readable.
    pub const MAX_KEPT: usize = 100;

    /// Wraps errors in text order; `more` were found and not kept. `errors` must not be empty.
    pub(super) fn new(errors: Vec<ManifestError>, more: usize) -> Self {
        debug_assert!(!errors.is_empty());
        Self { errors, more }
    }

    /// The errors, in the order of the text.
    pub fn as_slice(&self) -> &[ManifestError] {
        &self.errors
    }

    /// How many errors were found beyond [`Self::as_slice`].
    pub fn more(&self) -> usize {
        self.more
    }

    /// The error that stands for all: the first syntax error, else the first of the text.
    pub fn first(&self) -> &ManifestError {
        self.errors.iter().find(|error| error.code == LoadCode::ManifestSyntax).unwrap_or(&self.errors[0])
    }

    /// The code of [`Self::first`]: what a load that fails for this manifest reports.
    pub fn primary(&self) -> LoadCode {
        self.first().code
    }
}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestErrors {}

impl<'a> IntoIterator for &'a ManifestErrors {
    type Item = &'a ManifestError;
    type IntoIter = std::slice::Iter<'a, ManifestError>;
    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter()
    }
}

//! The requirement catalogue: every normative sentence of a contract version.

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

use super::CaseError;

/// The embedded `conformance/` tree: cases and requirements.
pub(super) static CONFORMANCE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/conformance");

/// Every requirement of one contract version.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The contract version, such as `1.0`.
    pub contract: String,
    /// The requirements, in the contract's order.
    #[serde(rename = "requirement")]
    pub requirements: Vec<Requirement>,
}

/// One normative sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its permanent name.
    pub slug: String,
    /// How strong it is.
    pub level: Level,
    /// The section of the contract.
    pub section: String,
    /// What must hold.
    pub text: String,
    /// Why no case tests it, and what holds it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
}

/// How strong a requirement is, in the words of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// An absolute requirement.
    #[serde(rename = "MUST")]
    Must,
    /// To be met unless there are reasons.
    #[serde(rename = "SHOULD")]
    Should,
    /// An option.
    #[serde(rename = "MAY")]
    May,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
        })
    }
}

impl Catalogue {
    /// The catalogue of contract 1.0, as embedded in the crate.
    ///
    /// # Errors
    /// [`CaseError`] if the embedded file is damaged.
    pub fn embedded() -> Result<Self, CaseError> {
        const PATH: &str = "requirements/1.0.toml";
        let text = CONFORMANCE.get_file(PATH).and_then(|file| file.contents_utf8()).unwrap_or_default();
        toml::from_str(text).map_err(|why| CaseError::at_toml(PATH, text, &why))
    }

    /// The requirement of that name.
    pub fn get(&self, slug: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.slug == slug)
    }
}

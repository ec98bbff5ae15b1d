//! The requirement catalogue: every normative sentence of a contract version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseError;
use super::claim::OPTIONAL_FEATURES;
use crate::contract::ContractVersion;

/// The embedded cases and requirements: paths below `conformance/`, sorted, and texts.
pub(super) static CONFORMANCE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/conformance.rs"));

/// What a runtime may declare: the areas of cases, and the extensions. Sorted.
pub fn areas() -> Vec<&'static str> {
    let folders = CONFORMANCE.iter().filter_map(|(path, _)| path.split('/').next());
    let mut areas: Vec<&str> = folders.filter(|folder| *folder != "requirements").chain(OPTIONAL_FEATURES).collect();
    areas.sort_unstable();
    areas.dedup();
    areas
}

/// Every requirement of one contract version.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The contract version.
    pub contract: ContractVersion,
    /// The requirements, in the contract's order.
    pub requirements: Vec<Requirement>,
}

/// A file of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    contract: ContractVersion,
    /// The version whose requirements go on to hold, but for those of the same slug here, which say more.
    extends: Option<ContractVersion>,
    #[serde(rename = "requirement")]
    requirements: Vec<Requirement>,
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
    /// The contract version that it came with.
    #[serde(skip, default = "first_version")]
    pub since: ContractVersion,
}

fn first_version() -> ContractVersion {
    ContractVersion::V1_0
}

/// How strong a requirement is, in the words of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// The catalogue of the newest contract, as embedded in the crate.
    ///
    /// # Errors
    /// [`CaseError`] if an embedded file is damaged.
    pub fn embedded() -> Result<Self, CaseError> {
        Self::of(ContractVersion::NEWEST)
    }

    /// The catalogue of a contract version, as embedded in the crate. That of a version that is out does not change.
    ///
    /// # Errors
    /// [`CaseError`] if an embedded file is damaged.
    pub fn of(contract: ContractVersion) -> Result<Self, CaseError> {
        let path = format!("requirements/{contract}.toml");
        let text = CONFORMANCE.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text);
        let file: CatalogueFile = toml::from_str(text).map_err(|why| CaseError::at_toml(&path, text, &why))?;
        let earlier = file.extends.filter(|earlier| *earlier < contract);
        if file.contract != contract || earlier != file.extends {
            return Err(CaseError::new(&path, None, "is of another version, or extends none that came before"));
        }
        let mut requirements = earlier.map_or_else(|| Ok(Vec::new()), |earlier| Ok(Self::of(earlier)?.requirements))?;
        for mut requirement in file.requirements {
            requirement.since = contract;
            match requirements.iter_mut().find(|known| known.slug == requirement.slug) {
                Some(known) => *known = Requirement { since: known.since, ..requirement },
                None => requirements.push(requirement),
            }
        }
        Ok(Self { contract, requirements })
    }

    /// The requirement of that name.
    pub fn get(&self, slug: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.slug == slug)
    }
}

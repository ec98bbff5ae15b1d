//! How the suite was asked to judge, and how it is asked to judge one case again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::ContractVersion;

/// How the suite was asked to judge. What is left out was not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunInfo {
    /// Areas, identifiers or parts of identifiers of the cases that were selected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Directories with further cases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// The one contract version to judge by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractVersion>,
    /// The features to judge by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// Which part of the cases was run, such as `2/4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The command of the adapter; none for the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
}

impl RunInfo {
    /// The command that runs that case again, under that seed if there is one, and writes what was said to a file.
    pub fn reproduce(&self, case: &str, seed: Option<u64>) -> String {
        let mut words = vec!["airssys-wasm suite run".to_owned(), quoted(case)];
        let mut option = |name: &str, value: &str| words.push(format!("{name} {}", quoted(value)));
        self.cases.iter().for_each(|directory| option("--cases", directory));
        self.adapter.iter().for_each(|command| option("--adapter", command));
        self.contract.iter().for_each(|contract| option("--contract", contract.as_str()));
        seed.iter().for_each(|seed| option("--seed", &seed.to_string()));
        option("--trace", "t.jsonl");
        words.join(" ")
    }
}

/// The text as one word of a shell. A `#` within a word needs no quotes, and stands in every identifier of a row.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/#-_.=:".contains(c);
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(plain) {
        return text.to_owned();
    }
    // What no shell can be given has no quotes either; it is shown as it is.
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), |quoted| quoted.into_owned())
}

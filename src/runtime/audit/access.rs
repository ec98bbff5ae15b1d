//! The record of one access.

use std::borrow::Cow;

use crate::contract::{ComponentId, Text, kebab_enum};
use crate::permission::Class;

use super::record::{MAX_NAME_BYTES, MAX_TEXT_BYTES, cut, share};

kebab_enum! {
    /// How an access was decided.
    pub enum Outcome {
        /// It may be made.
        Granted = "granted",
        /// It may not.
        Denied = "denied",
    }
}

/// An access and its decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct AccessRecord {
    /// Who asked.
    pub component: ComponentId,
    /// The component's own version.
    pub version: Text,
    /// The ordinal of the instance.
    pub instance: u64,
    /// The class of the permission.
    pub class: Class,
    /// The action, as the manifest writes it.
    pub action: Cow<'static, str>,
    /// What was asked for, in the guest's own words.
    pub resource: String,
    /// What that is, if it was resolved before the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// How it was decided.
    pub outcome: Outcome,
    /// The rule that matched, such as `capabilities.filesystem.read[0] = "/data/**"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Text>,
    /// Why it was denied, or what else there is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The call during which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Text>,
}

/// Who asked for what: the part of an [`AccessRecord`] that is known before the decision. Borrowed, because most of it is
/// the caller's for longer than one access.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Who asks.
    pub component: &'a ComponentId,
    /// The component's own version.
    pub version: &'a Text,
    /// The ordinal of the instance.
    pub instance: u64,
    /// The class of the permission.
    pub class: Class,
    /// The action, as the manifest writes it.
    pub action: &'static str,
    /// What is asked for, in the guest's own words.
    pub resource: &'a str,
    /// The call during which it is asked for.
    pub request_id: Option<&'a Text>,
}

impl AccessRecord {
    /// The record of an access that `rule` permits.
    pub fn granted(asked: &Asked<'_>, resolved: Option<&str>, rule: impl Into<Text>) -> Self {
        Self { rule: Some(share(&rule.into(), MAX_TEXT_BYTES)), ..Self::new(asked, resolved, Outcome::Granted) }
    }

    /// The record of an access that is denied for `reason`.
    pub fn denied(asked: &Asked<'_>, resolved: Option<&str>, reason: impl std::fmt::Display) -> Self {
        Self { reason: Some(cut(&reason.to_string(), MAX_TEXT_BYTES)), ..Self::new(asked, resolved, Outcome::Denied) }
    }

    /// A record without rule and reason. Texts are cut, visibly, to [`MAX_TEXT_BYTES`] and [`MAX_NAME_BYTES`].
    pub fn new(asked: &Asked<'_>, resolved: Option<&str>, outcome: Outcome) -> Self {
        Self {
            component: asked.component.clone(),
            version: share(asked.version, MAX_NAME_BYTES),
            instance: asked.instance,
            class: asked.class,
            action: Cow::Borrowed(asked.action),
            resource: cut(asked.resource, MAX_TEXT_BYTES),
            resolved: resolved.map(|text| cut(text, MAX_TEXT_BYTES)),
            outcome,
            rule: None,
            reason: None,
            request_id: asked.request_id.map(|text| share(text, MAX_NAME_BYTES)),
        }
    }
}

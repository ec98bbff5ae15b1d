//! The identifier of a component.

use std::fmt;
use std::sync::Arc;

/// A component's identifier, such as `data-processor` or `acme:data-processor`. Its clones share it.
///
/// Each part is `[a-z][a-z0-9]*(-[a-z0-9]+)*`; an optional namespace stands before a colon; the whole
/// has at most [`ComponentId::MAX_BYTES`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ComponentId(Arc<str>);

/// Why a text is no component identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentIdError {
    /// The text is empty.
    #[error("the identifier is empty")]
    Empty,
    /// The text is longer than [`ComponentId::MAX_BYTES`].
    #[error("the identifier has {0} bytes, at most {max} are allowed", max = ComponentId::MAX_BYTES)]
    TooLong(usize),
    /// A part does not have the form of an identifier.
    #[error(
        "`{0}` is not of the form [a-z][a-z0-9]*(-[a-z0-9]+)*: lower-case letters and digits in groups joined by single hyphens, starting with a letter"
    )]
    Form(String),
}

impl ComponentId {
    /// The longest identifier, in bytes: it appears in every log line and audit record.
    pub const MAX_BYTES: usize = 64;

    /// Parses an identifier.
    ///
    /// # Errors
    /// [`ComponentIdError`] says which rule the text breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, ComponentIdError> {
        let text = text.into();
        Self::check(&text)?;
        Ok(Self(text.into()))
    }

    /// Checks whether a text is an identifier, without keeping it.
    ///
    /// # Errors
    /// [`ComponentIdError`] says which rule the text breaks.
    pub fn check(text: &str) -> Result<(), ComponentIdError> {
        if text.is_empty() {
            return Err(ComponentIdError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(ComponentIdError::TooLong(text.len()));
        }
        let (namespace, name) = match text.bytes().position(|byte| byte == b':') {
            Some(colon) => (Some(&text[..colon]), &text[colon + 1..]),
            None => (None, text),
        };
        if let Some(part) = namespace.into_iter().chain([name]).find(|part| !is_identifier_part(part)) {
            return Err(ComponentIdError::Form(part.to_owned()));
        }
        Ok(())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the colon, if there is one.
    pub fn namespace(&self) -> Option<&str> {
        self.0.split_once(':').map(|(namespace, _)| namespace)
    }

    /// The part after the colon, or the whole identifier.
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or(self.as_str(), |(_, name)| name)
    }
}

/// One pass: the name of each message's target is checked.
fn is_identifier_part(part: &str) -> bool {
    let mut before = b'-';
    for byte in part.bytes() {
        let fits = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            // Between groups alone.
            b'-' => before != b'-',
            _ => false,
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    before != b'-' && part.starts_with(|first: char| first.is_ascii_lowercase())
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for ComponentId {
    type Error = ComponentIdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl std::str::FromStr for ComponentId {
    type Err = ComponentIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl From<ComponentId> for String {
    fn from(id: ComponentId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl AsRef<str> for ComponentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ComponentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

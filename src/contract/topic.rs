//! The name of what a publication is about.

use std::fmt;

/// A topic, such as `orders` or `orders.eu-west.created`.
///
/// One or more segments are joined by dots; each is `[a-z0-9]+(-[a-z0-9]+)*`; the whole has at most
/// [`Topic::MAX_BYTES`] bytes.
///
/// ```
/// use airssys_wasm::contract::{Topic, TopicError};
/// assert_eq!(Topic::new("orders.eu-west.created").unwrap().as_str(), "orders.eu-west.created");
/// assert_eq!(Topic::new("orders..created"), Err(TopicError::EmptySegment(2)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(String);

/// Why a text is no topic. Characters and segments are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// The text is empty.
    #[error("the topic is empty")]
    Empty,
    /// The text is longer than [`Topic::MAX_BYTES`].
    #[error("the topic has {0} bytes, at most {max} are allowed", max = Topic::MAX_BYTES)]
    TooLong(usize),
    /// Two dots meet, or one stands at an end.
    #[error("segment {0} of the topic is empty: single dots join segments, and none stands at an end")]
    EmptySegment(usize),
    /// A hyphen does not stand between two letters or digits.
    #[error("the `-` at character {0} of the topic does not stand between two letters or digits")]
    Hyphen(usize),
    /// A character that no topic has.
    #[error(
        "the topic has `{}` at character {at}: only lower-case letters, digits, `-` and `.` may stand there",
        .character.escape_debug()
    )]
    Character {
        /// The character.
        character: char,
        /// Where it stands.
        at: usize,
    },
}

impl Topic {
    /// The longest topic, in bytes: it stands in every publication, in every record of one, and in the table of
    /// subscriptions, whose size is bounded by their number.
    pub const MAX_BYTES: usize = 128;

    /// Parses a topic.
    ///
    /// # Errors
    /// [`TopicError`] says which rule the text breaks, and where.
    pub fn new(text: impl Into<String>) -> Result<Self, TopicError> {
        let text = text.into();
        Self::check(&text)?;
        Ok(Self(text))
    }

    /// Checks whether a text is a topic, without keeping it.
    ///
    /// # Errors
    /// [`TopicError`] says which rule the text breaks first, and where.
    pub fn check(text: &str) -> Result<(), TopicError> {
        if text.is_empty() {
            return Err(TopicError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(TopicError::TooLong(text.len()));
        }
        let (mut before, mut segment) = ('.', 1);
        // The end closes a segment as a dot does.
        for (index, character) in text.chars().chain(['.']).enumerate() {
            match (before, character) {
                ('.', '.') => return Err(TopicError::EmptySegment(segment)),
                ('.', '-') => return Err(TopicError::Hyphen(index + 1)),
                ('-', '-' | '.') => return Err(TopicError::Hyphen(index)),
                (_, '.') => segment += 1,
                (_, 'a'..='z' | '0'..='9' | '-') => {}
                (_, character) => return Err(TopicError::Character { character, at: index + 1 }),
            }
            before = character;
        }
        Ok(())
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl std::borrow::Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

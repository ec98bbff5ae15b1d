//! The pattern language of capabilities: what is well-formed, not what it matches.
//!
//! Where other glob dialects disagree about a character, the character is refused here instead of being
//! given one of the meanings: a pattern that reads as more than it grants is a trap, one that grants
//! more than it reads is a hole.

mod host;
mod path;

pub use host::{HostPattern, check_host, split_port};
pub use path::check_path;

use crate::contract::{ComponentId, Topic, TopicError};

/// The longest path pattern, in bytes, as the longest path of Linux.
pub const MAX_PATH_BYTES: usize = 4096;
/// The longest storage namespace, in bytes. Every entry of the store is kept under its namespace, and no quota counts
/// that; so a longer one would make of a grant of `category:*` room for many times what its quota says.
pub const MAX_NAMESPACE_BYTES: usize = 128;
/// The longest name of a host function, in bytes.
pub const MAX_FUNCTION_BYTES: usize = 128;

/// Which rule of the pattern language a pattern breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The pattern is empty.
    #[error("the pattern is empty")]
    Empty,
    /// The pattern is over its longest length.
    #[error("the pattern is longer than {0} bytes")]
    TooLong(usize),
    /// The pattern contains NUL or another control character.
    #[error("the pattern contains a control character")]
    Control,
    /// A path pattern does not start with `/`.
    #[error("the pattern is not absolute")]
    Relative,
    /// A path pattern has `//` or ends in `/`.
    #[error("the pattern has an empty segment")]
    EmptySegment,
    /// A path pattern has a segment `.` or `..`.
    #[error("the pattern has a segment `.` or `..`, which no normalised path has")]
    DotSegment,
    /// `**` does not stand alone.
    #[error("`**` does not stand alone in its segment")]
    Globstar,
    /// `[` without `]` in the same segment.
    #[error("a `[` is not closed within its segment")]
    UnclosedClass,
    /// `[]` or `[!]`.
    #[error("a `[…]` lists no character")]
    EmptyClass,
    /// `[a-z]`, `[^a]` or `[a[b]`, whose meanings depend on the dialect.
    #[error("a `[…]` contains `{0}`, which other dialects give a meaning that this one does not have")]
    ClassSyntax(char),
    /// `{` without `}` in the same segment.
    #[error("a `{{` is not closed within its segment")]
    UnclosedBrace,
    /// `{}`, `{a,}` or `{,a}`.
    #[error("a `{{…}}` has an empty alternative")]
    EmptyAlternative,
    /// `{a,{b,c}}`.
    #[error("a `{{…}}` is nested")]
    NestedBrace,
    /// `]` or `}` without its partner.
    #[error("a `{0}` closes nothing")]
    Unopened(char),
    /// A backslash in a path pattern: nothing is escaped here.
    #[error("the pattern contains a backslash, which escapes nothing here")]
    Backslash,
    /// A host pattern is neither a domain, nor an address, nor `*`.
    #[error("the host is no domain, `*.` and a domain, IPv4 address, [IPv6 address] or `*`")]
    Host,
    /// A host that URLs would take for an address in an unusual form.
    #[error("the host looks like an address and is none in the usual form")]
    AddressForm,
    /// A host with a port that is no number.
    #[error("the port behind the host is no number")]
    HostPort,
    /// A storage namespace that is not `category:subcategory`.
    #[error(
        "the namespace is not of the form category:subcategory or category:*, in lower-case letters, digits and `-`"
    )]
    Namespace,
    /// A messaging target that is no identifier, `ns:*` or `*`.
    #[error("the target is no component identifier, `namespace:*` or `*`")]
    Target,
    /// A pattern of topics is no topic, nor is what stands in front of its `.*`.
    #[error(transparent)]
    Topic(TopicError),
    /// A `*` among topics, at this character, is neither the whole pattern nor its last segment.
    #[error("the `*` at character {0} stands neither alone nor behind the last dot")]
    TopicStar(usize),
    /// A host function's name that is not words joined by `.`, `-` or `_`.
    #[error("the name is not of lower-case words and digits joined by `.`, `-` or `_`")]
    FunctionName,
}

impl PatternError {
    /// How to mend the pattern, where that can be said.
    pub fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::Relative => "start it with `/`: guest paths are absolute",
            Self::EmptySegment => {
                "remove the trailing or doubled `/`; `/dir/*` stands for what is in a directory, `/dir/**` for what is below it"
            }
            Self::Globstar => "write `/dir/**` for all below a directory, `/dir/**/name` for a name anywhere below it",
            Self::ClassSyntax('-') => "list the characters: `[0123456789]`",
            Self::ClassSyntax('^') => "write `[!…]` for any character but these",
            Self::AddressForm => {
                "write four decimal numbers, such as 10.0.0.1, or `*` for the last of them; IPv6 stands in brackets"
            }
            Self::Topic(_) | Self::TopicStar(_) => {
                "write a topic such as \"orders.eu-west.created\", \"orders.*\" for every topic below `orders`, or \"*\" for every topic"
            }
            Self::Namespace => "write \"myapp:config\" or \"myapp:*\"",
            _ => return None,
        })
    }
}

/// Checks a namespace pattern of storage: `category:subcategory` or `category:*`.
///
/// # Errors
/// [`PatternError::TooLong`] above [`MAX_NAMESPACE_BYTES`], [`PatternError::Namespace`] for everything else, `*` alone
/// included.
pub fn check_namespace(pattern: &str) -> Result<(), PatternError> {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match pattern.split_once(':') {
        _ if pattern.len() > MAX_NAMESPACE_BYTES => Err(PatternError::TooLong(MAX_NAMESPACE_BYTES)),
        Some((category, rest)) if word(category) && (rest == "*" || word(rest)) => Ok(()),
        _ => Err(PatternError::Namespace),
    }
}

/// Checks a target of messages: a component identifier, `ns:*` or `*`.
///
/// # Errors
/// [`PatternError::Target`] for everything else.
pub fn check_target(pattern: &str) -> Result<(), PatternError> {
    let id = pattern.strip_suffix(":*").unwrap_or(pattern);
    let namespaced_twice = id.len() < pattern.len() && id.contains(':');
    match pattern {
        "*" => Ok(()),
        _ if id.len() <= ComponentId::MAX_BYTES && !namespaced_twice && ComponentId::new(id).is_ok() => Ok(()),
        _ => Err(PatternError::Target),
    }
}

/// Checks a pattern of topics: a topic, `PREFIX.*` where `PREFIX` is a topic, or `*`.
///
/// # Errors
/// [`PatternError::Empty`], [`PatternError::TopicStar`], or [`PatternError::Topic`] for everything else.
pub fn check_topic(pattern: &str) -> Result<(), PatternError> {
    let topic = match pattern {
        "" => return Err(PatternError::Empty),
        "*" => return Ok(()),
        ".*" => return Err(PatternError::Topic(TopicError::EmptySegment(1))),
        _ => pattern.strip_suffix(".*").unwrap_or(pattern),
    };
    Topic::check(topic).map_err(|error| match error {
        TopicError::Character { character: '*', at } => PatternError::TopicStar(at),
        error => PatternError::Topic(error),
    })
}

/// Checks the name of a host function, such as `geo.lookup`. Names are exact: there are no wildcards.
///
/// # Errors
/// [`PatternError`] if the name is empty, too long or not of words.
pub fn check_function(name: &str) -> Result<(), PatternError> {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match name {
        "" => Err(PatternError::Empty),
        _ if name.len() > MAX_FUNCTION_BYTES => Err(PatternError::TooLong(MAX_FUNCTION_BYTES)),
        _ if name.split(['.', '-', '_']).all(word) => Ok(()),
        _ => Err(PatternError::FunctionName),
    }
}

//! URL text to [`Target`], once: what this parse says is what is authorised and connected to.
//!
//! Parsers of URLs disagree about text that is malformed, and mend it silently. So text that two of them could read
//! differently is refused before it is parsed. This module does no IO.

use hyper::http::uri::PathAndQuery;
use url::{Host, Position, Url};

/// The longest URL, in bytes: as long as the request line that servers accept.
pub const MAX_URL_BYTES: usize = 8_192;
/// The longest name of a host, in bytes (RFC 1035).
const MAX_NAME_BYTES: usize = 253;
/// The longest label of a name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// Where a request goes. It is an `http` or `https` URL with a host and a port above 0, without user information and
/// fragment, whose host is a name of letters, digits, `-` and `_`, or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    path_and_query: PathAndQuery,
    host: String,
    port: u16,
    secure: bool,
}

/// Why a URL is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is too long.
    #[error("it is longer than {MAX_URL_BYTES} bytes")]
    Length,
    /// It contains a backslash, white space or a control character.
    #[error("it contains {0:?}")]
    Character(char),
    /// It is relative, or something else than a URL.
    #[error("it is not absolute")]
    Relative,
    /// Its scheme is neither `http` nor `https`.
    #[error("its scheme is neither http nor https")]
    Scheme,
    /// It contains a user name or a password, be they empty.
    #[error("it contains user information")]
    UserInfo,
    /// It has no host, or none that is a name or an address.
    #[error("its host is missing or malformed")]
    Host,
    /// Its port is not between 1 and 65535.
    #[error("its port is not between 1 and 65535")]
    Port,
    /// Its path or query cannot be sent.
    #[error("its path or query is malformed")]
    Path,
}

/// Reads an absolute URL. IPv4 addresses may be in any form that browsers know, names beyond ASCII become their IDNA
/// form; a fragment is dropped.
///
/// # Errors
/// [`UrlError`] says what is not acceptable.
pub fn parse_target(text: &str) -> Result<Target, UrlError> {
    check_text(text)?;
    let (scheme, rest) = split_scheme(text).ok_or(UrlError::Relative)?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(UrlError::Scheme);
    }
    // Parsers that mend would take the host from `http:host`, `http:/host` and `http:///host`.
    let rest = rest.strip_prefix("//").ok_or(UrlError::Host)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::UserInfo);
    }
    // Parsers that mend would decode an escape in a host.
    if authority.is_empty() || authority.contains('%') {
        return Err(UrlError::Host);
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::InvalidPort => UrlError::Port,
        _ => UrlError::Host,
    })?;
    Target::of(url)
}

impl Target {
    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The host: a name in lower case, or an address in its canonical form, IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, be it the scheme's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the scheme is `https`.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// Reads a reference as a redirect gives it: absolute, or relative to this URL.
    ///
    /// # Errors
    /// As [`parse_target`].
    pub(super) fn join(&self, reference: &str) -> Result<Self, UrlError> {
        check_text(reference)?;
        if split_scheme(reference).is_some() {
            return parse_target(reference);
        }
        if reference.starts_with("//") {
            return parse_target(&format!("{}:{reference}", self.url.scheme()));
        }
        Self::of(self.url.join(reference).map_err(|_| UrlError::Path)?)
    }

    /// Whether scheme, host and port are the same.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }

    /// The host, and the port unless it is the scheme's.
    pub(super) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    pub(super) fn path_and_query(&self) -> &PathAndQuery {
        &self.path_and_query
    }

    fn of(mut url: Url) -> Result<Self, UrlError> {
        url.set_fragment(None);
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(UrlError::Length);
        }
        let host = match url.host() {
            Some(Host::Domain(name)) if is_name(name) => name.to_owned(),
            Some(address @ (Host::Ipv4(_) | Host::Ipv6(_))) => address.to_string(),
            _ => return Err(UrlError::Host),
        };
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(UrlError::Port)?;
        let path_and_query = &url[Position::BeforePath..Position::AfterQuery];
        let path_and_query = PathAndQuery::try_from(path_and_query).map_err(|_| UrlError::Path)?;
        let secure = url.scheme() == "https";
        Ok(Self { url, path_and_query, host, port, secure })
    }
}

/// The parser would drop tabs and line breaks, trim spaces, and take backslashes for slashes.
fn check_text(text: &str) -> Result<(), UrlError> {
    if text.len() > MAX_URL_BYTES {
        return Err(UrlError::Length);
    }
    let refused = |character: &char| *character == '\\' || character.is_control() || character.is_whitespace();
    text.chars().find(refused).map_or(Ok(()), |character| Err(UrlError::Character(character)))
}

/// What is before the first colon and after it, if the colon ends a scheme (RFC 3986, 4.2).
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find([':', '/', '?', '#'])?;
    text[end..].strip_prefix(':').map(|rest| (&text[..end], rest))
}

fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let label = |label: &str| (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(letter);
    name.len() <= MAX_NAME_BYTES && name.split('.').all(label)
}

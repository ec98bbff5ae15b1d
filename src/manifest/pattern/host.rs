//! Patterns of network hosts.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::PatternError;

/// The longest name of a host, in bytes (RFC 1035).
const MAX_NAME_BYTES: usize = 253;
/// The longest label of a name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// What kind of pattern a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPattern<'a> {
    /// `*`: any public host.
    Any,
    /// A domain, without its trailing dot; as written, not yet in IDNA form.
    Domain(&'a str),
    /// `*.` and this domain: its subdomains at any depth, not itself.
    Subdomains(&'a str),
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// IPv4 addresses that start with these `len` octets; 1 to 3.
    V4Prefix {
        /// The address with zeros for `*`.
        octets: [u8; 4],
        /// How many octets are given.
        len: u8,
    },
    /// One IPv6 address.
    V6(Ipv6Addr),
}

/// Checks a host pattern without a port.
///
/// # Errors
/// [`PatternError`] says what is wrong.
pub fn check_host(pattern: &str) -> Result<(), PatternError> {
    HostPattern::parse(pattern).map(drop)
}

/// Splits `host:443` into the host and the text of the port; `[::1]:443` as well.
///
/// # Errors
/// [`PatternError::HostPort`] if what stands behind the colon is no number.
pub fn split_port(pattern: &str) -> Result<(&str, Option<&str>), PatternError> {
    let behind = pattern.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = pattern[behind..].find(':') else { return Ok((pattern, None)) };
    let (host, port) = (&pattern[..behind + colon], &pattern[behind + colon + 1..]);
    if port.contains(':') {
        return Err(PatternError::AddressForm); // an IPv6 address without brackets
    }
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PatternError::HostPort);
    }
    Ok((host, Some(port)))
}

impl<'a> HostPattern<'a> {
    /// Parses a host pattern without a port.
    ///
    /// # Errors
    /// [`PatternError`] says what is wrong.
    pub fn parse(pattern: &'a str) -> Result<Self, PatternError> {
        if pattern.is_empty() {
            return Err(PatternError::Empty);
        }
        if let Some(address) = pattern.strip_prefix('[') {
            let address = address.strip_suffix(']').ok_or(PatternError::UnclosedClass)?;
            return address.parse().map(Self::V6).map_err(|_| PatternError::AddressForm);
        }
        if pattern == "*" {
            return Ok(Self::Any);
        }
        let name = pattern.strip_suffix('.').unwrap_or(pattern);
        match name.strip_prefix("*.") {
            Some(domain) => check_domain(domain).map(|()| Self::Subdomains(domain)),
            None if looks_like_address(name) => address(pattern),
            None => check_domain(name).map(|()| Self::Domain(name)),
        }
    }
}

fn check_domain(name: &str) -> Result<(), PatternError> {
    if name.len() > MAX_NAME_BYTES {
        return Err(PatternError::TooLong(MAX_NAME_BYTES));
    }
    let letter =
        |c: char| c == '-' || c == '_' || if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() };
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.chars().all(letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !name.split('.').all(label) {
        return Err(PatternError::Host);
    }
    if looks_like_address(name) { Err(PatternError::AddressForm) } else { Ok(()) }
}

/// Whether URLs take a host of this form for an IPv4 address (WHATWG "ends in a number"): decimal, octal,
/// hexadecimal, or a wildcard in the place of a number.
fn looks_like_address(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    number || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit())) || last == "*"
}

fn address<'a>(text: &str) -> Result<HostPattern<'a>, PatternError> {
    if let Ok(address) = text.parse() {
        return Ok(HostPattern::V4(address));
    }
    let parts: Vec<&str> = text.split('.').collect();
    let len = parts.iter().take_while(|part| **part != "*").count();
    if parts.len() != 4 || !(1..=3).contains(&len) || parts[len..].iter().any(|part| *part != "*") {
        return Err(PatternError::AddressForm);
    }
    let zeroed = parts.iter().map(|part| if *part == "*" { "0" } else { part }).collect::<Vec<_>>().join(".");
    let octets = zeroed.parse::<Ipv4Addr>().map_err(|_| PatternError::AddressForm)?.octets();
    Ok(HostPattern::V4Prefix { octets, len: len as u8 })
}

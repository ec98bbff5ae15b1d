//! Oracle: which hosts there are in ASCII, and which host patterns match them. Names beyond ASCII are not read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::{canonical, is_numeric, is_public, loose_v4};

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name in lower case, without its trailing dot.
    Name(String),
    /// An address, in whatever form it was written.
    Address(IpAddr),
}

/// A host pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `*`.
    Any,
    /// One host.
    One(Host),
    /// What is below this name.
    Below(String),
    /// Addresses that start with these octets.
    Starting(Vec<u8>),
}

/// Reads a host as URLs do.
pub fn host(text: &str) -> Option<Host> {
    if let Some(address) = bracketed(text) {
        return address.map(|address| Host::Address(canonical(address)));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    if is_numeric(name) {
        return loose_v4(name).map(|address| Host::Address(address.into()));
    }
    is_name(name, |_| true).then(|| Host::Name(name.to_ascii_lowercase()))
}

/// Reads a pattern without a port.
pub fn pattern(text: &str) -> Option<Pattern> {
    if text == "*" {
        return Some(Pattern::Any);
    }
    if let Some(address) = bracketed(text) {
        return address.map(|address| Pattern::One(Host::Address(canonical(address))));
    }
    let octets: Vec<&str> = text.split('.').collect();
    if octets.len() == 4 && octets.iter().all(|octet| *octet == "*" || octet.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let given = octets.iter().take_while(|octet| **octet != "*");
        let numbers = given.map(|octet| octet.parse::<u8>().ok().filter(|number| number.to_string() == *octet));
        let numbers = numbers.collect::<Option<Vec<u8>>>().filter(|numbers| !numbers.is_empty())?;
        return match <[u8; 4]>::try_from(numbers.as_slice()) {
            Ok(all) => Some(Pattern::One(Host::Address(Ipv4Addr::from(all).into()))),
            Err(_) if octets[numbers.len()..].iter().all(|octet| *octet == "*") => Some(Pattern::Starting(numbers)),
            Err(_) => None,
        };
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let hyphens_inside = |label: &str| !label.starts_with('-') && !label.ends_with('-');
    let known = is_name(domain, hyphens_inside) && !is_numeric(domain);
    let domain_or_below = |domain: String| match name.starts_with("*.") {
        true => Pattern::Below(domain),
        false => Pattern::One(Host::Name(domain)),
    };
    known.then(|| domain_or_below(domain.to_ascii_lowercase()))
}

fn bracketed(text: &str) -> Option<Option<Ipv6Addr>> {
    let rest = text.strip_prefix('[')?;
    Some(rest.strip_suffix(']').and_then(|address| address.parse().ok()))
}

fn is_name(name: &str, label_is: impl Fn(&str) -> bool) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| matches!(label.len(), 1..=63) && label.bytes().all(letter) && label_is(label);
    name.len() <= 253 && name.split('.').all(label)
}

impl Host {
    /// Whether it stands for the machine itself by its name.
    pub fn is_local_name(&self) -> bool {
        matches!(self, Self::Name(name) if name.rsplit('.').next() == Some("localhost"))
    }
}

impl Pattern {
    /// Whether a host matches.
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, Host::Name(_)) => !host.is_local_name(),
            (Self::Any, Host::Address(address)) => is_public(*address),
            (Self::One(one), host) => one == host,
            (Self::Below(domain), Host::Name(name)) => name.ends_with(&format!(".{domain}")),
            (Self::Starting(octets), Host::Address(IpAddr::V4(address))) => address.octets().starts_with(octets),
            _ => false,
        }
    }

    /// Whether an address may be connected to that a host was resolved to, if the host itself matches.
    pub fn reaches(&self, address: IpAddr) -> bool {
        let address = match address {
            IpAddr::V6(address) => canonical(address),
            address => address,
        };
        let local = *self == Self::One(Host::Name("localhost".to_owned())) && address.is_loopback();
        is_public(address) || local || (*self != Self::Any && self.matches(&Host::Address(address)))
    }
}

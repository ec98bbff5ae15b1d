//! Hosts asked for, and the patterns of one direction.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::borrow::Cow;
use std::collections::HashMap;

use super::address::is_public;
use crate::manifest::pattern::{HostPattern, PatternError};

/// The longest name, in bytes (RFC 1035).
const MAX_NAME_BYTES: usize = 253;
/// The longest label of a name, in bytes (RFC 1035).
const MAX_LABEL_BYTES: usize = 63;

/// A host that is asked for: a name in lower case without its trailing dot, or the address that it denotes.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "a name stays on the stack: what is granted allocates nothing")]
pub(super) enum Host {
    Name(Name),
    Address(IpAddr),
}

/// A name on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    bytes: [u8; MAX_NAME_BYTES],
    length: usize,
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    /// Whether the name stands for the machine itself (RFC 6761).
    fn is_local(&self) -> bool {
        self.as_str() == "localhost" || self.as_str().ends_with(".localhost")
    }
}

impl Host {
    /// Reads a host as URLs do: decimal, octal, hexadecimal, short and IPv4-mapped forms are the address they denote.
    /// Allocates for names beyond ASCII alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[') {
            let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if !text.is_ascii() {
            let ascii = idna::domain_to_ascii(text).ok()?;
            return if ascii.is_ascii() { Self::parse(&ascii) } else { None };
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if ends_in_number(name) {
            return v4(name).map(|address| Self::Address(IpAddr::V4(address)));
        }
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let label = |label: &str| (1..=MAX_LABEL_BYTES).contains(&label.len()) && label.bytes().all(letter);
        if name.len() > MAX_NAME_BYTES || !name.split('.').all(label) {
            return None;
        }
        let mut bytes = [0; MAX_NAME_BYTES];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes.make_ascii_lowercase();
        Some(Self::Name(Name { bytes, length: name.len() }))
    }
}

/// Whether URLs take a name for an IPv4 address.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// One to four numbers, the last of which fills what is left.
fn v4(text: &str) -> Option<Ipv4Addr> {
    let count = text.split('.').count();
    if count > 4 {
        return None;
    }
    let mut address = 0_u64;
    for (index, part) in text.split('.').enumerate() {
        let number = number(part)?;
        let octets = if index + 1 == count { 5 - count } else { 1 };
        if number >> (8 * octets) != 0 {
            return None;
        }
        address = address << (8 * octets) | number;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X'] => return Some(0),
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit()); // no sign
    u64::from_str_radix(digits, radix).ok().filter(|_| plain)
}

/// A host pattern in the form in which hosts are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Pattern {
    Any,
    Name(String),
    Below(String),
    Address(IpAddr),
    Octets([u8; 4], u8),
}

impl Pattern {
    pub(super) fn parse(pattern: &str) -> Result<Self, PatternError> {
        let name = |domain: &str| match Host::parse(domain) {
            Some(Host::Name(name)) => Ok(name.as_str().to_owned()),
            Some(Host::Address(_)) => Err(PatternError::AddressForm),
            None => Err(PatternError::Host),
        };
        Ok(match HostPattern::parse(pattern)? {
            HostPattern::Any => Self::Any,
            HostPattern::Domain(domain) => Self::Name(name(domain)?),
            HostPattern::Subdomains(domain) => Self::Below(name(domain)?),
            HostPattern::V4(address) => Self::Address(address.into()),
            HostPattern::V4Prefix { octets, len } => Self::Octets(octets, len),
            HostPattern::V6(address) => Self::Address(IpAddr::V6(address).to_canonical()),
        })
    }

    /// Whether a host is among those that the pattern stands for.
    pub(super) fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, Host::Name(name)) => !name.is_local(),
            (Self::Any, Host::Address(address)) => is_public(*address),
            (Self::Name(pattern), Host::Name(name)) => pattern == name.as_str(),
            (Self::Below(domain), Host::Name(name)) => is_below(name.as_str(), domain),
            (Self::Address(pattern), Host::Address(address)) => pattern == address,
            (Self::Octets(octets, len), Host::Address(IpAddr::V4(address))) => first(*address, *len) == *octets,
            _ => false,
        }
    }

    /// Whether this pattern surely matches all that `other` matches.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Below(domain)) => !is_below(&format!("x.{domain}"), "localhost"),
            (Self::Below(ours), Self::Below(theirs)) => ours == theirs || is_below(theirs, ours),
            (Self::Octets(ours, len), Self::Octets(theirs, more)) => {
                len <= more && first(Ipv4Addr::from(*theirs), *len) == *ours
            }
            (_, Self::Name(name)) => Host::parse(name).is_some_and(|host| self.matches(&host)),
            (_, Self::Address(address)) => self.matches(&Host::Address(*address)),
            _ => self == other,
        }
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|labels| labels.ends_with('.'))
}

/// The first `len` octets of an address, and zeros.
fn first(address: Ipv4Addr, len: u8) -> [u8; 4] {
    let octets = address.octets();
    std::array::from_fn(|index| if index < usize::from(len) { octets[index] } else { 0 })
}

/// The host patterns of one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts {
    any: Ports,
    names: HashMap<String, Ports>,
    below: HashMap<String, Ports>,
    addresses: HashMap<IpAddr, Ports>,
    octets: HashMap<([u8; 4], u8), Ports>,
}

/// The rules of one host pattern.
#[derive(Debug, Clone, Default)]
struct Ports {
    any: Option<usize>,
    one: HashMap<u16, usize>,
}

impl Hosts {
    pub(super) fn insert(&mut self, pattern: Pattern, port: Option<u16>, rule: usize) {
        let ports = match pattern {
            Pattern::Any => &mut self.any,
            Pattern::Name(name) => self.names.entry(name).or_default(),
            Pattern::Below(domain) => self.below.entry(domain).or_default(),
            Pattern::Address(address) => self.addresses.entry(address).or_default(),
            Pattern::Octets(octets, len) => self.octets.entry((octets, len)).or_default(),
        };
        match port {
            Some(port) => ports.one.entry(port).or_insert(rule),
            None => ports.any.get_or_insert(rule),
        };
    }

    /// The rule that matches a host and a port, the narrowest pattern first. `private` lets `*` match every host.
    pub(super) fn find(&self, host: &Host, port: u16, private: bool) -> Option<usize> {
        let any = || self.any.find(port).filter(|_| private || Pattern::Any.matches(host));
        match host {
            Host::Name(name) => self.find_name(name.as_str(), port).or_else(any),
            Host::Address(address) => self.find_address(*address, port).or_else(any),
        }
    }

    /// The rule that names an address, or a range that it is in.
    pub(super) fn find_address(&self, address: IpAddr, port: u16) -> Option<usize> {
        let within = |len| match address {
            IpAddr::V4(address) => self.octets.get(&(first(address, len), len)),
            IpAddr::V6(_) => None,
        };
        let mut ranges = [3, 2, 1].into_iter().filter_map(within);
        let exact = self.addresses.get(&address).and_then(|ports| ports.find(port));
        exact.or_else(|| ranges.find_map(|ports| ports.find(port)))
    }

    fn find_name(&self, name: &str, port: u16) -> Option<usize> {
        let domains = name.match_indices('.').filter_map(|(dot, _)| self.below.get(&name[dot + 1..]));
        self.names.get(name).into_iter().chain(domains).find_map(|ports| ports.find(port))
    }
}

impl Ports {
    fn find(&self, port: u16) -> Option<usize> {
        self.one.get(&port).copied().or(self.any)
    }
}

/// The host of a pattern's text, for a comparison of endings.
pub(super) fn lower(host: &str) -> Cow<'_, str> {
    match Host::parse(host) {
        Some(Host::Name(name)) => Cow::Owned(name.as_str().to_owned()),
        _ => Cow::Borrowed(host),
    }
}

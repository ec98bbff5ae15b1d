//! Target: any text as the URL of a request.
//!
//! A strict reader takes the authority apart by the grammar of RFC 3986 and mends nothing: what is accepted must have
//! the host and the port that it sees, and may not be more than a grant of `*` is for.

use std::net::IpAddr;

use airssys_wasm::manifest::{Capabilities, NetworkAction, NetworkRule};
use airssys_wasm::permission::{Access, Grants};
use airssys_wasm::runtime::{MAX_URL_BYTES, Target, parse_target};

use super::address::is_public;
use super::host::{Host, host};

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(target) = parse_target(text) else {
        assert!(!is_plain(text), "a plain URL is refused: {:?}", parse_target(text));
        return;
    };
    assert!(text.len() <= MAX_URL_BYTES && target.url().as_str().len() <= MAX_URL_BYTES);
    assert!(
        !text.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace()),
        "what two parsers read in two ways"
    );
    let seen = Authority::of(text).expect("no strict reader accepts it");
    same_place(&seen, &target);
    its_form(&target);
    permission(&seen, &target);
}

/// What a strict reader sees.
struct Authority<'a> {
    secure: bool,
    host: &'a str,
    port: u16,
}

impl<'a> Authority<'a> {
    /// Reads `scheme "://" host [ ":" port ]` and leaves the rest; user information is none of it.
    fn of(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let rest = rest.strip_prefix("//")?;
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        // Inside the brackets of a literal, a colon starts no port.
        let bracket = authority.rfind(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match authority[bracket..].split_once(':') {
            Some((end, port)) => (&authority[..bracket + end.len()], port),
            None => (authority, ""),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) || host.is_empty() || host.contains(['@', '%']) {
            return None;
        }
        let default = if secure { 443 } else { 80 };
        let port = if port.is_empty() { default } else { port.parse().ok().filter(|port| *port > 0)? };
        Some(Self { secure, host, port })
    }
}

fn same_place(seen: &Authority<'_>, target: &Target) {
    assert_eq!((target.secure(), target.port()), (seen.secure, seen.port));
    assert!(!target.url().has_authority() || target.url().username().is_empty());
    assert_eq!((target.url().password(), target.url().fragment()), (None, None));
    assert_eq!(target.url().host_str(), Some(target.host()));
    assert_eq!(target.url().port_or_known_default(), Some(target.port()));
    if !seen.host.is_ascii() {
        return; // no grammar says which name it stands for
    }
    match host(seen.host).expect("no strict reader takes this for a host") {
        Host::Name(_) => assert_eq!(target.host(), seen.host.to_ascii_lowercase()),
        read @ Host::Address(_) => assert_eq!(host(target.host()), Some(read)),
    }
}

/// What is accepted is in one form, and nothing in it ends a line or a field of a request.
fn its_form(target: &Target) {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let name = target.host().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(target.host());
    assert!(name.bytes().all(|byte| letter(byte) || (byte == b':' && name != target.host())), "{}", target.host());
    assert!(target.url().as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{}", target.url());
    assert_eq!(parse_target(target.url().as_str()).as_ref(), Ok(target), "read again, it is another");
}

/// A grant of everything public is one for this host if and only if it is public; by any of its names.
fn permission(seen: &Authority<'_>, target: &Target) {
    let rule = NetworkRule { action: NetworkAction::Outbound, host: "*".to_owned(), port: None };
    let everything = Capabilities { network: vec![rule], ..Capabilities::default() };
    let grants = Grants::new(&everything, &Capabilities::default()).expect("`*` is a pattern");
    let granted =
        |host: &str| grants.decide(Access::Network(NetworkAction::Outbound, host, target.port())).is_granted();

    let read = host(target.host()).expect("the host of a target is none that permissions know");
    let public = match &read {
        Host::Name(_) => !read.is_local_name(),
        Host::Address(address) => is_public(*address),
    };
    assert_eq!(granted(target.host()), public, "{}", target.host());
    assert_eq!(granted(seen.host), public, "`{}` and {} are decided in two ways", seen.host, target.host());
    if let Host::Address(address) = read {
        reaches(&grants, target, address, public);
    }
    let private = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", "::ffff:192.168.0.1"];
    for address in private.map(|address| address.parse().expect("these are addresses")) {
        reaches(&grants, target, address, false);
    }
}

fn reaches(grants: &Grants, target: &Target, address: IpAddr, expected: bool) {
    let decision = grants.decide_address(NetworkAction::Outbound, target.host(), target.port(), address);
    assert_eq!(decision.is_granted(), expected, "{} at {address}", target.host());
}

/// Whether no parser could find fault with a URL: a plain name, an ordinary port, a path of letters.
fn is_plain(text: &str) -> bool {
    let Some(seen) = Authority::of(text) else { return false };
    let letter = |byte: u8| byte.is_ascii_alphanumeric();
    let label = |label: &str| matches!(label.len(), 1..=63) && label.bytes().all(letter);
    let behind = &text[text.find(seen.host).unwrap_or(0) + seen.host.len()..];
    text.len() < 200
        && seen.host.split('.').all(label)
        && !super::address::is_numeric(seen.host)
        && behind.bytes().all(|byte| letter(byte) || b":/?=&-._~".contains(&byte))
}

//! Oracle: which addresses are public, and what numbers in the place of a host denote.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges of IPv4 that are not public.
const NOT_PUBLIC: &[(&str, u32)] = &[
    ("0.0.0.0", 8),
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("168.63.129.16", 32),
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.0.0", 24),
    ("192.0.2.0", 24),
    ("192.88.99.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 3),
];

/// Ranges of IPv6, the first that fits decides: not public, public, or by the IPv4 address at this bit.
const V6: &[(&str, u32, Kind)] = &[
    ("::ffff:0:0", 96, Kind::Carries(96)),
    ("64:ff9b::", 96, Kind::Carries(96)),
    ("2002::", 16, Kind::Carries(16)),
    ("2001::", 23, Kind::NotPublic),
    ("2001:db8::", 32, Kind::NotPublic),
    ("3fff::", 20, Kind::NotPublic),
    ("2000::", 3, Kind::Public),
    ("::", 0, Kind::NotPublic),
];

#[derive(Clone, Copy)]
enum Kind {
    NotPublic,
    Public,
    Carries(u32),
}

/// Whether an address is of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let inside = |(start, bits): &(&str, u32)| {
                let start: Ipv4Addr = start.parse().expect("the table has addresses");
                u32::from(address) >> (32 - bits) == u32::from(start) >> (32 - bits)
            };
            !NOT_PUBLIC.iter().any(inside)
        }
        IpAddr::V6(address) => {
            let number = u128::from(address);
            let inside = |(start, bits, _): &&(&str, u32, Kind)| {
                let start: Ipv6Addr = start.parse().expect("the table has addresses");
                (number ^ u128::from(start)).leading_zeros() >= *bits
            };
            match V6.iter().find(inside).map(|(_, _, kind)| *kind) {
                Some(Kind::Public) => true,
                Some(Kind::Carries(bit)) => is_public(Ipv4Addr::from((number >> (96 - bit)) as u32).into()),
                Some(Kind::NotPublic) | None => false,
            }
        }
    }
}

/// An address that carries another as `::ffff:a.b.c.d` is that one.
pub fn canonical(address: Ipv6Addr) -> IpAddr {
    let number = u128::from(address);
    if number >> 32 == 0xffff { Ipv4Addr::from(number as u32).into() } else { address.into() }
}

/// Whether the last label of a name makes browsers take the name for an IPv4 address.
pub fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// What `inet_aton` makes of numbers: one to four, decimal, octal or hexadecimal, the last for all that is left.
pub fn loose_v4(name: &str) -> Option<Ipv4Addr> {
    let numbers = name.split('.').map(number).collect::<Option<Vec<u64>>>()?;
    let (last, octets) = numbers.split_last()?;
    if octets.len() > 3 || octets.iter().any(|octet| *octet > 255) || *last >= 1 << (8 * (4 - octets.len())) {
        return None;
    }
    let octets = octets.iter().zip([24, 16, 8]).map(|(octet, shift)| octet << shift).sum::<u64>();
    Some(Ipv4Addr::from((octets + last) as u32))
}

fn number(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (digits, base) = match text.as_bytes() {
        [] => return None,
        [b'0', b'x', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] => (digits, 8),
        digits => (digits, 10),
    };
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = u64::from(char::from(*digit).to_digit(base)?);
        Some(number * u64::from(base) + digit).filter(|number| *number <= u64::from(u32::MAX))
    })
}

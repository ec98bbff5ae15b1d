//! Which addresses are public.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet: none of loopback, private, link-local, unique-local, shared
/// (CGNAT), metadata, unspecified, multicast, documentation, benchmarking or reserved. An IPv6 address that carries
/// an IPv4 address (mapped, NAT64, 6to4) is as public as that one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]                    // this network, private, loopback
            | [100, 64..=127, ..]             // shared by a carrier's customers; metadata of Alibaba
            | [169, 254, ..]                  // link-local; metadata of most clouds
            | [168, 63, 129, 16]              // metadata of Azure
            | [172, 16..=31, ..]              // private
            | [192, 0, 0, _]                  // protocol assignments; metadata of Oracle
            | [192, 0, 2, _]                  // documentation
            | [192, 88, 99, _]                // 6to4 relays, given up
            | [192, 168, ..]                  // private
            | [198, 18..=19, ..]              // benchmarking
            | [198, 51, 100, _]               // documentation
            | [203, 0, 113, _]                // documentation
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0..=0x1ff, ..] => false, // protocol assignments, Teredo among them
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false, // documentation
        [first, ..] => (0x2000..0x4000).contains(&first), // the rest is not assigned as global unicast
    }
}

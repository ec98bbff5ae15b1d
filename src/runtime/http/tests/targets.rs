//! URLs: what is accepted, and that what is accepted has the host that a strict reader sees.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use rstest::rstest;

use super::super::{MAX_URL_BYTES, Target, UrlError, parse_target};

fn show(target: &Target) -> String {
    format!("{} {} {} {}", target.url(), target.host(), target.port(), target.secure())
}

#[rstest]
#[case("http://a.test", "http://a.test/ a.test 80 false")]
#[case("HTTPS://A.Test:443/x?y#z", "https://a.test/x?y a.test 443 true")]
#[case("http://a.test:8080/", "http://a.test:8080/ a.test 8080 false")]
#[case("http://a.test:/", "http://a.test/ a.test 80 false")]
#[case("http://a.test:65535", "http://a.test:65535/ a.test 65535 false")]
#[case("http://a.test?q", "http://a.test/?q a.test 80 false")]
#[case("http://a.test#@evil.test", "http://a.test/ a.test 80 false")]
#[case("http://a.test/@evil.test", "http://a.test/@evil.test a.test 80 false")]
#[case("http://a.test?@evil.test", "http://a.test/?@evil.test a.test 80 false")]
#[case("http://a.test./", "http://a.test./ a.test. 80 false")]
#[case("http://a_b-c.test/", "http://a_b-c.test/ a_b-c.test 80 false")]
#[case("http://Bücher.test/ü", "http://xn--bcher-kva.test/%C3%BC xn--bcher-kva.test 80 false")]
#[case("http://127.0.0.1/", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://2130706433/", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://0x7f.1/", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://0177.0.0.1/", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://127.1./", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://１２７.0.0.1/", "http://127.0.0.1/ 127.0.0.1 80 false")]
#[case("http://[::1]:81/", "http://[::1]:81/ [::1] 81 false")]
#[case("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/ [::ffff:7f00:1] 80 false")]
#[case("http://a.test/a/../%2e%2e/b", "http://a.test/b a.test 80 false")]
#[case("http://a.test/%0d%0aX:y", "http://a.test/%0d%0aX:y a.test 80 false")]
#[case("http://a.test/{}|^`\"<>", "http://a.test/%7B%7D|^%60%22%3C%3E a.test 80 false")]
fn a_url_is_read_as(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(parse_target(text).as_ref().map(show), Ok(expected.to_owned()));
}

#[rstest]
#[case("", UrlError::Relative)]
#[case("a.test/path", UrlError::Relative)]
#[case("/path", UrlError::Relative)]
#[case("//a.test/", UrlError::Relative)]
#[case("?http://a.test/", UrlError::Relative)]
#[case("ftp://a.test/", UrlError::Scheme)]
#[case("file:///etc/passwd", UrlError::Scheme)]
#[case("data:text/plain,x", UrlError::Scheme)]
#[case("a.test:80/path", UrlError::Scheme)]
#[case("://a.test", UrlError::Scheme)]
#[case("httpx://a.test", UrlError::Scheme)]
#[case("http:a.test", UrlError::Host)]
#[case("http:/a.test", UrlError::Host)]
#[case("http:///a.test", UrlError::Host)]
#[case("http://", UrlError::Host)]
#[case("http://?x", UrlError::Host)]
#[case("http://:80/", UrlError::Host)]
#[case("http://a%2etest/", UrlError::Host)]
#[case("http://a.test%2f.evil.test/", UrlError::Host)]
#[case("http://a.test%00.evil.test/", UrlError::Host)]
#[case("http://a..test/", UrlError::Host)]
#[case("http://./", UrlError::Host)]
#[case("http://a.test../", UrlError::Host)]
#[case("http://a!b.test/", UrlError::Host)]
#[case("http://a*.test/", UrlError::Host)]
#[case("http://a,b/", UrlError::Host)]
#[case("http://256.1.1.1/", UrlError::Host)]
#[case("http://1.2.3.4.5/", UrlError::Host)]
#[case("http://4294967296/", UrlError::Host)]
#[case("http://[::1/", UrlError::Host)]
#[case("http://[::1]x/", UrlError::Host)]
#[case("http://[fe80::1%25eth0]/", UrlError::Host)]
#[case("http://[v1.x]/", UrlError::Host)]
#[case("http://::1/", UrlError::Host)]
#[case("http://evil.test／.a.test/", UrlError::Host)]
#[case("http://a.test:0/", UrlError::Port)]
#[case("http://a.test:65536/", UrlError::Port)]
#[case("http://a.test:-1/", UrlError::Port)]
#[case("http://a.test:80:80/", UrlError::Port)]
#[case("http://a.test:x/", UrlError::Port)]
#[case("http://user@a.test/", UrlError::UserInfo)]
#[case("http://user:password@a.test/", UrlError::UserInfo)]
#[case("http://@a.test/", UrlError::UserInfo)]
#[case("http://:@a.test/", UrlError::UserInfo)]
#[case("http://a.test:80@evil.test/", UrlError::UserInfo)]
#[case("http://a.test\\@evil.test/", UrlError::Character('\\'))]
#[case("http:\\\\a.test/", UrlError::Character('\\'))]
#[case("http://a.test/\\", UrlError::Character('\\'))]
#[case(" http://a.test/", UrlError::Character(' '))]
#[case("http://a.test/ ", UrlError::Character(' '))]
#[case("http://a.test/a b", UrlError::Character(' '))]
#[case("http://a.te\tst/", UrlError::Character('\t'))]
#[case("ht\ntp://a.test/", UrlError::Character('\n'))]
#[case("http://a.test/\r\nHost: evil.test", UrlError::Character('\r'))]
#[case("http://a.test/\0", UrlError::Character('\0'))]
#[case("http://a.test/\x7f", UrlError::Character('\x7f'))]
#[case("http://a.test/\u{85}", UrlError::Character('\u{85}'))]
#[case("http://a.test/\u{a0}", UrlError::Character('\u{a0}'))]
#[case("http://a.test/\u{2028}", UrlError::Character('\u{2028}'))]
fn a_url_is_refused(#[case] text: &str, #[case] expected: UrlError) {
    assert_eq!(parse_target(text), Err(expected));
}

#[rstest]
#[case::text("http://a.test/", "x", MAX_URL_BYTES, None)]
#[case::longer_text("http://a.test/", "x", MAX_URL_BYTES + 1, Some(UrlError::Length))]
#[case::longer_once_parsed("http://a.test/?", "é", MAX_URL_BYTES / 2, Some(UrlError::Length))]
#[case::label("http://", "x", 7 + 63, None)]
#[case::longer_label("http://", "x", 7 + 64, Some(UrlError::Host))]
#[case::name("http://", "x.", 7 + 253, None)]
#[case::longer_name("http://", "x.", 7 + 256, Some(UrlError::Host))]
fn lengths_are_bounded(
    #[case] start: &str,
    #[case] repeated: &str,
    #[case] length: usize,
    #[case] expected: Option<UrlError>,
) {
    let mut text = start.to_owned();
    while text.len() < length {
        text.push_str(repeated);
    }
    assert_eq!(parse_target(&text).err(), expected);
}

/// What RFC 3986 says of a text, read by its grammar: scheme, host in lower case, port. None is no URL to accept.
fn strict(text: &str) -> Option<(String, String, u16)> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (address, after) = bracketed.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            (format!("[{address}]"), after.strip_prefix(':').or(after.is_empty().then_some(""))?)
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            (host.to_ascii_lowercase(), port)
        }
    };
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port = if port.is_empty() { default } else { port.parse::<u16>().ok()? };
    (port > 0).then_some((scheme, host, port))
}

/// The address that inet_aton makes of a text.
fn loose_v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
    let number = |part: &str| match part.strip_prefix("0x") {
        Some("") => Some(0),
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u64::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let (last, first) = parts.split_last()?;
    let mut value = number(last).filter(|last| parts.len() <= 4 && *last < 1 << (8 * (5 - parts.len())))?;
    for (index, part) in first.iter().enumerate() {
        value |= number(part).filter(|octet| *octet < 256)? << (24 - 8 * index);
    }
    Some(Ipv4Addr::from(u32::try_from(value).ok()?))
}

fn piece() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "http",
        "HTTP",
        "https",
        "ftp",
        ":",
        "/",
        "//",
        "://",
        "@",
        "\\",
        "?",
        "#",
        "[",
        "]",
        "[::1]",
        ".",
        "..",
        "-",
        "_",
        "%",
        "%2e",
        "%2f",
        "%40",
        " ",
        "\t",
        "\r\n",
        "\0",
        "0",
        "1",
        "0x7f",
        "127",
        "0177",
        "256",
        ":80",
        ":0",
        ":65536",
        "a",
        "A",
        "evil.test",
        "a.test",
        "*",
        "!",
        ",",
        ";",
        "=",
        "&",
        "$",
        "'",
        "(",
        "|",
        "^",
        "`",
        "{",
        "\u{ad}",
        "é",
        "。",
        "／",
        "１",
    ];
    prop_oneof![
        4 => proptest::sample::select(KNOWN).prop_map(str::to_owned),
        1 => "[ -~]",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn url_like() -> impl Strategy<Value = String> {
    let start =
        proptest::sample::select(&["http://", "https://", "http:", "", "HTTP://a.test", "http://[::ffff:1]"][..]);
    (start, proptest::collection::vec(piece(), 0..8)).prop_map(|(start, pieces)| start.to_owned() + &pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn what_is_accepted_has_the_host_that_a_strict_reader_sees(text in url_like()) {
        let Ok(target) = parse_target(&text) else { return Ok(()) };
        prop_assert!(!text.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace()));
        let read = strict(&text);
        prop_assert!(read.is_some(), "no strict reader accepts {:?}", text);
        let (scheme, host, port) = read.unwrap();
        prop_assert_eq!((target.secure(), target.port()), (scheme == "https", port));
        if let Some(address) = loose_v4(&host) {
            prop_assert_eq!(target.host(), address.to_string());
        } else if host.starts_with('[') {
            let (found, read) = (target.host().trim_matches(['[', ']']), host.trim_matches(['[', ']']));
            prop_assert_eq!(found.parse::<Ipv6Addr>(), read.parse::<Ipv6Addr>());
        } else if host.is_ascii() {
            prop_assert_eq!(target.host(), host);
        }
        // The target is what its URL says, and reading that again changes nothing.
        prop_assert!(target.host().is_ascii());
        prop_assert_eq!(target.url().username(), "");
        prop_assert_eq!(target.url().fragment(), None);
        prop_assert_eq!(parse_target(target.url().as_str()), Ok(target));
    }

    #[test]
    fn a_relative_location_never_leaves_the_origin(text in proptest::collection::vec(piece(), 0..8)) {
        let base = parse_target("https://base.test:8443/dir/file?q").unwrap();
        let text = text.concat();
        let Ok(target) = base.join(&text) else { return Ok(()) };
        let first = text.split(['/', '?', '#']).next().unwrap_or_default();
        if first.contains(':') || text.starts_with("//") {
            let absolute = if text.starts_with("//") { format!("https:{text}") } else { text.clone() };
            prop_assert_eq!(Ok(target), parse_target(&absolute));
        } else {
            prop_assert!(target.same_origin(&base), "{:?} leads to {}", text, target.url());
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        drop(parse_target(&text));
    }
}

//! What is granted and what is denied, row by row.

#[cfg(feature = "cli")]
#[path = "permission/command.rs"]
mod command;
#[path = "permission/oracle.rs"]
mod oracle;
#[path = "permission/policy.rs"]
mod policy;
#[path = "permission/topics.rs"]
mod topics;
#[path = "permission/work.rs"]
mod work;

use airssys_wasm::manifest::{Capabilities, FourActions, Manifest, NetworkAction, NetworkRule};
use airssys_wasm::permission::{
    Access, Decision, FourAction, Grants, Malformed, MessagingAction, PathError, PathPattern, Reason, is_public,
    normalise,
};
use rstest::rstest;

/// The capabilities of a manifest with these tables.
fn asked(tables: &str) -> Manifest {
    let head = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.1.0\"\n";
    let text = format!("{head}[resources.memory]\nmax = \"1MiB\"\n{tables}");
    Manifest::parse(&text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

fn grants(tables: &str) -> Grants {
    let manifest = asked(tables);
    Grants::new(&manifest.capabilities, &manifest.optional_capabilities).unwrap()
}

fn reading(patterns: &[&str]) -> Capabilities {
    let read = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Capabilities { filesystem: FourActions { read, ..FourActions::default() }, ..Capabilities::default() }
}

fn connecting(host: &str, port: Option<u16>) -> Capabilities {
    let network = vec![NetworkRule { action: NetworkAction::Outbound, host: host.to_owned(), port }];
    Capabilities { network, ..Capabilities::default() }
}

fn of(capabilities: &Capabilities) -> Grants {
    Grants::new(capabilities, &Capabilities::default()).unwrap()
}

/// The reason of a denial, and the line that would mend it; or the key of the rule that grants.
fn told(decision: &Decision<'_>) -> String {
    match decision {
        Decision::Granted { rule } => rule.key.clone(),
        Decision::Denied { reason, mend } => format!("{reason}: {}", mend.as_deref().unwrap_or("-")),
    }
}

#[rstest]
#[case("/etc/app.toml", "/etc/app.toml", "/etc/app.toml.bak /etc/app.toml/x /etc/App.toml /etc")]
#[case("/tmp/*", "/tmp/a /tmp/.a /tmp/ä", "/tmp /tmp/a/b / /tmpa")]
#[case("/tmp/*.json", "/tmp/x.json /tmp/.json", "/tmp/a/x.json /tmp/x.jsonx /tmp/x")]
#[case("/data/**", "/data/a /data/a/b", "/data /database / /x/data/a")]
#[case("/dir/**/config.toml", "/dir/config.toml /dir/a/b/config.toml", "/dir/xconfig.toml /dir /config.toml /dir/a")]
#[case("/d/*.{txt,json}", "/d/a.txt /d/a.json", "/d/a.toml /d/a.txtjson /d/a.")]
#[case("/d/?", "/d/a /d/ä", "/d/ab /d /d/a/b")]
#[case("/d/[ab]", "/d/a /d/b", "/d/c /d/ab /d")]
#[case("/d/[!ab]", "/d/c", "/d/a /d/b /d/cc /d /d/c/d")]
#[case("/data/a/*", "/data/a/x", "/data/ab/x /data/a")]
#[case("/**", "/a /a/b", "/")]
#[case("/**/a", "/a /b/a /a/a", "/ /a/b /ba")]
#[case("/**/**", "/a /a/b", "/")]
#[case("/a/**/b/**/c", "/a/b/c /a/x/b/y/z/c /a/b/b/c/c", "/a/c /a/b/c/d /a/x/c")]
#[case("/d/{a,bc}{d,[ef]*}", "/d/ad /d/bcd /d/ae /d/bcfxx", "/d/a /d/bd /d/a,d /d/adx")]
#[case("/d/a*b*c", "/d/abc /d/axbxc /d/abcbc", "/d/ab /d/acb /d/xabc")]
#[case("/d/{*.a,b?}x", "/d/y.ax /d/bcx", "/d/yax /d/bx /d/bcdx")]
#[case("/a,b", "/a,b", "/a /b")]
fn a_path_pattern(#[case] pattern: &str, #[case] matching: &str, #[case] other: &str) {
    let grants = of(&reading(&[pattern]));
    let compiled = PathPattern::new(pattern).unwrap();
    for (paths, expected) in [(matching, true), (other, false)] {
        for path in paths.split(' ') {
            assert_eq!(grants.decide(Access::Filesystem(FourAction::Read, path)).is_granted(), expected, "{path}");
            assert_eq!(compiled.matches(path), expected, "{path}");
        }
    }
}

#[rstest]
#[case("/a/b", "/a/b")]
#[case("/", "/")]
#[case("//", "/")]
#[case("/a//b", "/a/b")]
#[case("/a/./b/.", "/a/b")]
#[case("/a/b/", "/a/b")]
#[case("/app/../etc/x", "/etc/x")]
#[case("/..", "/")]
#[case("/../../a", "/a")]
#[case("/a/b/..", "/a")]
#[case("/a/...", "/a/...")]
#[case("/~", "/~")]
fn a_path_in_its_normal_form(#[case] path: &str, #[case] normal: &str) {
    assert_eq!(normalise(path).unwrap(), normal);
}

#[rstest]
#[case("", PathError::Empty)]
#[case("a", PathError::Relative)]
#[case("~/a", PathError::Relative)]
#[case("./a", PathError::Relative)]
#[case("/a\0", PathError::Nul)]
#[case(&"/a".repeat(2049), PathError::TooLong)]
fn no_path(#[case] path: &str, #[case] error: PathError) {
    assert_eq!(normalise(path), Err(error));
    let expected = Decision::Denied { reason: Malformed::Path(error).into(), mend: None };
    assert_eq!(of(&reading(&["/**"])).decide(Access::Filesystem(FourAction::Read, path)), expected);
    assert_eq!(of(&reading(&["/**"])).decide(Access::Process(path)), expected);
}

#[rstest]
#[case("/app/**", "/app/../etc/x", false)]
#[case("/app/**", "/app/x/../../etc/x", false)]
#[case("/app/**", "/etc/..//app/./x/", true)]
#[case("/data/a/*", "/data/ab/x", false)]
#[case("/data/a/*", "/data/a/x/", true)]
#[case("/**", "/proc/self/environ", false)]
#[case("/**", "/dev", false)]
#[case("/**", "/x/../sys/y", false)]
#[case("/dev/*", "/dev/null", false)]
#[case("/{dev,x}/null", "/dev/null", false)]
#[case("/dev/null", "/dev/null", true)]
#[case("/dev/null", "/dev/./null", true)]
#[case("/**", "/device/x", true)]
fn an_attack_by_path(#[case] pattern: &str, #[case] path: &str, #[case] expected: bool) {
    let grants = of(&reading(&[pattern]));
    assert_eq!(grants.decide(Access::Filesystem(FourAction::Read, path)).is_granted(), expected);
}

#[test]
fn one_action_never_implies_another() {
    for own in FourAction::ALL {
        let grants =
            grants(&format!("[capabilities.filesystem]\n{own} = [\"/a\"]\n[capabilities.storage]\n{own} = [\"a:b\"]"));
        for asked in FourAction::ALL {
            assert_eq!(grants.decide(Access::Filesystem(*asked, "/a")).is_granted(), own == asked);
            assert_eq!(grants.decide(Access::Storage(*asked, "a:b")).is_granted(), own == asked);
        }
        assert!(!grants.decide(Access::Process("/a")).is_granted());
    }
}

#[rstest]
#[case("api.example.com", "api.example.com API.Example.COM api.example.com.", "example.com x.api.example.com")]
#[case("API.example.com.", "api.example.com", "api.example.com.. apixexample.com")]
#[case("*.example.com", "a.example.com a.b.example.com A.EXAMPLE.com.", "example.com evilexample.com .example.com")]
#[case("*.ex.com", "a.ex.com", "evilex.com ex.com ex.com. ex.com.evil")]
#[case("bücher.example", "bücher.example BÜCHER.example xn--bcher-kva.example", "bucher.example")]
#[case(
    "*",
    "example.com 8.8.8.8 [2606:4700::1111] 0x08080808",
    "localhost a.localhost 127.0.0.1 10.0.0.1 0.0.0.0 [::]"
)]
#[case("*", "1.1.1.1", "169.254.169.254 [fd00:ec2::254] [::1] [::ffff:10.0.0.1] 168.63.129.16 100.100.100.200")]
#[case("localhost", "localhost LOCALHOST.", "127.0.0.1 [::1] a.localhost")]
#[case(
    "127.0.0.1",
    "127.0.0.1 2130706433 0x7f.1 0177.0.0.1 127.1 [::ffff:127.0.0.1] 127.0.0.1. １２７.0.0.1",
    "localhost 127.0.0.2"
)]
#[case("10.0.0.*", "10.0.0.1 10.0.0.255 10.1 0xa.0.0.7 [::ffff:a00:1]", "10.0.1.0 8.8.8.8 110.0.0.1 a.10.0.0.x")]
#[case("10.*.*.*", "10.1.2.3", "11.0.0.0")]
#[case("[::1]", "[::1] [0:0:0:0:0:0:0:1]", "::1 127.0.0.1 [::2] [::1%25lo]")]
#[case("[::ffff:10.0.0.1]", "10.0.0.1", "[::10.0.0.1]")]
fn a_host_pattern(#[case] pattern: &str, #[case] matching: &str, #[case] other: &str) {
    let grants = of(&connecting(pattern, None));
    for (hosts, expected) in [(matching, true), (other, false)] {
        for host in hosts.split(' ') {
            let decision = grants.decide(Access::Network(NetworkAction::Outbound, host, 443));
            assert_eq!(decision.is_granted(), expected, "{host}: {decision:?}");
            assert!(!grants.decide(Access::Network(NetworkAction::Inbound, host, 443)).is_granted(), "{host}");
        }
    }
}

#[rstest]
#[case("")]
#[case(".")]
#[case("a..b")]
#[case("ok@evil")]
#[case("a\\b")]
#[case("a#b")]
#[case("a\tb")]
#[case("a\r\nb")]
#[case("a%2eb")]
#[case("*")]
#[case("*.a.b")]
#[case("1.2.3.4.5")]
#[case("256.0.0.1")]
#[case("0x1ffffffff")]
#[case("08.0.0.1")]
#[case("1..2")]
#[case("99999999999999999999999")]
#[case("::1")]
#[case("[::1")]
#[case("[1.2.3.4]")]
#[case(&"a".repeat(64))]
#[case(&["a"; 128].join("."))]
fn no_host(#[case] host: &str) {
    let expected = Decision::Denied { reason: Malformed::Host.into(), mend: None };
    assert_eq!(of(&connecting("*", None)).decide(Access::Network(NetworkAction::Outbound, host, 80)), expected);
}

#[rstest]
#[case(Some(443), 443, true)]
#[case(Some(443), 80, false)]
#[case(None, 80, true)]
#[case(None, 65535, true)]
#[case(None, 0, false)]
fn a_port(#[case] rule: Option<u16>, #[case] port: u16, #[case] expected: bool) {
    for (pattern, host) in [("a.b", "a.b"), ("*.b", "a.b"), ("*", "a.b"), ("10.0.0.*", "10.0.0.1"), ("[::1]", "[::1]")]
    {
        let grants = of(&connecting(pattern, rule));
        assert_eq!(grants.decide(Access::Network(NetworkAction::Outbound, host, port)).is_granted(), expected);
    }
}

/// A name that is granted says nothing of the addresses that it resolves to.
#[rstest]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"a.b\"", "a.b", "8.8.8.8", true)]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"a.b\"", "a.b", "10.0.0.1", false)]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"a.b\"", "c.b", "8.8.8.8", false)]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"*\"", "a.b", "::ffff:169.254.169.254", false)]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"localhost\"", "localhost", "::1", true)]
#[case("[[capabilities.network]]\naction = \"outbound\"\nhost = \"localhost\"", "localhost", "10.0.0.1", false)]
#[case(
    "[[capabilities.network]]\naction = \"outbound\"\nhost = \"a.b\"\n[[capabilities.network]]\naction = \"outbound\"\nhost = \"10.0.0.*\"",
    "a.b",
    "10.0.0.1",
    true
)]
fn an_address_of_a_name(#[case] tables: &str, #[case] host: &str, #[case] address: &str, #[case] expected: bool) {
    let grants = grants(tables);
    let decision = grants.decide_address(NetworkAction::Outbound, host, 443, address.parse().unwrap());
    assert_eq!(decision.is_granted(), expected, "{decision:?}");
}

#[rstest]
#[case("8.8.8.8 1.1.1.1 100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.255", true)]
#[case("2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1", true)]
#[case("0.0.0.0 10.1.1.1 127.0.0.1 100.64.0.1 169.254.0.1 172.16.0.1 172.31.255.255 192.168.0.1 192.0.2.1", false)]
#[case("198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 192.0.0.192", false)]
#[case(":: ::1 fe80::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 3fff::1 2001::1 ::ffff:10.0.0.1 ::8.8.8.8", false)]
#[case("64:ff9b::a00:1 64:ff9b:1::1 2002:a00:1::1 fec0::1 100::1", false)]
fn public_addresses(#[case] addresses: &str, #[case] expected: bool) {
    for address in addresses.split(' ') {
        assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
    }
}

#[rstest]
#[case("app:config", "app:config", "app:other app2:config")]
#[case("app:*", "app:config app:a-1", "app2:config my-app:config")]
fn a_namespace_pattern(#[case] pattern: &str, #[case] matching: &str, #[case] other: &str) {
    let grants = grants(&format!("[capabilities.storage]\nread = [\"{pattern}\"]"));
    for (names, expected) in [(matching, true), (other, false)] {
        for name in names.split(' ') {
            assert_eq!(grants.decide(Access::Storage(FourAction::Read, name)).is_granted(), expected, "{name}");
        }
    }
    let over = format!("app:{}", "a".repeat(125));
    let longest = grants.decide(Access::Storage(FourAction::Read, &over[..128])).is_granted();
    assert_eq!(longest, pattern.ends_with('*'));
    for name in ["app", "app:", ":config", "app:*", "*", "App:config", "app:con fig", "app:a:b", "", &over] {
        let expected = Decision::Denied { reason: Malformed::Namespace.into(), mend: None };
        assert_eq!(grants.decide(Access::Storage(FourAction::Read, name)), expected, "{name}");
    }
}

#[rstest]
#[case("db", "db", "dbx acme:db other")]
#[case("acme:*", "acme:db acme:x-1", "db acme acmex:db")]
#[case("*", "db acme:db", "")]
fn a_target_pattern(#[case] pattern: &str, #[case] matching: &str, #[case] other: &str) {
    let grants = grants(&format!("[capabilities.messaging]\nsend = [\"{pattern}\"]"));
    for (names, expected) in [(matching, true), (other, false)] {
        for name in names.split(' ') {
            let send = grants.decide(Access::Messaging(MessagingAction::Send, name));
            assert_eq!(send.is_granted(), expected, "{name}");
            assert!(!grants.decide(Access::Messaging(MessagingAction::Request, name)).is_granted(), "{name}");
        }
    }
    for name in ["*", "acme:*", "Acme", "a:b:c", "-a"] {
        let expected = Decision::Denied { reason: Malformed::Target.into(), mend: None };
        assert_eq!(grants.decide(Access::Messaging(MessagingAction::Send, name)), expected, "{name}");
    }
}

#[test]
fn host_functions_and_commands() {
    let grants = grants(
        "[capabilities.host-functions]\ncall = [\"geo.lookup\"]\n[capabilities.process]\nspawn = [\"/usr/bin/*\"]",
    );
    let granted = |access| grants.decide(access).is_granted();
    assert!(granted(Access::HostFunction("geo.lookup")));
    assert!(!granted(Access::HostFunction("geo.lookup.x")) && !granted(Access::HostFunction("geo")));
    assert!(granted(Access::Process("/usr/bin/git")) && granted(Access::Process("/usr/bin/../bin/git")));
    assert!(!granted(Access::Process("/usr/bin/x/git")) && !granted(Access::Process("git")));
}

#[rstest]
#[case(Access::Filesystem(FourAction::Read, "/etc/a"), "capabilities.filesystem.read[1]")]
#[case(Access::Storage(FourAction::Write, "app:x"), "capabilities.storage.namespaces[0]")]
#[case(Access::Storage(FourAction::Read, "b:c"), "capabilities.storage.read[0]")]
#[case(Access::Network(NetworkAction::Outbound, "A.b", 80), "capabilities.optional.network[0]")]
#[case(
    Access::Filesystem(FourAction::Read, "/var/data/../data/x"),
    r#"no rule permits it: add "/var/data/x" to capabilities.filesystem.read in component.toml"#
)]
#[case(
    Access::Filesystem(FourAction::Write, "/a/*[\"{\u{202e}\n"),
    r#"no rule permits it: add "/a/[*]?\"[{]\u202E?" to capabilities.filesystem.write in component.toml"#
)]
#[case(Access::Filesystem(FourAction::List, "/"), "no rule permits it: -")]
#[case(
    Access::Filesystem(FourAction::Read, "/proc/self/environ"),
    r#"no rule permits it, and wildcards do not reach devices, FIFOs, sockets, /proc, /sys and /dev: add "/proc/self/environ" to capabilities.filesystem.read in component.toml"#
)]
#[case(
    Access::Network(NetworkAction::Outbound, "C.d.", 443),
    r#"no rule permits it: add { action = "outbound", host = "c.d", port = 443 } to capabilities.network in component.toml"#
)]
#[case(
    Access::Network(NetworkAction::Outbound, "0x7f.1", 443),
    r#"no rule names this address, which is not public: add { action = "outbound", host = "127.0.0.1", port = 443 } to capabilities.network in component.toml"#
)]
#[case(
    Access::Storage(FourAction::Delete, "x:y"),
    r#"no rule permits it: add "x:y" to capabilities.storage.delete in component.toml"#
)]
#[case(
    Access::Process("/bin/ls"),
    r#"no rule permits it: add "/bin/ls" to capabilities.process.spawn in component.toml"#
)]
#[case(
    Access::Messaging(MessagingAction::Request, "db"),
    r#"no rule permits it: add "db" to capabilities.messaging.request in component.toml"#
)]
#[case(
    Access::HostFunction("geo.lookup"),
    r#"no rule permits it: add "geo.lookup" to capabilities.host-functions.call in component.toml"#
)]
#[case(Access::Network(NetworkAction::Outbound, "a.b", 0), "the port is 0: -")]
#[case(Access::Network(NetworkAction::Outbound, "-a.b", 80), "no rule permits it: -")]
#[case(
    Access::Filesystem(FourAction::Read, "/dev/a*"),
    "no rule permits it, and wildcards do not reach devices, FIFOs, sockets, /proc, /sys and /dev: -"
)]
fn a_decision_says_where_and_what(#[case] access: Access<'_>, #[case] expected: &str) {
    let grants = grants(
        "[capabilities.filesystem]\nread = [\"/x\", \"/etc/*\"]\n\
         [capabilities.storage]\nnamespaces = [\"app:*\"]\nread = [\"b:c\"]\n\
         [[capabilities.optional.network]]\naction = \"outbound\"\nhost = \"a.B\"",
    );
    assert_eq!(told(&grants.decide(access)), expected);
}

#[rstest]
#[case(&["/etc/*", "/data/a/**"], "/data/a", "/data/a/**: `**` stands for one segment at least, and the path ends in front of it")]
#[case(&["/etc/*", "/data/a/*"], "/data/a/b/c", "/data/a/*: it ends, and the path goes on with `c`")]
#[case(&["/data/a/*", "/data/b"], "/data/ab/x", "/data/a/*: `a` does not match `ab`")]
#[case(&["/data/**/x.toml"], "/data/a/y", "/data/**/x.toml: nothing behind `**` fits the end of the path from `a` on")]
#[case(&["/**"], "/proc/x", "/**: wildcards do not reach /proc, /sys and /dev")]
#[case(&["/etc/x"], "/var/x", "-")]
#[case(&[], "/var/x", "-")]
fn the_nearest_rule_of_a_path(#[case] patterns: &[&str], #[case] path: &str, #[case] expected: &str) {
    let grants = of(&reading(patterns));
    let miss = grants.nearest(Access::Filesystem(FourAction::Read, path));
    assert_eq!(miss.map_or("-".to_owned(), |miss| format!("{}: {}", miss.rule.pattern, miss.why)), expected);
}

#[rstest]
#[case(Access::Filesystem(FourAction::Write, "/etc/x"), "capabilities.filesystem.read[0]: it permits read, not write")]
#[case(
    Access::Network(NetworkAction::Outbound, "api.ex.com", 80),
    "capabilities.network[0]: it permits port 443 alone"
)]
#[case(
    Access::Network(NetworkAction::Outbound, "ex.com", 443),
    "capabilities.network[0]: `*.` stands for one label at least"
)]
#[case(Access::Network(NetworkAction::Outbound, "b.org", 443), "-")]
#[case(Access::Storage(FourAction::Read, "app:y"), "capabilities.storage.read[0]: `app:x` is another name")]
fn the_nearest_rule(#[case] access: Access<'_>, #[case] expected: &str) {
    let grants = grants(
        "[capabilities.filesystem]\nread = [\"/etc/*\"]\n[capabilities.storage]\nread = [\"app:x\"]\n\
         [[capabilities.network]]\naction = \"outbound\"\nhost = \"*.ex.com:443\"",
    );
    let miss = grants.nearest(access);
    assert_eq!(miss.map_or("-".to_owned(), |miss| format!("{}: {}", miss.rule.key, miss.why)), expected);
}

#[test]
fn a_reason_is_a_value() {
    let grants = of(&reading(&[]));
    let decision = grants.decide(Access::Filesystem(FourAction::Read, "/a"));
    assert!(matches!(decision, Decision::Denied { reason: Reason::Undeclared, .. }));
    let wrong = Grants::new(&reading(&["/ok", "a"]), &Capabilities::default()).unwrap_err();
    assert_eq!(wrong.to_string(), "capabilities.filesystem.read[1] = \"a\" is no pattern: the pattern is not absolute");
}

//! What an operator's policy makes of a manifest.

use airssys_wasm::manifest::Capabilities;
use airssys_wasm::permission::{Access, Admitted, FourAction, Policy, PolicyMode, Rule};
use rstest::rstest;

use super::{asked, connecting, reading};

fn admit(mode: PolicyMode) -> Result<Admitted, String> {
    let manifest = asked(
        "[capabilities.filesystem]\nread = [\"/data/x\", \"/etc/a\"]\nwrite = [\"/data/x\"]\n\
         [capabilities.optional.filesystem]\nread = [\"/var/o\", \"/data/o\"]",
    );
    let policy = Policy { mode, allow: reading(&["/data/**"]) };
    policy.admit(&manifest.capabilities, &manifest.optional_capabilities).map_err(|error| error.to_string())
}

fn keys(rules: &[Rule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.key.as_str()).collect()
}

const EXCESS: [&str; 3] =
    ["capabilities.filesystem.read[1]", "capabilities.filesystem.write[0]", "capabilities.optional.filesystem.read[0]"];

#[test]
fn strict_refuses_and_lists_all_excess() {
    let expected = "the policy does not allow capabilities.filesystem.read[1] = \"/etc/a\"; \
                    capabilities.filesystem.write[0] = \"/data/x\"";
    assert_eq!(admit(PolicyMode::Strict).unwrap_err(), expected);
}

#[test]
fn strict_drops_what_is_optional() {
    let policy = Policy { mode: PolicyMode::Strict, allow: reading(&["/data/**"]) };
    let admitted = policy.admit(&reading(&["/data/x"]), &reading(&["/var/o"])).unwrap();
    assert_eq!(keys(&admitted.dropped), ["capabilities.optional.filesystem.read[0]"]);
    assert_eq!(keys(admitted.grants.rules()), ["capabilities.filesystem.read[0]"]);
}

#[rstest]
#[case(PolicyMode::Permissive, false)]
#[case(PolicyMode::Development, true)]
fn the_other_modes(#[case] mode: PolicyMode, #[case] accepts: bool) {
    let admitted = admit(mode).unwrap();
    let (listed, empty) =
        if accepts { (&admitted.beyond, &admitted.dropped) } else { (&admitted.dropped, &admitted.beyond) };
    assert_eq!((keys(listed), keys(empty)), (EXCESS.to_vec(), vec![]));
    let granted = |action, path| admitted.grants.decide(Access::Filesystem(action, path)).is_granted();
    assert!(granted(FourAction::Read, "/data/x") && granted(FourAction::Read, "/data/o"));
    assert_eq!(granted(FourAction::Read, "/etc/a"), accepts);
    assert_eq!(granted(FourAction::Write, "/data/x"), accepts);
    // What no manifest declares is denied in every mode, whatever the policy allows.
    assert!(!granted(FourAction::Read, "/data/y") && !granted(FourAction::Delete, "/data/x"));
}

fn within(allow: Capabilities, asked: &Capabilities) -> bool {
    Policy { mode: PolicyMode::Strict, allow }.admit(asked, &Capabilities::default()).is_ok()
}

#[rstest]
#[case(
    "/data/**",
    "/data/a /data/a/** /data/*/b /data/** /data/**/x /data/{a,b}",
    "/data /database/x /**/data/a /** /*/x"
)]
#[case("/data/*", "/data/a /data/a* /data/[ab] /data/*", "/data/** /data/a/b")]
#[case("/data/*.json", "/data/a.json /data/*.json", "/data/a.toml /data/* /data/**")]
#[case("/**/x", "/x /a/x /**/a/x /a/**/x", "/a/* /**")]
#[case("/**", "/a /** /a/**", "/proc/x /dev/null")]
#[case("/proc/x", "/proc/x", "/proc/y")]
fn a_path_within_a_policy(#[case] allow: &str, #[case] inside: &str, #[case] outside: &str) {
    for (patterns, expected) in [(inside, true), (outside, false)] {
        for pattern in patterns.split(' ') {
            assert_eq!(within(reading(&[allow]), &reading(&[pattern])), expected, "{pattern}");
        }
    }
}

#[rstest]
#[case("*", "a.b *.a.b 8.8.8.8 *", "localhost *.localhost 10.0.0.1 10.0.0.*")]
#[case("*.ex.com", "a.ex.com *.ex.com *.a.ex.com", "ex.com *.com * evilex.com *.evilex.com")]
#[case("10.0.*.*", "10.0.1.2 10.0.0.* 10.0.*.*", "10.1.0.1 10.*.*.* *")]
#[case("a.b", "A.b", "*.a.b c.a.b")]
fn a_host_within_a_policy(#[case] allow: &str, #[case] inside: &str, #[case] outside: &str) {
    for (patterns, expected) in [(inside, true), (outside, false)] {
        for pattern in patterns.split(' ') {
            assert_eq!(within(connecting(allow, None), &connecting(pattern, Some(443))), expected, "{pattern}");
            assert_eq!(within(connecting(allow, Some(443)), &connecting(pattern, Some(443))), expected, "{pattern}");
            assert!(!within(connecting(allow, Some(443)), &connecting(pattern, None)), "{pattern}");
        }
    }
}

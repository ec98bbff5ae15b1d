//! Target: two texts, the first line and the rest, as a pattern and what is asked for: as paths, as hosts, as
//! names, as topics.
//!
//! Patterns and what they match are held against oracles; work is bounded by the product of both lengths; the line
//! that a denial says to add grants the access.

use std::net::IpAddr;

use airssys_wasm::contract::{ComponentId, Topic};
use airssys_wasm::manifest::pattern::{check_host, check_path, split_port};
use airssys_wasm::manifest::{Capabilities, FourActions, Manifest, NetworkAction, NetworkRule};
use airssys_wasm::permission::{
    Access, Decision, FourAction, Grants, Least, Malformed, MessagingAction, PathError, PathPattern, Policy,
    PolicyMode, Reason, RuleError, TopicAction, normalise,
};

use super::glob::{self, Pattern};
use super::host;

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (pattern, asked) = text.split_once('\n').unwrap_or((text, ""));
    paths(pattern, asked);
    hosts(pattern, asked);
    names(pattern, asked);
    topics(pattern, asked);
}

fn paths(pattern: &str, path: &str) {
    let normal = normal(path);
    assert_eq!(normalise(path).map(|path| path.into_owned()), normal);
    let read = glob::read(pattern);
    assert_eq!(check_path(pattern).is_ok(), read.is_some());
    let capabilities = reading(pattern);
    let (Ok(compiled), Ok(grants), Some(read)) = (PathPattern::new(pattern), grants(&capabilities), &read) else {
        assert!(read.is_none() && PathPattern::new(pattern).is_err() && grants(&capabilities).is_err());
        return;
    };
    within(pattern, read, path);

    let access = Access::Filesystem(FourAction::Read, path);
    let (decision, work) = grants.decide_with_work(access);
    let normal = match normal {
        Ok(normal) => normal,
        Err(error) => {
            assert_eq!(decision, Decision::Denied { reason: Malformed::Path(error).into(), mend: None });
            return;
        }
    };
    let most = (pattern.chars().count() * normal.chars().count()) as u64;
    let (matched, steps) = compiled.matches_in(&normal);
    assert_eq!(matched, read.matches(&normal), "{pattern:?} and {normal:?}");
    assert!(steps <= most && work.steps <= most && work.rules <= 1, "{steps} steps and {work:?}, at most {most}");

    let literal = !pattern.contains(['*', '?', '[', '{']) && pattern == normal;
    let special = ["/proc", "/sys", "/dev"].iter().any(|tree| in_tree(&normal, tree));
    assert_eq!(decision.is_granted(), if special { literal } else { matched }, "{pattern:?} and {path:?}");
    assert_eq!(grants.decide(Access::Filesystem(FourAction::Read, &normal)), decision);
    assert_eq!(grants.decide_special(FourAction::Read, path).is_granted(), literal);
    for action in [FourAction::Write, FourAction::Delete, FourAction::List] {
        assert!(!grants.decide(Access::Filesystem(action, path)).is_granted());
    }
    let signs = |c: char| "*?[]{}\\".contains(c) || c.is_control();
    assert!(!grants.nearest(access).is_some_and(|miss| miss.why.is_empty()));
    mended(access, normal != "/" && normal.len() < 1000 && !(special && normal.contains(signs)));
}

fn in_tree(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The names of a path that are left when each `..` has taken the one before it.
fn normal(path: &str) -> Result<String, PathError> {
    match path {
        "" => return Err(PathError::Empty),
        _ if path.len() > 4096 => return Err(PathError::TooLong),
        _ if path.contains('\0') => return Err(PathError::Nul),
        _ if !path.starts_with('/') => return Err(PathError::Relative),
        _ => {}
    }
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    Ok(format!("/{}", names.join("/")))
}

/// Examples of a pattern match it, and are within each pattern that a policy lets it through.
fn within(asked: &str, read: &Pattern, allowed: &str) {
    let policy = Policy { mode: PolicyMode::Strict, allow: reading(allowed) };
    let admitted = policy.admit(&reading(asked), &Capabilities::default()).is_ok();
    assert!(!admitted || PathPattern::new(allowed).is_ok());
    for (filler, choice) in [("", 0), ("x", 1), ("xy", usize::MAX)] {
        let example = read.example(filler, choice);
        if example == "/" || normal(&example).as_deref() != Ok(&example) {
            continue; // an empty name, or one of dots
        }
        assert!(read.matches(&example), "the oracle does not match its own example {example:?} of {asked:?}");
        assert!(PathPattern::new(asked).is_ok_and(|pattern| pattern.matches(&example)), "{asked:?} and {example:?}");
        let allows = || PathPattern::new(allowed).is_ok_and(|pattern| pattern.matches(&example));
        assert!(!admitted || allows(), "{asked:?} is let through by {allowed:?}, and matches {example:?}");
    }
}

fn hosts(pattern: &str, asked: &str) {
    let Ok((pattern, port)) = split_port(pattern) else { return };
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => return,
    };
    let rule = NetworkRule { action: NetworkAction::Outbound, host: pattern.to_owned(), port };
    let capabilities = Capabilities { network: vec![rule], ..Capabilities::default() };
    let grants = grants(&capabilities);
    let read = host::pattern(pattern);
    if pattern.is_ascii() {
        assert_eq!(check_host(pattern).is_ok(), read.is_some(), "{pattern:?}");
        assert_eq!(grants.is_ok(), read.is_some(), "{pattern:?}");
    }
    let Ok(grants) = grants else { return };

    let port_asked = port.unwrap_or(443);
    let access = Access::Network(NetworkAction::Outbound, asked, port_asked);
    let decision = grants.decide(access);
    assert!(!grants.decide(Access::Network(NetworkAction::Inbound, asked, port_asked)).is_granted());
    assert!(!grants.decide(Access::Network(NetworkAction::Outbound, asked, 0)).is_granted());
    if port.is_some() {
        assert!(!grants.decide(Access::Network(NetworkAction::Outbound, asked, port_asked ^ 1)).is_granted());
    }
    let malformed = Decision::Denied { reason: Reason::Malformed(Malformed::Host), mend: None };
    assert!(!grants.nearest(access).is_some_and(|miss| miss.why.is_empty()));
    mended(access, false);
    if !asked.is_ascii() || !pattern.is_ascii() {
        return; // only IDNA says what the name is
    }
    let (Some(host), Some(read)) = (host::host(asked), read) else {
        assert_eq!(decision, malformed);
        return;
    };
    let matched = read.matches(&host);
    assert_eq!(decision.is_granted(), matched, "{pattern:?} and {asked:?}");
    for address in ["8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.1.1.1", "fd00:ec2::254"] {
        let address: IpAddr = address.parse().expect("these are addresses");
        let decision = grants.decide_address(NetworkAction::Outbound, asked, port_asked, address);
        assert_eq!(decision.is_granted(), matched && read.reaches(address), "{pattern:?}, {asked:?} at {address}");
    }
}

fn names(pattern: &str, asked: &str) {
    let family = |is_part: fn(&str) -> bool| {
        let (family, name) = pattern.split_once(':').unwrap_or((pattern, ""));
        is_part(family) && name == "*" && asked.split_once(':').is_some_and(|(asked, _)| asked == family)
    };

    let storage = FourActions { read: vec![pattern.to_owned()], ..FourActions::default() };
    let capabilities = Capabilities { storage, ..Capabilities::default() };
    let is_pattern = is_namespace(pattern) || is_namespace(&pattern.replacen(":*", ":x", 1)) && pattern.ends_with(":*");
    let expected = is_namespace(asked).then(|| pattern == asked || family(is_lower));
    decided(&capabilities, is_pattern, Access::Storage(FourAction::Read, asked), expected);

    let messaging_send = vec![pattern.to_owned()];
    let capabilities = Capabilities { messaging_send, ..Capabilities::default() };
    let is_family = pattern.strip_suffix(":*").is_some_and(|family| family.len() <= 64 && is_identifier(family));
    let is_pattern = pattern == "*" || is_target(pattern) || is_family;
    let expected = is_target(asked).then(|| pattern == "*" || pattern == asked || family(is_identifier));
    decided(&capabilities, is_pattern, Access::Messaging(MessagingAction::Send, asked), expected);
    assert_eq!(ComponentId::new(asked).is_ok(), is_target(asked), "{asked:?}");

    let host_functions = vec![pattern.to_owned()];
    let capabilities = Capabilities { host_functions, ..Capabilities::default() };
    let expected = is_function(asked).then(|| pattern == asked);
    decided(&capabilities, is_function(pattern), Access::HostFunction(asked), expected);
}

fn topics(pattern: &str, asked: &str) {
    let capabilities = publishing(pattern);
    let is_pattern = |text: &str| text == "*" || is_topic(text.strip_suffix(".*").unwrap_or(text));
    let below = pattern.strip_suffix(".*").is_some_and(|prefix| asked.starts_with(&format!("{prefix}.")));
    let covers = pattern == "*" || pattern == asked || below;
    let access = Access::Topic(TopicAction::Publish, asked);
    decided(&capabilities, is_pattern(pattern), access, is_topic(asked).then_some(covers));
    assert_eq!(Topic::new(asked).is_ok(), is_topic(asked), "{asked:?}");
    if let Ok(grants) = grants(&capabilities) {
        assert!(!grants.decide(Access::Topic(TopicAction::Subscribe, asked)).is_granted());
        let (_, work) = grants.decide_with_work(access);
        assert!(work.steps <= asked.split('.').count() as u64, "{work:?} for {asked:?}");
    }
    let policy = Policy { mode: PolicyMode::Strict, allow: capabilities };
    let admitted = policy.admit(&publishing(asked), &Capabilities::default()).is_ok();
    assert_eq!(admitted, is_pattern(pattern) && is_pattern(asked) && covers, "{asked:?} within {pattern:?}");
}

/// Holds a decision against what is expected of it; none stands for a name that is none.
fn decided(capabilities: &Capabilities, is_pattern: bool, access: Access<'_>, expected: Option<bool>) {
    let grants = grants(capabilities);
    assert_eq!(grants.is_ok(), is_pattern, "{capabilities:?}");
    let Ok(grants) = grants else { return };
    let decision = grants.decide(access);
    let malformed = matches!(decision, Decision::Denied { reason: Reason::Malformed(_), .. });
    assert_eq!((!malformed).then_some(decision.is_granted()), expected, "{access:?}, {:?}", grants.rules());
    assert!(!grants.nearest(access).is_some_and(|miss| miss.why.is_empty()));
    mended(access, expected.is_some());
}

fn is_lower(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_namespace(text: &str) -> bool {
    text.len() <= 128 && text.split(':').count() == 2 && text.split(':').all(is_lower)
}

fn is_identifier(text: &str) -> bool {
    let doubled = text.contains("--") || text.ends_with('-');
    is_lower(text) && !doubled && text.as_bytes()[0].is_ascii_lowercase()
}

fn is_target(text: &str) -> bool {
    text.len() <= 64 && text.split(':').count() <= 2 && text.split(':').all(is_identifier)
}

fn is_topic(text: &str) -> bool {
    let word = |word: &str| is_lower(word) && !word.contains('-');
    text.len() <= 128 && text.split('.').all(|segment| segment.split('-').all(word))
}

fn is_function(text: &str) -> bool {
    let words: Vec<&str> = text.split(|character| ".-_".contains(character)).collect();
    text.len() <= 128 && words.iter().all(|word| is_lower(word))
}

/// What is denied to somebody without grants is granted to the one who adds the line that the denial names, and to the
/// one who has the least manifest. `surely` says that there is such a line.
fn mended(access: Access<'_>, surely: bool) {
    let nobody = Grants::default();
    let Decision::Denied { reason, mend } = nobody.decide(access) else { panic!("{access:?} is granted by nothing") };
    let mut least = Least::default();
    least.add(access);
    let tables = least.to_toml();
    let Some(line) = mend else {
        assert!(!surely, "nothing is said to mend {access:?}: {reason}");
        assert!(tables.starts_with('#') && tables.lines().count() == 1, "{tables}");
        return;
    };
    granting(access, &tables);
    let whole = line.strip_prefix("add ").and_then(|line| line.strip_suffix(" in component.toml"));
    let (entry, key) = whole.and_then(|line| line.rsplit_once(" to ")).expect("the line says what to add where");
    let (table, key) = key.rsplit_once('.').expect("the place is a key of a table");
    granting(access, &format!("[{table}]\n{key} = [{entry}]\n"));
}

fn granting(access: Access<'_>, tables: &str) {
    let head = "[component]\nname = \"a\"\nversion = \"1.0.0\"\napi-version = \"1.1.0\"\n[resources.memory]\nmax = 1\n";
    let manifest = Manifest::parse(&format!("{head}{tables}"));
    let manifest = manifest.unwrap_or_else(|errors| panic!("{tables}: {errors}"));
    let grants = grants(&manifest.capabilities).unwrap_or_else(|error| panic!("{tables}: {error}"));
    assert!(grants.decide(access).is_granted(), "{tables}: it does not grant {access:?}");
}

fn reading(pattern: &str) -> Capabilities {
    let filesystem = FourActions { read: vec![pattern.to_owned()], ..FourActions::default() };
    Capabilities { filesystem, ..Capabilities::default() }
}

fn publishing(pattern: &str) -> Capabilities {
    Capabilities { topics_publish: vec![pattern.to_owned()], ..Capabilities::default() }
}

fn grants(capabilities: &Capabilities) -> Result<Grants, RuleError> {
    Grants::new(capabilities, &Capabilities::default())
}

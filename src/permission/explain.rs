//! Why an access is denied although there are rules: the one that comes nearest.

use super::decision::{Access, Class, Rule};
use super::glob::PathPattern;
use super::grants::{Grants, resource};
use super::host::{self, Host, Pattern};
use super::{names, path, topics};

/// The rule that comes nearest to an access, and why it does not permit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss<'g> {
    /// The rule.
    pub rule: &'g Rule,
    /// Why it does not permit the access.
    pub why: String,
}

impl Grants {
    /// The rule of the access's class that comes nearest to a denied access: one that matches but for action or port
    /// before one that does not match, and then the one whose literal part agrees longest (from the end, for hosts).
    pub fn nearest(&self, access: Access<'_>) -> Option<Miss<'_>> {
        let resource = resource(access);
        let same_class = self.rules().iter().filter(|rule| rule.class == access.class());
        let near = same_class.map(|rule| (matches(rule, &resource), agreement(rule, &resource), rule));
        let near = near.filter(|(matches, agreement, _)| *matches || *agreement > 0);
        // Of equals, the one of the same action, and then the first.
        let rank =
            |(matches, agreement, rule): &(bool, usize, &Rule)| (*matches, *agreement, rule.action == access.action());
        let nearest = near.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best });
        nearest.map(|(matches, _, rule)| Miss { rule, why: why(rule, matches, access, &resource) })
    }
}

/// Whether a rule's pattern matches, whatever its action and port.
fn matches(rule: &Rule, resource: &str) -> bool {
    match rule.class {
        Class::Filesystem | Class::Process => PathPattern::new(&rule.pattern).is_ok_and(|p| p.matches(resource)),
        Class::Network => {
            let host = Host::parse(resource);
            Pattern::parse(&rule.pattern).is_ok_and(|pattern| host.is_some_and(|host| pattern.matches(&host)))
        }
        Class::Storage | Class::Messaging | Class::HostFunctions => names::covers(&rule.pattern, resource),
        Class::Topics => topics::covers(&rule.pattern, resource),
    }
}

/// How many characters of a pattern's literal part are the resource's as well; the `/` of all paths is none.
fn agreement(rule: &Rule, resource: &str) -> usize {
    match rule.class {
        Class::Network => {
            let pattern = host::lower(rule.pattern.trim_start_matches('*'));
            common(pattern.chars().rev(), resource.chars().rev())
        }
        Class::Filesystem | Class::Process => {
            let literal = rule.pattern.split(['*', '?', '[', '{']).next().unwrap_or_default();
            common(literal.chars().skip(1), resource.chars().skip(1))
        }
        Class::Storage | Class::Messaging | Class::Topics | Class::HostFunctions => {
            common(rule.pattern.chars(), resource.chars())
        }
    }
}

fn common(ours: impl Iterator<Item = char>, theirs: impl Iterator<Item = char>) -> usize {
    ours.zip(theirs).take_while(|(ours, theirs)| ours == theirs).count()
}

fn why(rule: &Rule, matches: bool, access: Access<'_>, resource: &str) -> String {
    let is_path = matches!(rule.class, Class::Filesystem | Class::Process);
    match rule.port {
        _ if matches && rule.action != access.action() => {
            format!("it permits {}, not {}", rule.action, access.action())
        }
        _ if matches && is_path => "wildcards do not reach /proc, /sys and /dev".to_owned(),
        Some(port) if matches => format!("it permits port {port} alone"),
        _ if is_path => why_path(&rule.pattern, resource),
        _ if rule.class == Class::Network => why_host(&rule.pattern, resource),
        _ if rule.class == Class::Topics => topics::why(&rule.pattern, resource),
        _ => format!("`{}` is another name", rule.pattern),
    }
}

fn why_path(pattern: &str, resource: &str) -> String {
    let (mut at, mut rest) = (1, pattern.split('/').skip(1).peekable());
    while let Some(segment) = rest.next() {
        let Some((name, next)) = path::segment_at(resource, at) else {
            return match segment {
                "**" => "`**` stands for one segment at least, and the path ends in front of it".to_owned(),
                _ => format!("the path ends in front of `{segment}`"),
            };
        };
        if segment == "**" {
            return match rest.peek() {
                Some(_) => format!("nothing behind `**` fits the end of the path from `{name}` on"),
                None => "`**` stands for one segment at least".to_owned(),
            };
        }
        if !PathPattern::new(&format!("/{segment}")).is_ok_and(|pattern| pattern.matches(&format!("/{name}"))) {
            return format!("`{segment}` does not match `{name}`");
        }
        at = next;
    }
    match path::segment_at(resource, at) {
        Some((name, _)) => format!("it ends, and the path goes on with `{name}`"),
        None => "it does not match".to_owned(),
    }
}

fn why_host(pattern: &str, resource: &str) -> String {
    match pattern.strip_prefix("*.") {
        Some(domain) if host::lower(domain) == resource => "`*.` stands for one label at least".to_owned(),
        _ if pattern == "*" => "`*` stands for public hosts alone".to_owned(),
        _ => format!("`{pattern}` is another host"),
    }
}

//! Grants in force, and the one function that decides by them.

use core::net::IpAddr;

use super::address::is_public;
use super::decision::{Access, Class, Decision, FourAction, Malformed, MessagingAction, Reason, Rule, TopicAction};
use super::glob::PathPattern;
use super::host::{Host, Hosts, Pattern};
use super::mend::mend;
use super::names::{self, Names};
use super::path::{is_special, normalise};
use super::rules::{RuleError, rules};
use super::topics::Topics;
use super::tree::PathTree;
use crate::contract::Topic;
use crate::manifest::{Capabilities, NetworkAction, pattern};

/// What a component may do. There are no grants but those made here, from capabilities.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    rules: Vec<Rule>,
    /// Whether wildcards and names reach addresses that are not public.
    allow_private: bool,
    filesystem: [PathTree; FourAction::ALL.len()],
    network: [Hosts; NetworkAction::ALL.len()],
    storage: [Names; FourAction::ALL.len()],
    process: PathTree,
    messaging: [Names; MessagingAction::ALL.len()],
    topics: [Topics; TopicAction::ALL.len()],
    host_functions: Names,
}

/// What a decision took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// How many path patterns were matched against the path.
    pub rules: u64,
    /// How many steps that took; for a topic, how many look-ups there were.
    pub steps: u64,
}

impl Grants {
    /// Everything that a manifest asks for, `[capabilities.optional]` included.
    ///
    /// # Errors
    /// [`RuleError`] names the first pattern that is none.
    pub fn new(required: &Capabilities, optional: &Capabilities) -> Result<Self, RuleError> {
        let mut all = rules(required, "capabilities");
        all.extend(rules(optional, "capabilities.optional"));
        Self::of(all)
    }

    /// The same grants, whose wildcards and names reach addresses that are not public, too: the host's consent.
    #[must_use]
    pub fn allowing_private(mut self) -> Self {
        self.allow_private = true;
        self
    }

    /// The rules in force.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decides an access. Allocates for a denial, for a path that is not normal, and for a host beyond ASCII.
    pub fn decide(&self, access: Access<'_>) -> Decision<'_> {
        self.decide_with_work(access).0
    }

    /// As [`decide`](Self::decide), with what it took.
    pub fn decide_with_work(&self, access: Access<'_>) -> (Decision<'_>, Work) {
        let mut work = Work::default();
        let found = self.find(access, &mut work);
        (self.decision(access, found), work)
    }

    fn decision(&self, access: Access<'_>, found: Result<usize, Reason>) -> Decision<'_> {
        match found {
            Ok(rule) => Decision::Granted { rule: &self.rules[rule] },
            Err(reason @ Reason::Malformed(_)) => Decision::Denied { reason, mend: None },
            Err(reason) => {
                Decision::Denied { reason, mend: mend(access, &resource(access), reason == Reason::Special) }
            }
        }
    }

    /// The same grants without the rules that `revoked` names, and those rules.
    #[must_use]
    pub fn without(&self, revoked: impl Fn(&Rule) -> bool) -> (Self, Vec<Rule>) {
        let (gone, kept): (Vec<_>, Vec<_>) = self.rules.iter().cloned().partition(|rule| revoked(rule));
        // Each of these rules was compiled before, so that none can fail now; if one did, less would be granted.
        (Self { allow_private: self.allow_private, ..Self::of(kept).unwrap_or_default() }, gone)
    }

    /// Decides an action on a device, a FIFO or a socket, which only a rule without wildcards permits.
    pub fn decide_special(&self, action: FourAction, path: &str) -> Decision<'_> {
        let found = find_path(&self.filesystem[action as usize], path, true, &mut Work::default());
        self.decision(Access::Filesystem(action, path), found)
    }

    /// Decides about an address to which the host of a network access was resolved: only what this grants may be
    /// connected to. An address that is not public needs a rule that names it or its range; a loopback address may
    /// also be had by the name `localhost`.
    pub fn decide_address(&self, action: NetworkAction, host: &str, port: u16, address: IpAddr) -> Decision<'_> {
        let address = address.to_canonical();
        let by_name = self.decide(Access::Network(action, host, port));
        let Decision::Granted { rule } = by_name else { return by_name };
        let local = address.is_loopback() && Pattern::parse(&rule.pattern) == Ok(Pattern::Name("localhost".to_owned()));
        let literal = self.network[action as usize].find_address(address, port);
        match literal {
            _ if is_public(address) || local || self.allow_private => by_name,
            Some(rule) => Decision::Granted { rule: &self.rules[rule] },
            None => {
                let shown = shown_address(address);
                let mend = mend(Access::Network(action, &shown, port), &shown, false);
                Decision::Denied { reason: Reason::NotPublic, mend }
            }
        }
    }

    /// Compiles rules.
    pub(super) fn of(rules: Vec<Rule>) -> Result<Self, RuleError> {
        let mut grants = Self::default();
        for (index, rule) in rules.iter().enumerate() {
            grants.insert(index, rule).map_err(|kind| RuleError { rule: rule.clone(), kind })?;
        }
        grants.filesystem.iter_mut().for_each(PathTree::settle);
        grants.process.settle();
        grants.rules = rules;
        Ok(grants)
    }

    fn insert(&mut self, index: usize, rule: &Rule) -> Result<(), pattern::PatternError> {
        let text = rule.pattern.as_str();
        let four = || FourAction::ALL.iter().position(|action| action.as_str() == rule.action).unwrap_or_default();
        match rule.class {
            Class::Filesystem => self.filesystem[four()].insert(PathPattern::new(text)?, index),
            Class::Process => self.process.insert(PathPattern::new(text)?, index),
            Class::Network => {
                let inbound = usize::from(rule.action == NetworkAction::Inbound.as_str());
                self.network[inbound].insert(Pattern::parse(text)?, rule.port, index);
            }
            Class::Storage => {
                pattern::check_namespace(text)?;
                self.storage[four()].insert(text, index);
            }
            Class::Messaging => {
                pattern::check_target(text)?;
                let request = usize::from(rule.action == MessagingAction::Request.as_str());
                self.messaging[request].insert(text, index);
            }
            Class::Topics => {
                pattern::check_topic(text)?;
                let subscribe = usize::from(rule.action == TopicAction::Subscribe.as_str());
                self.topics[subscribe].insert(text, index);
            }
            Class::HostFunctions => {
                pattern::check_function(text)?;
                self.host_functions.insert(text, index);
            }
        }
        Ok(())
    }

    /// The rule that permits an access.
    fn find(&self, access: Access<'_>, work: &mut Work) -> Result<usize, Reason> {
        let found = match access {
            Access::Filesystem(action, path) => {
                return find_path(&self.filesystem[action as usize], path, false, work);
            }
            Access::Process(command) => return find_path(&self.process, command, false, work),
            Access::Network(_, _, 0) => return Err(Malformed::Port.into()),
            Access::Network(action, host, port) => {
                let host = Host::parse(host).ok_or(Malformed::Host)?;
                let found = self.network[action as usize].find(&host, port, self.allow_private);
                return found.ok_or(match host {
                    Host::Address(address) if !is_public(address) => Reason::NotPublic,
                    _ => Reason::Undeclared,
                });
            }
            Access::Storage(_, namespace) if !names::is_namespace(namespace) => {
                return Err(Malformed::Namespace.into());
            }
            Access::Messaging(_, target) if !names::is_target(target) => return Err(Malformed::Target.into()),
            Access::Topic(action, topic) => {
                Topic::check(topic).map_err(Malformed::Topic)?;
                self.topics[action as usize].find(topic, work)
            }
            Access::HostFunction(name) if !names::is_function(name) => return Err(Malformed::Function.into()),
            Access::Storage(action, namespace) => self.storage[action as usize].find(namespace),
            Access::Messaging(action, target) => self.messaging[action as usize].find(target),
            Access::HostFunction(name) => self.host_functions.find(name),
        };
        found.ok_or(Reason::Undeclared)
    }
}

fn find_path(tree: &PathTree, path: &str, literally: bool, work: &mut Work) -> Result<usize, Reason> {
    let path = normalise(path).map_err(Malformed::Path)?;
    let reason = || if literally || is_special(&path) { Reason::Special } else { Reason::Undeclared };
    tree.find(&path, literally, work).ok_or_else(reason)
}

/// What an access is about, in the form in which a pattern would name it.
pub(super) fn resource(access: Access<'_>) -> String {
    match access {
        Access::Filesystem(_, path) | Access::Process(path) => {
            normalise(path).map_or_else(|_| path.to_owned(), |path| path.into_owned())
        }
        Access::Network(_, host, _) => match Host::parse(host) {
            Some(Host::Name(name)) => name.as_str().to_owned(),
            Some(Host::Address(address)) => shown_address(address),
            None => host.to_owned(),
        },
        _ => access.resource().to_owned(),
    }
}

fn shown_address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

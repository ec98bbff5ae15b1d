//! The one gate: decides an access, records it, and only then lets it be acted upon.
//!
//! In: what a component wants to do, with what was found where that depends on the world. Out: leave to do it, with the
//! grants by which it was given, or a text that names the line of the manifest which would give it. One record is left
//! either way. What the access does once it has leave is not known here.

use std::net::IpAddr;
use std::sync::Arc;

use crate::manifest::NetworkAction;
use crate::permission::{
    self, Access, Class, Decision, FourAction, Grants, MessagingAction, Reason, Rule, TopicAction, normalise,
};

use super::super::audit::{self, AccessRecord, AuditEvent, Lossless};
use super::super::call::CurrentCall;
use super::super::component::Component;
use super::super::services::Services;

/// An access that waits for leave.
pub(super) struct Asked<'a> {
    /// What is decided.
    pub(super) subject: Subject<'a>,
    /// What the guest passed.
    pub(super) resource: &'a str,
    /// What that led to, where it had to be found out.
    pub(super) resolved: Option<String>,
}

/// What an access is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// An action on the object that a path led to; a second action may suffice.
    Path { action: FourAction, or: Option<FourAction>, path: &'a str, node: Node },
    /// A connection to a host, and the addresses that its name has; none as long as nobody asked for them.
    Host { host: &'a str, port: u16, addresses: &'a [IpAddr] },
    /// An action on a namespace; a second action may suffice.
    Namespace { action: FourAction, or: Option<FourAction>, namespace: &'a str },
    /// Running, or minding, the executable that a path led to.
    Command { path: &'a str, node: Node },
    /// Sending to a component.
    Target { action: MessagingAction, target: &'a str },
    /// Publishing to a topic, or receiving what is published there.
    Topic { action: TopicAction, topic: &'a str },
    /// Calling a function that the embedder registered.
    Function(&'a str),
    /// What is no path and no URL; why is in words.
    Malformed { class: Class, action: &'static str, why: &'a str },
}

/// What stands at the end of a path, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// A file, a directory, or nothing.
    Ordinary,
    /// A device, a FIFO or a socket.
    Special,
    /// A file that the runtime itself keeps: its store, its audit trail.
    Own,
}

/// The answer, as it stands in the record.
#[derive(Debug)]
pub(super) enum Ruling<'g> {
    Granted {
        rule: Option<&'g Rule>,
    },
    /// `hopeless` if no rule could ever permit it.
    Denied {
        reason: String,
        text: String,
        hopeless: bool,
    },
}

/// Why an access is denied: the text of the function's own `permission-denied`.
pub(super) struct Denied(pub(super) String);

impl Ruling<'_> {
    pub(super) fn is_granted(&self) -> bool {
        matches!(self, Ruling::Granted { .. })
    }

    /// The action that was permitted, of those that would do.
    fn action(&self) -> Option<&'static str> {
        match self {
            Ruling::Granted { rule } => rule.map(|rule| rule.action),
            Ruling::Denied { .. } => None,
        }
    }
}

/// Who asks, and where decisions are recorded: the part of a [`Host`](super::Host) that every access needs.
pub(crate) struct Gate {
    pub(crate) component: Arc<Component>,
    pub(crate) services: Arc<Services>,
    pub(crate) call: CurrentCall,
    /// The ordinal of the instance; 0 until it has one.
    pub(crate) ordinal: u64,
}

impl Gate {
    /// Decides an access and records the decision. Whoever got leave acts next.
    pub(super) fn pass(&self, asked: Asked<'_>) -> Result<Arc<Grants>, Denied> {
        let grants = self.component.grants.current();
        let Asked { subject, resource, resolved } = asked;
        let mut ruling = self.decide(&grants, &subject, resource);
        if self.services.record_only && matches!(ruling, Ruling::Denied { hopeless: false, .. }) {
            ruling = Ruling::Granted { rule: None };
        }
        if ruling.is_granted() && self.services.audit.pass_over() {
            return Ok(grants);
        }
        let request_id = self.call.request_id();
        let asked = audit::Asked {
            component: self.component.id(),
            version: &self.component.version,
            instance: self.ordinal,
            class: subject.class(),
            action: ruling.action().unwrap_or(subject.action()),
            resource,
            request_id: request_id.as_ref(),
        };
        let resolved = resolved.as_deref();
        let (record, text) = match ruling {
            Ruling::Granted { rule: Some(rule) } => {
                (AccessRecord::granted(&asked, resolved, rule.text().clone()), None)
            }
            Ruling::Granted { rule: None } => (AccessRecord::granted(&asked, resolved, "recorded, not decided"), None),
            Ruling::Denied { reason, text, .. } => (AccessRecord::denied(&asked, resolved, reason), Some(text)),
        };
        self.record(AuditEvent::Access(record))?;
        text.map_or(Ok(grants), |text| Err(Denied(text)))
    }

    /// Leaves a record, or answers why there must be no access without one.
    fn record(&self, event: AuditEvent) -> Result<(), Denied> {
        let services = &self.services;
        match services.record(event) {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::error!(component = self.component.id().as_str(), %error, "an access could not be recorded");
                if services.audit.lossless() == Lossless::Refuse {
                    return Err(Denied("the audit trail takes no record, and nothing is done without one".to_owned()));
                }
                Ok(())
            }
        }
    }

    /// Decides without a trace.
    pub(super) fn decide<'g>(&self, grants: &'g Grants, subject: &Subject<'_>, resource: &str) -> Ruling<'g> {
        match *subject {
            Subject::Path { action, or, path, node } => {
                let by = |action, node| match node {
                    Node::Special => grants.decide_special(action, path),
                    Node::Ordinary | Node::Own => grants.decide(Access::Filesystem(action, path)),
                };
                either(by(action, node), or.map(|or| by(or, node)), node, |denied| {
                    explain(grants, Access::Filesystem(action, path), or, resource, denied)
                })
            }
            Subject::Namespace { action, or, namespace } => {
                let by = |action| grants.decide(Access::Storage(action, namespace));
                either(by(action), or.map(by), Node::Ordinary, |denied| with_other(denied, Class::Storage, or))
            }
            Subject::Command { path, node } => {
                let access = Access::Process(path);
                // There is nothing to execute in a device, and no rule that could say so.
                let decision = grants.decide(access);
                either(decision, None, node, |denied| explain(grants, access, None, resource, denied))
            }
            Subject::Host { host, port, addresses } => {
                let action = NetworkAction::Outbound;
                let mut decision = grants.decide(Access::Network(action, host, port));
                for address in addresses {
                    decision = grants.decide_address(action, host, port, *address);
                    if decision.is_granted() {
                        break;
                    }
                }
                either(decision, None, Node::Ordinary, |denied| denied)
            }
            Subject::Target { action, target } => {
                either(grants.decide(Access::Messaging(action, target)), None, Node::Ordinary, |denied| denied)
            }
            Subject::Topic { action, topic } => {
                either(grants.decide(Access::Topic(action, topic)), None, Node::Ordinary, |denied| denied)
            }
            Subject::Function(name) => {
                either(grants.decide(Access::HostFunction(name)), None, Node::Ordinary, |denied| denied)
            }
            Subject::Malformed { why, .. } => {
                Ruling::Denied { reason: why.to_owned(), text: why.to_owned(), hopeless: true }
            }
        }
    }
}

/// Why nothing is done to a file that the runtime keeps.
const OWN: &str = "the file is the runtime's own, which no rule reaches";

/// The first decision that grants, or the first denial with its text made for the guest.
fn either<'g>(
    first: Decision<'g>,
    second: Option<Decision<'g>>,
    node: Node,
    text: impl FnOnce(Option<String>) -> Option<String>,
) -> Ruling<'g> {
    let granted = [Some(&first), second.as_ref()].into_iter().flatten().find_map(|decision| match decision {
        Decision::Granted { rule } => Some(*rule),
        Decision::Denied { .. } => None,
    });
    match (granted, first) {
        (Some(_), _) if node == Node::Own => {
            Ruling::Denied { reason: OWN.to_owned(), text: OWN.to_owned(), hopeless: true }
        }
        // The record tells it, the guest only learns it of what it was granted.
        (None, Decision::Denied { reason, mend }) if node == Node::Own => {
            let text = text(mend).unwrap_or_else(|| reason.to_string());
            Ruling::Denied { reason: OWN.to_owned(), text, hopeless: true }
        }
        (Some(rule), _) => Ruling::Granted { rule: Some(rule) },
        (None, Decision::Denied { reason, mend }) => {
            let text = text(mend).unwrap_or_else(|| reason.to_string());
            Ruling::Denied { reason: reason.to_string(), text, hopeless: matches!(reason, Reason::Malformed(_)) }
        }
        (None, Decision::Granted { rule }) => Ruling::Granted { rule: Some(rule) },
    }
}

/// The line to add for a path. It is made of what the guest passed, never of what that led to: the text must not tell
/// what is there.
fn explain(
    grants: &Grants,
    access: Access<'_>,
    or: Option<FourAction>,
    resource: &str,
    denied: Option<String>,
) -> Option<String> {
    let asked = normalise(resource).ok()?;
    let class = access.class();
    if asked == access.resource() {
        return with_other(denied, class, or);
    }
    let as_asked = match access {
        Access::Filesystem(action, _) => Access::Filesystem(action, &asked),
        _ => Access::Process(&asked),
    };
    match grants.decide(as_asked) {
        Decision::Denied { mend, .. } => with_other(mend, class, or),
        Decision::Granted { .. } => Some(format!(
            "add the target of \"{}\" to capabilities.{class}.{} in component.toml: a link leads out of what is granted",
            permission::escape(&asked),
            access.action()
        )),
    }
}

/// Names the second list that would do.
fn with_other(line: Option<String>, class: Class, or: Option<FourAction>) -> Option<String> {
    const END: &str = " in component.toml";
    match (line, or) {
        (Some(line), Some(or)) => {
            let start = line.strip_suffix(END).unwrap_or(&line);
            Some(format!("{start} or capabilities.{class}.{or}{END}"))
        }
        (line, _) => line,
    }
}

impl Subject<'_> {
    pub(super) fn class(&self) -> Class {
        match self {
            Subject::Path { .. } => Class::Filesystem,
            Subject::Host { .. } => Class::Network,
            Subject::Namespace { .. } => Class::Storage,
            Subject::Command { .. } => Class::Process,
            Subject::Target { .. } => Class::Messaging,
            Subject::Topic { .. } => Class::Topics,
            Subject::Function(_) => Class::HostFunctions,
            Subject::Malformed { class, .. } => *class,
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Subject::Path { action, .. } | Subject::Namespace { action, .. } => action.as_str(),
            Subject::Host { .. } => NetworkAction::Outbound.as_str(),
            Subject::Command { .. } => "spawn",
            Subject::Target { action, .. } => action.as_str(),
            Subject::Topic { action, .. } => action.as_str(),
            Subject::Function(_) => "call",
            Subject::Malformed { action, .. } => action,
        }
    }
}

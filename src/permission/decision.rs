//! What can be asked, and what the answer is.

use std::fmt;

use super::path::PathError;
use crate::contract::{Text, TopicError, kebab_enum};
use crate::manifest::NetworkAction;
use crate::manifest::pattern::MAX_NAMESPACE_BYTES;

kebab_enum! {
    /// A class of permissions.
    pub enum Class {
        /// Files and directories.
        Filesystem = "filesystem",
        /// Connections.
        Network = "network",
        /// Storage namespaces.
        Storage = "storage",
        /// Commands.
        Process = "process",
        /// Other components.
        Messaging = "messaging",
        /// Publications.
        Topics = "topics",
        /// Functions that the embedder registered.
        HostFunctions = "host-functions",
    }
}

kebab_enum! {
    /// What can be done to files, and to the keys of a storage namespace. One never implies another.
    pub enum FourAction {
        /// Read content.
        Read = "read",
        /// Create or replace.
        Write = "write",
        /// Delete.
        Delete = "delete",
        /// Name what is there.
        List = "list",
    }
}

kebab_enum! {
    /// What can be sent to another component.
    pub enum MessagingAction {
        /// A message that expects no response.
        Send = "send",
        /// A message that expects one.
        Request = "request",
    }
}

kebab_enum! {
    /// What can be done with a topic. One never implies the other.
    pub enum TopicAction {
        /// Publish to it.
        Publish = "publish",
        /// Receive what is published to it.
        Subscribe = "subscribe",
    }
}

/// One concrete access: the variant `access` of the interface `capabilities`, and what contract 1.1 added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<'a> {
    /// The action and the path.
    Filesystem(FourAction, &'a str),
    /// The direction, the host and the port.
    Network(NetworkAction, &'a str, u16),
    /// The action and the namespace.
    Storage(FourAction, &'a str),
    /// The command to spawn.
    Process(&'a str),
    /// The action and the target's identifier.
    Messaging(MessagingAction, &'a str),
    /// The action and the topic.
    Topic(TopicAction, &'a str),
    /// The name of the host function.
    HostFunction(&'a str),
}

impl<'a> Access<'a> {
    /// The class of the permission that it needs.
    pub fn class(self) -> Class {
        match self {
            Self::Filesystem(..) => Class::Filesystem,
            Self::Network(..) => Class::Network,
            Self::Storage(..) => Class::Storage,
            Self::Process(_) => Class::Process,
            Self::Messaging(..) => Class::Messaging,
            Self::Topic(..) => Class::Topics,
            Self::HostFunction(_) => Class::HostFunctions,
        }
    }

    /// The action, as the manifest writes it.
    pub fn action(self) -> &'static str {
        match self {
            Self::Filesystem(action, _) | Self::Storage(action, _) => action.as_str(),
            Self::Network(action, ..) => action.as_str(),
            Self::Process(_) => "spawn",
            Self::Messaging(action, _) => action.as_str(),
            Self::Topic(action, _) => action.as_str(),
            Self::HostFunction(_) => "call",
        }
    }

    /// What it is about, without the port.
    pub fn resource(self) -> &'a str {
        match self {
            Self::Filesystem(_, text)
            | Self::Network(_, text, _)
            | Self::Storage(_, text)
            | Self::Process(text)
            | Self::Messaging(_, text)
            | Self::Topic(_, text)
            | Self::HostFunction(text) => text,
        }
    }
}

/// One pattern of the manifest.
///
/// It is made where patterns are read, and changed nowhere: its text follows from the other fields.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// The class.
    pub class: Class,
    /// The action, as the manifest writes it.
    pub action: &'static str,
    /// The pattern, as the manifest writes it but for a port.
    pub pattern: String,
    /// The port of a network pattern; none means any.
    pub port: Option<u16>,
    /// Where it stands, such as `capabilities.filesystem.read[2]`.
    pub key: String,
    /// What it is displayed as, made once: it stands in the record of every access that it permits.
    #[serde(skip)]
    text: Text,
}

impl Rule {
    /// The rule with its text.
    pub(super) fn new(class: Class, action: &'static str, pattern: String, port: Option<u16>, key: String) -> Self {
        let behind = port.map_or(String::new(), |port| format!(", port {port}"));
        let text = format!("{key} = \"{}\"{behind}", super::mend::escape(&pattern)).into();
        Self { class, action, pattern, port, key, text }
    }

    /// What it is displayed as, such as `capabilities.filesystem.read[2] = "/data/**"`.
    pub fn text(&self) -> &Text {
        &self.text
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The answer to an [`Access`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision<'g> {
    /// It may be made.
    Granted {
        /// The rule that permits it. Others may, too.
        rule: &'g Rule,
    },
    /// It may not.
    Denied {
        /// Why.
        reason: Reason,
        /// The change of the manifest that would permit it, if one can.
        mend: Option<String>,
    },
}

impl Decision<'_> {
    /// Whether the access may be made.
    pub fn is_granted(&self) -> bool {
        matches!(self, Self::Granted { .. })
    }
}

/// Why an access is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No rule matches.
    #[error("no rule permits it")]
    Undeclared,
    /// The path is in `/proc`, `/sys` or `/dev`, or a device, a FIFO or a socket, and no rule without wildcards names
    /// it.
    #[error("no rule permits it, and wildcards do not reach devices, FIFOs, sockets, /proc, /sys and /dev")]
    Special,
    /// The address is not public, and no rule names it or its range.
    #[error("no rule names this address, which is not public")]
    NotPublic,
    /// The access is not one that could be permitted.
    #[error("{0}")]
    Malformed(#[from] Malformed),
}

/// What is wrong with an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The path is none (`invalid-path`).
    #[error(transparent)]
    Path(#[from] PathError),
    /// The host is neither a name nor an address (`invalid-url`).
    #[error("the host is no domain name, IPv4 address or [IPv6 address]")]
    Host,
    /// Nothing listens on port 0.
    #[error("the port is 0")]
    Port,
    /// The namespace is not `category:subcategory`.
    #[error(
        "the namespace is not of the form category:subcategory, in lower-case letters, digits and `-`, at most {MAX_NAMESPACE_BYTES} bytes"
    )]
    Namespace,
    /// The target is no identifier.
    #[error("the target is no component identifier")]
    Target,
    /// The text is no topic (`invalid-topic`).
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The name is no name of a host function.
    #[error("the function's name is not of lower-case words and digits joined by `.`, `-` or `_`")]
    Function,
}

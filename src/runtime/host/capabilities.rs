//! `airssys:core/capabilities`: what a component may do at this moment.

use std::str::FromStr;

use crate::manifest::NetworkAction;
use crate::permission::{self, Class, FourAction, Grants, MessagingAction, Rule};

use super::super::bindings::capabilities::{
    Access, FilesystemAction, FilesystemPermission, Host as Capabilities, MessagingAction as GuestMessagingAction,
    MessagingPermission, NetworkAction as GuestNetworkAction, NetworkPermission, ProcessPermission,
    RequestedPermissions, StorageAction, StoragePermission,
};
use super::Host;
use super::gate::Subject;

/// The rules in force, class by class, in the manifest's order.
pub(crate) fn in_words(grants: &Grants) -> RequestedPermissions {
    let of = |class| grants.rules().iter().filter(move |rule| rule.class == class);
    let pattern = |rule: &Rule| rule.pattern.clone();
    RequestedPermissions {
        filesystem: of(Class::Filesystem)
            .filter_map(|rule| {
                Some(FilesystemPermission { action: action::<FourAction, _>(rule)?, path_pattern: pattern(rule) })
            })
            .collect(),
        network: of(Class::Network)
            .filter_map(|rule| {
                Some(NetworkPermission {
                    action: action::<NetworkAction, _>(rule)?,
                    host_pattern: pattern(rule),
                    port: rule.port,
                })
            })
            .collect(),
        storage: of(Class::Storage)
            .filter_map(|rule| {
                Some(StoragePermission { action: action::<FourAction, _>(rule)?, namespace_pattern: pattern(rule) })
            })
            .collect(),
        process: of(Class::Process).map(|rule| ProcessPermission { command_pattern: pattern(rule) }).collect(),
        messaging: of(Class::Messaging)
            .filter_map(|rule| {
                Some(MessagingPermission { action: action::<MessagingAction, _>(rule)?, target_pattern: pattern(rule) })
            })
            .collect(),
        host_functions: of(Class::HostFunctions).map(pattern).collect(),
    }
}

/// The action of a rule; of a rule of the class there is one.
fn action<A: FromStr, T: From<A>>(rule: &Rule) -> Option<T> {
    rule.action.parse::<A>().ok().map(T::from)
}

/// An enumeration of the WIT and the engine's of the same words, from one to the other and back.
macro_rules! same_words {
    ($guest:ident, $ours:ident: $($word:ident),+) => {
        impl From<$guest> for $ours {
            fn from(word: $guest) -> Self {
                match word { $($guest::$word => $ours::$word),+ }
            }
        }
        impl From<$ours> for $guest {
            fn from(word: $ours) -> Self {
                match word { $($ours::$word => $guest::$word),+ }
            }
        }
    };
}

same_words!(FilesystemAction, FourAction: Read, Write, Delete, List);
same_words!(StorageAction, FourAction: Read, Write, Delete, List);
same_words!(GuestNetworkAction, NetworkAction: Outbound, Inbound);
same_words!(GuestMessagingAction, MessagingAction: Send, Request);

impl Capabilities for Host {
    fn granted(&mut self) -> RequestedPermissions {
        in_words(&self.gate.component.grants.current())
    }

    /// Decides as the gate would, and leaves no record: to ask is not to access.
    async fn is_granted(&mut self, access: Access) -> bool {
        let grants = self.gate.component.grants.current();
        let decided = |access| grants.decide(access).is_granted();
        match &access {
            Access::Filesystem((action, path)) => {
                let Ok(found) = self.gate.follow(path).await else { return false };
                let (action, node) = ((*action).into(), found.node());
                let subject = Subject::Path { action, or: None, path: found.path(), node };
                self.gate.decide(&grants, &subject, path).is_granted()
            }
            Access::Process(command) => {
                let Ok(found) = self.gate.follow(command).await else { return false };
                let subject = Subject::Command { path: found.path(), node: found.node() };
                self.gate.decide(&grants, &subject, command).is_granted()
            }
            Access::Network((action, host, port)) => {
                decided(permission::Access::Network((*action).into(), host, *port))
            }
            Access::Storage((action, namespace)) => decided(permission::Access::Storage((*action).into(), namespace)),
            Access::Messaging((action, target)) => decided(permission::Access::Messaging((*action).into(), target)),
            Access::HostFunction(name) => decided(permission::Access::HostFunction(name)),
        }
    }
}

//! `airssys:core/capabilities`: what a component may do at this moment.

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
            .map(|rule| FilesystemPermission { action: file_action(rule.action), path_pattern: pattern(rule) })
            .collect(),
        network: of(Class::Network)
            .map(|rule| NetworkPermission {
                action: if rule.action == NetworkAction::Inbound.as_str() {
                    GuestNetworkAction::Inbound
                } else {
                    GuestNetworkAction::Outbound
                },
                host_pattern: pattern(rule),
                port: rule.port,
            })
            .collect(),
        storage: of(Class::Storage)
            .map(|rule| StoragePermission { action: storage_action(rule.action), namespace_pattern: pattern(rule) })
            .collect(),
        process: of(Class::Process).map(|rule| ProcessPermission { command_pattern: pattern(rule) }).collect(),
        messaging: of(Class::Messaging)
            .map(|rule| MessagingPermission {
                action: if rule.action == MessagingAction::Request.as_str() {
                    GuestMessagingAction::Request
                } else {
                    GuestMessagingAction::Send
                },
                target_pattern: pattern(rule),
            })
            .collect(),
        host_functions: of(Class::HostFunctions).map(pattern).collect(),
    }
}

fn file_action(action: &str) -> FilesystemAction {
    match action.parse() {
        Ok(FourAction::Write) => FilesystemAction::Write,
        Ok(FourAction::Delete) => FilesystemAction::Delete,
        Ok(FourAction::List) => FilesystemAction::List,
        Ok(FourAction::Read) | Err(_) => FilesystemAction::Read,
    }
}

fn storage_action(action: &str) -> StorageAction {
    match action.parse() {
        Ok(FourAction::Write) => StorageAction::Write,
        Ok(FourAction::Delete) => StorageAction::Delete,
        Ok(FourAction::List) => StorageAction::List,
        Ok(FourAction::Read) | Err(_) => StorageAction::Read,
    }
}

impl Capabilities for Host {
    fn granted(&mut self) -> RequestedPermissions {
        in_words(&self.gate.component.grants.current())
    }

    /// Decides as the gate would, and leaves no record: to ask is not to access.
    async fn is_granted(&mut self, access: Access) -> bool {
        let grants = self.gate.component.grants.current();
        match &access {
            Access::Filesystem((action, path)) => {
                let action = match action {
                    FilesystemAction::Read => FourAction::Read,
                    FilesystemAction::Write => FourAction::Write,
                    FilesystemAction::Delete => FourAction::Delete,
                    FilesystemAction::List => FourAction::List,
                };
                let Ok(found) = self.gate.follow(path).await else { return false };
                self.gate
                    .decide(&grants, &Subject::Path { action, or: None, path: found.path(), node: found.node() }, path)
                    .is_granted()
            }
            Access::Process(command) => {
                let Ok(found) = self.gate.follow(command).await else { return false };
                self.gate
                    .decide(&grants, &Subject::Command { path: found.path(), node: found.node() }, command)
                    .is_granted()
            }
            Access::Network((action, host, port)) => {
                let action = match action {
                    GuestNetworkAction::Outbound => NetworkAction::Outbound,
                    GuestNetworkAction::Inbound => NetworkAction::Inbound,
                };
                grants.decide(permission::Access::Network(action, host, *port)).is_granted()
            }
            Access::Storage((action, namespace)) => {
                let action = match action {
                    StorageAction::Read => FourAction::Read,
                    StorageAction::Write => FourAction::Write,
                    StorageAction::Delete => FourAction::Delete,
                    StorageAction::List => FourAction::List,
                };
                grants.decide(permission::Access::Storage(action, namespace)).is_granted()
            }
            Access::Messaging((action, target)) => {
                let action = match action {
                    GuestMessagingAction::Send => MessagingAction::Send,
                    GuestMessagingAction::Request => MessagingAction::Request,
                };
                grants.decide(permission::Access::Messaging(action, target)).is_granted()
            }
            Access::HostFunction(name) => grants.decide(permission::Access::HostFunction(name)).is_granted(),
        }
    }
}

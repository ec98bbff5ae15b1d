//! `airssys:core/capabilities`: what a component may do at this moment.

use super::super::bindings::capabilities::{Access, Host as Capabilities, RequestedPermissions};
use super::Host;

/// The permissions in force. None are in this runtime.
pub(crate) fn granted() -> RequestedPermissions {
    RequestedPermissions {
        filesystem: Vec::new(),
        network: Vec::new(),
        storage: Vec::new(),
        process: Vec::new(),
        messaging: Vec::new(),
        host_functions: Vec::new(),
    }
}

impl Capabilities for Host {
    fn granted(&mut self) -> RequestedPermissions {
        granted()
    }

    fn is_granted(&mut self, _: Access) -> bool {
        false
    }
}

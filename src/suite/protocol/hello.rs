//! Who a runtime is, and what its driver can do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PROTOCOL;
use crate::contract::ContractVersion;

/// Who a runtime is and what it offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hello {
    /// The version of the protocol that its driver speaks.
    #[serde(default = "first_protocol")]
    pub protocol: u32,
    /// Its name.
    pub runtime: String,
    /// Its version.
    pub version: String,
    /// The newest version of the contract that it offers. It is judged by no later one.
    #[serde(default = "first_version")]
    pub contract: ContractVersion,
    /// The areas that it implements; cases of others are not applicable.
    pub features: Vec<String>,
    /// The hooks that its driver has; cases that need others are untestable.
    pub hooks: Vec<Hook>,
}

impl Default for Hello {
    fn default() -> Self {
        let (runtime, version) = Default::default();
        Self {
            protocol: PROTOCOL,
            runtime,
            version,
            contract: first_version(),
            features: Vec::new(),
            hooks: Vec::new(),
        }
    }
}

fn first_protocol() -> u32 {
    1
}

fn first_version() -> ContractVersion {
    ContractVersion::V1_0
}

crate::contract::kebab_enum! {
    /// What a driver can do beyond calling components.
    pub enum Hook {
        /// A clock that the case advances.
        VirtualClock = "virtual-clock",
        /// Offering an older version of the contract than its newest.
        Contract = "contract",
        /// Telling what is loaded and what is held.
        Inspect = "inspect",
        /// Handing out log records.
        Logs = "logs",
        /// Handing out events.
        Events = "events",
        /// Doing things without waiting for their end.
        Begin = "begin",
        /// Repeating by a seed the order in which components go on.
        Schedule = "schedule",
        /// Exchanging files under a running runtime.
        ReplaceFile = "replace-file",
        /// The operator's limits.
        Limits = "limits",
        /// Reporting the fuel of a call.
        Fuel = "fuel",
        /// The operator's policy.
        Policy = "policy",
        /// Taking grants away.
        Revoke = "revoke",
        /// Functions of the embedder.
        HostFunctions = "host-functions",
        /// Names and addresses of the case instead of the network's.
        Network = "network",
        /// A store with content of the case.
        Storage = "storage",
        /// A store whose disk is full.
        FillStore = "fill-store",
        /// Ending the runtime without ceremony.
        Crash = "crash",
        /// Handing out audit records.
        Audit = "audit",
        /// An audit trail that takes no more records.
        AuditFault = "audit-fault",
        /// Verifying the audit trail.
        VerifyAudit = "verify-audit",
        /// Sending to components and asking them, as a component does.
        Peer = "peer",
        /// Exchanging a running component for another version.
        Update = "update",
    }
}

//! The faults, by what a runtime gets wrong.

mod audit;
mod capabilities;
mod codec;
mod config;
mod introspection;
mod lifecycle;
mod limits;
mod log;
mod manifest;
mod messaging;
mod network;
mod permission;
mod process;
mod requests;
mod storage;
mod supervision;
mod time;
mod topics;
mod versioning;

use super::Fault;

/// Every fault, in the order of the contract.
pub fn faults() -> Vec<Fault> {
    [
        manifest::FAULTS,
        capabilities::FAULTS,
        permission::FAULTS,
        network::FAULTS,
        storage::FAULTS,
        process::FAULTS,
        config::FAULTS,
        introspection::FAULTS,
        lifecycle::FAULTS,
        supervision::FAULTS,
        time::FAULTS,
        messaging::FAULTS,
        requests::FAULTS,
        topics::FAULTS,
        limits::FAULTS,
        codec::FAULTS,
        versioning::FAULTS,
        audit::FAULTS,
        log::FAULTS,
    ]
    .concat()
}

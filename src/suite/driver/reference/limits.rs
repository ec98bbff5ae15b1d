//! The operator's limits, from their names in cases.

use std::collections::BTreeMap;

use super::super::DriverError;
use crate::runtime::HostLimits;

/// The operator's limits of a case.
pub(super) fn limits(given: &BTreeMap<String, u64>) -> Result<HostLimits, DriverError> {
    // Cases that are not about back-off need not wait it out.
    let mut limits = HostLimits { back_off_ms: 0, ..HostLimits::default() };
    for (name, value) in given {
        match name.as_str() {
            "memory-bytes" => limits.memory_bytes = *value,
            "timeout-ms" => limits.timeout_ms = *value,
            "fuel" => limits.fuel = Some(*value),
            "message-bytes" => limits.message_bytes = *value,
            "mailbox-capacity" => limits.mailbox_capacity = u32::try_from(*value).unwrap_or(u32::MAX),
            "component-bytes" => limits.component_bytes = *value,
            "hostcall-bytes" => limits.hostcall_bytes = *value as usize,
            "storage-bytes" => limits.storage_bytes = *value,
            "file-bytes" => limits.file_bytes = *value,
            "directory-entries" => limits.directory_entries = *value as usize,
            "http-ms" => limits.http_ms = *value,
            "http-max-ms" => limits.http_max_ms = *value,
            "http-body-bytes" => limits.http_body_bytes = *value,
            "mailbox-bytes" => limits.mailbox_bytes = *value,
            "all-mailboxes-bytes" => limits.all_mailboxes_bytes = *value,
            "outstanding-requests" => limits.outstanding_requests = *value as usize,
            "subscriptions" => limits.subscriptions = *value as usize,
            "open-requests" => limits.open_requests = *value as usize,
            "request-ms" => limits.request_ms = *value,
            "request-max-ms" => limits.request_max_ms = *value,
            "drain-ms" => limits.drain_ms = *value,
            "back-off-ms" => limits.back_off_ms = *value,
            "back-off-max-ms" => limits.back_off_max_ms = *value,
            "instances" => limits.instances = *value,
            "instantiate-ms" => limits.instantiate_ms = *value,
            "metadata-ms" => limits.metadata_ms = *value,
            "init-ms" => limits.init_ms = *value,
            "health-ms" => limits.health_ms = *value,
            "shutdown-ms" => limits.shutdown_ms = *value,
            other => return Err(DriverError::new(format!("the reference runtime has no limit `{other}`"))),
        }
    }
    Ok(limits)
}

//! What bounds a guest: the operator's limits, and the limiter that counts an instance's memory.
//!
//! Every number that a guest or a manifest can choose is held against one of these, or against a named constant next
//! to its use. This module decides no permission.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::manifest::Manifest;

use super::allocation::{
    MAX_CORE_INSTANCES_PER_COMPONENT, MAX_MEMORIES_PER_COMPONENT, MAX_TABLE_ELEMENTS, MAX_TABLES_PER_COMPONENT,
};
use super::messaging::mailbox::Bounds;

/// The operator's limits. They bound every manifest; a manifest that asks for more is not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostLimits {
    /// The largest `[resources.memory] max`, in bytes: 1 GiB, so that a few components do not take a machine.
    pub memory_bytes: u64,
    /// The longest `[resources] timeout-ms`, in milliseconds: ten minutes.
    pub timeout_ms: u64,
    /// The largest `[resources] fuel`. None, the default, leaves it to the manifest; some also meters components
    /// whose manifest does not.
    pub fuel: Option<u64>,
    /// The largest `[resources] max-message-bytes`: 16 MiB, as much as a mailbox holds.
    pub message_bytes: u64,
    /// The largest `[resources] mailbox-capacity`: 65,536 messages.
    pub mailbox_capacity: u32,
    /// The largest wasm file that is compiled, in bytes: 64 MiB, as whole language runtimes have 20.
    pub component_bytes: u64,
    /// What one call may carry from a guest to the host, in bytes: 16 MiB, the largest message.
    pub hostcall_bytes: usize,
    /// The most bytes of keys and values that one component stores, `[capabilities.storage] max-size` and
    /// `[resources] storage` at the most: 1 GiB.
    pub storage_bytes: u64,
    /// The largest file that a component reads, in bytes: 16 MiB, what one call carries.
    pub file_bytes: u64,
    /// The most entries of a directory that is listed: 10,000; a listing is one call's result.
    pub directory_entries: usize,
    /// How long an HTTP exchange takes if the component gives no time, in milliseconds.
    pub http_ms: u64,
    /// How long an HTTP exchange may take whatever the component gives, in milliseconds.
    pub http_max_ms: u64,
    /// The largest body of an HTTP response, decoded, in bytes: 16 MiB, what one call carries.
    pub http_body_bytes: u64,
    /// How many instances the runtime holds at a time: 512, as many as an engine has room for unless told otherwise.
    pub instances: u64,
    /// How long instantiation may take, in milliseconds.
    pub instantiate_ms: u64,
    /// How long `metadata` may take, in milliseconds.
    pub metadata_ms: u64,
    /// How long `init` may take, in milliseconds.
    pub init_ms: u64,
    /// How long `health` may take, in milliseconds.
    pub health_ms: u64,
    /// How long `shutdown` may take before the instance is killed, in milliseconds.
    pub shutdown_ms: u64,
    /// The bytes of messages that wait in one mailbox, and those of outcomes besides: 16 MiB each. The manifest's
    /// `mailbox-capacity` bounds their number.
    pub mailbox_bytes: u64,
    /// The bytes of all messages and outcomes that wait or are being handled, together: 256 MiB.
    pub all_mailboxes_bytes: u64,
    /// How many requests of one component may be without a callback at a time: 1,024.
    pub outstanding_requests: usize,
    /// How many requests may be open at a time in the whole runtime: 65,536.
    pub open_requests: usize,
    /// How many topics one component subscribes to at a time: 256.
    pub subscriptions: usize,
    /// How long a response may take if the requester gives no time, in milliseconds: 30 seconds.
    pub request_ms: u64,
    /// How long a response may take whatever the requester gives, in milliseconds: five minutes.
    pub request_max_ms: u64,
    /// How long a component that is told to stop goes on with what it had accepted, in milliseconds: 30 seconds. What is left
    /// then becomes dead letters.
    pub drain_ms: u64,
    /// How long the second restart of a window waits, in milliseconds; the first waits not at all, and each that follows
    /// twice as long as the one before.
    pub back_off_ms: u64,
    /// How long a restart waits at the most, in milliseconds.
    pub back_off_max_ms: u64,
    /// How many calls wait for one component before further callers wait outside.
    pub queued_calls: usize,
}

/// The bytes of storage of a component whose manifest gives no number: 16 MiB, some thousand small records.
const DEFAULT_STORAGE_BYTES: u64 = 16 << 20;

/// `max-size` of the manifest; the required table wins over the optional one.
fn max_size(manifest: &Manifest) -> Option<u64> {
    manifest.capabilities.storage_max_bytes.or(manifest.optional_capabilities.storage_max_bytes)
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            timeout_ms: 600_000,
            fuel: None,
            message_bytes: 16 << 20,
            mailbox_capacity: 65_536,
            component_bytes: 64 << 20,
            hostcall_bytes: 16 << 20,
            storage_bytes: 1 << 30,
            file_bytes: 16 << 20,
            directory_entries: 10_000,
            http_ms: 30_000,
            http_max_ms: 300_000,
            http_body_bytes: 16 << 20,
            instances: 512,
            instantiate_ms: 1_000,
            metadata_ms: 1_000,
            init_ms: 1_000,
            health_ms: 1_000,
            shutdown_ms: 5_000,
            mailbox_bytes: 16 << 20,
            all_mailboxes_bytes: 256 << 20,
            outstanding_requests: 1_024,
            open_requests: 65_536,
            subscriptions: 256,
            request_ms: 30_000,
            request_max_ms: 300_000,
            drain_ms: 30_000,
            back_off_ms: 100,
            back_off_max_ms: 10_000,
            queued_calls: 4_096,
        }
    }
}

impl HostLimits {
    /// Names the first limit that the manifest exceeds.
    pub(crate) fn exceeded_by(&self, manifest: &Manifest) -> Option<String> {
        let asked = &manifest.resources;
        let checks = [
            ("resources.memory.max", asked.memory.max, self.memory_bytes),
            ("resources.timeout-ms", asked.timeout_ms, self.timeout_ms),
            ("resources.max-message-bytes", asked.max_message_bytes, self.message_bytes),
            ("resources.mailbox-capacity", asked.mailbox_capacity.into(), self.mailbox_capacity.into()),
            ("resources.fuel", asked.fuel.unwrap_or(0), self.fuel.unwrap_or(u64::MAX)),
            ("resources.storage", asked.storage_bytes.unwrap_or(0), self.storage_bytes),
            ("capabilities.storage.max-size", max_size(manifest).unwrap_or(0), self.storage_bytes),
        ];
        checks
            .into_iter()
            .find(|(_, asked, limit)| asked > limit)
            .map(|(key, asked, limit)| format!("{key} is {asked}, the host allows at most {limit}"))
    }

    /// The bytes of storage that a component may use: the lower of what its manifest gives.
    pub(crate) fn storage_for(&self, manifest: &Manifest) -> u64 {
        let given = [max_size(manifest), manifest.resources.storage_bytes];
        given.into_iter().flatten().min().unwrap_or(DEFAULT_STORAGE_BYTES).min(self.storage_bytes)
    }

    /// How long the restart waits that is the `ordinal`th of its window, in milliseconds. From 1.
    pub(crate) fn back_off_ms(&self, ordinal: usize) -> u64 {
        let doublings = match ordinal {
            0 | 1 => return 0,
            _ => u32::try_from(ordinal - 2).unwrap_or(u32::MAX),
        };
        let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
        self.back_off_ms.saturating_mul(factor).min(self.back_off_max_ms)
    }

    /// What the mailbox of a component holds.
    pub(crate) fn mailbox_for(&self, manifest: &Manifest) -> Bounds {
        Bounds {
            messages: usize::try_from(manifest.resources.mailbox_capacity).unwrap_or(usize::MAX),
            bytes: self.mailbox_bytes,
            callbacks: self.outstanding_requests,
            callback_bytes: self.mailbox_bytes,
        }
    }

    /// The fuel of one call; none is unmetered.
    pub(crate) fn fuel_for(&self, manifest: &Manifest) -> Option<u64> {
        match (manifest.resources.fuel, self.fuel) {
            (Some(asked), Some(cap)) => Some(asked.min(cap)),
            (asked, cap) => asked.or(cap),
        }
    }
}

/// What one table element counts for, in bytes: the pointer that the engine keeps for it.
pub(crate) const TABLE_ELEMENT_BYTES: u64 = 8;

/// Counts all memories and tables of one instance together and refuses what would pass the maximum, so that many
/// small memories cost no less than a large one.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    max: u64,
    used: u64,
    /// What the last permission allowed, given back if the engine then fails to grow.
    granted: u64,
    refused: bool,
    /// The bytes of all instances of the runtime.
    total: Arc<AtomicU64>,
}

impl MemoryLimiter {
    pub(crate) fn new(max: u64, total: Arc<AtomicU64>) -> Self {
        Self { max, used: 0, granted: 0, refused: false, total }
    }

    /// Whether anything was refused so far.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, current: u64, desired: u64) -> bool {
        let delta = desired.saturating_sub(current);
        let fits = self.used.checked_add(delta).is_some_and(|used| used <= self.max);
        self.granted = if fits { delta } else { 0 };
        self.used += self.granted;
        self.total.fetch_add(self.granted, Ordering::Relaxed);
        self.refused |= !fits;
        fits
    }

    fn give_back(&mut self) {
        let granted = std::mem::take(&mut self.granted);
        self.used -= granted;
        self.total.fetch_sub(granted, Ordering::Relaxed);
    }
}

impl Drop for MemoryLimiter {
    fn drop(&mut self) {
        self.total.fetch_sub(self.used, Ordering::Relaxed);
    }
}

/// Sizes of the engine are `usize`; they are compared as bytes in `u64`.
fn bytes(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

impl wasmtime::ResourceLimiter for MemoryLimiter {
    // A pool holds the same before an instance is made; where there is none, these do.
    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES_PER_COMPONENT as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES_PER_COMPONENT as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES_PER_COMPONENT as usize
    }

    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(bytes(current), bytes(desired)))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let size = |elements| bytes(elements).saturating_mul(TABLE_ELEMENT_BYTES);
        // More than a pool has room for counts as all there is.
        let desired = if desired > MAX_TABLE_ELEMENTS { u64::MAX } else { size(desired) };
        Ok(self.grow(size(current), desired))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::ResourceLimiter as _;

    #[test]
    fn memories_and_tables_share_one_maximum() {
        let total = Arc::new(AtomicU64::new(0));
        let mut limiter = MemoryLimiter::new(3 * 65_536, Arc::clone(&total));
        assert!(limiter.memory_growing(0, 65_536, None).unwrap());
        assert!(limiter.memory_growing(0, 65_536, None).unwrap());
        assert!(limiter.table_growing(0, 8_192, None).unwrap());
        assert!(!limiter.refused());
        assert!(!limiter.memory_growing(65_536, 2 * 65_536, None).unwrap());
        assert!(!limiter.table_growing(8_192, 8_193, None).unwrap());
        assert!(!limiter.table_growing(0, usize::MAX, None).unwrap());
        assert!(limiter.refused());
        assert_eq!(total.load(Ordering::Relaxed), 3 * 65_536);
        drop(limiter);
        assert_eq!(total.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_growth_that_the_engine_fails_is_given_back() {
        let mut limiter = MemoryLimiter::new(65_536, Arc::default());
        assert!(limiter.memory_growing(0, 65_536, None).unwrap());
        limiter.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert!(limiter.memory_growing(0, 65_536, None).unwrap());
        assert!(!limiter.memory_growing(65_536, 131_072, None).unwrap());
        limiter.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert_eq!(limiter.used, 65_536);
    }
}

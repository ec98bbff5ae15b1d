//! One component that is loaded or being loaded: what is fixed at its load, and where it is in its life.
//!
//! It outlives its instances, and so does its mailbox. It knows nothing of stores, and not what is done with its mail.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Semaphore;

use crate::contract::multicodec::{self, Codec};
use crate::contract::{ComponentId, State, Text};
use crate::manifest::Manifest;
use crate::permission::{Access, Rule};

use super::bindings::types::{ComponentConfig, ComponentMetadata, ResourceLimits};
use super::children::Killer;
use super::clock::{Timestamp, Work};
use super::command::Command;
use super::config::Config;
use super::error::CallError;
use super::event::EventKind;
use super::host::capabilities;
use super::in_force::{InForce, Revocation};
use super::messaging::mailbox::Mailbox;
use super::messaging::waiters::Waiters;
use super::services::Services;

pub(crate) struct Component {
    /// Its number, which no other component of the runtime ever has, not even one of the same name. From 1.
    pub(crate) number: u64,
    pub(crate) manifest: Manifest,
    /// The component's own version, as text.
    pub(crate) version: Text,
    /// The SHA-256 of the manifest's text, in hexadecimal.
    pub(crate) manifest_sha256: String,
    /// The SHA-256 of the wasm, in hexadecimal, once it was read.
    pub(crate) wasm_sha256: OnceLock<String>,
    /// The manifest's defaults overlaid by the host's values.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) config: Config,
    pub(crate) config_data: Option<Vec<u8>>,
    /// What the component may do at this moment.
    pub(crate) grants: InForce,
    /// What kills the processes that the component has started.
    pub(crate) killers: Mutex<Vec<Killer>>,
    /// The bytes that it may store.
    pub(crate) storage_quota: u64,
    /// The fuel of one call; none is unmetered.
    pub(crate) fuel: Option<u64>,
    /// What `metadata` returned when the component was loaded.
    pub(crate) metadata: OnceLock<ComponentMetadata>,
    pub(crate) life: Mutex<Life>,
    /// What waits for its task.
    pub(crate) mailbox: Mailbox<Command, Work>,
    /// The calls of the host that may wait in the mailbox; further ones wait outside.
    pub(crate) slots: Arc<Semaphore>,
    /// Who waits for room in the mailbox, or for it to take nothing any more.
    pub(crate) room: Waiters,
    /// Who must not wait any longer once the component is told to stop.
    pub(crate) stop: Waiters,
    /// That the mailbox is full was told since it last had room.
    pub(crate) full: AtomicBool,
    /// It was told to stop: [`Life::drained_by`] is present. To find that out takes no lock.
    pub(crate) draining: AtomicBool,
    /// The call in progress has computed for longer than a tick.
    pub(crate) long: Arc<AtomicBool>,
    /// What was accepted and never handled.
    pub(crate) dead_letters: AtomicU64,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Component").field(self.id()).finish()
    }
}

/// Where a component is in its life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) state: State,
    /// An instance failed and its successor is on the way: calls are accepted and wait for it.
    pub(crate) recovering: bool,
    /// The ordinal of the newest instance; the first is 1.
    pub(crate) instance: u64,
    pub(crate) restarts: u64,
    /// It was loaded: a task serves it, unless that ended by a panic.
    pub(crate) installed: bool,
    /// Present once it was told to stop: until when what was accepted before is handled.
    pub(crate) drained_by: Option<Timestamp>,
}

impl Life {
    pub(crate) const BEFORE: Life = Life {
        state: State::Uninstalled,
        recovering: false,
        instance: 0,
        restarts: 0,
        installed: false,
        drained_by: None,
    };

    /// Whether new calls and messages are accepted.
    pub(crate) fn accepts(&self) -> bool {
        self.drained_by.is_none() && (self.state == State::Running || self.recovering)
    }

    /// Whether publications are accepted: already while it starts, since it may have subscribed in its `init`. They wait
    /// until it runs.
    pub(crate) fn accepts_publications(&self) -> bool {
        self.accepts() || self.drained_by.is_none() && self.state == State::Starting
    }

    /// Whether outcomes of its requests still reach it.
    pub(crate) fn takes_callbacks(&self) -> bool {
        matches!(self.state, State::Starting | State::Running | State::Stopping) || self.recovering
    }
}

impl Component {
    pub(crate) fn id(&self) -> &ComponentId {
        &self.manifest.component.name
    }

    pub(crate) fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self) -> State {
        self.life().state
    }

    /// Passes to another state and tells so.
    pub(crate) fn pass_to(&self, services: &Services, next: State) {
        self.pass(&mut self.life(), services, next);
    }

    /// Passes to another state and tells so, while the caller holds the lock: what it does besides is one step with it.
    pub(crate) fn pass(&self, life: &mut Life, services: &Services, next: State) {
        let from = std::mem::replace(&mut life.state, next);
        if !from.may_become(next) {
            tracing::error!(component = self.id().as_str(), %from, to = %next, "a transition that the contract lacks");
            debug_assert!(from.may_become(next), "{from} may not become {next}");
        }
        services.tell(EventKind::StateChanged { component: self.id().clone(), from, to: next });
        if !life.accepts() {
            self.room.wake_all();
        }
    }

    /// Why nobody is there to answer.
    pub(crate) fn gone(&self) -> CallError {
        match self.state() {
            State::Uninstalled => CallError::NotFound,
            state => CallError::NotRunning(state),
        }
    }

    /// The mailbox is full: whether that is yet to be told.
    pub(crate) fn told_full(&self) -> bool {
        !self.full.swap(true, Ordering::Relaxed)
    }

    /// Something was taken out of the mailbox.
    pub(crate) fn made_room(&self) {
        if self.full.load(Ordering::Relaxed) {
            self.full.store(false, Ordering::Relaxed);
        }
        self.room.wake_one();
    }

    /// Checks that a payload starts with the code of a format that the manifest declares.
    pub(crate) fn check_codec(&self, payload: &[u8]) -> Result<(), CallError> {
        let (code, _) = multicodec::split(payload)?;
        let declared = &self.manifest.multicodec.supported_formats;
        match Codec::from_code(code) {
            Some(codec) if declared.contains(&codec) => Ok(()),
            _ => Err(CallError::UnsupportedCodec(code)),
        }
    }

    /// Remembers a process, so that a revocation reaches it.
    pub(crate) fn mind(&self, killer: Killer) {
        let mut killers = self.killers.lock().unwrap_or_else(PoisonError::into_inner);
        killers.retain(Killer::is_of_use);
        // Grants that were revoked since the process was decided found no killer to use.
        if !self.grants.current().decide(Access::Process(&killer.command)).is_granted() {
            killer.kill();
        }
        killers.push(killer);
    }

    /// Takes grants away, and kills the processes that would not be granted any more.
    pub(crate) fn revoke(&self, revocation: &Revocation) -> Vec<Rule> {
        let gone = self.grants.revoke(revocation);
        let grants = self.grants.current();
        let killers = self.killers.lock().unwrap_or_else(PoisonError::into_inner);
        let denied = |killer: &&Killer| !grants.decide(Access::Process(&killer.command)).is_granted();
        killers.iter().filter(denied).for_each(Killer::kill);
        gone
    }

    /// What `init` is given.
    pub(crate) fn init_config(&self) -> ComponentConfig {
        let resources = &self.manifest.resources;
        ComponentConfig {
            env: self.env.clone(),
            config_data: self.config_data.clone(),
            resource_limits: ResourceLimits {
                max_memory_bytes: resources.memory.max,
                max_fuel: self.fuel,
                max_execution_ms: resources.timeout_ms,
                max_message_bytes: resources.max_message_bytes,
            },
            granted_capabilities: capabilities::in_words(&self.grants.current()),
        }
    }
}

/// Overlays environment variables: a name that is there already keeps its place and gets the new value.
pub(crate) fn overlay_env(defaults: &[(String, String)], values: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut env = defaults.to_vec();
    for (name, value) in values {
        match env.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => env.push((name, value)),
        }
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_environment_wins_and_keeps_the_manifests_order() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
        };
        let env = overlay_env(&pairs(&[("A", "1"), ("B", "2")]), pairs(&[("C", "3"), ("A", "4"), ("C", "5")]));
        assert_eq!(env, pairs(&[("A", "4"), ("B", "2"), ("C", "5")]));
    }
}

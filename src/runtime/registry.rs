//! Which components there are, by name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;

use crate::contract::{ComponentId, State};

use super::actor;
use super::component::Component;
use super::error::CallError;
use super::event::EventKind;
use super::services::Services;

/// The names in use. A name is taken from the moment its manifest was read until the component is uninstalled or its
/// load failed.
#[derive(Default)]
pub(crate) struct Registry {
    shards: [Shard; SHARDS],
}

/// A share of the names. Every call and message looks one up, and even a lock that all may hold together is passed from
/// processor to processor each time; so it is hardly ever the same for two of them, and on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(RwLock<Names>);

/// Of two components, one in so many meets the other.
const SHARDS: usize = 32;

type Names = HashMap<ComponentId, Arc<Component>, RandomState>;

impl Registry {
    /// The component of that name. It looks at every message, so a name that is none is simply not found.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Component>> {
        self.shard(id).read().get(id).cloned()
    }

    /// All components, sorted by name.
    pub(crate) fn components(&self) -> Vec<Arc<Component>> {
        let mut components = Vec::new();
        for shard in &self.shards {
            components.extend(shard.read().values().map(Arc::clone));
        }
        components.sort_by(|a, b| a.id().cmp(b.id()));
        components
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    pub(crate) fn remove(&self, id: &ComponentId) {
        self.shard(id.as_str()).write().remove(id.as_str());
    }

    /// Uninstalls a failed component that has no task any more.
    pub(crate) fn bury(&self, services: &Services, id: &ComponentId) -> Result<(), CallError> {
        let mut names = self.shard(id.as_str()).write();
        let component = names.get(id.as_str()).cloned().ok_or(CallError::NotFound)?;
        let life = *component.life();
        // One that never ran belongs to a load that is failing, and gives the name back itself.
        if life.state != State::Failed || !life.installed {
            return Err(CallError::NotRunning(life.state));
        }
        names.remove(id.as_str());
        drop(names);
        component.pass_to(services, State::Uninstalled);
        services.tell(EventKind::Unloaded { component: id.clone() });
        Ok(())
    }

    /// Takes the component's name for a load, or answers none if it is taken.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        services: &Arc<Services>,
        component: &Arc<Component>,
    ) -> Option<Reservation> {
        let mut names = self.shard(component.id().as_str()).write();
        if names.contains_key(component.id().as_str()) {
            return None;
        }
        names.insert(component.id().clone(), Arc::clone(component));
        drop(names);
        component.mailbox.not_yet();
        component.pass_to(services, State::Installing);
        Some(Reservation {
            registry: Arc::clone(self),
            services: Arc::clone(services),
            component: Arc::clone(component),
            kept: false,
        })
    }

    /// By the end of a name, in which those that are alike differ.
    fn shard(&self, id: &str) -> &Shard {
        let ends = id.bytes().rev().take(2).fold(id.len(), |sum, byte| 7 * sum + usize::from(byte));
        &self.shards[ends % SHARDS]
    }
}

impl Shard {
    fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Names> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name taken for a load. Dropped before the load is complete, it takes the component through failed to uninstalled
/// and gives the name back.
pub(crate) struct Reservation {
    registry: Arc<Registry>,
    services: Arc<Services>,
    component: Arc<Component>,
    kept: bool,
}

impl Reservation {
    /// Completes the load: the component can be called from now on.
    pub(crate) fn keep(mut self) {
        self.kept = true;
        self.component.life().installed = true;
        self.component.pass_to(&self.services, State::Running);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.kept {
            if self.component.state().may_become(State::Failed) {
                self.component.pass_to(&self.services, State::Failed);
            }
            // Its `init` may have asked somebody.
            actor::give_up(&self.services, &self.component, "it was not loaded");
            self.component.pass_to(&self.services, State::Uninstalled);
            self.registry.remove(self.component.id());
        }
    }
}

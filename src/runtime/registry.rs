//! Which components there are, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::{ComponentId, State};

use super::component::Component;
use super::error::CallError;
use super::event::EventKind;
use super::queue::Queue;
use super::services::Services;

/// The names in use. A name is taken from the moment its manifest was read until the component is uninstalled or its
/// load failed.
#[derive(Default)]
pub(crate) struct Registry(Mutex<BTreeMap<ComponentId, Entry>>);

/// What stands behind a name. While the component is being loaded there is no queue.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) component: Arc<Component>,
    pub(crate) queue: Option<Queue>,
}

impl Registry {
    pub(crate) fn find(&self, id: &ComponentId) -> Option<Entry> {
        self.lock().get(id).cloned()
    }

    pub(crate) fn components(&self) -> Vec<Arc<Component>> {
        self.lock().values().map(|entry| Arc::clone(&entry.component)).collect()
    }

    pub(crate) fn remove(&self, id: &ComponentId) {
        self.lock().remove(id);
    }

    /// Uninstalls a failed component that has no task any more.
    pub(crate) fn bury(&self, services: &Services, id: &ComponentId) -> Result<(), CallError> {
        let mut entries = self.lock();
        let entry = entries.get(id).cloned().ok_or(CallError::NotFound)?;
        let state = entry.component.state();
        // Without a queue a failing load still holds the name, and gives it back itself.
        if entry.queue.is_none() || state != State::Failed {
            return Err(CallError::NotRunning(state));
        }
        entries.remove(id);
        drop(entries);
        entry.component.pass_to(services, State::Uninstalled);
        services.tell(EventKind::Unloaded { component: id.clone() });
        Ok(())
    }

    /// Takes the component's name for a load, or answers none if it is taken.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        services: &Arc<Services>,
        component: &Arc<Component>,
    ) -> Option<Reservation> {
        let mut entries = self.lock();
        if entries.contains_key(component.id()) {
            return None;
        }
        entries.insert(component.id().clone(), Entry { component: Arc::clone(component), queue: None });
        drop(entries);
        component.pass_to(services, State::Installing);
        Some(Reservation {
            registry: Arc::clone(self),
            services: Arc::clone(services),
            component: Arc::clone(component),
            kept: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ComponentId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(crate) fn keep(mut self, queue: Queue) {
        self.kept = true;
        if let Some(entry) = self.registry.lock().get_mut(self.component.id()) {
            entry.queue = Some(queue);
        }
        self.component.pass_to(&self.services, State::Running);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.kept {
            if self.component.state().may_become(State::Failed) {
                self.component.pass_to(&self.services, State::Failed);
            }
            self.component.pass_to(&self.services, State::Uninstalled);
            self.registry.remove(self.component.id());
        }
    }
}

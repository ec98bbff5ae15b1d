//! What follows the end of an instance: the restart rule of the manifest, and the fresh instance.

use std::sync::Arc;

use crate::contract::{State, TrapKind};
use crate::manifest::RestartPolicy;

use super::actor::{self, Actor};
use super::call::Ended;
use super::clock::Work;
use super::component::{Component, Life};
use super::error::{CallError, LoadError};
use super::event::{EventKind, Export};
use super::instance::{Instance, Origin};
use super::loader;
use super::messaging::outcome;
use super::services::Services;

impl Actor {
    /// Whether there is an instance which may serve the next call.
    pub(crate) fn is_ready(&self) -> bool {
        self.instance.is_some() && (!self.used || self.component.manifest.runtime.stateful)
    }

    /// Makes sure that there is one.
    pub(crate) async fn make_ready(&mut self, work: &mut Work) -> Result<(), CallError> {
        if self.instance.is_some() && self.used && !self.component.manifest.runtime.stateful {
            self.instance = None;
            if self.fresh_instance(work).await.is_err() {
                self.recover(work).await;
            }
        }
        match self.instance {
            Some(_) => Ok(()),
            None => Err(CallError::NotRunning(self.component.state())),
        }
    }

    /// Drops an instance that ended in a call, applies the restart rule, and says what the caller is to hear.
    pub(crate) async fn discard(&mut self, ended: Ended, during: Export, work: &mut Work) -> CallError {
        let ordinal = self.instance.take().map_or(0, |instance| instance.ordinal);
        let error = self.tell_trap(&ended, during, ordinal);
        // What the instance had begun, nobody will finish; what waits is its successor's.
        let held = self.services.messaging.requests.close_held(self.component.number);
        outcome::tell_failed(&self.services, held, &format!("{} ended: {error}", self.component.id()));
        drop(ended);
        self.recover(work).await;
        error
    }

    pub(crate) fn tell_trap(&self, ended: &Ended, during: Export, instance: u64) -> CallError {
        let component = self.component.id().clone();
        self.services.tell(EventKind::Trapped { component, kind: ended.kind, during, instance });
        match ended.kind {
            TrapKind::Deadline => CallError::TimeoutExceeded,
            kind => CallError::Trapped(kind),
        }
    }

    /// Applies the restart rule until an instance runs or the rule is exhausted. While a component is being stopped
    /// its successor only finishes what was accepted, and the state stays `stopping`.
    async fn recover(&mut self, work: &mut Work) {
        let (services, component) = (Arc::clone(&self.services), Arc::clone(&self.component));
        while self.may_restart() {
            let stopping = {
                let mut life = component.life();
                let stopping = life.state == State::Stopping;
                if !stopping {
                    life.recovering = true;
                    fail(&component, &mut life, &services);
                    component.pass(&mut life, &services, State::Starting);
                }
                stopping
            };
            back_off(&services, &component, self.restarts.len(), work).await;
            if self.fresh_instance(work).await.is_ok() {
                let (instance, restarts) = {
                    let mut life = component.life();
                    life.recovering = false;
                    life.restarts += 1;
                    if !stopping {
                        component.pass(&mut life, &services, State::Running);
                    }
                    if !stopping && life.drained_by.is_some() {
                        component.pass(&mut life, &services, State::Stopping);
                    }
                    (life.instance, life.restarts)
                };
                services.tell(EventKind::Restarted { component: component.id().clone(), instance, restarts });
                return;
            }
        }
        {
            let mut life = component.life();
            life.recovering = false;
            fail(&component, &mut life, &services);
        }
        actor::give_up(&services, &component, "it failed");
    }

    /// Whether the rule allows another restart; if so, it counts.
    fn may_restart(&mut self) -> bool {
        let rule = &self.component.manifest.runtime;
        if rule.restart == RestartPolicy::Never {
            return false;
        }
        let now = self.services.clock.now();
        while self.restarts.front().is_some_and(|at| at.plus_millis(rule.window_ms) <= now) {
            self.restarts.pop_front();
        }
        let allowed = self.restarts.len() < usize::try_from(rule.max_restarts).unwrap_or(usize::MAX);
        if allowed {
            self.restarts.push_back(now);
        }
        allowed
    }

    /// Instantiates and initialises.
    pub(crate) async fn fresh_instance(&mut self, work: &mut Work) -> Result<(), LoadError> {
        let Self { services, component, registry, linked, .. } = self;
        let started = match Instance::start(Origin { services, component, registry, linked }, work).await {
            Ok(mut instance) => loader::initialise(services, component, &mut instance, work).await.map(|()| instance),
            Err(error) => Err(error),
        };
        self.used = false;
        match started {
            Ok(instance) => {
                self.instance = Some(instance);
                Ok(())
            }
            Err(error) => {
                let (component, message) = (self.component.id().clone(), error.message.clone());
                self.services.tell(EventKind::StartFailed { component, code: error.code, message });
                Err(error)
            }
        }
    }
}

/// Passes to failed, unless the component is there already.
fn fail(component: &Component, life: &mut Life, services: &Services) {
    if life.state != State::Failed {
        component.pass(life, services, State::Failed);
    }
}

/// Waits before a restart that is not the first of its window, longer each time. A stop ends the wait, since what was
/// accepted is to be done before it.
async fn back_off(services: &Services, component: &Component, ordinal: usize, work: &mut Work) {
    let millis = services.limits.back_off_ms(ordinal);
    if millis == 0 {
        return;
    }
    let stop = component.stop.join();
    if component.life().drained_by.is_some() {
        return;
    }
    let sleep = services.clock.sleep_until(services.clock.now().plus_millis(millis));
    drop(std::mem::take(work));
    *work = tokio::select! {
        biased;
        work = stop => work,
        work = sleep => work,
    };
}

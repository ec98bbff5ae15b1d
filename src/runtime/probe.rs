//! The parts of the runtime that measurements look at one by one, and that no embedder can call by themselves.

use std::sync::{Arc, Weak};

use wasmtime::component::Component;

use crate::contract::{ComponentId, ContractVersion, LoadCode};

use super::Runtime;
use super::allocation;
use super::compiled::{self, Compiled};
use super::component::Component as Installed;
use super::engine::{Engine, EngineOptions};
use super::error::LoadError;
use super::instance::{Instance, Origin};
use super::interface::{self, Linked};
use super::registry::Registry;
use super::services::Services;

/// How the engine below is configured.
pub(crate) fn configuration(options: &EngineOptions) -> wasmtime::Result<wasmtime::Config> {
    allocation::pooled(options)
}

/// What maps the machine code of a component that is in the cache of the engine, and does nothing else.
pub(crate) fn mapped(engine: &Engine, wasm: &[u8]) -> Option<impl Fn() -> wasmtime::Result<Component> + use<>> {
    engine.compiler().mapped(compiled::hash(wasm))
}

/// A component that is loaded.
pub(crate) struct Loaded {
    services: Arc<Services>,
    registry: Weak<Registry>,
    component: Arc<Installed>,
    linked: Linked,
}

impl Loaded {
    /// A component of the runtime, of these bytes.
    pub(crate) fn find(runtime: &Runtime, id: &ComponentId, wasm: &[u8]) -> Result<Self, LoadError> {
        let services = Arc::clone(&runtime.0.services);
        let missing = || LoadError::new(LoadCode::NotAComponent, format!("{id} is not loaded"));
        let component = runtime.0.registry.find(id.as_str()).ok_or_else(missing)?;
        let linked = Interfaces::compile(&services.engine, wasm)?.link()?;
        Ok(Self { services, registry: Arc::downgrade(&runtime.0.registry), component, linked })
    }

    /// Instantiates it as a restart does, and drops the instance.
    pub(crate) async fn fresh_instance(&self) -> Result<(), LoadError> {
        let Self { services, registry, component, linked } = self;
        let origin = Origin { services, component, registry, linked };
        let mut work = services.clock.work();
        Instance::start(origin, &mut work).await.map(drop)
    }
}

/// A compiled component, before the interface phase of its load.
pub(crate) struct Interfaces {
    engine: Engine,
    compiled: Compiled,
}

impl Interfaces {
    pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Self, LoadError> {
        let invalid = |why| LoadError::new(LoadCode::InvalidComponent, format!("{why:#}"));
        let component = Component::from_binary(engine.wasmtime(), wasm).map_err(invalid)?;
        Ok(Self { engine: engine.clone(), compiled: Compiled::new(component) })
    }

    /// Checks names, versions and shapes, as if for the first time.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let offer = self.engine.offer(ContractVersion::NEWEST);
        interface::check(offer, &self.compiled.component).map(drop)
    }

    /// Checks and links, or remembers what came of that.
    pub(crate) fn link(&self) -> Result<Linked, LoadError> {
        self.engine.link(&self.compiled, ContractVersion::NEWEST)
    }
}

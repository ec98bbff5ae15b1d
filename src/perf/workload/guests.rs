//! The components that workloads run: generated, as those of the suite are, so that they are the same everywhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::Cores;
use super::lanes::threads;
use crate::contract::ComponentId;
use crate::perf::PerfError;
use crate::runtime::{Engine, EngineOptions, HostLimits, Runtime, RuntimeBuilder};
use crate::suite::guest::{Program, compile};
use crate::suite::metadata_fields;

/// A component: its program, and what its manifest has besides the least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest<'a> {
    /// As a case has it, in TOML.
    pub(super) program: &'a str,
    pub(super) tables: &'a str,
}

/// Answers every operation with itself.
pub(super) const ECHO: Guest<'static> = Guest { program: "", tables: "" };

/// A component in a directory, as a runtime is given it.
pub(super) struct Built {
    /// The bytes of the component.
    pub(super) wasm: Vec<u8>,
    pub(super) directory: PathBuf,
    pub(super) id: ComponentId,
}

/// A directory for components, gone with this.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> Result<Self, PerfError> {
        TempDir::new().map(Self).map_err(|why| PerfError::new(format!("no directory for components: {why}")))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Builds a component under this name.
    pub(super) fn build(&self, name: &str, guest: Guest<'_>) -> Result<Built, PerfError> {
        let failed = |what: &str, why: String| PerfError::new(format!("component {name}: {what}: {why}"));
        let manifest = format!(
            "[component]\nname = \"{name}\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n\n\
             [resources.memory]\nmax = \"4MiB\"\n\n[runtime]\nstateful = true\n{}",
            guest.tables
        );
        let program: Program = toml::from_str(guest.program).map_err(|why| failed("program", why.to_string()))?;
        let table = toml::from_str(&manifest).map_err(|why| failed("manifest", why.to_string()))?;
        let wasm = compile(&program, &metadata_fields(&table)).map_err(|why| failed("program", why.to_string()))?.wasm;
        let directory = self.path().join(name);
        std::fs::create_dir_all(&directory)
            .and_then(|()| std::fs::write(directory.join("component.toml"), manifest))
            .and_then(|()| std::fs::write(directory.join(format!("{name}.wasm")), &wasm))
            .map_err(|why| failed("files", why.to_string()))?;
        let id = ComponentId::new(name).map_err(|why| failed("name", why.to_string()))?;
        Ok(Built { wasm, directory, id })
    }
}

/// What most workloads need: threads, a place for components, an engine, and a runtime on it, as it is by default.
pub(super) struct Stage {
    pub(super) threads: Arc<tokio::runtime::Runtime>,
    pub(super) place: Place,
    pub(super) engine: Engine,
    pub(super) runtime: Runtime,
}

impl Stage {
    /// A stage with so many threads as cores, and room for so many instances.
    pub(super) fn new(cores: Cores, instances: u32) -> Result<Self, PerfError> {
        let engine = engine(instances)?;
        let runtime = runtime(&engine, |builder| builder)?;
        Ok(Self { threads: threads(cores)?, place: Place::new()?, engine, runtime })
    }
}

/// An engine as it is by default, with room for so many instances.
pub(super) fn engine(instances: u32) -> Result<Engine, PerfError> {
    let options = EngineOptions { instances, ..EngineOptions::default() };
    Engine::new(&options).map_err(PerfError::from_error)
}

/// A runtime on that engine, as it is by default, but for what `with` changes.
pub(super) fn runtime(
    engine: &Engine,
    with: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
) -> Result<Runtime, PerfError> {
    let limits = HostLimits { instances: u64::MAX, ..HostLimits::default() };
    with(Runtime::builder().engine(engine.clone()).limits(limits)).build().map_err(PerfError::from_error)
}

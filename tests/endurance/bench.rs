//! A runtime with generated components, and what the process holds.

use std::path::{Path, PathBuf};

use airssys_wasm::contract::{ComponentId, payload};
use airssys_wasm::runtime::{Call, CallError, Engine, HostLimits, Runtime};
use airssys_wasm::suite::guest::{Program, compile};
use airssys_wasm::suite::metadata_fields;

/// The memory that every component may use, in bytes.
const MAX: u64 = 1 << 20;

/// A runtime on the real clock, and a directory for its components.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(engine: &Engine, limits: HostLimits) -> Self {
        let runtime = Runtime::builder().engine(engine.clone()).limits(limits).build().unwrap();
        Self { runtime, dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn load(&self, name: &str, manifest: &str, program: &str) -> ComponentId {
        self.runtime.load(write(self.dir.path(), name, manifest, program)).await.unwrap()
    }

    pub(crate) async fn execute(&self, id: &ComponentId, operation: &str) -> Result<String, CallError> {
        let executed = self.runtime.execute(id, payload::parse(operation).unwrap(), Call::default()).await?;
        Ok(payload::render(&executed.output))
    }
}

/// Writes a component: the manifest's further tables, and the guest program as TOML.
pub(crate) fn write(place: &Path, name: &str, tables: &str, program: &str) -> PathBuf {
    let manifest = format!(
        "[component]\nname = \"{name}\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = {MAX}\n{tables}"
    );
    let program: Program = toml::from_str(program).unwrap();
    let guest = compile(&program, &metadata_fields(&toml::from_str(&manifest).unwrap())).unwrap();
    let directory = place.join(name);
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("component.toml"), manifest).unwrap();
    std::fs::write(directory.join(format!("{name}.wasm")), guest.wasm).unwrap();
    directory
}

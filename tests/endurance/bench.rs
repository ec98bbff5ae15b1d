//! A runtime with generated components, and what the process holds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use airssys_wasm::contract::{ComponentId, payload};
use airssys_wasm::runtime::{Call, CallError, Engine, HostLimits, Runtime};
use airssys_wasm::suite::guest::{Program, compile};

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

    /// Writes a component: the manifest's further tables, and the guest program as TOML.
    pub(crate) fn write(&self, name: &str, manifest: &str, program: &str) -> PathBuf {
        let directory = self.dir.path().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("component.toml"), manifest_text(name, manifest)).unwrap();
        std::fs::write(directory.join(format!("{name}.wasm")), wasm(name, program)).unwrap();
        directory
    }

    pub(crate) async fn load(&self, name: &str, manifest: &str, program: &str) -> ComponentId {
        self.runtime.load(self.write(name, manifest, program)).await.unwrap()
    }

    pub(crate) async fn execute(&self, id: &ComponentId, operation: &str) -> Result<String, CallError> {
        let executed = self.runtime.execute(id, payload::parse(operation).unwrap(), Call::default()).await?;
        Ok(payload::render(&executed.output))
    }
}

/// A manifest with further tables.
pub(crate) fn manifest_text(name: &str, tables: &str) -> String {
    format!(
        "[component]\nname = \"{name}\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = {MAX}\n{tables}"
    )
}

/// The component that a guest program describes.
pub(crate) fn wasm(name: &str, program: &str) -> Vec<u8> {
    let program: Program = toml::from_str(program).unwrap();
    compile(&program, &metadata(name)).unwrap().wasm
}

fn metadata(name: &str) -> BTreeMap<String, String> {
    let name = format!("\"{name}\"");
    let memory = format!("{{min-memory-bytes: 0, max-memory-bytes: {MAX}, preferred-memory-bytes: {MAX}}}");
    let fields = [
        ("name", name.as_str()),
        ("version", "\"1.0.0\""),
        ("description", "\"\""),
        ("author", "\"\""),
        ("license", "\"\""),
        (
            "requested-permissions",
            "{filesystem: [], network: [], storage: [], process: [], messaging: [], host-functions: []}",
        ),
        ("supported-operations", "[]"),
        ("supported-codecs", "[]"),
        ("language", "\"\""),
        ("memory-requirements", memory.as_str()),
        ("stateful", "true"),
        ("api-version", "\"1.0.0\""),
        ("tags", "[]"),
    ];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

//! An engine with a cache, and components to load with it.

use std::fs;
use std::path::{Path, PathBuf};

use airssys_wasm::contract::payload;
use airssys_wasm::runtime::{CacheOptions, CacheStats, Call, Engine, EngineOptions, Runtime};
use airssys_wasm::suite::guest::{Program, compile};
use airssys_wasm::suite::metadata_fields;

/// A cache that nothing else uses, and an engine that remembers nothing but by it.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) engine: Engine,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut CacheOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = CacheOptions::new(dir.path().join("cache"));
        change(&mut cache);
        let engine = engine(Some(cache));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { dir, engine, runtime }
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Writes a component that answers `answer`, and gives its directory.
    pub(crate) fn component(&self, answer: &str) -> PathBuf {
        component(self.dir.path(), answer, "")
    }

    /// What the component in that directory answers, and what the engine did to load it.
    pub(crate) fn load(&self, directory: &Path) -> (String, CacheStats) {
        let before = self.engine.cache_stats();
        let answer = self.block_on(answer(&self.engine, directory));
        (answer, since(before, self.engine.cache_stats()))
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The names in the cache, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.cache())
    }

    /// The one entry.
    pub(crate) fn entry(&self) -> PathBuf {
        let names = self.names();
        assert_eq!(names.len(), 1, "{names:?}");
        self.cache().join(&names[0])
    }
}

pub(crate) fn engine(cache: Option<CacheOptions>) -> Engine {
    let mut options = EngineOptions::default();
    options.instances = 2;
    options.cached_components = 0;
    options.cache = cache;
    Engine::new(&options).unwrap()
}

/// A load counted in these, and in nothing else.
pub(crate) fn counts(counted: &[(&str, u64)]) -> CacheStats {
    let mut stats = CacheStats::default();
    for (what, count) in counted {
        let field = match *what {
            "from_disk" => &mut stats.from_disk,
            "compiled" => &mut stats.compiled,
            "trusted" => &mut stats.trusted,
            "refused" => &mut stats.refused,
            "written" => &mut stats.written,
            "removed" => &mut stats.removed,
            other => panic!("{other} is not counted"),
        };
        *field = *count;
    }
    stats
}

/// Loaded from the cache.
pub(crate) fn hit() -> CacheStats {
    counts(&[("trusted", 1), ("from_disk", 1)])
}

/// Compiled and kept, as there was nothing.
pub(crate) fn miss() -> CacheStats {
    counts(&[("compiled", 1), ("written", 1)])
}

/// Compiled and kept, as what was there was not handed to the engine.
pub(crate) fn refused() -> CacheStats {
    counts(&[("refused", 1), ("compiled", 1), ("written", 1)])
}

/// What was counted between two moments.
pub(crate) fn since(before: CacheStats, now: CacheStats) -> CacheStats {
    let mut stats = counts(&[
        ("from_disk", now.from_disk - before.from_disk),
        ("compiled", now.compiled - before.compiled),
        ("trusted", now.trusted - before.trusted),
        ("refused", now.refused - before.refused),
        ("written", now.written - before.written),
        ("removed", now.removed - before.removed),
    ]);
    stats.from_memory = now.from_memory - before.from_memory;
    stats
}

/// Writes a component into `place` that answers `answer`; `tables` are added to its manifest.
pub(crate) fn component(place: &Path, answer: &str, tables: &str) -> PathBuf {
    with_program(place, answer, tables, &format!("execute = [\"return ok(\\\"raw:{answer}\\\")\"]"))
}

/// Writes a component of that name and program into `place`.
pub(crate) fn with_program(place: &Path, name: &str, tables: &str, program: &str) -> PathBuf {
    let program: Program = toml::from_str(program).unwrap();
    let directory = place.join(name);
    fs::create_dir_all(&directory).unwrap();
    let text = format!(
        "[component]\nname = \"{name}\"\nversion = \"1.0.0\"\napi-version = \"1.0.0\"\n[resources.memory]\nmax = \"1MB\"\n{tables}"
    );
    let wasm = compile(&program, &metadata_fields(&toml::from_str(&text).unwrap())).unwrap().wasm;
    fs::write(directory.join("component.toml"), text).unwrap();
    fs::write(directory.join(format!("{name}.wasm")), wasm).unwrap();
    directory
}

/// Loads the component, asks it once and unloads it.
pub(crate) async fn answer(engine: &Engine, directory: &Path) -> String {
    let runtime = Runtime::builder().engine(engine.clone()).build().unwrap();
    let id = runtime.load(directory).await.unwrap();
    let executed = runtime.execute(&id, payload::parse("raw:").unwrap(), Call::default()).await.unwrap();
    runtime.unload(&id).await.unwrap();
    payload::render(&executed.output)
}

pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

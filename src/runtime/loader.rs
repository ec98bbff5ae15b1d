//! A load, phase by phase, in the contract's order. The first phase that fails ends it, and the guards on the way take
//! back what came before: the name, the overlay, the instance.
//!
//! In: a directory and the host's values. Out: a running component with its task, or a [`LoadError`] and nothing else.
//! Manifest and wasm are read once; what was read is what is hashed, checked and compiled.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::{Semaphore, watch};

use crate::contract::{ComponentId, LoadCode, State, TrapKind};
use crate::manifest::{self, Manifest, ManifestReadError};
use crate::permission::{Admitted, Grants, PolicyError, PolicyMode, texts};

use super::actor::Actor;
use super::allocation::{MAX_MEMORIES_PER_COMPONENT, MAX_TABLES_PER_COMPONENT};
use super::audit::{AuditEvent, Lossless};
use super::bindings::types::ComponentMetadata;
use super::call::Ended;
use super::clock::Work;
use super::compiled::{Compiled, Hash, hash};
use super::component::{Component, Life, overlay_env};
use super::config::Config;
use super::engine::Engine;
use super::error::LoadError;
use super::event::EventKind;
use super::in_force::InForce;
use super::instance::{Instance, Origin};
use super::interface::{Deprecated, Linked};
use super::messaging::mailbox::Mailbox;
use super::messaging::waiters::Waiters;
use super::registry::Registry;
use super::residue::Held;
use super::services::Services;
use super::tasks::Lost;
use super::{LoadOptions, interface};

/// Loads a component and tells how it went.
pub(crate) async fn load(
    services: &Arc<Services>,
    registry: &Arc<Registry>,
    alive: (watch::Receiver<bool>, impl Future + Send + 'static),
    options: LoadOptions,
) -> Result<ComponentId, LoadError> {
    let mut work = services.clock.work();
    let mut name = None;
    let result = run_phases(services, registry, alive, options, &mut name, &mut work).await;
    if let Err(LoadError { phase, code, message, .. }) = &result {
        let event = AuditEvent::load_failed(name.clone(), *phase, *code, message);
        if let Err(error) = services.record(event) {
            tracing::error!(%error, "a failed load could not be recorded");
        }
    }
    services.tell(match &result {
        Ok(component) => EventKind::Loaded {
            component: component.id().clone(),
            version: component.manifest.component.version.to_string(),
            manifest_sha256: component.manifest_sha256.clone(),
            wasm_sha256: component.wasm_sha256.get().cloned().unwrap_or_default(),
        },
        Err(LoadError { phase, code, message, .. }) => {
            EventKind::LoadFailed { component: name, phase: *phase, code: *code, message: message.clone() }
        }
    });
    result.map(|component| component.id().clone())
}

async fn run_phases(
    services: &Arc<Services>,
    registry: &Arc<Registry>,
    (last, alive): (watch::Receiver<bool>, impl Future + Send + 'static),
    options: LoadOptions,
    name: &mut Option<ComponentId>,
    work: &mut Work,
) -> Result<Arc<Component>, LoadError> {
    let (directory, engine, max) =
        (options.directory.clone(), services.engine.clone(), services.limits.component_bytes);
    let read = blocking(services, move || {
        let (manifest, manifest_sha256, wasm) = read_manifest(&directory)?;
        let code = find_code(&engine, &manifest, &wasm, max);
        Ok((manifest, manifest_sha256, code))
    });
    let (manifest, manifest_sha256, code) = read.await?;
    *name = Some(manifest.component.name.clone());

    let component = Arc::new(describe(services, manifest, manifest_sha256, options));
    let reservation = registry
        .reserve(services, &component)
        .ok_or_else(|| LoadError::new(LoadCode::AlreadyLoaded, format!("{} is loaded already", component.id())))?;

    component.grants.set(admit(services, &component)?);
    if let Some(excess) = services.limits.exceeded_by(&component.manifest) {
        return Err(LoadError::new(LoadCode::LimitExceedsPolicy, excess));
    }

    let compiled = compile(services, &component, code?).await?;
    check_initial_memory(&compiled, component.manifest.resources.memory.max)?;

    interface::check_manifest(services.engine.offer(services.contract), &component.manifest)?;
    let linked = services.engine.link(&compiled, services.contract)?;
    drop(compiled);
    warn_of_deprecated(services, &component, &linked);
    component.pass_to(services, State::Installed);

    component.pass_to(services, State::Starting);
    let instance = start(services, registry, &component, &linked, work).await?;

    let actor = Actor::new(Arc::clone(services), Arc::clone(&component), Arc::downgrade(registry), linked, instance);
    services.tasks.spawn_actor(&services.engine, &component.long, actor.run(last, alive, services.clock.work()));
    reservation.keep();
    Ok(component)
}

/// Instantiates, asks for the metadata, initialises.
async fn start(
    services: &Arc<Services>,
    registry: &Arc<Registry>,
    component: &Arc<Component>,
    linked: &Linked,
    work: &mut Work,
) -> Result<Instance, LoadError> {
    let origin = Origin { services, component, registry: &Arc::downgrade(registry), linked };
    let mut instance = Instance::start(origin, work).await?;
    let millis = services.limits.metadata_ms;
    let metadata = instance.metadata(millis, work).await.result.map_err(|ended| {
        call_error(&ended, "metadata", millis, LoadCode::MetadataTrapped, LoadCode::MetadataTimeout)
    })?;
    check_metadata(&component.manifest, &metadata)?;
    let _ = component.metadata.set(metadata);
    initialise(services, component, &mut instance, work).await?;
    Ok(instance)
}

/// Calls `init`: at the first start, and of every instance that follows.
pub(crate) async fn initialise(
    services: &Services,
    component: &Component,
    instance: &mut Instance,
    work: &mut Work,
) -> Result<(), LoadError> {
    let millis = services.limits.init_ms;
    match instance.init(&component.init_config(), millis, work).await.result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let message = super::guest_error::component(error).to_string();
            Err(LoadError::new(LoadCode::InitFailed, message))
        }
        Err(ended) => Err(call_error(&ended, "init", millis, LoadCode::InitTrapped, LoadCode::InitTimeout)),
    }
}

fn call_error(ended: &Ended, function: &str, millis: u64, trapped: LoadCode, timeout: LoadCode) -> LoadError {
    match ended.kind {
        TrapKind::Deadline => LoadError::new(timeout, format!("{function} took longer than {millis} ms")),
        kind => LoadError::new(trapped, format!("{function} trapped: {kind}: {}", ended.message)),
    }
}

fn read_manifest(directory: &Path) -> Result<(Manifest, String, PathBuf), LoadError> {
    let (manifest, source) = manifest::read(directory).map_err(|error| {
        let details = match &error {
            ManifestReadError::Invalid { errors, .. } => errors.as_slice().to_vec(),
            _ => Vec::new(),
        };
        LoadError { details, ..LoadError::new(error.code(), chain(&error)) }
    })?;
    let wasm = manifest::resolve_wasm(directory, &manifest)
        .map_err(|error| LoadError::new(error.code(), format!("component.wasm: {}", chain(&error))))?;
    Ok((manifest, source.sha256, wasm))
}

fn describe(services: &Services, manifest: Manifest, manifest_sha256: String, options: LoadOptions) -> Component {
    let overlays = Held::of(&services.counters.overlays);
    Component {
        number: services.next_component(),
        mailbox: Mailbox::new(services.limits.mailbox_for(&manifest)),
        slots: Arc::new(Semaphore::new(services.limits.queued_calls.max(1))),
        room: Waiters::new(Arc::clone(&services.clock)),
        stop: Waiters::new(Arc::clone(&services.clock)),
        full: AtomicBool::new(false),
        draining: AtomicBool::new(false),
        long: Arc::default(),
        dead_letters: AtomicU64::new(0),
        version: manifest.component.version.to_string().into(),
        env: overlay_env(&manifest.env, options.env),
        config: Config::new(manifest.config.clone(), options.config, overlays),
        config_data: options.config_data,
        grants: InForce::default(),
        killers: Mutex::default(),
        storage_quota: services.limits.storage_for(&manifest),
        fuel: services.limits.fuel_for(&manifest),
        manifest,
        manifest_sha256,
        wasm_sha256: OnceLock::new(),
        metadata: OnceLock::new(),
        life: Mutex::new(Life::BEFORE),
    }
}

/// The policy phase: what of the manifest's capabilities is in force.
fn admit(services: &Services, component: &Component) -> Result<Grants, LoadError> {
    let Manifest { capabilities, optional_capabilities, .. } = &component.manifest;
    let grants = match &services.policy {
        None => Grants::new(capabilities, optional_capabilities)
            .map_err(|error| LoadError::new(LoadCode::InvalidPattern, error.to_string()))?,
        Some(policy) => {
            let admitted = policy.admit(capabilities, optional_capabilities).map_err(|error| {
                let code = match error {
                    PolicyError::Manifest(_) => LoadCode::InvalidPattern,
                    _ => LoadCode::PolicyDenied,
                };
                LoadError::new(code, error.to_string())
            })?;
            tell_excess(services, component, policy.mode, &admitted)?;
            admitted.grants
        }
    };
    Ok(if services.allow_private { grants.allowing_private() } else { grants })
}

/// Warns of what a policy dropped, or let pass although it does not allow it.
fn tell_excess(
    services: &Services,
    component: &Component,
    mode: PolicyMode,
    admitted: &Admitted,
) -> Result<(), LoadError> {
    let (dropped, beyond) = (texts(&admitted.dropped), texts(&admitted.beyond));
    if dropped.is_empty() && beyond.is_empty() {
        return Ok(());
    }
    let id = component.id().clone();
    tracing::warn!(component = id.as_str(), %mode, ?dropped, ?beyond, "the manifest asks for more than the policy allows");
    let event = AuditEvent::policy_excess(id.clone(), mode, &dropped, &beyond);
    if let Err(error) = services.record(event) {
        tracing::error!(%error, "the excess of a manifest could not be recorded");
        if services.audit.lossless() == Lossless::Refuse {
            let message = "the audit trail takes no record, and no manifest beyond the policy is loaded without one";
            return Err(LoadError::new(LoadCode::PolicyDenied, message));
        }
    }
    services.tell(EventKind::PolicyExcess { component: id, mode, dropped, beyond });
    Ok(())
}

/// Warns, once a load, of functions that the component imports and that will be gone one day.
fn warn_of_deprecated(services: &Services, component: &Component, linked: &Linked) {
    for Deprecated { interface, function, since, advice } in &linked.deprecated {
        let id = component.id();
        tracing::warn!(component = id.as_str(), %interface, %function, %since, %advice, "the component imports a deprecated function");
        services.tell(EventKind::Deprecated {
            component: id.clone(),
            interface: interface.clone(),
            function: function.clone(),
            since: since.to_string(),
            advice: advice.clone(),
        });
    }
}

/// The machine code of a component, as far as it is there without compiling.
struct Code {
    wasm_sha256: Hash,
    /// The component, or else its wasm, which is to be compiled.
    found: Result<Arc<Compiled>, Vec<u8>>,
}

/// Reads the wasm and looks for its machine code, while the thread that read the manifest is at it: a change of threads
/// takes as long as a good part of a load. What is wrong is told in the component phase, if the load gets there.
fn find_code(engine: &Engine, manifest: &Manifest, path: &Path, max: u64) -> Result<Code, LoadError> {
    let wasm = read_wasm(path, max)?;
    check_format(&manifest.component.wasm, &wasm)?;
    let wasm_sha256 = hash(&wasm);
    Ok(Code { wasm_sha256, found: engine.compiler().find(wasm_sha256).ok_or(wasm) })
}

/// The component phase: from wasm to machine code.
async fn compile(services: &Services, component: &Component, code: Code) -> Result<Arc<Compiled>, LoadError> {
    let Code { wasm_sha256, found } = code;
    let _ = component.wasm_sha256.set(wasm_sha256.iter().map(|byte| format!("{byte:02x}")).collect());
    match found {
        Ok(compiled) => {
            // Whether the bytes were compiled before must not make a difference to the order of anything.
            services.tasks.turn().await;
            Ok(compiled)
        }
        Err(wasm) => {
            let engine = services.engine.clone();
            let name = component.manifest.component.wasm.clone();
            let compile =
                move || engine.compiler().compile(wasm_sha256, &wasm).map_err(|why| not_compiled(&name, &why));
            blocking(services, compile).await
        }
    }
}

fn not_compiled(name: &str, error: &wasmtime::Error) -> LoadError {
    let message = format!("{name}: {error:#}");
    if exceeds_pool(&message) {
        return LoadError::new(LoadCode::MemoryExceedsLimit, message);
    }
    LoadError::new(LoadCode::InvalidComponent, format!("{message}; `wasm-tools validate` says more"))
}

fn read_wasm(path: &Path, max: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error: std::io::Error| {
        LoadError::new(LoadCode::NotAComponent, format!("{} cannot be read: {error}", path.display()))
    };
    let mut wasm = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(max.saturating_add(1)).read_to_end(&mut wasm).map_err(unreadable)?;
    if u64::try_from(wasm.len()).unwrap_or(u64::MAX) > max {
        let message = format!("{} is larger than {max} bytes", path.display());
        return Err(LoadError::new(LoadCode::ComponentTooLarge, message));
    }
    Ok(wasm)
}

/// Tells a component from everything else by its first bytes: `\0asm`, then a version and a layer, sixteen bits each;
/// layer 0 is a core module, layer 1 a component.
fn check_format(name: &str, wasm: &[u8]) -> Result<(), LoadError> {
    if wasm.starts_with(b"\x7fELF") || wasmtime::Engine::detect_precompiled(wasm).is_some() {
        let message = format!("{name} is machine code: only wasm is loaded, and compiled here");
        return Err(LoadError::new(LoadCode::PrecompiledRefused, message));
    }
    let what = match wasm {
        [] => "an empty file: build the component again",
        [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', _, _, 0, 0, ..] => "a core module: `wasm-tools component new` makes it a component",
        _ => "no wasm in its binary form: name the built component in component.wasm of the manifest",
    };
    Err(LoadError::new(LoadCode::NotAComponent, format!("{name} is {what}")))
}

/// Whether the engine refused a valid component because it needs more memories, tables or instances than a pool slot
/// has. The engine reports this as text alone.
fn exceeds_pool(message: &str) -> bool {
    ["exceeds the per-instance limit", "which exceeds the limit of", "exceeds the configured maximum"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// Refuses early what cannot fit, as a pool does without being asked. The engine tells the largest memory only; that all memories and tables fit together
/// is counted when they are made, by the instance's limiter, with the same code.
fn check_initial_memory(compiled: &Compiled, max: u64) -> Result<(), LoadError> {
    const PAGE_BYTES: u64 = 65_536;
    let Some(needs) = compiled.component.resources_required() else { return Ok(()) };
    let memory = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(PAGE_BYTES);
    let table = needs.max_initial_table_size.unwrap_or(0).saturating_mul(super::limits::TABLE_ELEMENT_BYTES);
    let (memories, tables) = (needs.num_memories, needs.num_tables);
    let message = if memories > MAX_MEMORIES_PER_COMPONENT || tables > MAX_TABLES_PER_COMPONENT {
        format!(
            "the component has {memories} memories and {tables} tables, the host allows {MAX_MEMORIES_PER_COMPONENT} and \
             {MAX_TABLES_PER_COMPONENT}"
        )
    } else if memory.saturating_add(table) > max {
        format!(
            "the component starts with at least {memory} bytes of memory and {table} of tables, resources.memory.max is {max}"
        )
    } else {
        return Ok(());
    };
    Err(LoadError::new(LoadCode::MemoryExceedsLimit, message))
}

/// The metadata phase: what the component says of itself must be what its manifest says.
fn check_metadata(manifest: &Manifest, metadata: &ComponentMetadata) -> Result<(), LoadError> {
    let identity = &manifest.component;
    let texts = [
        ("name", &metadata.name, identity.name.to_string()),
        ("version", &metadata.version, identity.version.to_string()),
        ("api-version", &metadata.api_version, identity.api_version.to_string()),
    ];
    let mut contradictions: Vec<_> = texts
        .iter()
        .filter(|(_, said, written)| *said != written)
        .map(|(field, said, written)| format!("{field} is {said:?}, the manifest has {written:?}"))
        .collect();
    let (said, written) = (metadata.memory_requirements.max_memory_bytes, manifest.resources.memory.max);
    if said != written {
        contradictions.push(format!("max-memory-bytes is {said}, the manifest has {written}"));
    }
    if contradictions.is_empty() {
        return Ok(());
    }
    Err(LoadError::new(LoadCode::MetadataMismatch, contradictions.join("; ")))
}

/// Runs file access off the async threads.
async fn blocking<T: Send + 'static>(
    services: &Services,
    f: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
) -> Result<T, LoadError> {
    match services.tasks.blocking(f).await {
        Ok(result) => result,
        Err(Lost::Panicked(panic)) => std::panic::resume_unwind(panic),
        Err(Lost::GivenUp(why)) => Err(LoadError::new(LoadCode::ResourceExhausted, why)),
    }
}

/// An error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart_by_their_first_bytes() {
        let table: &[(&[u8], Option<LoadCode>)] = &[
            (b"", Some(LoadCode::NotAComponent)),
            (b"hello", Some(LoadCode::NotAComponent)),
            (b"\0asm", Some(LoadCode::NotAComponent)),
            (b"\0asm\x01\0\0\0", Some(LoadCode::NotAComponent)),
            (b"\x7fELF\x02\x01\x01\0", Some(LoadCode::PrecompiledRefused)),
            (b"\0asm\x0d\0\x01\0", None),
            (b"\0asm\x0d\0\x01\0garbage", None),
        ];
        for (wasm, code) in table {
            assert_eq!(check_format("a.wasm", wasm).err().map(|error| error.code), *code, "{wasm:?}");
        }
    }
}

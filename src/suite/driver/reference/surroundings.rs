//! From the world of a case to a runtime in it, as often as the case lets one crash.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::DriverError;
use super::disk::Disk;
use super::limits::limits;
use super::network::{Names, Routes};
use super::place::{ROOT, within};
use crate::contract::ComponentId;
use crate::permission::Policy;
use crate::runtime::audit::{FileAudit, Lossless, MemoryAudit, Sync};
use crate::runtime::{Clock, Engine, HostFunctionError, LogRecord, Runtime, RuntimeBuilder, Schedule, Store};
use crate::suite::protocol::{HostFunctionScript, World};

/// Who wrote what a case finds in the store.
const STORED_BY: &str = "suite";

/// What outlives the runtimes of a case.
pub(super) struct Surroundings {
    world: World,
    root: PathBuf,
    clock: Arc<dyn Clock>,
    pub(super) disk: Disk,
    pub(super) audit: Arc<MemoryAudit>,
    /// The directory of the case.
    place: PathBuf,
}

impl Surroundings {
    pub(super) fn new(world: &World, place: &Path, clock: Arc<dyn Clock>) -> Result<Self, DriverError> {
        let root = place.join(ROOT);
        std::fs::create_dir_all(&root).map_err(|why| DriverError::new(format!("no root: {why}")))?;
        let capacity = world.audit_capacity.and_then(|capacity| usize::try_from(capacity).ok());
        let audit = Arc::new(capacity.map_or_else(MemoryAudit::new, MemoryAudit::bounded));
        let surroundings =
            Self { world: world.clone(), root, clock, disk: Disk::default(), audit, place: place.to_owned() };
        surroundings.fill_store()?;
        Ok(surroundings)
    }

    /// Starts a runtime.
    pub(super) fn runtime(
        &self,
        engine: &Engine,
        schedule: Option<&Schedule>,
        on_log: impl Fn(&LogRecord) + Send + std::marker::Sync + 'static,
    ) -> Result<Runtime, DriverError> {
        let World { policy, network, audit_file, audit_lossy, .. } = &self.world;
        let mut builder = Runtime::builder()
            .engine(engine.clone())
            .clock(Arc::clone(&self.clock))
            .limits(limits(&self.world.limits)?)
            .root(&self.root)
            .store(self.store()?)
            .resolver(Arc::new(Names::new(network)?))
            .dialer(Arc::new(Routes::new(network)?))
            .allow_private(network.allow_private)
            .lossless(if *audit_lossy { Lossless::Proceed } else { Lossless::Refuse })
            .on_log(on_log);
        if let Some(contract) = self.world.contract {
            builder = builder.contract(contract);
        }
        if let Some(schedule) = schedule {
            builder = builder.schedule(schedule);
        }
        if let Some(policy) = policy {
            let policy = Policy::parse(policy).map_err(|why| DriverError::new(format!("the policy: {why}")))?;
            builder = builder.policy(policy);
        }
        if let Some(file) = audit_file {
            let path = within(&self.place, file)?;
            let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            made.map_err(|why| DriverError::new(format!("no directory for the audit trail: {why}")))?;
            let sink = FileAudit::open(path, Sync::Never).map_err(|why| DriverError::new(why.to_string()))?;
            builder = builder.audit(Arc::new(sink));
        }
        builder = builder.audit(Arc::clone(&self.audit) as _);
        for (name, script) in &self.world.host_functions {
            builder = host_function(builder, name, script.clone());
        }
        builder.build().map_err(|why| DriverError::new(why.to_string()))
    }

    /// Where the audit trail is kept as a file.
    pub(super) fn audit_file(&self) -> Result<PathBuf, DriverError> {
        let file = self.world.audit_file.as_ref();
        within(&self.place, file.ok_or_else(|| DriverError::new("the case keeps no audit trail: give `audit-file`"))?)
    }

    fn store(&self) -> Result<Store, DriverError> {
        let store = match &self.world.store_file {
            None => Store::with_backend(self.disk.clone()),
            Some(file) => {
                let path = within(&self.place, file)?;
                let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
                made.map_err(|why| DriverError::new(format!("no directory for the store: {why}")))?;
                Store::open(path)
            }
        };
        store.map_err(|why| DriverError::new(why.to_string()))
    }

    fn fill_store(&self) -> Result<(), DriverError> {
        if self.world.storage.is_empty() {
            return Ok(());
        }
        let failed = |why: &dyn std::fmt::Display| DriverError::new(format!("the store cannot be filled: {why}"));
        let owner = ComponentId::new(STORED_BY).map_err(|why| failed(&why))?;
        let store = self.store()?;
        for (namespace, entries) in &self.world.storage {
            for (key, value) in entries {
                store.put(&owner, namespace, key, &value.0).map_err(|why| failed(&why))?;
            }
        }
        Ok(())
    }
}

fn host_function(builder: RuntimeBuilder, name: &str, script: HostFunctionScript) -> RuntimeBuilder {
    builder.host_function(name, move |call| {
        let script = script.clone();
        async move {
            match script {
                HostFunctionScript::Echo => Ok(call.args),
                HostFunctionScript::Answer(bytes) => Ok(bytes.0),
                HostFunctionScript::InvalidInput(text) => Err(HostFunctionError::InvalidInput(text)),
                HostFunctionScript::InternalError(text) => Err(HostFunctionError::Internal(text)),
                // Without the hook, which would print a backtrace that nobody asked for.
                HostFunctionScript::Panics => std::panic::resume_unwind(Box::new("a function of the case panics")),
                HostFunctionScript::Hangs => std::future::pending().await,
            }
        }
    })
}

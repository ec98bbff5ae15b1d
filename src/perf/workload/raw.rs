//! The baseline: the same components on the same engine, embedded with the least that works. No permissions, no limits, no
//! deadlines, no audit, no supervision; stores, typed calls and channels alone.

use std::sync::{Arc, LazyLock};

use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, StoreContextMut};

use crate::perf::PerfError;
use crate::runtime::bindings::storage::StorageError;
use crate::runtime::bindings::types::{
    ComponentConfig, ExecutionContext, MessagingError, RequestedPermissions, ResourceAllocation, ResourceLimits,
};
use crate::runtime::bindings::{self, ComponentPre, IncomingMessage};
use crate::runtime::{Clock as _, Engine, Store as Entries, SystemClock};

const HOST_SERVICES: &str = "airssys:core/host-services@1.0.0";
const STORAGE: &str = "airssys:ext-storage/storage@1.0.0";

/// As many as a mailbox of the runtime holds.
const CHANNEL: usize = 1_024;

/// What the baseline's host functions work on.
#[derive(Default)]
pub(super) struct Data {
    /// Where messages and responses go.
    pub(super) peer: Option<mpsc::Sender<Mail>>,
    /// Whom the request came from, if from outside.
    pub(super) answer: Option<oneshot::Sender<Vec<u8>>>,
    pub(super) entries: Option<Entries>,
}

/// What a component is sent.
pub(super) enum Mail {
    Execute(Vec<u8>, oneshot::Sender<Vec<u8>>),
    /// A message, and who is told when it was handled.
    Message(IncomingMessage, Option<oneshot::Sender<()>>),
    /// A request from outside.
    Request(IncomingMessage, oneshot::Sender<Vec<u8>>),
    Callback(String, Result<Vec<u8>, MessagingError>),
}

/// A component, ready to be instantiated.
#[derive(Clone)]
pub(super) struct Raw {
    linker: Arc<Linker<Data>>,
    pre: ComponentPre<Data>,
}

/// An instance and its store.
pub(super) struct Instance {
    pub(super) store: Store<Data>,
    exports: bindings::Component,
}

/// What `execute` is told; the same for every call.
pub(super) fn context() -> ExecutionContext {
    ExecutionContext {
        request_id: "call-1".to_owned(),
        caller: bindings::types::Caller::Host,
        timeout_ms: 30_000,
        available_resources: ResourceAllocation { memory_bytes: 4 << 20, fuel: None },
        trace_context: None,
    }
}

/// What `init` is given by the runtime to a component of the workloads.
fn config() -> ComponentConfig {
    ComponentConfig {
        env: Vec::new(),
        config_data: None,
        resource_limits: ResourceLimits {
            max_memory_bytes: 4 << 20,
            max_fuel: None,
            max_execution_ms: 30_000,
            max_message_bytes: 1 << 20,
        },
        granted_capabilities: RequestedPermissions {
            filesystem: Vec::new(),
            network: Vec::new(),
            storage: Vec::new(),
            process: Vec::new(),
            messaging: Vec::new(),
            host_functions: Vec::new(),
        },
    }
}

impl Raw {
    /// Compiles.
    pub(super) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Self, PerfError> {
        Self::of(engine, &Component::from_binary(engine.wasmtime(), wasm).map_err(failed)?)
    }

    /// Links what is compiled, with a linker made for it.
    pub(super) fn of(engine: &Engine, component: &Component) -> Result<Self, PerfError> {
        let linker = linker(engine, component)?;
        let pre = linker.instantiate_pre(component).and_then(ComponentPre::new).map_err(failed)?;
        Ok(Self { linker: Arc::new(linker), pre })
    }

    /// Links a component that imports the same, with the same linker.
    pub(super) fn link(&self, component: &Component) -> Result<Self, PerfError> {
        let pre = self.linker.instantiate_pre(component).and_then(ComponentPre::new).map_err(failed)?;
        Ok(Self { linker: Arc::clone(&self.linker), pre })
    }

    /// A fresh instance.
    pub(super) async fn instantiate(&self, data: Data) -> Result<Instance, PerfError> {
        let mut store = Store::new(self.linker.engine(), data);
        store.set_fuel(u64::MAX).map_err(failed)?;
        store.set_epoch_deadline(u64::MAX / 2);
        let exports = self.pre.instantiate_async(&mut store).await.map_err(failed)?;
        Ok(Instance { store, exports })
    }

    /// A fresh instance that was asked for its metadata and initialised.
    pub(super) async fn start(&self, data: Data) -> Result<Instance, PerfError> {
        let mut instance = self.instantiate(data).await?;
        let lifecycle = instance.exports.airssys_core_component_lifecycle();
        lifecycle.call_metadata(&mut instance.store).await.map_err(failed)?;
        let initialised = lifecycle.call_init(&mut instance.store, &config()).await.map_err(failed)?;
        initialised.map_err(|why| PerfError::new(format!("{why:?}")))?;
        Ok(instance)
    }
}

impl Instance {
    /// Calls `execute`.
    pub(super) async fn execute(&mut self, operation: &[u8], context: &ExecutionContext) -> Result<Vec<u8>, PerfError> {
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let answer = lifecycle.call_execute(&mut self.store, operation, context).await.map_err(failed)?;
        answer.map_err(|why| PerfError::new(format!("{why:?}")))
    }

    /// Calls `shutdown`.
    pub(super) async fn shutdown(&mut self) -> Result<(), PerfError> {
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let answer = lifecycle.call_shutdown(&mut self.store).await.map_err(failed)?;
        answer.map_err(|why| PerfError::new(format!("{why:?}")))
    }

    async fn handle_message(&mut self, message: &IncomingMessage) -> Result<(), PerfError> {
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let answer = lifecycle.call_handle_message(&mut self.store, message).await.map_err(failed)?;
        answer.map_err(|why| PerfError::new(format!("{why:?}")))
    }

    async fn handle_callback(
        &mut self,
        id: &String,
        outcome: Result<Vec<u8>, MessagingError>,
    ) -> Result<(), PerfError> {
        let lifecycle = self.exports.airssys_core_component_lifecycle();
        let outcome = outcome.as_deref();
        let answer = lifecycle.call_handle_callback(&mut self.store, id, outcome).await.map_err(failed)?;
        answer.map_err(|why| PerfError::new(format!("{why:?}")))
    }

    /// Serves a channel until it is closed. What fails drops whoever waits, which is then told.
    pub(super) async fn serve(mut self, mut inbox: mpsc::Receiver<Mail>) {
        let context = context();
        while let Some(mail) = inbox.recv().await {
            let served = match mail {
                Mail::Execute(operation, answer) => {
                    self.execute(&operation, &context).await.map(|output| drop(answer.send(output)))
                }
                Mail::Message(message, handled) => {
                    let served = self.handle_message(&message).await;
                    if let (Ok(()), Some(handled)) = (&served, handled) {
                        // An error says that nobody waits any more.
                        let _ = handled.send(());
                    }
                    served
                }
                Mail::Request(message, answer) => {
                    self.store.data_mut().answer = Some(answer);
                    self.handle_message(&message).await
                }
                Mail::Callback(id, outcome) => self.handle_callback(&id, outcome).await,
            };
            if let Err(error) = served {
                tracing::error!(%error, "the baseline failed");
                return;
            }
        }
    }
}

/// A channel as long as a mailbox of the runtime.
pub(super) fn channel() -> (mpsc::Sender<Mail>, mpsc::Receiver<Mail>) {
    mpsc::channel(CHANNEL)
}

/// The functions that the workloads' components call, and nothing behind the others.
fn linker(engine: &Engine, component: &Component) -> Result<Linker<Data>, PerfError> {
    let mut linker = Linker::<Data>::new(engine.wasmtime());
    linker.define_unknown_imports_as_traps(component).map_err(failed)?;
    linker.allow_shadowing(true);
    let imports = |name: &str| component.component_type().get_import(engine.wasmtime(), name).is_some();
    if imports(HOST_SERVICES) {
        let mut services = linker.instance(HOST_SERVICES).map_err(failed)?;
        services.func_wrap("current-time-millis", |_, (): ()| Ok((now_millis(),))).map_err(failed)?;
        services.func_wrap("send-message", send_message).map_err(failed)?;
        services.func_wrap("send-request", send_request).map_err(failed)?;
        services.func_wrap("send-response", send_response).map_err(failed)?;
    }
    if imports(STORAGE) {
        linker.instance(STORAGE).map_err(failed)?.func_wrap("get", get).map_err(failed)?;
    }
    Ok(linker)
}

type Context<'a> = StoreContextMut<'a, Data>;
type Answered<T> = wasmtime::Result<(Result<T, MessagingError>,)>;

fn now_millis() -> u64 {
    static CLOCK: LazyLock<SystemClock> = LazyLock::new(SystemClock::default);
    CLOCK.now().millis()
}

fn send(context: &Context<'_>, mail: Mail) -> Result<(), MessagingError> {
    let peer = context.data().peer.as_ref().ok_or(MessagingError::MailboxFull)?;
    peer.try_send(mail).map_err(|_| MessagingError::MailboxFull)
}

fn send_message(context: Context<'_>, (_target, payload): (String, Vec<u8>)) -> Answered<()> {
    let message = IncomingMessage { sender: "a".to_owned(), payload, request_id: None };
    Ok((send(&context, Mail::Message(message, None)),))
}

fn send_request(context: Context<'_>, (_target, payload, _): (String, Vec<u8>, u64)) -> Answered<String> {
    let id = "req-1".to_owned();
    let message = IncomingMessage { sender: "a".to_owned(), payload, request_id: Some(id.clone()) };
    Ok((send(&context, Mail::Message(message, None)).map(|()| id),))
}

fn send_response(mut context: Context<'_>, (id, response): (String, Result<Vec<u8>, String>)) -> Answered<()> {
    let outcome = response.map_err(MessagingError::DeliveryFailed);
    if let Some(answer) = context.data_mut().answer.take() {
        return Ok((outcome.and_then(|output| answer.send(output).map_err(|_| MessagingError::MailboxFull)),));
    }
    Ok((send(&context, Mail::Callback(id, outcome)),))
}

fn get(
    context: Context<'_>,
    (namespace, key): (String, String),
) -> wasmtime::Result<(Result<Option<Vec<u8>>, StorageError>,)> {
    let entries = context.data().entries.as_ref();
    let value = entries.map(|entries| entries.get(&namespace, &key)).transpose();
    Ok((value.map(Option::flatten).map_err(|why| StorageError::IoError(why.to_string())),))
}

fn failed(error: wasmtime::Error) -> PerfError {
    PerfError::new(format!("the baseline failed: {error:#}"))
}

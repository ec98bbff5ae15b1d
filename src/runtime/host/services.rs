//! `airssys:core/host-services`: logging, messaging, configuration, time, introspection.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::contract::{ComponentId, State};

use super::super::bindings::host_services::Host as HostServices;
use super::super::bindings::types::{
    ComponentError, ComponentMetadata, ConfigError as GuestConfigError, HostFunctionError, LogLevel as GuestLogLevel,
    MessagingError,
};
use super::super::call::panic_text;
use super::super::clock::Timestamp;
use super::super::config::ConfigError;
use super::super::error::CallError;
use super::super::host_function::{self, HostCall};
use super::super::log::LogLevel;
use super::Host;
use super::gate::{Asked, Denied, Subject};

impl From<Denied> for MessagingError {
    fn from(Denied(text): Denied) -> Self {
        MessagingError::PermissionDenied(text)
    }
}

impl From<Denied> for HostFunctionError {
    fn from(Denied(text): Denied) -> Self {
        HostFunctionError::PermissionDenied(text)
    }
}

impl From<ConfigError> for GuestConfigError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::InvalidKey(text) => GuestConfigError::InvalidKey(text),
            ConfigError::ReadOnly(text) => GuestConfigError::ReadOnly(text),
            ConfigError::Full(text) => GuestConfigError::InternalError(text),
        }
    }
}

impl HostServices for Host {
    fn log(&mut self, level: GuestLogLevel, message: String, context: Option<Vec<(String, String)>>) {
        let level = match level {
            GuestLogLevel::Trace => LogLevel::Trace,
            GuestLogLevel::Debug => LogLevel::Debug,
            GuestLogLevel::Info => LogLevel::Info,
            GuestLogLevel::Warn => LogLevel::Warn,
            GuestLogLevel::Error => LogLevel::Error,
        };
        self.log_record(level, message, context.unwrap_or_default());
    }

    fn send_message(&mut self, target: String, payload: Vec<u8>) -> Result<(), MessagingError> {
        self.send(target, payload)
    }

    fn send_request(&mut self, target: String, payload: Vec<u8>, timeout_ms: u64) -> Result<String, MessagingError> {
        self.ask(target, payload, timeout_ms)
    }

    fn send_response(&mut self, request: String, response: Result<Vec<u8>, String>) -> Result<(), MessagingError> {
        self.respond(request, response)
    }

    fn cancel_request(&mut self, request: String) -> Result<(), MessagingError> {
        self.cancel(request)
    }

    fn get_config(&mut self, key: String) -> Result<Option<String>, GuestConfigError> {
        Ok(self.gate.component.config.get(&key)?)
    }

    fn set_config(&mut self, key: String, value: String) -> Result<(), GuestConfigError> {
        Ok(self.gate.component.config.set(key, value)?)
    }

    fn current_time_millis(&mut self) -> u64 {
        self.gate.services.clock.now().millis()
    }

    fn current_time_nanos(&mut self) -> u64 {
        self.gate.services.clock.now().nanos()
    }

    async fn sleep_millis(&mut self, duration: u64) {
        let until = self.gate.services.clock.now().plus_millis(duration);
        self.gate.call.sleep_until(until).await;
    }

    fn list_components(&mut self) -> Vec<String> {
        let Some(registry) = self.registry.upgrade() else { return vec![self.gate.component.id().to_string()] };
        // The caller counts as running even while its `init` is what asks. The registry is sorted.
        let runs = |id: &ComponentId, state| state == State::Running || id == self.gate.component.id();
        let components = registry.components();
        let running = components.iter().filter(|component| runs(component.id(), component.state()));
        running.map(|component| component.id().to_string()).collect()
    }

    fn get_component_metadata(&mut self, id: String) -> Result<ComponentMetadata, ComponentError> {
        let metadata = |id: &str| {
            let component = self.registry.upgrade()?.find(id)?;
            component.metadata.get().cloned()
        };
        metadata(&id).ok_or(ComponentError::NotFound(id))
    }

    async fn call_host_function(&mut self, name: String, args: Vec<u8>) -> Result<Vec<u8>, HostFunctionError> {
        self.gate.pass(Asked { subject: Subject::Function(&name), resource: &name, resolved: None })?;
        let of = |error: CallError, whose| format!("{whose}: {error}");
        self.gate
            .component
            .check_codec(&args)
            .map_err(|error| HostFunctionError::InvalidInput(of(error, "the arguments")))?;
        let call = HostCall { component: self.gate.component.id().clone(), function: name.clone(), args };
        let Some(answer) = self.gate.services.host_functions.call(call) else {
            return Err(HostFunctionError::NotFound(name));
        };
        let answer = AssertUnwindSafe(answer).catch_unwind();
        let answer = self.gate.call.outside_until(Timestamp::NEVER, answer).await;
        let panicked = || HostFunctionError::InternalError("the host function failed".to_owned());
        let answer = match answer {
            Some(Ok(answer)) => answer.map_err(|error| match error {
                host_function::HostFunctionError::InvalidInput(why) => HostFunctionError::InvalidInput(why),
                host_function::HostFunctionError::Internal(why) => HostFunctionError::InternalError(why),
            })?,
            Some(Err(panic)) => {
                tracing::error!(function = name, panic = panic_text(&*panic), "a host function panicked");
                return Err(panicked());
            }
            None => return Err(panicked()),
        };
        self.gate
            .component
            .check_codec(&answer)
            .map_err(|error| HostFunctionError::InternalError(of(error, "the answer")))?;
        Ok(answer)
    }
}

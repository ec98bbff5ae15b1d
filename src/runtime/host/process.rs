//! `airssys:ext-process/process`: child processes, and the component's own environment.

use super::super::bindings::process::{Host as Process, ProcessError, ProcessResult};
use super::Host;
use super::gate::{Access, Denied};

impl From<Denied> for ProcessError {
    fn from(Denied(text): Denied) -> Self {
        ProcessError::PermissionDenied(text)
    }
}

impl Process for Host {
    async fn spawn_process(
        &mut self,
        command: String,
        _: Vec<String>,
        _: Option<Vec<(String, String)>>,
    ) -> Result<u64, ProcessError> {
        self.gate(Access::Process(&command))?;
        Err(ProcessError::IoError("this runtime starts no processes".to_owned()))
    }

    async fn wait_process(&mut self, handle: u64, _: u64) -> Result<ProcessResult, ProcessError> {
        Err(ProcessError::InvalidHandle(handle))
    }

    async fn kill_process(&mut self, handle: u64) -> Result<(), ProcessError> {
        Err(ProcessError::InvalidHandle(handle))
    }

    async fn get_env(&mut self, name: String) -> Option<String> {
        self.component.env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

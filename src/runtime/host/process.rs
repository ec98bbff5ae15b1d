//! `airssys:ext-process/process`: child processes, and the component's own environment.
//!
//! A command is a guest path like any other: it lies below the root that the host configured, and what is decided is the
//! executable that it leads to.

use crate::permission::Class;

use super::super::bindings::process::{Host as Process, ProcessError, ProcessResult};
use super::super::children::ChildError;
use super::super::files::Kind;
use super::Host;
use super::gate::{Asked, Denied, Node, Subject};

impl From<Denied> for ProcessError {
    fn from(Denied(text): Denied) -> Self {
        ProcessError::PermissionDenied(text)
    }
}

fn in_words(error: ChildError, command: &str) -> ProcessError {
    match error {
        ChildError::InvalidHandle(handle) => ProcessError::InvalidHandle(handle),
        ChildError::TooLarge(limit) => ProcessError::TooLarge(limit),
        ChildError::NotFound => ProcessError::NotFound(command.to_owned()),
        other => ProcessError::IoError(other.to_string()),
    }
}

impl Host {
    /// Passes the gate with the command under which a process was spawned.
    fn child(&self, handle: u64) -> Result<String, ProcessError> {
        let command = self.children.command_of(handle).ok_or(ProcessError::InvalidHandle(handle))?;
        let subject = Subject::Command { path: command, node: Node::Ordinary };
        self.gate.pass(Asked { subject, resource: command, resolved: Some(command.to_owned()) })?;
        Ok(command.to_owned())
    }
}

impl Process for Host {
    async fn spawn_process(
        &mut self,
        command: String,
        args: Vec<String>,
        env: Option<Vec<(String, String)>>,
    ) -> Result<u64, ProcessError> {
        let found = match self.gate.follow(&command).await {
            Ok(found) => found,
            Err(error) => {
                let why = error.to_string();
                let subject = Subject::Malformed { class: Class::Process, action: "spawn", why: &why };
                self.gate.pass(Asked { subject, resource: &command, resolved: None })?;
                return Err(ProcessError::PermissionDenied(why));
            }
        };
        let resolved = found.path().to_owned();
        let subject = Subject::Command { path: &resolved, node: found.node() };
        self.gate.pass(Asked { subject, resource: &command, resolved: Some(resolved.clone()) })?;
        let executable = match found.into_reached() {
            Some(reached) if reached.kind == Kind::File => reached.host_path(),
            Some(_) => return Err(ProcessError::NotFound(command)),
            None => return Err(ProcessError::IoError("the host gives components no processes".to_owned())),
        };
        let env = env.unwrap_or_default();
        let spawned = self.children.spawn(&executable, &resolved, &command, &args, &env);
        let handle = spawned.map_err(|error| in_words(error, &command))?;
        if let Some(killer) = self.children.killer(handle).filter(|_| !self.gate.services.record_only) {
            self.gate.component.mind(killer);
        }
        Ok(handle)
    }

    async fn wait_process(&mut self, handle: u64, timeout_ms: u64) -> Result<ProcessResult, ProcessError> {
        let command = self.child(handle)?;
        let until = self.gate.services.clock.now().plus_millis(timeout_ms);
        let ended = self.gate.call.outside_until(until, self.children.wait(handle)).await;
        let ended = ended.ok_or(ProcessError::TimeoutExceeded)?.map_err(|error| in_words(error, &command))?;
        Ok(ProcessResult { exit_code: ended.exit_code, stdout: ended.stdout, stderr: ended.stderr })
    }

    async fn kill_process(&mut self, handle: u64) -> Result<(), ProcessError> {
        let command = self.child(handle)?;
        self.children.kill(handle).map_err(|error| in_words(error, &command))
    }

    async fn get_env(&mut self, name: String) -> Option<String> {
        self.gate.component.env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

//! Child processes of one instance: started, read, waited for, killed.
//!
//! In: an executable that was resolved and decided, arguments, an environment. Out: a handle; later how the process
//! ended and what it wrote, or a [`ChildError`]. It does not know permissions, guests or time: who waits gives up by
//! dropping the future.
//!
//! A process runs without a shell, with nothing but what it is given: no descriptor but the three standard ones, of
//! which the input is empty, an environment of its own, and `/` as its working directory, so that it holds none of the
//! host's. It leads a process group. When it ends the group is killed, and so is it when its [`Children`] are dropped.
//! A descendant that leaves the group (`setsid`) outlives it, and so do all when the host itself is killed: neither
//! can be helped without a supervisor of its own.

mod attend;
mod command;
mod group;
mod output;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use attend::Led;
use group::Group;

/// How many processes an instance has at a time, those counted that have ended and were not waited for: 16, so that
/// what the host keeps of their output stays below 32 MiB, and no guest fills the host's table of processes.
pub(crate) const MAX_CHILDREN: usize = 16;

/// Why an operation on a process failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChildError {
    /// There is no such executable, or none of the interpreter that it names.
    #[error("there is no such executable")]
    NotFound,
    /// The handle was never given, or is used up.
    #[error("the handle {0} names no process")]
    InvalidHandle(u64),
    /// Arguments and environment together, or one of the outputs, are larger than this, in bytes.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// There are this many processes already.
    #[error("there are {0} processes already; wait for one")]
    TooMany(usize),
    /// An argument or a variable cannot be given to a process; the text says why.
    #[error("{0}")]
    Malformed(String),
    /// Any other failure of the operating system.
    #[error("{0}")]
    Io(String),
}

/// How a process ended and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code, or the number of the signal that ended it, negated.
    pub(crate) exit_code: i32,
    /// Its standard output.
    pub(crate) stdout: Vec<u8>,
    /// Its standard error.
    pub(crate) stderr: Vec<u8>,
}

/// The processes of one instance. Dropping it kills them all.
#[derive(Debug)]
pub(crate) struct Children {
    slots: BTreeMap<u64, Slot>,
    last_handle: u64,
    running: Census,
}

#[derive(Debug)]
struct Slot {
    command: String,
    group: Arc<Group>,
    ended: oneshot::Receiver<Result<Ended, ChildError>>,
}

/// Kills one process, whoever holds its handle.
#[derive(Debug)]
pub(crate) struct Killer {
    /// What was decided when the process was started.
    pub(crate) command: String,
    group: Weak<Group>,
}

impl Killer {
    /// Whether there may be something to kill.
    pub(crate) fn is_of_use(&self) -> bool {
        self.group.strong_count() > 0
    }

    /// Kills the process with its group. One that has ended is left as it is.
    pub(crate) fn kill(&self) {
        if let Some(group) = self.group.upgrade() {
            group.kill();
        }
    }
}

/// One process that is counted as running, until it is reaped.
#[derive(Debug)]
struct Running(Census);

/// How many processes of all instances of a runtime were started and not reaped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Census(Arc<watch::Sender<u64>>);

impl Census {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until there is none.
    pub(crate) async fn none_left(&self) {
        // The sender is here: it does not go away.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Children {
    /// None yet. `running` counts the processes that were started and not reaped, with those of others.
    pub(crate) fn new(running: Census) -> Self {
        Self { slots: BTreeMap::new(), last_handle: 0, running }
    }

    /// Starts a process and names it, with a number that is never used again.
    ///
    /// `executable` is an absolute path of the host, `command` what was decided, `arg0` what the guest named. It has to be called in a
    /// tokio runtime with I/O. Descriptors of the host that a child would inherit are marked not to be, for good: the
    /// host's own children get them no more either.
    pub(crate) fn spawn(
        &mut self,
        executable: &Path,
        command: &str,
        arg0: &str,
        args: &[String],
        env: &[(String, String)],
    ) -> Result<u64, ChildError> {
        if self.slots.len() >= MAX_CHILDREN {
            return Err(ChildError::TooMany(MAX_CHILDREN));
        }
        let decided = command.to_owned();
        let mut command = command::command(executable, arg0, args, env)?;
        let runtime = Handle::try_current().map_err(|error| ChildError::Io(error.to_string()))?;
        close_fds::set_fds_cloexec_threadsafe(FIRST_OWN_DESCRIPTOR, &[]);
        let child = command::start(&mut command).map_err(|error| command::failure(&error))?;
        let running = Running::new(&self.running);
        let group = Arc::new(Group::of(&child));
        let (sender, ended) = oneshot::channel();
        runtime.spawn(attend::attend(Led::new(child, &group), Arc::clone(&group), running, sender));
        self.last_handle += 1;
        self.slots.insert(self.last_handle, Slot { command: decided, group, ended });
        Ok(self.last_handle)
    }

    /// Waits until a process has ended. The handle is used up when this returns other than
    /// [`ChildError::InvalidHandle`]; dropping the future before changes nothing.
    pub(crate) async fn wait(&mut self, handle: u64) -> Result<Ended, ChildError> {
        let slot = self.slots.get_mut(&handle).ok_or(ChildError::InvalidHandle(handle))?;
        let ended = (&mut slot.ended).await;
        self.slots.remove(&handle);
        ended.unwrap_or_else(|_| Err(ChildError::Io("the host is shutting down".to_owned())))
    }

    /// Kills a process with its group. One that has ended is left as it is.
    pub(crate) fn kill(&self, handle: u64) -> Result<(), ChildError> {
        let slot = self.slots.get(&handle).ok_or(ChildError::InvalidHandle(handle))?;
        slot.group.kill();
        Ok(())
    }

    /// What was decided when the process was started.
    pub(crate) fn command_of(&self, handle: u64) -> Option<&str> {
        self.slots.get(&handle).map(|slot| slot.command.as_str())
    }

    /// What kills a process from outside of its instance.
    pub(crate) fn killer(&self, handle: u64) -> Option<Killer> {
        let slot = self.slots.get(&handle)?;
        Some(Killer { command: slot.command.clone(), group: Arc::downgrade(&slot.group) })
    }
}

/// The descriptors below are the standard ones, which a child has its own of.
const FIRST_OWN_DESCRIPTOR: std::ffi::c_int = 3;

impl Drop for Children {
    fn drop(&mut self) {
        for slot in self.slots.values() {
            slot.group.kill();
        }
    }
}

impl Running {
    fn new(census: &Census) -> Self {
        census.0.send_modify(|count| *count += 1);
        Self(census.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

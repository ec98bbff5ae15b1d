//! The process group of a child, and whether it may still be signalled.
//!
//! The number of a group is free for others once its leader is reaped and its members are gone. So the leader is reaped
//! in one step with the last signal to the group, and none is sent after.

use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The group that a child leads.
#[derive(Debug)]
pub(super) struct Group(Mutex<Option<Pid>>);

impl Group {
    pub(super) fn of(child: &Child) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self(Mutex::new(pid))
    }

    /// The leader, unless it is reaped.
    pub(super) fn leader(&self) -> Option<Pid> {
        *self.lock()
    }

    /// Kills all of the group, unless the leader is reaped.
    pub(super) fn kill(&self) {
        kill(*self.lock());
    }

    /// Reaps the leader if it has ended, after killing what is left of its group.
    pub(super) fn reap(&self, child: &mut Child) -> Option<std::io::Result<ExitStatus>> {
        let mut leader = self.lock();
        kill(*leader);
        let status = child.try_wait().transpose();
        if status.is_some() {
            *leader = None;
        }
        status
    }

    /// Kills all of the group, unless the leader is reaped, for the last time: somebody else reaps the leader.
    pub(super) fn give_up(&self) {
        kill(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(leader: Option<Pid>) {
    if let Some(leader) = leader {
        // It fails if nobody is left, which is what it is for.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

//! The task of a child: reads what it writes until it ends, kills its group, reaps it and tells how it ended.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;

use tokio::process::Child;
use tokio::sync::oneshot;

use super::group::Group;
use super::output::{MAX_OUTPUT_BYTES, Output};
use super::{ChildError, Ended, Running};

/// Runs until the child is reaped, whether or not somebody waits for it. If the task itself is dropped, with its tokio
/// runtime, the group is killed and the child left to the next runtime to reap.
pub(super) async fn attend(
    mut led: Led,
    group: Arc<Group>,
    running: Running,
    ended: oneshot::Sender<Result<Ended, ChildError>>,
) {
    let mut stdout = Output::new(led.child.stdout.take());
    let mut stderr = Output::new(led.child.stderr.take());
    let exit = exit(&mut led.child, &group);
    tokio::pin!(exit);
    let early = tokio::select! {
        status = &mut exit => Some(status),
        _ = stdout.fill() => None,
        _ = stderr.fill() => None,
    };
    let result = match early {
        Some(status) => status.map_err(|error| ChildError::Io(error.to_string())).and_then(|status| {
            let written = stdout.finish().and_then(|stdout| Ok((stdout, stderr.finish()?)));
            let (stdout, stderr) = written.map_err(|_| too_large())?;
            Ok(Ended { exit_code: exit_code(status), stdout, stderr })
        }),
        None => {
            group.kill();
            // Nothing is read any more, so a member that does not die at once gets no further either.
            drop((stdout, stderr));
            let _ = exit.await;
            Err(too_large())
        }
    };
    drop(running);
    // Nobody may be waiting.
    let _ = ended.send(result);
}

/// Waits until the child has ended, kills its group, and reaps it.
async fn exit(child: &mut Child, group: &Group) -> io::Result<ExitStatus> {
    #[cfg(target_os = "linux")]
    if ended(group).await.is_ok()
        && let Some(status) = group.reap(child)
    {
        return status;
    }
    // Reaps the child before the group can be killed: its number could be another's by then, if it led nobody else.
    let status = child.wait().await;
    group.give_up();
    status
}

/// Waits until the leader has ended, without reaping it.
#[cfg(target_os = "linux")]
async fn ended(group: &Group) -> io::Result<()> {
    use rustix::process::{PidfdFlags, pidfd_open};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let leader = group.leader().ok_or(io::ErrorKind::NotFound)?;
    let descriptor = pidfd_open(leader, PidfdFlags::NONBLOCK).or_else(|_| pidfd_open(leader, PidfdFlags::empty()))?;
    #[expect(deprecated, reason = "its successor is unsafe; a descriptor that is owned stays the same as it asks")]
    let descriptor = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
    descriptor.readable().await?.retain_ready();
    Ok(())
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or(i32::MIN)
}

fn too_large() -> ChildError {
    ChildError::TooLarge(u64::try_from(MAX_OUTPUT_BYTES).unwrap_or(u64::MAX))
}

/// A child whose group is killed when it is dropped: with its task, even one that never ran.
pub(super) struct Led {
    // Goes first: once the child is dropped its number may be another's.
    _kill: KillAtEnd,
    child: Child,
}

impl Led {
    pub(super) fn new(child: Child, group: &Arc<Group>) -> Self {
        Self { _kill: KillAtEnd(Arc::clone(group)), child }
    }
}

/// The kill is void once the leader is reaped.
struct KillAtEnd(Arc<Group>);

impl Drop for KillAtEnd {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

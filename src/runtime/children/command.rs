//! What is executed: the checks of arguments and environment, and all that a child does not inherit.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::ChildError;

/// How large arguments and environment are together at most, each with the NUL behind it, in bytes: 128 KiB, the
/// largest single one that Linux takes.
pub(super) const MAX_ARGUMENT_BYTES: usize = 128 << 10;

/// The command, checked but not started.
pub(super) fn command(
    executable: &Path,
    arg0: &str,
    args: &[String],
    env: &[(String, String)],
) -> Result<Command, ChildError> {
    if !executable.is_absolute() {
        return malformed("the executable is no absolute path");
    }
    check_size(arg0, args, env)?;
    let mut texts = [arg0].into_iter().chain(args.iter().map(String::as_str));
    if texts.any(|text| text.contains('\0')) {
        return malformed("an argument contains NUL");
    }
    check_env(env)?;

    let mut command = Command::new(executable);
    command.arg0(arg0).args(args).env_clear().envs(env.iter().map(|(name, value)| (name, value)));
    command.current_dir("/").process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// How often a busy executable is tried, each time as long as it takes to fork: some ten milliseconds together.
const MAX_TRIES: usize = 20;

/// Starts a command. An executable that was written a moment ago may be busy although whoever wrote it has closed it: a
/// process that was forked meanwhile has it open until it executes something itself.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    for _ in 1..MAX_TRIES {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            other => return other,
        }
    }
    command.spawn()
}

/// Why a command could not be started.
pub(super) fn failure(error: &io::Error) -> ChildError {
    match error.kind() {
        ErrorKind::NotFound => ChildError::NotFound,
        ErrorKind::ArgumentListTooLong => too_large(),
        _ => ChildError::Io(error.to_string()),
    }
}

fn check_size(arg0: &str, args: &[String], env: &[(String, String)]) -> Result<(), ChildError> {
    let args = args.iter().map(|arg| arg.len().saturating_add(1));
    let env = env.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(2));
    let total = args.chain(env).fold(arg0.len().saturating_add(1), usize::saturating_add);
    if total > MAX_ARGUMENT_BYTES { Err(too_large()) } else { Ok(()) }
}

/// What is not a variable would change the others, and of two of one name the process could see either.
fn check_env(env: &[(String, String)]) -> Result<(), ChildError> {
    let mut names = BTreeSet::new();
    for (name, value) in env {
        if name.is_empty() || name.contains(['=', '\0']) {
            return malformed("the name of a variable is empty, or contains `=` or NUL");
        }
        if value.contains('\0') {
            return malformed("the value of a variable contains NUL");
        }
        if !names.insert(name) {
            return malformed("a variable is given twice");
        }
    }
    Ok(())
}

fn malformed<T>(how: &str) -> Result<T, ChildError> {
    Err(ChildError::Malformed(how.to_owned()))
}

fn too_large() -> ChildError {
    ChildError::TooLarge(u64::try_from(MAX_ARGUMENT_BYTES).unwrap_or(u64::MAX))
}

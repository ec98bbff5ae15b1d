//! Running `git`: arguments verbatim and without a shell, in a known environment, with bounded output.

use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::GitError;
use super::url::PROTOCOLS;
use crate::wit::printable::printable;

/// How much of what git says is kept, in bytes, and shown, in characters.
const MAX_SAID_BYTES: u64 = 64 << 10;
const SHOWN: usize = 300;

/// Answers of a line or two.
const MAX_ANSWER_BYTES: u64 = 64 << 10;

/// Settings that hold whatever the user's configuration says.
const SETTINGS: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0", // what a moved tag has left stays: a lock may name it
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "http.lowSpeedLimit=1000", // bytes a second, for
    "http.lowSpeedTime=60",    // seconds: a server that says nothing is given up
];

/// Variables by which git would take another repository than the one that is named.
const FOREIGN: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_WORK_TREE",
];

/// Git at a bare repository.
pub(super) struct Git {
    directory: PathBuf,
}

impl Git {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Runs a command that has to succeed. `action` and `url` stand in the error.
    pub(super) fn run(&self, action: &'static str, url: &str, arguments: &[&str]) -> Result<String, GitError> {
        let (output, said, success) = self.output(arguments, MAX_ANSWER_BYTES)?;
        match success {
            true => Ok(String::from_utf8_lossy(&output).into_owned()),
            false => Err(GitError::Failed { action, url: url.to_owned(), said: fault(&said) }),
        }
    }

    /// Runs a command that may fail; none if it does.
    pub(super) fn try_run(&self, arguments: &[&str]) -> Result<Option<String>, GitError> {
        let (output, _, success) = self.output(arguments, MAX_ANSWER_BYTES)?;
        Ok(success.then(|| String::from_utf8_lossy(&output).into_owned()))
    }

    /// Whether a command succeeds.
    pub(super) fn succeeds(&self, arguments: &[&str]) -> Result<bool, GitError> {
        Ok(self.output(arguments, MAX_ANSWER_BYTES)?.2)
    }

    /// Standard output up to one byte more than `most`, standard error up to its bound, and whether it succeeded.
    pub(super) fn output(&self, arguments: &[&str], most: u64) -> Result<(Vec<u8>, Vec<u8>, bool), GitError> {
        let mut child = self.command(arguments).stderr(Stdio::piped()).spawn().map_err(GitError::NotInstalled)?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        // Both at once: git may fill one while the other is read.
        let (output, said) = std::thread::scope(|scope| {
            let said = scope.spawn(|| kept(err, MAX_SAID_BYTES, true));
            let output = kept(out, most + 1, false);
            (output, said.join().unwrap_or_default())
        });
        let status = child.wait().map_err(GitError::NotInstalled)?;
        Ok((output, said, status.success()))
    }

    /// Starts a process that gives objects on request.
    pub(super) fn objects(&self) -> Result<Objects, GitError> {
        let mut command = self.command(&["cat-file", "--batch"]);
        let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(GitError::NotInstalled)?;
        Ok(Objects { child })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", PROTOCOLS.join(":"))
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("LC_ALL", "C");
        command.arg("--git-dir").arg(&self.directory);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// A process that gives one object after the other.
pub(super) struct Objects {
    child: Child,
}

impl Objects {
    /// The content of a blob, of at most `most` bytes.
    pub(super) fn blob(&mut self, object: &str, most: u64) -> io::Result<Vec<u8>> {
        let broken = || io::Error::other("git gave another object than was asked for");
        let (Some(input), Some(output)) = (&mut self.child.stdin, &mut self.child.stdout) else { return Err(broken()) };
        writeln!(input, "{object}")?;
        input.flush()?;
        let mut header = Vec::new();
        while header.last() != Some(&b'\n') && header.len() < 256 {
            let mut byte = [0];
            output.read_exact(&mut byte)?;
            header.push(byte[0]);
        }
        let header = String::from_utf8_lossy(&header).into_owned();
        let length: u64 = match header.trim_end().split(' ').collect::<Vec<_>>()[..] {
            [_, "blob", length] => length.parse().map_err(|_| broken())?,
            _ => return Err(broken()),
        };
        if length > most {
            return Err(io::Error::other(format!("it has more than {most} bytes")));
        }
        let mut content = vec![0; usize::try_from(length).map_err(io::Error::other)? + 1];
        output.read_exact(&mut content)?;
        content.pop();
        Ok(content)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It ends by itself when nothing more is asked; killed, it cannot be waited for in vain.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// At most `most` bytes; the rest is read and forgotten if the writer is to go on.
fn kept(from: Option<impl Read>, most: u64, drains: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        // What cannot be read any more ended with the process, whose status tells.
        let _ = (&mut from).take(most).read_to_end(&mut bytes);
        if drains {
            let _ = io::copy(&mut from, &mut io::sink());
        }
    }
    bytes
}

/// The line of git's that says what went wrong.
fn fault(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().find(|line| line.starts_with("fatal: ") || line.starts_with("error: "));
    let line = line.or(said.lines().find(|line| !line.trim().is_empty())).unwrap_or("it gives no reason");
    printable(line.trim_start_matches("fatal: ").trim_start_matches("error: "), SHOWN)
}

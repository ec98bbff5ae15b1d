//! An adapter's process: started, spoken to in lines, ended with all that it started.
//!
//! In: a command and lines. Out: lines. What a line means is not known here. Whatever the process does, nothing waits
//! longer than it says, and nothing is kept beyond its bound.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::suite::protocol::wire::{MAX_LINE_BYTES, shortened};

/// How many lines may wait to be looked at before the process has to wait.
const WAITING_LINES: usize = 64;

/// How much of what a process wrote to standard error is kept, in bytes: the end, where the reason of a failure stands.
const KEPT_STDERR_BYTES: usize = 16 << 10;

/// How long a process may take to end when its input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// How long the end of its standard error is waited for then: something may have left its group and keep it open.
const STDERR_GRACE: Duration = Duration::from_millis(200);

/// How often is looked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// A running process.
pub(super) struct Process {
    child: Child,
    input: Option<Sender<String>>,
    lines: Receiver<Result<String, Broken>>,
    stderr: Arc<Mutex<VecDeque<u8>>>,
    /// Reads standard error to its end.
    listener: JoinHandle<()>,
}

/// Why there is no further line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// None came in time.
    Silent,
    /// The output ended.
    Ended,
    /// It ended in the middle of a line, of which this is the start.
    HalfALine(String),
    /// A line has more bytes than any may have.
    TooLong,
    /// A line is no text.
    NotText(String),
}

impl Process {
    /// Starts a command, given in words.
    pub(super) fn start(command: &[String]) -> std::io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (input, requests) = mpsc::channel::<String>();
        let (sender, lines) = mpsc::sync_channel(WAITING_LINES);
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        let missing = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let mut stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        // A process that reads nothing blocks this thread alone.
        spawn("adapter-input", move || {
            for line in requests {
                if stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush()).is_err() {
                    return;
                }
            }
        })?;
        spawn("adapter-output", move || read_lines(stdout, &sender))?;
        let kept = Arc::clone(&stderr);
        let listener = spawn("adapter-errors", move || keep_the_end(errors, &kept))?;
        Ok(Self { child, input: Some(input), lines, stderr, listener })
    }

    /// Sends a line. One that the process does not take is missed when nothing answers it.
    pub(super) fn send(&self, line: String) {
        if let Some(input) = &self.input {
            let _ = input.send(line + "\n");
        }
    }

    /// The next line, up to an instant.
    pub(super) fn receive(&self, until: Instant) -> Result<String, Broken> {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(Broken::Silent),
            Err(RecvTimeoutError::Disconnected) => Err(Broken::Ended),
        }
    }

    /// Ends the process, and says how it ended, if by itself, and what it last wrote to standard error.
    pub(super) fn end(mut self) -> (Option<ExitStatus>, String) {
        // A process that broke off is given the time to end by itself, so that its own status is told.
        let by_itself = self.finish(GRACE);
        let until = Instant::now() + STDERR_GRACE;
        while !self.listener.is_finished() && Instant::now() < until {
            thread::sleep(POLL);
        }
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        (by_itself, String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Ends the process at once.
    pub(super) fn kill(mut self) -> String {
        self.finish(Duration::ZERO);
        self.end().1
    }

    /// Ends the input, waits so long for the end of the process, and ends it and what it started if they are still there.
    fn finish(&mut self, grace: Duration) -> Option<ExitStatus> {
        self.input.take()?;
        let until = Instant::now() + grace;
        while !self.has_ended() && Instant::now() < until {
            thread::sleep(POLL);
        }
        let by_itself = self.has_ended();
        // Before it is waited for: until then nobody else can have its number.
        #[cfg(unix)]
        if let Some(group) = self.pid() {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        self.child.wait().ok().filter(|_| by_itself)
    }

    #[cfg(unix)]
    fn pid(&self) -> Option<rustix::process::Pid> {
        i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw)
    }

    /// Whether it has ended; it is still to be waited for.
    #[cfg(unix)]
    fn has_ended(&mut self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.pid().is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
    }

    #[cfg(not(unix))]
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.finish(GRACE);
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn read_lines(output: impl Read, lines: &SyncSender<Result<String, Broken>>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        let read = output.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line);
        let said = match (read, line.last()) {
            (Err(_) | Ok(0), _) => return,
            (Ok(_), Some(b'\n')) => {
                line.pop();
                String::from_utf8(line)
                    .map_err(|why| Broken::NotText(shortened(&String::from_utf8_lossy(why.as_bytes()))))
            }
            (Ok(_), _) if line.len() > MAX_LINE_BYTES => Err(Broken::TooLong),
            (Ok(_), _) => Err(Broken::HalfALine(shortened(&String::from_utf8_lossy(&line)))),
        };
        let is_over = said.is_err();
        if lines.send(said).is_err() || is_over {
            return;
        }
    }
}

fn keep_the_end(mut errors: impl Read, kept: &Mutex<VecDeque<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(read) = errors.read(&mut piece) {
        if read == 0 {
            return;
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&piece[..read]);
        let excess = kept.len().saturating_sub(KEPT_STDERR_BYTES);
        kept.drain(..excess);
    }
}

//! Runtimes behind an adapter: a process of its own, in any language, that speaks the [protocol](crate::suite::protocol::wire).
//!
//! In: a command. Out: drivers. A process serves one case after another, each with a fresh runtime; one that dies, hangs,
//! lies or talks without end costs the case that it was at, and another takes its place. What is wrong is said of the
//! adapter or of the suite, never of both.

mod fault;
mod process;
mod told;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::fault::{Fault, accepted, lost};
use self::process::Process;
use self::told::Told;
use super::{Driver, DriverError, DriverFactory, Loss};
use crate::suite::protocol::wire::{Line, Request};
use crate::suite::protocol::{Hello, PROTOCOL, Reply, Stimulus};

/// How long an adapter may take to answer, unless said otherwise. Answers take milliseconds; a machine under load may need
/// many times that.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// After so many cases in a row that were lost without a word about the runtime, no further one is tried.
const MOST_LOST_IN_A_ROW: usize = 5;

/// The same for cases that were lost because no answer came: each takes the whole time that there is for an answer.
const MOST_SILENT_IN_A_ROW: usize = 20;

/// Lines that are no requests: no JSON, no object, no number, no kind, an unknown kind.
const NONSENSE: &[&str] = &["nonsense", "[]", r#"{"do":"inspect"}"#, r#"{"id":0}"#, r#"{"id":0,"do":"nonsense"}"#];

/// The processes of one adapter.
pub struct Adapter {
    words: Vec<String>,
    answer_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Processes that wait for a case, each with how many it has served.
    idle: Vec<Speaker>,
    lost_in_a_row: usize,
    silent_in_a_row: usize,
    /// Why no further case is tried.
    given_up: Option<String>,
}

/// A process, and where the conversation with it stands.
struct Speaker {
    process: Process,
    last_id: u64,
    cases: usize,
}

impl Adapter {
    /// An adapter by its command line: words as a shell splits them, without a shell. Nothing is started yet.
    ///
    /// # Errors
    /// [`DriverError`] if the line has no word, or a quote that is not closed.
    pub fn new(command: &str, answer_timeout: Duration) -> Result<Arc<Self>, DriverError> {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        let words = words.ok_or_else(|| {
            DriverError::new(format!(
                "`{command}` is no command: give a program and its arguments, and close all quotes"
            ))
        })?;
        Ok(Arc::new(Self { words, answer_timeout, state: Mutex::default() }))
    }

    /// Asks who the adapter is.
    ///
    /// # Errors
    /// [`DriverError`] if it does not say, or speaks another version of the protocol.
    pub fn hello(self: &Arc<Self>) -> Result<Hello, DriverError> {
        match self.driver().perform(Stimulus::Hello { protocol: PROTOCOL })? {
            Reply::Hello(hello) => Ok(hello),
            // No other answer to it is let through.
            other => Err(DriverError::new(format!("the adapter answered hello with {other:?}"))),
        }
    }

    /// Starts a process, which is kept for the first case.
    ///
    /// # Errors
    /// [`DriverError`] says why there is none.
    pub fn starts(&self) -> Result<(), DriverError> {
        let speaker = self.start()?;
        self.state().idle.push(speaker);
        Ok(())
    }

    /// Writes lines that are no requests, each of which must be answered with `not-understood`, and then asks who the
    /// adapter is, in the same process.
    ///
    /// # Errors
    /// [`DriverError`] says what was answered instead.
    pub fn outlives_nonsense(self: &Arc<Self>) -> Result<(), DriverError> {
        let mut driver = self.driver();
        let speaker = self.start()?;
        for nonsense in NONSENSE {
            speaker.process.send((*nonsense).to_owned());
            let line = speaker.process.receive(Instant::now() + self.answer_timeout);
            let answer = line
                .map_err(|why| format!("{why:?}"))
                .and_then(|line| Line::parse(&line).map_err(|why| why.to_string()));
            let why = match answer {
                Ok(Line::Answer { reply: Reply::NotUnderstood { .. }, .. }) => continue,
                Ok(other) => format!("was answered by {}", other.to_line()),
                Err(why) => format!("was not answered: {why}"),
            };
            let fault = Fault { loss: Loss::Driver, ends: false, why: format!("the line `{nonsense}` {why}") };
            return Err(lost(speaker.process, fault));
        }
        driver.speaker = Some(speaker);
        driver.perform(Stimulus::Hello { protocol: PROTOCOL }).map(drop)
    }

    /// Drivers for cases that run side by side.
    pub fn factory(self: &Arc<Self>) -> Arc<DriverFactory> {
        let adapter = Arc::clone(self);
        Arc::new(move || match adapter.state().given_up.clone() {
            Some(why) => Err(DriverError::new(why)),
            None => Ok(Box::new(adapter.driver())),
        })
    }

    fn driver(self: &Arc<Self>) -> AdapterDriver {
        AdapterDriver { adapter: Arc::clone(self), speaker: None, begun: false, told: Told::default(), was_used: false }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Speaker, DriverError> {
        let started = Process::start(&self.words);
        let process = started.map_err(|why| {
            self.count(DriverError::new(format!("the adapter `{}` cannot be started: {why}", self.words[0])))
        })?;
        Ok(Speaker { process, last_id: 0, cases: 0 })
    }

    /// Counts a loss, and gives up if there were too many in a row.
    fn count(&self, why: DriverError) -> DriverError {
        let mut state = self.state();
        let (lost, silent) = (why.loss == Loss::Driver, why.loss == Loss::Silence);
        state.lost_in_a_row = if lost { state.lost_in_a_row + 1 } else { 0 };
        state.silent_in_a_row = if silent { state.silent_in_a_row + 1 } else { 0 };
        if state.lost_in_a_row >= MOST_LOST_IN_A_ROW || state.silent_in_a_row >= MOST_SILENT_IN_A_ROW {
            let times = state.lost_in_a_row.max(state.silent_in_a_row);
            state.given_up.get_or_insert(format!(
                "not tried: the adapter failed {times} times in a row, at last because {}; `suite doctor --adapter` says what to mend first",
                why.message()
            ));
        }
        why
    }
}

/// Drives one case through an adapter.
struct AdapterDriver {
    adapter: Arc<Adapter>,
    speaker: Option<Speaker>,
    /// Whether the case has begun, and not ended.
    begun: bool,
    told: Told,
    /// Whether the process that was lost had served other cases.
    was_used: bool,
}

impl Driver for AdapterDriver {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        match &stimulus {
            // It was never begun, because it is not applicable or because the process is lost.
            Stimulus::CaseEnd if !self.begun => return Ok(Reply::Done),
            Stimulus::CaseBegin(_) => {
                self.told = Told::default();
                self.begun = true;
            }
            _ => {}
        }
        let mut speaker = match self.speaker.take() {
            Some(speaker) => speaker,
            None if matches!(stimulus, Stimulus::Hello { .. }) => self.take()?,
            None => return Err(DriverError::new("the adapter is gone")),
        };
        let ends = stimulus == Stimulus::CaseEnd;
        match self.ask(&mut speaker, stimulus) {
            Ok(reply) => {
                if ends {
                    speaker.cases += 1;
                    self.begun = false;
                }
                self.speaker = Some(speaker);
                Ok(self.told.before(reply))
            }
            Err(why) => {
                self.was_used = speaker.cases > 0;
                self.begun = false;
                Err(self.adapter.count(lost(speaker.process, why)))
            }
        }
    }

    fn renew(&mut self) -> bool {
        if self.speaker.is_some() || !self.was_used {
            return false;
        }
        self.was_used = false;
        self.told = Told::default();
        self.speaker = self.adapter.start().ok();
        self.speaker.is_some()
    }
}

impl Drop for AdapterDriver {
    fn drop(&mut self) {
        if let Some(speaker) = self.speaker.take().filter(|_| !self.begun) {
            let mut state = self.adapter.state();
            (state.lost_in_a_row, state.silent_in_a_row) = (0, 0);
            state.idle.push(speaker);
        }
    }
}

impl AdapterDriver {
    /// An idle process, or a new one.
    fn take(&self) -> Result<Speaker, DriverError> {
        let idle = self.adapter.state().idle.pop();
        idle.map_or_else(|| self.adapter.start(), Ok)
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, speaker: &mut Speaker, stimulus: Stimulus) -> Result<Reply, Fault> {
        speaker.last_id += 1;
        let request = Request { id: speaker.last_id, stimulus };
        let until = Instant::now() + self.adapter.answer_timeout;
        speaker.process.send(request.to_line());
        loop {
            let line = speaker
                .process
                .receive(until)
                .map_err(|why| Fault::of_line(why, &request, self.adapter.answer_timeout))?;
            match Line::parse(&line).map_err(|why| Fault::wrong(&request, &format!("wrote what is {why}")))? {
                Line::Event(event) => self.told.keep(event, line.len()).map_err(|why| Fault::wrong(&request, &why))?,
                Line::Answer { id, reply } => return accepted(&request, id, reply),
            }
        }
    }
}

//! What happens, as lines for people: what the host does, what components log, and the runtime's events, in the order in
//! which it happened.
//!
//! The components of the pipeline log each thing that they ask, are asked, answer and hear, with a context of pairs: `from`
//! or `to`, `request` (the identifier), `for` (on behalf of which request), `payload` in payload notation or `bytes` as
//! they are, `error`, and `result` as it came from a host function. The trace knows no more than these say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use airssys_wasm::contract::payload;
use airssys_wasm::runtime::{Clock as _, EventKind, EventStream, LogRecord, VirtualClock};

/// Collects lines.
pub(crate) struct Trace {
    clock: VirtualClock,
    start_ms: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    text: String,
    events: Option<EventStream>,
    /// Who asked, and who was asked, by the request's identifier: answers name nobody.
    parties: BTreeMap<String, [String; 2]>,
}

/// One thing that happened.
#[derive(Default)]
pub(crate) struct Line<'a> {
    /// Who did it.
    pub(crate) who: &'a str,
    /// Where something went, if it did.
    pub(crate) to: Option<&'a str>,
    /// Where something came from.
    pub(crate) from: Option<&'a str>,
    /// What was done.
    pub(crate) kind: &'a str,
    /// The request or call that it is about.
    pub(crate) request: &'a str,
    /// What was said, and what came of it.
    pub(crate) text: String,
}

impl Trace {
    /// A trace whose times count from now.
    pub(crate) fn new(clock: VirtualClock) -> Self {
        let start_ms = clock.now().millis();
        let text = "payload  (note)  => error".to_owned();
        let text = row("time", &Line { who: "who", to: Some("whom"), kind: "what", request: "id", text, from: None });
        Self { clock, start_ms, state: Mutex::new(State { text, ..State::default() }) }
    }

    /// Takes up the events of a runtime.
    pub(crate) fn follow(&self, events: EventStream) {
        self.state().events = Some(events);
    }

    pub(crate) fn title(&self, title: &str) {
        let mut state = self.current();
        // Memory takes every text.
        let _ = write!(state.text, "\n{title}\n\n");
    }

    pub(crate) fn add(&self, line: &Line<'_>) {
        let now = self.clock.now().millis();
        self.current().text += &self.timed(now, line);
    }

    pub(crate) fn log(&self, record: &LogRecord) {
        let find = |key: &str| record.context.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let (who, request) = (record.component.as_str(), find("request").unwrap_or_default());
        let mut state = self.current();
        let parties = match (find("from"), find("to")) {
            (Some(from), _) => Some([from, who]),
            (_, Some(to)) => Some([who, to]),
            _ => None,
        };
        if let Some(parties) = parties {
            state.parties.insert(request.to_owned(), parties.map(str::to_owned));
        }
        let [asking, asked] = state.parties.get(request).cloned().unwrap_or_default();
        let other = Some(if who == asking { &*asked } else { &*asking }).filter(|other| !other.is_empty());
        let (kind, error) = (record.message.as_str(), error(&find));
        let (to, from) = match kind {
            "asks" | "answers" => (other, None),
            // An error may come from the runtime, on behalf of nobody.
            "is asked" | "hears" if error.is_none() => (None, other),
            _ => (None, None),
        };
        let text = said(record, error);
        state.text += &self.timed(record.time_ms, &Line { who, to, from, kind, request, text });
    }

    /// All of it.
    pub(crate) fn finish(&self) -> String {
        self.current().text.clone()
    }

    /// The state after the events so far. Changes of state are not told: the others say as much.
    fn current(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        while let Some(event) = state.events.as_mut().and_then(EventStream::try_next) {
            let row = match &event.kind {
                EventKind::StateChanged { .. } => continue,
                EventKind::Loaded { component, version, .. } => Line {
                    who: component.as_str(),
                    kind: "is loaded",
                    text: format!("version {version}"),
                    ..Line::default()
                },
                EventKind::Unloaded { component } => {
                    Line { who: component.as_str(), kind: "is unloaded", ..Line::default() }
                }
                other => Line { who: "runtime", kind: "tells", text: format!("{other:?}"), ..Line::default() },
            };
            let row = self.timed(event.time_ms, &row);
            state.text += &row;
        }
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn timed(&self, time_ms: u64, line: &Line<'_>) -> String {
        row(&format!("{} ms", time_ms.saturating_sub(self.start_ms)), line)
    }
}

/// What a record says besides who did what: the payload, what has no column of its own, and the error if there is one.
fn said(record: &LogRecord, error: Option<String>) -> String {
    let (mut payloads, mut notes) = (Vec::new(), Vec::new());
    for (key, value) in &record.context {
        match key.as_str() {
            "from" | "to" | "request" | "error" | "result" => {}
            "payload" => payloads.push(value.clone()),
            "bytes" if value.is_empty() => {}
            "bytes" => payloads.push(payload::render(value.as_bytes())),
            _ => notes.push(format!("({key} {value})")),
        }
    }
    let error = error.map(|error| format!("=> {error}"));
    payloads.into_iter().chain(notes).chain(error).collect::<Vec<_>>().join("  ")
}

/// The error that a record tells, in its own words or as a guest writes down a result, such as
/// `send-request -> err(mailbox-full)`.
fn error<'a>(find: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if let Some(error) = find("error") {
        return Some(error.to_owned());
    }
    let (_, error) = find("result")?.trim_end().strip_suffix(')')?.split_once(" -> err(")?;
    let texts = error.strip_suffix("\")").and_then(|error| error.split_once("(\""));
    Some(texts.map_or_else(|| error.to_owned(), |(case, text)| format!("{case}: {}", text.replace("\\\"", "\""))))
}

fn row(time: &str, line: &Line<'_>) -> String {
    let Line { who, to, from, kind, request, text } = line;
    let parties = match (to, from) {
        (Some(to), _) => format!("{who} -> {to}"),
        (_, Some(from)) => format!("{who} <- {from}"),
        _ => (*who).to_owned(),
    };
    let row = format!("{time:>7}  {parties:<17}  {kind:<11}  {request:<5}  {text}");
    format!("{}\n", row.trim_end())
}

//! How the suite and an adapter, which is another process, speak: one JSON object a line.
//!
//! The suite writes [requests](Request), the adapter answers each by a [line](Line) with the same number, and may at any
//! time write lines of events. Nothing here reads or writes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LogRecord, Reply, Stimulus};

/// The longest line that either side reads, in bytes: several times what the largest case has, in base64.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// What the suite asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The number of the request; the first of a process is 1, and the next is one more.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub stimulus: Stimulus,
}

/// What an adapter says.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// It answers a request.
    Answer {
        /// The number of the request; none if that could not be read.
        id: Option<u64>,
        /// The answer.
        reply: Reply,
    },
    /// It tells of something, unasked.
    Event(Event),
}

/// What an adapter may tell as it happens, instead of keeping it until it is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A component logged something.
    Log(LogRecord),
    /// Something was recorded in the audit trail.
    Audit {
        /// The record as the trail keeps it: one JSON object.
        line: String,
    },
    /// Something happened in the runtime.
    Runtime {
        /// An object whose `event` names what happened.
        happened: BTreeMap<String, Value>,
    },
}

/// Why a line is not one of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}", why = self.why)]
pub struct NotOfTheProtocol {
    /// The number of the request that it is, or answers, as far as it can be told.
    pub id: Option<u64>,
    what: &'static str,
    why: String,
}

impl Request {
    /// The request in one line, without its end.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// [`NotOfTheProtocol`] says what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, NotOfTheProtocol> {
        let (mut object, id) = object(line)?;
        let Some(number) = id else {
            return Err(NotOfTheProtocol { id, what: "a request needs its number", why: "`id` is missing".into() });
        };
        object.remove("id");
        let stimulus = read(object).map_err(|why| NotOfTheProtocol { id, what: "not a request", why })?;
        Ok(Self { id: number, stimulus })
    }
}

impl Line {
    /// The line, without its end.
    pub fn to_line(&self) -> String {
        #[derive(Serialize)]
        struct Answer<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<u64>,
            #[serde(flatten)]
            reply: &'a Reply,
        }
        let text = match self {
            Line::Answer { id, reply } => serde_json::to_string(&Answer { id: *id, reply }),
            Line::Event(event) => serde_json::to_string(event),
        };
        text.unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// [`NotOfTheProtocol`] says what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, NotOfTheProtocol> {
        let (mut object, id) = object(line)?;
        if object.contains_key("event") {
            let event = read(object).map_err(|why| NotOfTheProtocol { id, what: "not an event", why })?;
            return Ok(Line::Event(event));
        }
        if !object.contains_key("is") {
            let why = "an answer has `is`, an event has `event`".into();
            return Err(NotOfTheProtocol { id, what: "neither an answer nor an event", why });
        }
        object.remove("id");
        let reply = read(object).map_err(|why| NotOfTheProtocol { id, what: "not an answer", why })?;
        Ok(Line::Answer { id, reply })
    }
}

/// A line as an object, and its number.
fn object(line: &str) -> Result<(Map<String, Value>, Option<u64>), NotOfTheProtocol> {
    let fault = |what, why: String| NotOfTheProtocol { id: None, what, why };
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => match object.get("id").map(Value::as_u64) {
            Some(None) => Err(fault("`id` must be a whole number", object["id"].to_string())),
            id => Ok((object, id.flatten())),
        },
        Ok(other) => Err(fault("not a JSON object", shortened(&other.to_string()))),
        Err(why) => Err(fault("not JSON", format!("{why}: {}", shortened(line)))),
    }
}

fn read<T: serde::de::DeserializeOwned>(object: Map<String, Value>) -> Result<T, String> {
    let shown = shortened(&Value::Object(object.clone()).to_string());
    serde_json::from_value(Value::Object(object)).map_err(|why| format!("{why}: {shown}"))
}

/// The start of a text that somebody else wrote, harmless on a terminal.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() { format!("{shown}…") } else { shown }
}

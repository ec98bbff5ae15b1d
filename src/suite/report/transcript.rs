//! What was said in a case, in lines that people read and that a report can carry.
//!
//! Bytes are written in payload notation, files as their path and size, and what has no value is left out. How much is
//! kept is bounded: a runtime decides how much it says.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::shown::capped;
use crate::contract::payload;
use crate::suite::protocol::{Reply, Stimulus};
use crate::suite::verdict::Exchange;

/// A stimulus and its reply, each as a line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The step, from 1; absent for what the suite does of its own accord.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// What was sent.
    pub sent: String,
    /// What came back; null if the runtime never answered.
    pub got: Option<String>,
    /// How many exchanges before this one are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How much of a transcript is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The longest line, in bytes.
    line: usize,
    /// All lines of a case together, in bytes.
    all: usize,
}

/// Of a case that people want to understand: more than anybody reads.
pub(super) const WHOLE: Bounds = Bounds { line: 4 << 10, all: 32 << 10 };

/// Of all others, thousands of which share a page.
pub(super) const SHORT: Bounds = Bounds { line: 240, all: 1000 };

/// The keys of the protocol under which bytes stand; a test holds them against its schemas.
pub const KEYS_OF_BYTES: [&str; 8] =
    ["answer", "body", "bytes", "config-data", "content", "operation", "output", "payload"];

/// The lines of a case. If they are too many, those in the middle are left out: a case begins with what it stands on,
/// and ends where it failed.
pub(super) fn transcript(exchange: &[Exchange], bounds: Bounds) -> Vec<Said> {
    // How the runtime introduced itself is the same in every case, and stands in the result.
    let greeted = exchange.first().is_some_and(|first| matches!(first.reply, Some(Reply::Hello(_))));
    let exchange = exchange.get(usize::from(greeted)..).unwrap_or_default();
    let size = |said: &Said| said.sent.len() + said.got.as_ref().map_or(0, String::len);
    let said = |index: usize| exchange.get(index).map(|exchange| said(exchange, bounds.line));
    let (mut kept, mut used) = (Vec::new(), 0);
    while let Some(next) = said(kept.len()).filter(|next| kept.is_empty() || used + size(next) <= bounds.all / 4) {
        used += size(&next);
        kept.push(next);
    }
    let (mut ending, mut index) = (Vec::new(), exchange.len());
    while let Some(next) = index
        .checked_sub(1)
        .filter(|index| *index >= kept.len())
        .and_then(said)
        .filter(|next| used + size(next) <= bounds.all)
    {
        used += size(&next);
        index -= 1;
        ending.push(next);
    }
    let left_out = index.saturating_sub(kept.len());
    match ending.last_mut() {
        Some(first) => first.left_out = left_out,
        // Nothing fits behind the beginning: the last line says so.
        None => kept.last_mut().into_iter().for_each(|last| last.left_out = left_out),
    }
    kept.extend(ending.into_iter().rev());
    kept
}

fn said(exchange: &Exchange, most: usize) -> Said {
    let sent = match &exchange.stimulus {
        // The suite's own name of the case is above already.
        Stimulus::CaseBegin(world) => {
            let mut world = serde_json::to_value(world).unwrap_or_default();
            world.as_object_mut().into_iter().for_each(|world| drop(world.remove("case")));
            format!("case.begin{}", fields(world, most))
        }
        stimulus => line(serde_json::to_value(stimulus).unwrap_or_default(), most),
    };
    let got = exchange.reply.as_ref().map(|reply| line(serde_json::to_value(reply).unwrap_or_default(), most));
    let got = got.map(|got| capped(&got, most).into_owned());
    Said { step: exchange.step, sent: capped(&sent, most).into_owned(), got, left_out: 0 }
}

/// A message of the protocol: its kind, then what it carries.
fn line(mut message: Value, most: usize) -> String {
    let kind = ["do", "is"].iter().find_map(|key| message.as_object_mut()?.remove(*key));
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or("?").to_owned();
    format!("{kind}{}", fields(message, most))
}

fn fields(message: Value, most: usize) -> String {
    let Value::Object(mut fields) = message else { return format!(" {message}") };
    let begun = fields.remove("stimulus");
    let mut out = String::new();
    for (key, value) in fields {
        if is_nothing(&value) || key == "caller" && value == "host" {
            continue;
        }
        let value = match (key.as_str(), value) {
            ("files", Value::Array(files)) => files.iter().map(file).collect::<Vec<_>>().join(", "),
            ("lines", Value::Array(lines)) => {
                lines.iter().filter_map(Value::as_str).map(|line| format!("\n{line}")).collect()
            }
            (key, value) => match readable(key, value, most) {
                Value::String(text) => text,
                other => other.to_string(),
            },
        };
        out.push_str(&format!(" {key}={value}"));
    }
    begun.into_iter().for_each(|begun| out.push_str(&format!(": {}", line(begun, most))));
    out
}

/// Whether there is nothing to tell.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A file of a world: where it is, and how much it holds.
fn file(file: &Value) -> String {
    let text = |key: &str| file.get(key).and_then(Value::as_str);
    let path = text("path").unwrap_or_default();
    match (text("link"), text("kind"), text("bytes")) {
        (Some(target), ..) => format!("{path} -> {target}"),
        (None, Some(kind @ ("directory" | "fifo" | "socket")), _) => format!("{path} ({kind})"),
        (None, kind, bytes) => {
            let kind = kind.map(|kind| format!("{kind}, ")).unwrap_or_default();
            format!("{path} ({kind}{} bytes)", decoded_length(bytes.unwrap_or_default()))
        }
    }
}

/// A value in which bytes are written in payload notation, and what has no value is gone.
fn readable(key: &str, value: Value, most: usize) -> Value {
    let keys: BTreeSet<&str> = KEYS_OF_BYTES.into();
    match value {
        Value::String(text) if keys.contains(key) => Value::String(notation(&text, most)),
        Value::String(text) => Value::String(capped(&text, most).into_owned()),
        // What is stored, by namespace and key, which the protocol does not name.
        Value::Object(spaces) if key == "storage" => spaces
            .into_iter()
            .map(|(space, entries)| match entries {
                Value::Object(entries) => {
                    let entries: Map<String, Value> =
                        entries.into_iter().map(|(key, value)| (key, readable("bytes", value, most))).collect();
                    (space, Value::Object(entries))
                }
                other => (space, other),
            })
            .collect(),
        Value::Object(fields) => {
            let some = fields.into_iter().filter(|(_, value)| !is_nothing(value));
            some.map(|(key, value)| (key.clone(), readable(&key, value, most))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| readable(key, item, most)).collect(),
        other => other,
    }
}

/// Base64 as payload notation, of which no more is decoded than is shown.
fn notation(base64: &str, most: usize) -> String {
    let length = decoded_length(base64);
    let start = base64.get(..(most / 3 + 1) * 4).unwrap_or(base64);
    let Ok(mut bytes) = STANDARD.decode(start) else { return capped(base64, most).into_owned() };
    if bytes.len() == length {
        return payload::render(&bytes);
    }
    // A character that was cut in two must not make bytes of a text.
    if let Err(why) = std::str::from_utf8(&bytes)
        && why.error_len().is_none()
    {
        bytes.truncate(why.valid_up_to());
    }
    format!("{}… [{} bytes more]", payload::render(&bytes), length - bytes.len())
}

fn decoded_length(base64: &str) -> usize {
    let padding = base64.bytes().rev().take_while(|byte| *byte == b'=').count();
    (base64.len() / 4 * 3).saturating_sub(padding)
}

/// The lines of a case as text, for reports that have no form of their own for them.
pub(super) fn as_text(said: &[Said]) -> String {
    let indented = |text: &str| text.replace('\n', "\n      ");
    let mut out = String::new();
    for Said { step, sent, got, left_out } in said {
        if *left_out > 0 {
            out.push_str(&format!("    … {left_out} more …\n"));
        }
        let step = step.map(|step| step.to_string()).unwrap_or_default();
        out.push_str(&format!("{step:>3} > {}\n", indented(sent)));
        out.push_str(&format!("    < {}\n", got.as_deref().map_or("(never answered)".to_owned(), indented)));
    }
    out
}

//! Whether a reply shows what a case expects. No I/O, no knowledge of any runtime.

use std::collections::BTreeMap;

use serde_json::Value;
use wasm_wave::ast::NodeType;
use wasm_wave::untyped::UntypedValue;

use super::case::{Expectation, RecordPattern, Refusal};
use super::guest::Guest;
use super::protocol::{GuestFailure, Inspection, LogRecord, Reply};
use super::wave;
use crate::contract::multicodec::{self, Codec};
use crate::contract::payload;

/// How the runtime marks a text that it cut.
const CUT_MARK: &str = "cut]";

/// What expectations of one case refer to beyond the reply at hand.
#[derive(Default)]
pub(super) struct Memory {
    fuel: BTreeMap<String, u64>,
}

/// Holds a reply against an expectation, or against plain success if there is none.
///
/// # Errors
/// In words: what was expected, and what came.
pub(super) fn check(
    expect: Option<&Expectation>,
    reply: &Reply,
    guests: &BTreeMap<String, Guest>,
    memory: &mut Memory,
) -> Result<(), String> {
    let Some(expect) = expect else { return succeeded(reply) };
    let Expectation {
        refused,
        output,
        transcript,
        transcript_has,
        output_bytes,
        error,
        trapped,
        rejected,
        healthy,
        reason,
        has_reason,
        components,
        restarts,
        instances,
        memory_bytes_at_most,
        runs_wasm_of,
        records,
        events,
        no_events,
        same_fuel_as,
    } = expect;
    let negative = refused.is_some() || error.is_some() || trapped.is_some() || rejected.is_some();
    if !negative {
        succeeded_or_health(reply)?;
    }
    if let Some(refused) = refused {
        check_refusal(refused, reply)?;
    }
    if let Some(output) = output {
        let expected = payload::parse(output).map_err(|why| why.to_string())?;
        let bytes = returned(reply)?;
        if *bytes != expected {
            return Err(differ(output, payload::render(bytes)));
        }
    }
    if let Some(lines) = transcript {
        check_transcript(lines, returned(reply)?, false)?;
    }
    if let Some(lines) = transcript_has {
        check_transcript(lines, returned(reply)?, true)?;
    }
    if let Some(length) = output_bytes {
        equal("output of so many bytes", length, &returned(reply)?.len())?;
    }
    if let Some(error) = error {
        match reply {
            Reply::Failed(failure) if is_failure(error, failure) => {}
            other => return Err(differ(format!("the guest's error {error}"), describe(other))),
        }
    }
    if let Some(kind) = trapped {
        if *reply != (Reply::Trapped { kind: *kind }) {
            return Err(differ(format!("a trap of kind {kind}"), describe(reply)));
        }
    }
    if let Some(code) = rejected {
        if *reply != (Reply::Rejected { code: code.clone() }) {
            return Err(differ(format!("the code {code}"), describe(reply)));
        }
    }
    if healthy.is_some() || reason.is_some() || has_reason.is_some() {
        let Reply::Health { healthy: is, reason: why } = reply else {
            return Err(differ("a health status", describe(reply)));
        };
        healthy.as_ref().map_or(Ok(()), |healthy| equal("healthy", healthy, is))?;
        reason.as_ref().map_or(Ok(()), |reason| equal("reason", &Some(reason), &why.as_ref()))?;
        has_reason.as_ref().map_or(Ok(()), |has| equal("has a reason", has, &why.is_some()))?;
    }
    if components.is_some() || restarts.is_some() || instances.is_some() || runs_wasm_of.is_some() || memory_bytes_at_most.is_some() {
        let Reply::Inspection(inspection) = reply else { return Err(differ("an inspection", describe(reply))) };
        if let Some(expected) = components {
            let states = inspection.components.iter().map(|(id, component)| (id.clone(), component.state)).collect();
            equal("components", expected, &states)?;
        }
        for (id, count) in restarts.iter().flatten() {
            equal(&format!("restarts of {id}"), &Some(*count), &inspection.components.get(id).map(|c| c.restarts))?;
        }
        instances.as_ref().map_or(Ok(()), |count| equal("instances", count, &inspection.instances))?;
        if let Some(most) = memory_bytes_at_most
            && inspection.memory_bytes > *most
        {
            return Err(differ(format!("at most {most} bytes of memory"), inspection.memory_bytes));
        }
        for (id, of) in runs_wasm_of.iter().flatten() {
            let expected = guests.get(of).map(Guest::sha256);
            equal(&format!("wasm of {id}"), &expected, &inspection.components.get(id).map(|c| c.wasm_sha256.clone()))?;
        }
    }
    if let Some(expected) = records {
        let Reply::Logs { records } = reply else { return Err(differ("log records", describe(reply))) };
        check_records(expected, records)?;
    }
    if events.is_some() || no_events.is_some() {
        let Reply::Events { events: happened } = reply else { return Err(differ("events", describe(reply))) };
        let mut rest = happened.iter();
        for expected in events.iter().flatten() {
            if !rest.any(|event| is_event(expected, event)) {
                return Err(differ(format!("the event {expected} in its place"), json(happened)));
            }
        }
        for unexpected in no_events.iter().flatten() {
            if happened.iter().any(|event| is_event(unexpected, event)) {
                return Err(differ(format!("no event {unexpected}"), json(happened)));
            }
        }
    }
    if let Some(name) = same_fuel_as {
        let Reply::Returned { fuel: Some(fuel), .. } = reply else {
            return Err(differ("the fuel of a call that returned", describe(reply)));
        };
        let first = *memory.fuel.entry(name.clone()).or_insert(*fuel);
        equal("fuel", &first, fuel)?;
    }
    Ok(())
}

fn succeeded_or_health(reply: &Reply) -> Result<(), String> {
    if matches!(reply, Reply::Health { .. }) { Ok(()) } else { succeeded(reply) }
}

fn succeeded(reply: &Reply) -> Result<(), String> {
    match reply {
        Reply::Refused { .. } | Reply::Failed(_) | Reply::Trapped { .. } | Reply::Rejected { .. } | Reply::Health { healthy: false, .. } => {
            Err(differ("success", describe(reply)))
        }
        _ => Ok(()),
    }
}

fn check_refusal(refused: &Refusal, reply: &Reply) -> Result<(), String> {
    let Reply::Refused { phase, code, errors, .. } = reply else {
        return Err(differ(format!("a refusal in phase {} with code {}", refused.phase, refused.code), describe(reply)));
    };
    if (*phase, *code) != (refused.phase, refused.code) {
        return Err(differ(format!("a refusal in phase {} with code {}", refused.phase, refused.code), describe(reply)));
    }
    match &refused.errors {
        Some(expected) => equal("manifest errors", expected, errors),
        None => Ok(()),
    }
}

fn returned(reply: &Reply) -> Result<&Vec<u8>, String> {
    match reply {
        Reply::Returned { output, .. } => Ok(&output.0),
        other => Err(differ("an answer of `execute`", describe(other))),
    }
}

fn check_transcript(expected: &[String], output: &[u8], among_others: bool) -> Result<(), String> {
    let text = match multicodec::split(output) {
        Ok((code, text)) if code == Codec::Raw.code() => std::str::from_utf8(text).ok(),
        _ => None,
    };
    let text = text.ok_or_else(|| differ("a transcript", payload::render(output)))?;
    let actual: Vec<&str> = text.lines().collect();
    let holds = if among_others {
        let mut rest = actual.iter();
        expected.iter().all(|line| rest.any(|actual| is_line(line, actual)))
    } else {
        expected.len() == actual.len() && expected.iter().zip(&actual).all(|(e, a)| is_line(e, a))
    };
    if holds { Ok(()) } else { Err(differ(format!("the transcript\n  {}", expected.join("\n  ")), format!("\n  {}", actual.join("\n  ")))) }
}

fn is_line(expected: &str, actual: &str) -> bool {
    match (expected.split_once(" -> "), actual.split_once(" -> ")) {
        (Some((label, expected)), Some((other, actual))) => label == other && wave::matches(expected, actual),
        _ => expected == actual,
    }
}

/// Whether a failure is the variant case that the WAVE text describes.
fn is_failure(expected: &str, failure: &GuestFailure) -> bool {
    let Ok(value) = UntypedValue::parse(expected) else { return false };
    let node = value.node();
    let Ok((case, inner)) = node.as_variant(expected) else { return false };
    let holds = match inner {
        None => failure.value == Value::Null,
        Some(inner) => match inner.ty() {
            NodeType::Number => failure.value.to_string() == expected[inner.span()],
            _ => inner.as_str(expected).is_ok_and(|text| failure.value == Value::String(text.into_owned())),
        },
    };
    case == failure.case && holds
}

fn check_records(expected: &[RecordPattern], actual: &[LogRecord]) -> Result<(), String> {
    let holds = expected.len() == actual.len() && expected.iter().zip(actual).all(|(e, a)| is_record(e, a));
    if holds { Ok(()) } else { Err(differ(json(&expected), shortened(&json(&actual)))) }
}

fn is_record(expected: &RecordPattern, actual: &LogRecord) -> bool {
    let same = (&expected.component, &expected.level) == (&actual.component, &actual.level);
    let Some(most) = expected.cut_to_bytes else {
        return same && expected.message == actual.message && expected.context == actual.context;
    };
    let context: usize = actual.context.iter().map(|(key, value)| key.len() + value.len()).sum();
    let marked = actual.message.ends_with(CUT_MARK)
        || actual.context.iter().any(|(key, value)| key.ends_with(CUT_MARK) || value.ends_with(CUT_MARK));
    same && actual.message.starts_with(&expected.message) && actual.message.len() + context <= most && marked
}

fn is_event(expected: &toml::Table, event: &BTreeMap<String, Value>) -> bool {
    expected.iter().all(|(key, value)| {
        let value = serde_json::to_value(value).unwrap_or_default();
        event.get(key) == Some(&value)
    })
}

/// Whether nothing but time has passed between two inspections.
pub(super) fn unchanged(before: &Inspection, after: &Inspection) -> Result<(), String> {
    if before == after { Ok(()) } else { Err(differ(format!("nothing left behind: {}", json(before)), json(after))) }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, actual: &T) -> Result<(), String> {
    if expected == actual { Ok(()) } else { Err(differ(format!("{what} {expected:?}"), format!("{actual:?}"))) }
}

fn differ(expected: impl std::fmt::Display, actual: impl std::fmt::Display) -> String {
    format!("expected {expected}, got {actual}")
}

/// A reply in one line, for people.
pub(super) fn describe(reply: &Reply) -> String {
    match reply {
        Reply::Returned { output, .. } => format!("the answer {}", shortened(&payload::render(&output.0))),
        Reply::Refused { phase, code, message, errors } if errors.is_empty() => {
            format!("a refusal in phase {phase} with code {code}: {}", shortened(message))
        }
        other => shortened(&json(other)),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Keeps messages readable where a guest produced megabytes.
fn shortened(text: &str) -> String {
    const MOST: usize = 2000;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… [{} bytes more]", &text[..end], text.len() - end),
        None => text.to_owned(),
    }
}

//! Whether a reply shows what a case expects. No I/O, no knowledge of any runtime.

use std::collections::BTreeMap;

use serde_json::Value;
use wasm_wave::ast::NodeType;
use wasm_wave::untyped::UntypedValue;

use super::case::{Expectation, RecordPattern, Refusal};
use super::evidence;
use super::guest::Guest;
use super::interleave::{Interleaving, interleaves};
use super::protocol::{ComponentInspection, GuestFailure, Inspection, LogRecord, Reply};
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
    (reply, took_ms): (&Reply, u64),
    guests: &BTreeMap<String, Guest>,
    memory: &mut Memory,
) -> Result<(), String> {
    let Some(expect) = expect else { return succeeded(reply) };
    let negative = expect.refused.is_some()
        || expect.error.is_some()
        || expect.trapped.is_some()
        || expect.rejected.is_some()
        || expect.healthy == Some(false);
    if !negative {
        succeeded(reply)?;
    }
    if let Some(most) = expect.within_ms
        && took_ms > most
    {
        return Err(differ(format!("a reply within {most} ms"), format!("one after {took_ms} ms")));
    }
    check_refusal(expect, reply)?;
    check_answer(expect, reply)?;
    check_end(expect, reply)?;
    check_fuel(expect, reply, memory)?;
    check_health(expect, reply)?;
    check_inspection(expect, reply, guests)?;
    check_records(expect, reply)?;
    check_events(expect, reply)?;
    evidence::check(expect, reply)
}

fn succeeded(reply: &Reply) -> Result<(), String> {
    match reply {
        Reply::Refused { .. } | Reply::Failed(_) | Reply::Trapped { .. } | Reply::Rejected { .. } => {
            Err(differ("success", describe(reply)))
        }
        Reply::Health { healthy: false, .. } => Err(differ("a healthy component", describe(reply))),
        _ => Ok(()),
    }
}

fn check_refusal(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Some(Refusal { phase, code, errors }) = &expect.refused else { return Ok(()) };
    match reply {
        Reply::Refused { phase: p, code: c, errors: found, .. } if (p, c) == (phase, code) => {
            errors.as_ref().map_or(Ok(()), |errors| equal("manifest errors", errors, found))
        }
        other => Err(differ(format!("a refusal in phase {phase} with code {code}"), describe(other))),
    }
}

/// What `execute` returned.
fn check_answer(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let returned = || match reply {
        Reply::Returned { output, .. } => Ok(&output.0),
        other => Err(differ("an answer of `execute`", describe(other))),
    };
    if let Some(output) = &expect.output {
        let expected = payload::parse(output).map_err(|why| why.to_string())?;
        let bytes = returned()?;
        if *bytes != expected {
            return Err(differ(output, shortened(&payload::render(bytes))));
        }
    }
    if let Some(lines) = &expect.transcript {
        check_transcript(lines, returned()?, false)?;
    }
    if let Some(lines) = &expect.transcript_has {
        check_transcript(lines, returned()?, true)?;
    }
    if let Some(lists) = &expect.interleaved {
        check_interleaved(lists, returned()?)?;
    }
    if let Some(lists) = &expect.one_of {
        check_one_of(lists, returned()?)?;
    }
    for (texts, wanted) in [(&expect.mentions, true), (&expect.conceals, false)] {
        for text in texts.iter().flatten() {
            let shown = match reply {
                Reply::Refused { message, .. } => message.into(),
                _ => String::from_utf8_lossy(returned()?),
            };
            if shown.contains(text.as_str()) != wanted {
                let which = if wanted { "mentions" } else { "does not mention" };
                return Err(differ(format!("an answer that {which} `{text}`"), shortened(&shown)));
            }
        }
    }
    if let Some(length) = &expect.output_bytes {
        equal("bytes of output", length, &returned()?.len())?;
    }
    Ok(())
}

/// How a call ended that did not return.
fn check_end(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    if let Some(error) = &expect.error
        && !matches!(reply, Reply::Failed(failure) if is_failure(error, failure))
    {
        return Err(differ(format!("the guest's error {error}"), describe(reply)));
    }
    if let Some(kind) = expect.trapped
        && *reply != (Reply::Trapped { kind })
    {
        return Err(differ(format!("a trap of kind {kind}"), describe(reply)));
    }
    if let Some(code) = &expect.rejected
        && !matches!(reply, Reply::Rejected { code: other } if other == code)
    {
        return Err(differ(format!("the code {code}"), describe(reply)));
    }
    Ok(())
}

fn check_fuel(expect: &Expectation, reply: &Reply, memory: &mut Memory) -> Result<(), String> {
    let Some(name) = &expect.same_fuel_as else { return Ok(()) };
    let Reply::Returned { fuel: Some(fuel), .. } = reply else {
        return Err(differ("the fuel of a call that returned", describe(reply)));
    };
    let first = *memory.fuel.entry(name.clone()).or_insert(*fuel);
    equal("fuel", &first, fuel)
}

fn check_health(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { healthy, reason, has_reason, .. } = expect;
    if healthy.is_none() && reason.is_none() && has_reason.is_none() {
        return Ok(());
    }
    let Reply::Health { healthy: is, reason: why } = reply else {
        return Err(differ("a health status", describe(reply)));
    };
    healthy.as_ref().map_or(Ok(()), |healthy| equal("healthy", healthy, is))?;
    reason.as_ref().map_or(Ok(()), |reason| equal("reason", &Some(reason), &why.as_ref()))?;
    has_reason.as_ref().map_or(Ok(()), |has| equal("has a reason", has, &why.is_some()))
}

/// A number that a runtime tells of each component.
type Count = fn(&ComponentInspection) -> u64;

fn check_inspection(expect: &Expectation, reply: &Reply, guests: &BTreeMap<String, Guest>) -> Result<(), String> {
    let Expectation { components, restarts, instances, memory_bytes_at_most, runs_wasm_of, processes, .. } = expect;
    let Expectation { waiting, waiting_bytes, dead_letters, requests, .. } = expect;
    let counts: [(_, _, Count); 4] = [
        ("restarts", restarts, |component| component.restarts),
        ("waiting", waiting, |component| component.waiting),
        ("bytes waiting", waiting_bytes, |component| component.waiting_bytes),
        ("dead letters", dead_letters, |component| component.dead_letters),
    ];
    let asked = components.is_some()
        || instances.is_some()
        || memory_bytes_at_most.is_some()
        || processes.is_some()
        || requests.is_some()
        || runs_wasm_of.is_some()
        || counts.iter().any(|(_, counts, _)| counts.is_some());
    let inspection = match reply {
        _ if !asked => return Ok(()),
        Reply::Inspection(inspection) => inspection,
        other => return Err(differ("an inspection", describe(other))),
    };
    if let Some(expected) = components {
        let states = inspection.components.iter().map(|(id, component)| (id.clone(), component.state)).collect();
        equal("components", expected, &states)?;
    }
    for (what, counts, count) in counts {
        for (id, expected) in counts.iter().flatten() {
            let found = inspection.components.get(id).map(count);
            equal(&format!("{what} of {id}"), &Some(*expected), &found)?;
        }
    }
    instances.as_ref().map_or(Ok(()), |count| equal("instances", count, &inspection.instances))?;
    processes.as_ref().map_or(Ok(()), |count| equal("processes", count, &inspection.processes))?;
    requests.as_ref().map_or(Ok(()), |count| equal("requests", count, &inspection.requests))?;
    if let Some(most) = memory_bytes_at_most
        && inspection.memory_bytes > *most
    {
        return Err(differ(format!("at most {most} bytes of memory"), inspection.memory_bytes));
    }
    for (id, of) in runs_wasm_of.iter().flatten() {
        let expected = guests.get(of).map(Guest::sha256);
        let found = inspection.components.get(id).map(|component| component.wasm_sha256.clone());
        equal(&format!("wasm of {id}"), &expected, &found)?;
    }
    Ok(())
}

fn check_records(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { records: expected, records_interleaved, .. } = expect;
    if expected.is_none() && records_interleaved.is_none() {
        return Ok(());
    }
    let Reply::Logs { records } = reply else { return Err(differ("log records", describe(reply))) };
    if let Some(expected) = expected {
        let holds = expected.len() == records.len() && expected.iter().zip(records).all(|(e, r)| is_record(e, r));
        if !holds {
            return Err(differ(json(expected), shortened(&json(records))));
        }
    }
    let Some(lists) = records_interleaved else { return Ok(()) };
    let wanted = || format!("an interleaving of {}", json(lists));
    found(interleaves(lists, records, is_record), wanted, || shortened(&json(records)))
}

fn check_events(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { events, only_events, no_events, .. } = expect;
    if events.is_none() && only_events.is_none() && no_events.is_none() {
        return Ok(());
    }
    let Reply::Events { events: happened } = reply else { return Err(differ("events", describe(reply))) };
    let mut rest = happened.iter();
    for expected in events.iter().flatten() {
        if !rest.any(|event| is_event(expected, event)) {
            return Err(differ(format!("the event {} in its place", json(expected)), json(happened)));
        }
    }
    if let Some(expected) = only_events {
        let kind = |table: &toml::Table| table.get("event").and_then(|kind| serde_json::to_value(kind).ok());
        let kinds: Vec<Value> = expected.iter().filter_map(kind).collect();
        let of_kinds = happened.iter().filter(|event| event.get("event").is_some_and(|kind| kinds.contains(kind)));
        let of_kinds: Vec<_> = of_kinds.collect();
        let hold =
            expected.len() == of_kinds.len() && expected.iter().zip(&of_kinds).all(|(e, event)| is_event(e, event));
        if !hold {
            return Err(differ(format!("of their kinds only the events {}", json(expected)), json(&of_kinds)));
        }
    }
    match no_events.iter().flatten().find(|unexpected| happened.iter().any(|event| is_event(unexpected, event))) {
        Some(unexpected) => Err(differ(format!("no event {}", json(unexpected)), json(happened))),
        None => Ok(()),
    }
}

fn check_transcript(expected: &[String], output: &[u8], among_others: bool) -> Result<(), String> {
    let actual = transcript(output)?;
    let holds = if among_others {
        let mut rest = actual.iter();
        expected.iter().all(|line| rest.any(|actual| is_line(line, actual)))
    } else {
        are_lines(expected, &actual)
    };
    if holds { Ok(()) } else { Err(differ(format!("the transcript{}", listed(expected)), listed(&actual))) }
}

fn check_interleaved(lists: &[Vec<String>], output: &[u8]) -> Result<(), String> {
    let actual = transcript(output)?;
    let wanted = || {
        let lists: Vec<String> = lists.iter().map(|lines| listed(lines)).collect();
        format!("an interleaving of{}", lists.join("\n and"))
    };
    found(interleaves(lists, &actual, |expected, actual| is_line(expected, actual)), wanted, || listed(&actual))
}

fn check_one_of(lists: &[Vec<String>], output: &[u8]) -> Result<(), String> {
    let actual = transcript(output)?;
    if lists.iter().any(|lines| are_lines(lines, &actual)) {
        return Ok(());
    }
    let lists: Vec<String> = lists.iter().map(|lines| listed(lines)).collect();
    Err(differ(format!("the transcript{}", lists.join("\n or")), listed(&actual)))
}

/// What a search for an interleaving means for a case.
fn found(interleaving: Interleaving, wanted: impl Fn() -> String, actual: impl Fn() -> String) -> Result<(), String> {
    match interleaving {
        Interleaving::Found => Ok(()),
        Interleaving::Absent => Err(differ(wanted(), actual())),
        Interleaving::TooManyWays => Err(differ(wanted(), format!("too many equal items to tell: {}", actual()))),
    }
}

/// The lines of a transcript, which is a raw payload of text.
fn transcript(output: &[u8]) -> Result<Vec<&str>, String> {
    let text = match multicodec::split(output) {
        Ok((code, text)) if code == Codec::Raw.code() => std::str::from_utf8(text).ok(),
        _ => None,
    };
    Ok(text.ok_or_else(|| differ("a transcript", payload::render(output)))?.lines().collect())
}

/// Lines below each other.
fn listed<T: std::borrow::Borrow<str>>(lines: &[T]) -> String {
    format!("\n  {}", lines.join("\n  "))
}

fn are_lines(expected: &[String], actual: &[&str]) -> bool {
    expected.len() == actual.len() && expected.iter().zip(actual).all(|(e, a)| is_line(e, a))
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
            NodeType::Number => expected[inner.span()].parse().is_ok_and(|number: u64| failure.value == number),
            _ => inner.as_str(expected).is_ok_and(|text| failure.value == Value::String(text.into_owned())),
        },
    };
    case == failure.case && holds
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

pub(super) fn equal<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, actual: &T) -> Result<(), String> {
    if expected == actual { Ok(()) } else { Err(differ(format!("{what} {expected:?}"), format!("{actual:?}"))) }
}

pub(super) fn differ(expected: impl std::fmt::Display, actual: impl std::fmt::Display) -> String {
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

pub(super) fn json(value: &impl serde::Serialize) -> String {
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

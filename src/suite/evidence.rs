//! Whether what a case left behind is what it expects: files of its world, requests at its servers, records of the audit
//! trail. No I/O, no knowledge of any runtime.

use serde_json::{Map, Value};

use super::case::{Expectation, RequestPattern};
use super::expect::{describe, differ, equal, json};
use super::protocol::{FileState, ReceivedRequest, Reply};
use crate::contract::payload;

/// Holds a reply against what an expectation says of files, servers and the audit trail.
///
/// # Errors
/// In words: what was expected, and what came.
pub(super) fn check(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    check_file(expect, reply)?;
    check_requests(expect, reply)?;
    check_audit(expect, reply)?;
    check_verified(expect, reply)
}

fn check_file(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { content, absent, names, link, .. } = expect;
    let mut expected = Vec::new();
    if let Some(content) = content {
        let bytes = payload::parse(content).map_err(|why| why.to_string())?;
        expected.push(FileState::Content(super::protocol::Bytes(bytes)));
    }
    expected.extend(names.clone().map(FileState::Directory));
    expected.extend(link.clone().map(FileState::Link));
    let state = match reply {
        Reply::File { state } => state,
        _ if expected.is_empty() && absent.is_none() => return Ok(()),
        other => return Err(differ("what is at a path", describe(other))),
    };
    if let Some(absent) = absent
        && *absent != (*state == FileState::Absent)
    {
        return Err(differ(if *absent { "nothing there" } else { "something there" }, describe(reply)));
    }
    match expected.iter().find(|expected| *expected != state) {
        Some(expected) => Err(differ(format!("{expected:?}"), format!("{state:?}"))),
        None => Ok(()),
    }
}

fn check_requests(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Some(expected) = &expect.received else { return Ok(()) };
    let Reply::Requests { requests } = reply else {
        return Err(differ("requests at a server", describe(reply)));
    };
    let mut holds = expected.len() == requests.len();
    for (pattern, request) in expected.iter().zip(requests) {
        holds &= is_request(pattern, request)?;
    }
    if holds { Ok(()) } else { Err(differ(json(expected), format!("{requests:?}"))) }
}

fn is_request(pattern: &RequestPattern, request: &ReceivedRequest) -> Result<bool, String> {
    let values = |name: &str| -> Vec<&str> {
        request.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    };
    let body = pattern.body.as_deref().map(payload::parse).transpose().map_err(|why| why.to_string())?;
    Ok(pattern.connection.is_none_or(|connection| connection == request.connection)
        && pattern.method.as_ref().is_none_or(|method| *method == request.method)
        && pattern.target.as_ref().is_none_or(|target| *target == request.target)
        && pattern.headers.iter().all(|(name, value)| values(name).contains(&value.as_str()))
        && pattern.without.iter().all(|name| values(name).is_empty())
        && body.is_none_or(|body| body == request.body.0))
}

fn check_audit(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { accesses, audited, audited_none, .. } = expect;
    let lines = match reply {
        Reply::Audit { lines } => lines,
        _ if accesses.is_none() && audited.is_none() && audited_none.is_none() => return Ok(()),
        other => return Err(differ("audit records", describe(other))),
    };
    let records = lines.iter().map(|line| record(line)).collect::<Result<Vec<_>, _>>()?;
    check_order(&records)?;
    if let Some(bare) = records.iter().find(|record| !is_whole_letter(record)) {
        return Err(differ("records with all their fields", json(bare)));
    }
    if let Some(expected) = accesses {
        let found: Vec<_> = records.iter().filter(|record| is(record, "event", "access")).collect();
        if let Some(bare) = found.iter().find(|record| !is_whole(record)) {
            return Err(differ("records of accesses with all their fields", json(bare)));
        }
        let holds = expected.len() == found.len() && expected.iter().zip(&found).all(|(e, r)| shows(e, r));
        if !holds {
            return Err(differ(json(expected), json(&found)));
        }
    }
    let mut rest = records.iter();
    if let Some(expected) = audited.iter().flatten().find(|expected| !rest.any(|record| shows(expected, record))) {
        return Err(differ(format!("the record {} in its place", json(expected)), json(&records)));
    }
    let is_there = |unexpected: &&toml::Table| records.iter().any(|record| shows(unexpected, record));
    match audited_none.iter().flatten().find(is_there) {
        Some(unexpected) => Err(differ(format!("no record {}", json(unexpected)), json(&records))),
        None => Ok(()),
    }
}

/// A line of the trail, which must be one JSON object of harmless characters.
fn record(line: &str) -> Result<Map<String, Value>, String> {
    if let Some(character) = line.chars().find(|character| is_deceptive(*character)) {
        return Err(differ("records without deceptive characters", format!("{:?} in {line:?}", character)));
    }
    serde_json::from_str(line).map_err(|why| differ("a JSON object a line", format!("{line:?}: {why}")))
}

/// Control characters, line separators, and what reorders or hides text.
pub(super) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Sequences rise and times do not fall, whatever the clock did.
fn check_order(records: &[Map<String, Value>]) -> Result<(), String> {
    let number = |record: &Map<String, Value>, key: &str| record.get(key).and_then(Value::as_u64);
    let rises = records.windows(2).all(|pair| {
        number(&pair[0], "sequence") < number(&pair[1], "sequence")
            && number(&pair[0], "time-ms") <= number(&pair[1], "time-ms")
    });
    let numbered = records.iter().all(|record| number(record, "sequence").is_some());
    if rises && numbered { Ok(()) } else { Err(differ("records with rising sequences", json(&records))) }
}

/// What every record of an access must have, whatever a case looks at.
fn is_whole(record: &Map<String, Value>) -> bool {
    let there = |key: &&str| record.get(*key).is_some_and(is_there);
    let fields = ["sequence", "time-ms", "component", "version", "instance", "class", "action", "outcome"];
    let because = if is(record, "outcome", "granted") { "rule" } else { "reason" };
    fields.iter().all(&there) && record.contains_key("resource") && there(&because)
}

/// What every record of a message that was given up, or of a response that was refused, must have. Records of other kinds
/// are as the runtime likes.
fn is_whole_letter(record: &Map<String, Value>) -> bool {
    let there = |fields: &[&str]| fields.iter().all(|field| record.get(*field).is_some_and(is_there));
    match record.get("event").and_then(Value::as_str) {
        Some("dead-letter") => {
            let of_a_kind =
                ["message", "publication", "request", "callback"].iter().any(|kind| is(record, "kind", kind));
            let sized = record.get("bytes").is_some_and(Value::is_u64);
            there(&["time-ms", "component", "sender", "reason"]) && of_a_kind && sized
        }
        // What the responder named may be empty.
        Some("response-refused") => {
            there(&["time-ms", "component"]) && record.get("request-id").is_some_and(Value::is_string)
        }
        _ => true,
    }
}

/// Whether there is a value, and something in it.
fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

fn is(record: &Map<String, Value>, key: &str, value: &str) -> bool {
    record.get(key).and_then(Value::as_str) == Some(value)
}

/// Whether a record has the fields of a pattern; `true` says that the field is there and not empty.
fn shows(pattern: &toml::Table, record: &Map<String, Value>) -> bool {
    pattern.iter().all(|(key, expected)| {
        let value = record.get(key).filter(|value| !value.is_null());
        match expected {
            toml::Value::Boolean(there) => *there == value.is_some_and(is_there),
            expected => value == serde_json::to_value(expected).ok().as_ref(),
        }
    })
}

fn check_verified(expect: &Expectation, reply: &Reply) -> Result<(), String> {
    let Expectation { intact, fault, .. } = expect;
    if intact.is_none() && fault.is_none() {
        return Ok(());
    }
    let Reply::Verified { fault: found } = reply else {
        return Err(differ("a verdict on the audit trail", describe(reply)));
    };
    intact.as_ref().map_or(Ok(()), |intact| equal("intact", intact, &found.is_none()))?;
    fault.map_or(Ok(()), |line| equal("the first line at fault", &Some(line), found))
}

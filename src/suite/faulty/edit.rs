//! The places where stimuli and replies are bent, so that a fault says what it changes and not where that stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ReplyBend, Sent};
use crate::contract::LoadCode;
use crate::contract::multicodec::{self, Codec};
use crate::suite::protocol::{
    Bytes, ComponentInspection, Inspection, LogRecord, ReceivedRequest, Reply, Stimulus, World,
};

/// A record of the audit trail.
pub type Record = Map<String, Value>;

/// Something that happened.
pub(super) type Event = BTreeMap<String, Value>;

/// The lines of a transcript, if the reply is one: what a guest saw of its calls, and noted.
pub(super) fn lines(reply: &mut Reply, edit: impl FnOnce(&mut Vec<String>)) {
    let Reply::Returned { output, .. } = reply else { return };
    let Ok((code, text)) = multicodec::split(&output.0) else { return };
    let Some(text) = std::str::from_utf8(text).ok().filter(|_| code == Codec::Raw.code()) else { return };
    let before: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut after = before.clone();
    edit(&mut after);
    if after != before {
        output.0 = multicodec::join(code, after.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes());
    }
}

/// Puts another result in place of that of every call whose line begins so.
pub(super) fn answer(lines: &mut [String], begins: &str, result: &str) {
    for line in lines.iter_mut().filter(|line| line.starts_with(begins)) {
        if let Some((call, _)) = line.split_once(" -> ") {
            *line = format!("{call} -> {result}");
        }
    }
}

/// Puts another error in place of one, whichever function answered it.
pub(super) fn err(lines: &mut [String], error: &str, result: &str) {
    let is = |line: &String| line.split_once(" -> err(").is_some_and(|(_, rest)| names(rest, error));
    for line in lines.iter_mut().filter(|line| is(line)) {
        if let Some((call, _)) = line.split_once(" -> ") {
            *line = format!("{call} -> {result}");
        }
    }
}

fn names(text: &str, error: &str) -> bool {
    text.strip_prefix(error).is_some_and(|rest| rest.starts_with(['(', ')']))
}

/// The records of the audit trail. Lines that are no JSON objects are left out: a sound runtime has none.
pub(super) fn audit(reply: &mut Reply, edit: impl FnOnce(&mut Vec<Record>)) {
    let Reply::Audit { lines } = reply else { return };
    let before: Vec<Record> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut after = before.clone();
    edit(&mut after);
    if after != before {
        *lines = after.into_iter().map(|record| Value::Object(record).to_string()).collect();
    }
}

/// The log records.
pub(super) fn logs(reply: &mut Reply, edit: impl FnOnce(&mut Vec<LogRecord>)) {
    if let Reply::Logs { records } = reply {
        edit(records);
    }
}

/// The events.
pub(super) fn events(reply: &mut Reply, edit: impl FnOnce(&mut Vec<Event>)) {
    if let Reply::Events { events } = reply {
        edit(events);
    }
}

/// Leaves out the events of a kind.
pub(super) fn forget_events(reply: &mut Reply, kind: &str) {
    events(reply, |events| events.retain(|event| event.get("event").is_none_or(|event| event != kind)));
}

/// What servers received.
pub(super) fn requests(reply: &mut Reply, edit: impl FnOnce(&mut Vec<ReceivedRequest>)) {
    if let Reply::Requests { requests } = reply {
        edit(requests);
    }
}

/// What the runtime says it holds.
pub(super) fn inspection(reply: &mut Reply, edit: impl FnOnce(&mut Inspection)) {
    if let Reply::Inspection(inspection) = reply {
        edit(inspection);
    }
}

/// What the runtime says of each component.
pub(super) fn components(reply: &mut Reply, edit: impl Fn(&mut ComponentInspection)) {
    inspection(reply, |inspection| inspection.components.values_mut().for_each(edit));
}

/// The bytes that a call answered.
pub(super) fn output(reply: &mut Reply, edit: impl FnOnce(&mut Vec<u8>)) {
    if let Reply::Returned { output, .. } = reply {
        edit(&mut output.0);
    }
}

/// The number that a call answered in digits, as guests that count do.
pub(super) fn number(reply: &mut Reply, edit: impl FnOnce(u64) -> u64) {
    output(reply, |output| {
        let Ok((code, digits)) = multicodec::split(output) else { return };
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        if let Some(number) = number {
            *output = multicodec::join(code, edit(number).to_string().as_bytes());
        }
    });
}

/// The world that a runtime stands in.
pub(super) fn world(stimulus: &Stimulus, edit: impl FnOnce(&mut World)) -> Sent {
    let Stimulus::CaseBegin(before) = stimulus else { return Sent::Same };
    let mut after = before.clone();
    edit(&mut after);
    if after == *before { Sent::Same } else { Sent::Other(Stimulus::CaseBegin(after)) }
}

/// Every manifest of the world that can be read.
pub(super) fn manifests(stimulus: &Stimulus, edit: impl Fn(&mut toml::Table)) -> Sent {
    world(stimulus, |world| {
        for file in world.files.iter_mut().filter(|file| is_manifest(&file.path)) {
            let Some(before) = manifest(&file.bytes) else { continue };
            let mut after = before.clone();
            edit(&mut after);
            if let Ok(text) = toml::to_string(&after)
                && after != before
            {
                file.bytes = Bytes(text.into_bytes());
            }
        }
    })
}

/// Every wasm file of the world.
pub(super) fn guests(stimulus: &Stimulus, edit: impl Fn(&mut Vec<u8>)) -> Sent {
    world(stimulus, |world| {
        world.files.iter_mut().filter(|file| file.path.ends_with(".wasm")).for_each(|file| edit(&mut file.bytes.0));
    })
}

/// Puts bytes in place of others of the same length, wherever they stand.
pub(super) fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let mut start = 0;
    while let Some(at) = find(&bytes[start..], from) {
        bytes[start + at..start + at + from.len()].copy_from_slice(to);
        start += at + from.len();
    }
}

/// Where bytes stand first.
pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Refuses every load in the worlds that are so, with that code.
pub(super) fn refusing(wrongly: fn(&World) -> bool, code: LoadCode) -> ReplyBend {
    let mut refuses = false;
    Box::new(move |stimulus, reply| {
        if let Stimulus::CaseBegin(world) = stimulus {
            refuses = wrongly(world);
        }
        if refuses && matches!(reply, Reply::Loaded { .. }) {
            *reply = Reply::Refused { phase: code.phase(), code, message: code.to_string(), errors: Vec::new() };
        }
    })
}

/// Whether a path is that of a manifest.
pub(super) fn is_manifest(path: &str) -> bool {
    path.ends_with("/component.toml") || path.ends_with("/Component.toml")
}

/// A manifest's tables, if it can be read.
pub(super) fn manifest(bytes: &Bytes) -> Option<toml::Table> {
    toml::from_str(std::str::from_utf8(&bytes.0).ok()?).ok()
}

/// A table below a table, made if it is not there.
pub(super) fn table<'a>(parent: &'a mut toml::Table, key: &str) -> Option<&'a mut toml::Table> {
    parent.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new())).as_table_mut()
}

/// The capability tables of a manifest, the optional ones as well.
pub(super) fn capabilities(manifest: &mut toml::Table, edit: impl Fn(&mut toml::Table)) {
    let Some(capabilities) = manifest.get_mut("capabilities").and_then(toml::Value::as_table_mut) else { return };
    edit(capabilities);
    if let Some(optional) = capabilities.get_mut("optional").and_then(toml::Value::as_table_mut) {
        edit(optional);
    }
}

/// Every list of patterns of a class, such as `filesystem`.
pub(super) fn patterns(manifest: &mut toml::Table, class: &str, edit: impl Fn(&mut Vec<String>)) {
    capabilities(manifest, |capabilities| {
        let Some(lists) = capabilities.get_mut(class).and_then(toml::Value::as_table_mut) else { return };
        for list in lists.iter_mut().filter_map(|(_, list)| list.as_array_mut()) {
            let mut texts: Vec<String> = list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
            if texts.len() == list.len() {
                edit(&mut texts);
                *list = texts.into_iter().map(toml::Value::String).collect();
            }
        }
    });
}

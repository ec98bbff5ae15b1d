//! All actions of a program, parsed, with what the contract asks at the least filled in.

use std::collections::BTreeMap;

use super::ProgramError;
use super::action::Action;
use super::program::Program;
use crate::contract::payload;

/// Actions for one value each of what comes in.
pub(super) type ByPayload = Vec<(Vec<u8>, Vec<Action>)>;

/// The actions of a program, parsed, with the defaults filled in.
pub(super) struct Actions {
    pub(super) start: Vec<Action>,
    pub(super) realloc: Vec<Action>,
    pub(super) post_execute: Vec<Action>,
    /// Those of `execute`, by operation.
    pub(super) on: ByPayload,
    /// Those of `handle-message`, by payload.
    pub(super) on_message: ByPayload,
    /// Those of `handle-publication`, by payload.
    pub(super) on_publication: ByPayload,
    pub(super) exports: BTreeMap<&'static str, Vec<Action>>,
}

impl Actions {
    pub(super) fn parse(program: &Program, metadata: &BTreeMap<String, String>) -> Result<Self, ProgramError> {
        let fields: BTreeMap<_, _> = metadata.iter().chain(&program.metadata_fields).collect();
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let metadata_record = format!("{{{}}}", fields.join(", "));
        let exports = [
            ("metadata", &program.metadata, metadata_record.as_str()),
            ("init", &program.init, "ok"),
            ("execute", &program.execute, "ok($operation)"),
            ("handle-message", &program.handle_message, "ok"),
            ("handle-callback", &program.handle_callback, "ok"),
            ("handle-publication", &program.handle_publication, "ok"),
            ("health", &program.health, "{healthy: true, reason: none}"),
            ("shutdown", &program.shutdown, "ok"),
        ];
        let exports = exports.into_iter().map(|(name, lines, default)| {
            Ok((name, with_default(parse_all(lines).map_err(|why| why.within(name))?, default)))
        });
        Ok(Self {
            start: parse_all(&program.start).map_err(|why| why.within("start"))?,
            realloc: parse_all(&program.realloc).map_err(|why| why.within("realloc"))?,
            post_execute: parse_all(&program.post_execute).map_err(|why| why.within("post-execute"))?,
            on: by_payload("on", &program.on, "ok($operation)")?,
            on_message: by_payload("on-message", &program.on_message, "ok")?,
            on_publication: by_payload("on-publication", &program.on_publication, "ok")?,
            exports: exports.collect::<Result<_, ProgramError>>()?,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Action> {
        [&self.start, &self.realloc, &self.post_execute]
            .into_iter()
            .chain(self.on.iter().map(|(_, actions)| actions))
            .chain(self.on_message.iter().map(|(_, actions)| actions))
            .chain(self.on_publication.iter().map(|(_, actions)| actions))
            .chain(self.exports.values())
            .flatten()
    }

    /// What an export does for single values of what comes in: the program's key, the path to the value, the actions.
    pub(super) fn by_payload(&self, export: &str) -> Option<(&'static str, &'static str, &ByPayload)> {
        match export {
            "execute" => Some(("on", "operation", &self.on)),
            "handle-message" => Some(("on-message", "message.payload", &self.on_message)),
            "handle-publication" => Some(("on-publication", "publication.payload", &self.on_publication)),
            _ => None,
        }
    }

    pub(super) fn keep(&self) -> bool {
        self.all().any(Action::keeps)
    }
}

fn by_payload(key: &str, table: &BTreeMap<String, Vec<String>>, default: &str) -> Result<ByPayload, ProgramError> {
    let parsed = table.iter().map(|(notation, lines)| {
        let place = format!("{key}.\"{notation}\"");
        let bytes = payload::parse(notation).map_err(|why| ProgramError::new(why.to_string()).within(&place))?;
        Ok((bytes, with_default(parse_all(lines).map_err(|why| why.within(&place))?, default)))
    });
    parsed.collect()
}

fn parse_all(lines: &[String]) -> Result<Vec<Action>, ProgramError> {
    lines.iter().map(|line| Action::parse(line)).collect()
}

fn with_default(mut actions: Vec<Action>, default: &str) -> Vec<Action> {
    if !actions.iter().any(|action| matches!(action, Action::Return(_) | Action::ReturnPointer(_))) {
        actions.push(Action::Return(default.to_owned()));
    }
    actions
}

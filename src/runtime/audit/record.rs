//! Records of the trail, and how much text one holds.

use crate::contract::{ComponentId, LoadCode, Phase, Text};
use crate::permission::PolicyMode;

use super::super::event::Mail;
use super::access::AccessRecord;

/// The longest resource, rule, reason or message of a record, in bytes. A path has at most 4096; a longer URL is cut, so
/// that no guest fills the disk by asking for long names.
pub const MAX_TEXT_BYTES: usize = 8 << 10;
/// The longest version, action or request identifier of a record, in bytes: those of honest components are far shorter.
pub const MAX_NAME_BYTES: usize = 256;
/// The most rules that one record lists. A manifest of the greatest size holds many thousands, which no one reads.
pub const MAX_RULES: usize = 256;

/// One record. As JSON it is one flat object.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditRecord {
    /// Its place in the trail; the next record has the next number.
    pub sequence: u64,
    /// When it was made, in milliseconds since the Unix epoch; never less than in the record before.
    pub time_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum AuditEvent {
    /// An access was decided.
    Access(AccessRecord),
    /// A load failed and left nothing behind.
    LoadFailed {
        /// Which component, if the manifest was good enough to tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        component: Option<ComponentId>,
        /// Where it failed.
        phase: Phase,
        /// Why.
        code: LoadCode,
        /// Why, for people.
        message: String,
    },
    /// A manifest asked for more than the operator's policy allows.
    PolicyExcess {
        /// Which component.
        component: ComponentId,
        /// What became of the excess.
        mode: PolicyMode,
        /// The rules that are not in force.
        dropped: Vec<String>,
        /// The rules that are in force all the same.
        beyond: Vec<String>,
    },
    /// Grants were taken back.
    Revoked {
        /// From which component.
        component: ComponentId,
        /// The rules that are no longer in force.
        rules: Vec<String>,
    },
    /// What was accepted into a mailbox will never be handled.
    DeadLetter {
        /// For which component it was.
        component: ComponentId,
        /// Who sent it; of a callback, the component itself, which had asked.
        sender: String,
        /// What it was.
        kind: Mail,
        /// The bytes of its payload.
        bytes: u64,
        /// Why, for people.
        reason: String,
    },
    /// A response was refused: it came late, a second time, or from somebody who was not asked.
    ResponseRefused {
        /// The component that sent it.
        component: ComponentId,
        /// What it said it responds to.
        request_id: String,
    },
    /// Records did not reach the sink in which this one stands; it has the sequence of the last of them.
    Lost {
        /// The sequence of the first of them.
        first: u64,
    },
}

impl AuditRecord {
    /// The record as one line of JSON, in which no character commands a terminal, breaks the line or hides others.
    pub fn to_json(&self) -> String {
        let mut line = Vec::new();
        // Neither memory nor these types refuse to be written.
        let _ = super::flat::write(self, &mut line);
        String::from_utf8(line).unwrap_or_default()
    }
}

impl AuditEvent {
    /// A failed load; the message is cut to [`MAX_TEXT_BYTES`].
    pub fn load_failed(component: Option<ComponentId>, phase: Phase, code: LoadCode, message: &str) -> Self {
        Self::LoadFailed { component, phase, code, message: cut(message, MAX_TEXT_BYTES) }
    }

    /// What a manifest asked for beyond the policy; at most [`MAX_RULES`] rules of a kind, each cut to
    /// [`MAX_TEXT_BYTES`].
    pub fn policy_excess<R: ToString>(component: ComponentId, mode: PolicyMode, dropped: &[R], beyond: &[R]) -> Self {
        Self::PolicyExcess { component, mode, dropped: rules(dropped), beyond: rules(beyond) }
    }

    /// Grants that were taken back; at most [`MAX_RULES`], each cut to [`MAX_TEXT_BYTES`].
    pub fn revoked<R: ToString>(component: ComponentId, revoked: &[R]) -> Self {
        Self::Revoked { component, rules: rules(revoked) }
    }

    /// A dead letter; the sender is cut to [`MAX_NAME_BYTES`], the reason to [`MAX_TEXT_BYTES`].
    pub fn dead_letter(component: ComponentId, sender: &str, kind: Mail, bytes: u64, reason: &str) -> Self {
        let (sender, reason) = (cut(sender, MAX_NAME_BYTES), cut(reason, MAX_TEXT_BYTES));
        Self::DeadLetter { component, sender, kind, bytes, reason }
    }

    /// A refused response; the request's identifier is cut to [`MAX_NAME_BYTES`].
    pub fn response_refused(component: ComponentId, request_id: &str) -> Self {
        Self::ResponseRefused { component, request_id: cut(request_id, MAX_NAME_BYTES) }
    }
}

fn rules<R: ToString>(given: &[R]) -> Vec<String> {
    let mut rules: Vec<_> = given.iter().take(MAX_RULES).map(|rule| cut(&rule.to_string(), MAX_TEXT_BYTES)).collect();
    if given.len() > MAX_RULES {
        rules.push(format!("… [{} rules cut]", given.len() - MAX_RULES));
    }
    rules
}

/// Copies at most `max` bytes of a text, ending at a character, and says how much is missing.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let kept = &text[..text.floor_char_boundary(max)];
    format!("{kept}… [{} bytes cut]", text.len() - kept.len())
}

/// The text itself, or a copy that is cut likewise.
pub(super) fn share(text: &Text, max: usize) -> Text {
    if text.len() <= max { text.clone() } else { cut(text, max).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_visibly_and_at_a_character() {
        let id = || ComponentId::new("a").unwrap();
        let long = format!("{}€€", "x".repeat(MAX_TEXT_BYTES - 1));
        let shortened = format!("{}… [6 bytes cut]", "x".repeat(MAX_TEXT_BYTES - 1));
        let AuditEvent::LoadFailed { message, .. } =
            AuditEvent::load_failed(None, Phase::Init, LoadCode::InitFailed, &long)
        else {
            panic!()
        };
        assert_eq!(message, shortened);
        let AuditEvent::Revoked { rules, .. } = AuditEvent::revoked(id(), &vec![&long; MAX_RULES + 2]) else {
            panic!()
        };
        assert_eq!((rules.len(), &rules[0], &*rules[MAX_RULES]), (MAX_RULES + 1, &shortened, "… [2 rules cut]"));
        let exact = "y".repeat(MAX_TEXT_BYTES);
        let excess = AuditEvent::policy_excess(id(), PolicyMode::Strict, &vec![&exact; MAX_RULES], &[]);
        let expected = vec![exact.clone(); MAX_RULES];
        let mode = PolicyMode::Strict;
        assert_eq!(excess, AuditEvent::PolicyExcess { component: id(), mode, dropped: expected, beyond: vec![] });
    }
}

//! Records as lines for people.

use std::fmt;

use crate::contract::ComponentId;

use super::access::AccessRecord;
use super::json;
use super::record::{AuditEvent, AuditRecord};

/// One line, without anything that a terminal or a reader could take for something else: texts stand in quotes and are
/// escaped as in JSON.
impl fmt::Display for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6}  {}  ", self.sequence, Utc(self.time_ms))?;
        match &self.event {
            AuditEvent::Access(access) => write_access(f, access),
            AuditEvent::LoadFailed { component, phase, code, message } => {
                let component = component.as_ref().map_or("-", ComponentId::as_str);
                write!(f, "load-failed  {component}  {phase} {code}  {}", quoted(message)?)
            }
            AuditEvent::PolicyExcess { component, mode, dropped, beyond } => {
                write!(f, "policy-excess  {component}  {mode}")?;
                write!(f, "  dropped {}  beyond {}", quoted(dropped)?, quoted(beyond)?)
            }
            AuditEvent::Revoked { component, rules } => write!(f, "revoked  {component}  {}", quoted(rules)?),
            AuditEvent::DeadLetter { component, sender, kind, bytes, reason } => {
                write!(f, "dead-letter  {component}  {kind} of {bytes} bytes from {}", quoted(sender)?)?;
                write!(f, "  reason {}", quoted(reason)?)
            }
            AuditEvent::ResponseRefused { component, request_id } => {
                write!(f, "response-refused  {component}  request {}", quoted(request_id)?)
            }
            AuditEvent::Lost { first } => write!(f, "lost  records {first}…{} did not reach this log", self.sequence),
        }
    }
}

impl AuditRecord {
    /// The component that the record is about, if there is one.
    pub fn component(&self) -> Option<&ComponentId> {
        match &self.event {
            AuditEvent::Access(access) => Some(&access.component),
            AuditEvent::LoadFailed { component, .. } => component.as_ref(),
            AuditEvent::PolicyExcess { component, .. }
            | AuditEvent::Revoked { component, .. }
            | AuditEvent::DeadLetter { component, .. }
            | AuditEvent::ResponseRefused { component, .. } => Some(component),
            AuditEvent::Lost { .. } => None,
        }
    }
}

fn write_access(f: &mut fmt::Formatter<'_>, access: &AccessRecord) -> fmt::Result {
    let AccessRecord { component, version, instance, class, action, resource, resolved, .. } = access;
    let version = bare(version)?;
    write!(f, "{:<7}  {component}@{version}#{instance}  {class} {}  ", access.outcome, bare(action)?)?;
    write!(f, "{}", quoted(resource)?)?;
    if let Some(resolved) = resolved.as_ref().filter(|resolved| *resolved != resource) {
        write!(f, " = {}", quoted(resolved)?)?;
    }
    for (name, text) in [
        ("rule", access.rule.as_deref()),
        ("reason", access.reason.as_deref()),
        ("request", access.request_id.as_deref()),
    ] {
        if let Some(text) = text {
            write!(f, "  {name} {}", quoted(text)?)?;
        }
    }
    Ok(())
}

fn quoted<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, fmt::Error> {
    json::text(&value).map_err(|_| fmt::Error)
}

/// A word as it is; anything else in quotes.
fn bare(text: &str) -> Result<String, fmt::Error> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte);
    if !text.is_empty() && text.bytes().all(word) { Ok(text.to_owned()) } else { quoted(text) }
}

/// Milliseconds since the Unix epoch as `YYYY-MM-DDThh:mm:ss.mmmZ`.
struct Utc(u64);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS_OF_400_YEARS: u64 = 146_097;
        let (days, millis) = (self.0 / 86_400_000, self.0 % 86_400_000);
        // Years that begin in March have their leap day at the end; 719,468 days lie between 1 March 0000 and the epoch.
        let since_march = days + 719_468;
        let (cycle, day) = (since_march / DAYS_OF_400_YEARS, since_march % DAYS_OF_400_YEARS);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day_of_month = day - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let year = 400 * cycle + year + carry;
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        write!(f, "{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}")?;
        write!(f, ":{:02}.{:03}Z", millis / 1_000 % 60, millis % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(Utc(millis).to_string(), expected);
        }
        assert!(Utc(u64::MAX).to_string().ends_with('Z'));
    }
}

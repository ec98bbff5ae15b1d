//! Records as JSON. Most are accesses, and each of them keeps a guest waiting, so these are written here, field by field;
//! all others by serde. The bytes are those that serde makes of either.

use super::access::AccessRecord;
use super::json;
use super::record::{AuditEvent, AuditRecord};

/// Appends the record as one line of JSON, without a line break.
pub(super) fn write(record: &AuditRecord, line: &mut Vec<u8>) -> serde_json::Result<()> {
    let AuditRecord { sequence, time_ms, event } = record;
    let AuditEvent::Access(access) = event else { return json::write(record, line) };
    // Whoever adds a field has to write it.
    let AccessRecord {
        component,
        version,
        instance,
        class,
        action,
        resource,
        resolved,
        outcome,
        rule,
        reason,
        request_id,
    } = access;
    number(line, b"{\"sequence\":", *sequence)?;
    number(line, b",\"time-ms\":", *time_ms)?;
    text(line, b",\"event\":\"access\",\"component\":", component.as_str())?;
    text(line, b",\"version\":", version)?;
    number(line, b",\"instance\":", *instance)?;
    text(line, b",\"class\":", class.as_str())?;
    text(line, b",\"action\":", action)?;
    text(line, b",\"resource\":", resource)?;
    optional(line, b",\"resolved\":", resolved.as_deref())?;
    text(line, b",\"outcome\":", outcome.as_str())?;
    optional(line, b",\"rule\":", rule.as_deref())?;
    optional(line, b",\"reason\":", reason.as_deref())?;
    optional(line, b",\"request-id\":", request_id.as_deref())?;
    line.push(b'}');
    Ok(())
}

fn number(line: &mut Vec<u8>, name: &[u8], value: u64) -> serde_json::Result<()> {
    line.extend_from_slice(name);
    serde_json::to_writer(line, &value)
}

fn text(line: &mut Vec<u8>, name: &[u8], value: &str) -> serde_json::Result<()> {
    line.extend_from_slice(name);
    json::string(value, line)
}

fn optional(line: &mut Vec<u8>, name: &[u8], value: Option<&str>) -> serde_json::Result<()> {
    value.map_or(Ok(()), |value| text(line, name, value))
}

#[cfg(test)]
mod tests {
    use super::super::Asked;
    use super::*;
    use crate::contract::{ComponentId, Text};
    use crate::permission::Class;

    #[test]
    fn an_access_is_what_serde_makes_of_it() {
        let component = ComponentId::new("acme:reader").unwrap();
        for (class, hostile) in Class::ALL.iter().zip(["", "a", "\"\\\n", "é\u{202e}", "\u{7f}", "\u{0}x", "/p", "–"])
        {
            for fields in 0..16_u8 {
                let given = |bit: u8| (fields & bit != 0).then(|| format!("{bit}{hostile}"));
                let request_id = given(8).map(Text::from);
                let asked = Asked {
                    component: &component,
                    version: &hostile.into(),
                    instance: u64::MAX,
                    class: *class,
                    action: "read",
                    resource: hostile,
                    request_id: request_id.as_ref(),
                };
                let mut access = AccessRecord::denied(&asked, given(1).as_deref(), hostile);
                (access.rule, access.reason) = (given(2).map(Text::from), given(4));
                for (sequence, time_ms) in [(1, 0), (u64::MAX, u64::MAX)] {
                    let record = AuditRecord { sequence, time_ms, event: AuditEvent::Access(access.clone()) };
                    let mut line = Vec::new();
                    write(&record, &mut line).unwrap();
                    assert_eq!(String::from_utf8(line).unwrap(), json::text(&record).unwrap());
                }
            }
        }
    }
}

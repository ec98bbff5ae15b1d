//! Runtimes with a wrong audit trail.

use serde_json::Value;

use crate::suite::faulty::{Bend, Fault, edit};
use crate::suite::protocol::Reply;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "records-no-denials",
        wrong: "It records what happened, and not what it denied.",
        violates: &["audit.every-access", "audit.lossless", "audit.names-rule"],
        bend: Bend::Audit(|records| {
            records.retain(|record| record.get("outcome").is_none_or(|outcome| outcome != "denied"));
        }),
    },
    Fault {
        name: "records-denials-alone",
        wrong: "It records what it denied, and not what happened.",
        violates: &["audit.every-access", "audit.names-rule"],
        bend: Bend::Audit(|records| {
            records.retain(|record| record.get("outcome").is_none_or(|outcome| outcome != "granted"));
        }),
    },
    Fault {
        name: "samples-records",
        wrong: "It keeps every other record when there are many.",
        violates: &["audit.lossless", "audit.every-access"],
        bend: Bend::Audit(|records| {
            let mut at = 0;
            records.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }),
    },
    Fault {
        name: "merges-records",
        wrong: "It makes one record of accesses that are alike.",
        violates: &["audit.lossless"],
        bend: Bend::Audit(|records| {
            records.dedup_by(|one, other| {
                let same = |key: &&str| one.get(*key) == other.get(*key);
                ["event", "component", "class", "action", "resource", "outcome"].iter().all(same)
            });
        }),
    },
    Fault {
        name: "records-twice",
        wrong: "It records an access when it is decided and again when it is done.",
        violates: &["audit.every-access"],
        bend: Bend::Audit(|records| {
            if let Some(mut last) = records.last().cloned() {
                let next = last.get("sequence").and_then(Value::as_u64).unwrap_or_default() + 1;
                last.insert("sequence".to_owned(), next.into());
                records.push(last);
            }
        }),
    },
    Fault {
        name: "records-no-reasons",
        wrong: "It records neither the rule that matched nor the reason for a denial.",
        violates: &["audit.names-rule", "audit.every-access"],
        bend: Bend::Audit(|records| {
            for record in records {
                record.remove("rule");
                record.remove("reason");
            }
        }),
    },
    Fault {
        name: "records-any-rule",
        wrong: "It records the first rule of the manifest, whichever matched.",
        violates: &["audit.names-rule"],
        bend: Bend::Audit(|records| {
            for rule in records.iter_mut().filter_map(|record| record.get_mut("rule")) {
                *rule = Value::String("the first".to_owned());
            }
        }),
    },
    Fault {
        name: "records-what-was-asked-alone",
        wrong: "It records the resource as it was asked for, and not what it led to.",
        violates: &["audit.every-access"],
        bend: Bend::Audit(|records| {
            for record in records {
                if let Some(resource) = record.get("resource").cloned()
                    && record.get("resolved").is_some_and(|resolved| !resolved.is_null())
                {
                    record.insert("resolved".to_owned(), resource);
                }
            }
        }),
    },
    Fault {
        name: "records-no-requests",
        wrong: "It does not record for which request an access was.",
        violates: &["audit.every-access"],
        bend: Bend::Audit(|records| {
            for record in records {
                record.insert("request-id".to_owned(), Value::Null);
            }
        }),
    },
    Fault {
        name: "records-the-wrong-action",
        wrong: "It records every access as one that reads.",
        violates: &["audit.every-access"],
        bend: Bend::Audit(|records| {
            for action in records.iter_mut().filter_map(|record| record.get_mut("action")) {
                *action = Value::String("read".to_owned());
            }
        }),
    },
    Fault {
        name: "writes-guest-text-as-it-is",
        wrong: "It writes into the trail what guests say, with line breaks and control sequences.",
        violates: &["audit.escaped"],
        bend: Bend::Reply(|reply| {
            if let Reply::Audit { lines } = reply {
                lines.iter_mut().for_each(unescape);
            }
        }),
    },
    Fault {
        name: "replaces-what-it-escapes",
        wrong: "It puts a question mark in the place of every character that it would have to escape.",
        violates: &["audit.escaped"],
        bend: Bend::Reply(|reply| {
            if let Reply::Audit { lines } = reply {
                for line in lines {
                    while let Some(at) = line.find("\\u") {
                        line.replace_range(at..at + 6, "?");
                    }
                    *line = line.replace("\\n", "?").replace("\\r", "?").replace("\\t", "?");
                }
            }
        }),
    },
    Fault {
        name: "numbers-by-the-clock",
        wrong: "It numbers records by the clock, so that those of one instant have one number.",
        violates: &["audit.tamper-evident"],
        bend: Bend::Audit(|records| {
            for record in records {
                if let Some(time) = record.get("time-ms").cloned() {
                    record.insert("sequence".to_owned(), time);
                }
            }
        }),
    },
    Fault {
        name: "believes-the-trail",
        wrong: "It finds every trail intact.",
        violates: &["audit.tamper-evident", "audit.lossless"],
        bend: Bend::Reply(|reply| {
            if let Reply::Verified { fault } = reply {
                *fault = None;
            }
        }),
    },
    Fault {
        name: "doubts-the-trail",
        wrong: "It finds its own trail broken at the first line.",
        violates: &["audit.tamper-evident", "audit.escaped", "audit.every-access"],
        bend: Bend::Reply(|reply| {
            if let Reply::Verified { fault } = reply {
                *fault = Some(1);
            }
        }),
    },
    Fault {
        name: "finds-the-last-line-at-fault",
        wrong: "It finds out that a trail was falsified, and names the line behind the fault.",
        violates: &["audit.tamper-evident"],
        bend: Bend::Reply(|reply| {
            if let Reply::Verified { fault: Some(line) } = reply {
                *line += 1;
            }
        }),
    },
    Fault {
        name: "goes-on-unrecorded",
        wrong: "It permits accesses that the trail cannot take a record of.",
        violates: &["audit.lossless"],
        bend: Bend::Stimuli(|stimulus| {
            edit::world(stimulus, |world| {
                world.audit_lossy |= world.audit_capacity.is_some();
            })
        }),
    },
    Fault {
        name: "records-no-loads",
        wrong: "It does not record which loads failed and what a policy took away.",
        violates: &["lifecycle.load-atomic", "perm.policy-modes"],
        bend: Bend::Audit(|records| {
            records.retain(|record| {
                record.get("event").is_none_or(|event| event != "load-failed" && event != "policy-excess")
            });
        }),
    },
    Fault {
        name: "records-no-revocations",
        wrong: "It neither tells nor records that a grant was revoked.",
        violates: &["perm.revocation"],
        bend: Bend::Replies(|| {
            Box::new(|_, reply| {
                edit::forget_events(reply, "revoked");
                edit::audit(reply, |records| {
                    records.retain(|record| record.get("event").is_none_or(|event| event != "revoked"));
                });
            })
        }),
    },
];

/// Puts the character itself in the place of every escape but those of quotes and backslashes.
fn unescape(line: &mut String) {
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let code = escape.strip_prefix("\\u").and_then(|code| u32::from_str_radix(code.get(..4)?, 16).ok());
        let (character, length) = match (code.and_then(char::from_u32), escape.as_bytes().get(1)) {
            (Some(character), _) => (Some(character), 6),
            (None, Some(b'n')) => (Some('\n'), 2),
            (None, Some(b'r')) => (Some('\r'), 2),
            (None, Some(b't')) => (Some('\t'), 2),
            _ => (None, 2.min(escape.len())),
        };
        match character {
            Some(character) => out.push(character),
            None => out.push_str(&escape[..length]),
        }
        rest = &escape[length..];
    }
    out.push_str(rest);
    *line = out;
}

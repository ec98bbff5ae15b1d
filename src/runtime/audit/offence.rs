//! What `verify` finds, and how a break of the chain is laid at the door of one line.

use std::io;

use crate::contract::kebab_enum;

use super::line::{Head, Seal};

kebab_enum! {
    /// What is wrong with a log.
    pub enum What {
        /// A line is no record, or not one in the form in which records are written.
        NotARecord = "not-a-record",
        /// A record was changed after it was written.
        Edited = "edited",
        /// A record stands before one that belongs before it.
        Reordered = "reordered",
        /// Records are missing before this one.
        Missing = "missing",
        /// A record stands there twice.
        Duplicated = "duplicated",
        /// A record was put in.
        Inserted = "inserted",
        /// The log ends too early.
        Truncated = "truncated",
        /// The head is not there.
        HeadMissing = "head-missing",
        /// The head, or a slot of it, is not as it was written.
        HeadDamaged = "head-damaged",
        /// The record is not the one that was expected there.
        Unexpected = "unexpected",
    }
}

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Offence {
    /// The line, from 1: of the bad record, or where the missing one should be.
    pub line: u64,
    /// The sequence of the bad or missing record, if the log tells.
    pub sequence: Option<u64>,
    /// What is wrong.
    pub what: What,
    /// What is wrong, for people.
    pub message: String,
}

impl std::fmt::Display for Offence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(sequence) = self.sequence {
            write!(f, ", record {sequence}")?;
        }
        write!(f, ": {}: {}", self.what, self.message)
    }
}

/// Two neighbours that do not fit, each of which is what its own hash was made of.
pub(super) struct Break {
    /// What stands before `before`.
    pub(super) anchor: Head,
    /// The last record before the break, and none at the beginning.
    pub(super) before: Option<Head>,
    /// The first behind it.
    pub(super) after: Seal,
    /// The line of `after`.
    pub(super) line: u64,
}

/// What stands elsewhere in the log, seen from a break.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// The record right behind the break's second.
    pub(super) next: Option<Seal>,
    /// Whether some later record is chained to the break's first.
    pub(super) first_goes_on: bool,
    /// Whether the break's second stands elsewhere as well.
    pub(super) second_repeats: bool,
}

impl Surroundings {
    /// Looks at the records behind the break.
    pub(super) fn of(
        broken: &Break,
        behind: impl IntoIterator<Item = io::Result<Option<Seal>>>,
    ) -> io::Result<Surroundings> {
        let first = broken.before.unwrap_or(broken.anchor).hash;
        let mut found = Surroundings::default();
        for (index, seal) in behind.into_iter().enumerate() {
            let Some(seal) = seal? else { continue };
            if index == 0 {
                found.next = Some(seal);
            }
            found.first_goes_on |= seal.previous == first;
            found.second_repeats |= seal.hash == broken.after.hash;
        }
        Ok(found)
    }
}

/// Whose fault a break is, if one line was tampered with. `head` is what the log's head names.
pub(super) fn blame(broken: &Break, around: &Surroundings, head: Option<Head>) -> Offence {
    let Break { anchor, before, after, line } = broken;
    let last = before.unwrap_or(*anchor);
    let offence = |line: u64, sequence: u64, what: What, message: &str| Offence {
        line,
        sequence: Some(sequence),
        what,
        message: message.to_owned(),
    };
    let here = |what, message: &str| offence(*line, after.sequence, what, message);
    let expected = last.sequence.checked_add(1).filter(|_| before.is_some());
    if around.second_repeats {
        return here(What::Duplicated, "the same record stands elsewhere in the log");
    }
    if after.previous == last.hash {
        return here(What::Edited, "it is chained to the record before it, but does not have the next sequence");
    }
    if around.first_goes_on {
        return match expected {
            Some(expected) if after.first <= expected => {
                here(What::Inserted, "the record before it goes on in a later line")
            }
            _ => here(What::Reordered, "a record that belongs before it stands in a later line"),
        };
    }
    let vouched = around.next.map(|next| next.previous).or(head.map(|head| head.hash));
    if vouched.is_some_and(|hash| hash != after.hash) {
        return here(What::Edited, "neither the record before it nor what follows fits to it");
    }
    match (before, expected) {
        (Some(before), _) if after.previous == anchor.hash => {
            offence(line - 1, before.sequence, What::Inserted, "the record behind it is chained to the one before it")
        }
        (Some(before), Some(expected)) if after.first <= expected => {
            offence(line - 1, before.sequence, What::Edited, "the record behind it is chained to another one")
        }
        (_, Some(expected)) => {
            let message = format!("record {} follows; those before it are gone", after.sequence);
            offence(*line, expected, What::Missing, &message)
        }
        (_, None) => here(What::Missing, "the log does not begin with it; those before it are gone"),
    }
}

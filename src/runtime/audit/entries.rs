//! What stands in a log file, line by line, for people and tools that read it. It is not checked: `verify` does that.

use std::io::{self, BufReader};
use std::path::Path;

use super::json;
use super::lines::{Line, Lines};
use super::record::AuditRecord;
use super::verify::open;

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record(AuditRecord),
    /// An object that is no record of this version, as escaped JSON.
    Other(String),
    /// No record at all, or not a whole one; the line, from 1.
    Malformed(u64),
}

impl Entry {
    /// The entry as one line of JSON in which no text deceives; none if it is malformed.
    pub fn to_json(&self) -> Option<String> {
        match self {
            Self::Record(record) => json::text(record).ok(),
            Self::Other(text) => Some(text.clone()),
            Self::Malformed(_) => None,
        }
    }
}

/// The entries of a log, one in memory at a time.
///
/// # Errors
/// The file cannot be opened, or, later, not be read.
pub fn entries(log: &Path) -> io::Result<impl Iterator<Item = io::Result<Entry>>> {
    let mut lines = Lines::new(BufReader::new(open(log)?));
    let mut buffer = Vec::new();
    let mut ended = false;
    Ok(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let entry = match lines.next(&mut buffer) {
            Ok(None) => return None,
            Ok(Some(Line::Whole(text))) => Ok(entry(text)),
            Ok(Some(Line::Torn | Line::Endless)) => {
                ended = true;
                Ok(None)
            }
            Err(error) => {
                ended = true;
                Err(error)
            }
        };
        Some(entry.map(|entry| entry.unwrap_or(Entry::Malformed(lines.count))))
    }))
}

fn entry(text: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(record) = serde_json::from_str(text) {
        return Some(Entry::Record(record));
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    json::text(&object).ok().map(Entry::Other)
}

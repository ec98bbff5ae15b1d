//! Whether a log is what was written.
//!
//! In: the path of a log, and what it should hold at least. Out: what it holds, or the first thing that is wrong with it.
//! It holds one line in memory, changes nothing, and may run while the log is written.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::file::{head_path, read_up_to};
use super::head::{self, LENGTH, Mark};
use super::line::{self, Flaw, Head, Seal};
use super::lines::{Line, Lines};
use super::offence::{Break, Offence, Surroundings, What, blame};

/// How often a damaged head is read again: its writer may be at work just then.
const HEAD_READS: usize = 3;

/// The outcome of [`verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every record is the one that was written.
    Intact(Summary),
    /// One is not.
    Broken(Offence),
}

/// What an intact log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many records.
    pub records: u64,
    /// The sequence of the first one; 0 if there is none.
    pub first: u64,
    /// The last one.
    pub head: Head,
    /// How many records the log itself says did not reach it.
    pub lost: u64,
    /// How many records stand behind the one that the head names. One does if the process died just then.
    pub beyond_head: u64,
    /// Whether the rest of a record stands behind the last one, which was never acknowledged.
    pub unfinished: bool,
}

/// Reads a log and its head. `expected` is a record that was in the log once and has to be still, as it was.
///
/// # Errors
/// A file cannot be read.
pub fn verify(log: &Path, expected: Option<Head>) -> io::Result<Verification> {
    // Before the log, which only grows: what it names then is there.
    let slots = read_head(&head_path(log))?;
    let file = open(log)?;
    let mut lines = Lines::new(BufReader::new(&file));
    let latest = slots.as_ref().and_then(head::latest).map(|(_, mark)| mark);
    let marks: Vec<Mark> = slots.iter().flatten().flatten().copied().collect();
    let mut log = Log { log, anchor: Head::none(), last: None, latest: latest.map(|mark| mark.head) };
    let mut summary = Summary { records: 0, first: 0, head: Head::none(), lost: 0, beyond_head: 0, unfinished: false };
    let mut buffer = Vec::new();
    while let Some(line) = lines.next(&mut buffer)? {
        let last = log.last.unwrap_or(log.anchor);
        // What is not a record anymore cannot be asked which one it was.
        let due = log.last.and_then(|last| last.sequence.checked_add(1));
        let text = match line {
            Line::Whole(text) => text,
            Line::Torn => {
                summary.unfinished = true;
                break;
            }
            Line::Endless => return Ok(Verification::Broken(malformed(lines.count, due))),
        };
        let seal = match line::read(text) {
            Ok(seal) => seal,
            Err(Flaw::Form) => return Ok(Verification::Broken(malformed(lines.count, due))),
            Err(Flaw::Hash(sequence)) => {
                let message = "it is not what its hash was made of";
                return Ok(broken(lines.count, due.or(Some(sequence)), What::Edited, message));
            }
        };
        if !seal.follows(&last) {
            return Ok(Verification::Broken(log.explain(seal, lines)?));
        }
        let passed = |head: &Head| head.sequence >= seal.first && head.sequence <= seal.sequence;
        let named = Mark { head: seal.head(), end: lines.offset };
        if marks.iter().any(|mark| passed(&mark.head) && *mark != named) {
            return Ok(Verification::Broken(log.explain_stranger(seal, lines)?));
        }
        if expected.is_some_and(|expected| passed(&expected) && expected != seal.head()) {
            let message = "it is not the record that was expected";
            return Ok(broken(lines.count, Some(seal.sequence), What::Unexpected, message));
        }
        summary.records += 1;
        if summary.records == 1 {
            summary.first = seal.first;
        }
        summary.lost = summary.lost.saturating_add(seal.lost());
        summary.beyond_head += u64::from(latest.is_some_and(|mark| mark.head.sequence < seal.sequence));
        log.anchor = last;
        log.last = Some(seal.head());
    }
    summary.head = log.last.unwrap_or(log.anchor);
    let end = summary.records + 1;
    for wanted in latest.iter().map(|mark| mark.head).chain(expected) {
        if wanted.sequence > summary.head.sequence {
            let message = format!("the log went on to record {}", wanted.sequence);
            return Ok(broken(end, summary.head.sequence.checked_add(1), What::Truncated, &message));
        }
        if wanted.sequence < summary.first && wanted != Head::none() {
            let message = format!("the log once had record {}", wanted.sequence);
            return Ok(broken(1, Some(wanted.sequence), What::Missing, &message));
        }
    }
    let empty = summary.records == 0 && !summary.unfinished;
    match slots {
        None if !empty => Ok(broken(end, None, What::HeadMissing, "how far the log went is not known")),
        Some(slots) if slots.contains(&None) => {
            let message = "a slot of the head is not as it was written; a writer that was cut off leaves that, too";
            Ok(broken(end, None, What::HeadDamaged, message))
        }
        _ => Ok(Verification::Intact(summary)),
    }
}

/// What has been read of a log up to a break.
struct Log<'a> {
    log: &'a Path,
    /// The record before `last`, or none.
    anchor: Head,
    last: Option<Head>,
    /// What the head names.
    latest: Option<Head>,
}

impl Log<'_> {
    /// Finds out why `after`, the last of `lines`, does not follow.
    fn explain(&self, after: Seal, mut lines: Lines<impl io::BufRead>) -> io::Result<Offence> {
        let broken = Break { anchor: self.anchor, before: self.last, after, line: lines.count };
        let mut around = Surroundings::of(&broken, seals(&mut lines))?;
        if self.last.is_some_and(|last| after.sequence <= last.sequence) {
            let mut earlier = Lines::new(BufReader::new(open(self.log)?));
            let earlier = seals(&mut earlier).take(usize::try_from(broken.line - 1).unwrap_or(usize::MAX));
            for seal in earlier {
                around.second_repeats |= seal?.is_some_and(|seal| seal.hash == after.hash);
            }
        }
        Ok(blame(&broken, &around, self.latest))
    }

    /// Finds out why `stranger`, the last of `lines`, follows but is not what the head names.
    fn explain_stranger(&self, stranger: Seal, mut lines: Lines<impl io::BufRead>) -> io::Result<Offence> {
        let broken = Break { anchor: self.anchor, before: self.last, after: stranger, line: lines.count };
        let displaced = Surroundings::of(&broken, seals(&mut lines))?.first_goes_on;
        let (what, message) = match displaced {
            true => (What::Inserted, "the record that the head names stands in a later line"),
            false => (What::Edited, "it is not the record that the head names"),
        };
        Ok(Offence { line: broken.line, sequence: Some(stranger.sequence), what, message: message.to_owned() })
    }
}

/// The seals of the lines that are left; none for a line that has none.
fn seals(lines: &mut Lines<impl io::BufRead>) -> impl Iterator<Item = io::Result<Option<Seal>>> {
    let mut buffer = Vec::new();
    std::iter::from_fn(move || match lines.next(&mut buffer) {
        Ok(Some(Line::Whole(text))) => Some(Ok(line::read(text).ok())),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// The slots of a head, and none if there is no head.
fn read_head(path: &Path) -> io::Result<Option<[Option<Mark>; 2]>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut slots = [None, None];
    for _ in 0..HEAD_READS {
        let mut bytes = [0; LENGTH + 1];
        let read = read_up_to(&file, &mut bytes)?;
        slots = head::read(&bytes[..read]);
        if !slots.contains(&None) {
            break;
        }
    }
    Ok(Some(slots))
}

/// Opens a log to read it; nothing but a regular file has an end.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file"));
    }
    File::open(path)
}

fn malformed(line: u64, sequence: Option<u64>) -> Offence {
    Offence { line, sequence, what: What::NotARecord, message: "it has not the form of a record".to_owned() }
}

fn broken(line: u64, sequence: Option<u64>, what: What, message: &str) -> Verification {
    Verification::Broken(Offence { line, sequence, what, message: message.to_owned() })
}

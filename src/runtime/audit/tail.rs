//! Where a log ends, as far as its head vouches for it.
//!
//! In: an open log and what its head says. Out: the place behind the last record, or what is wrong with it. It reads the
//! head's record and what follows, never the whole log: that is `verify`'s business.

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;

use super::head::Mark;
use super::line::{self, MAX_LINE_BYTES};
use super::lines::{Line, Lines};

/// The end of a log.
#[derive(Debug)]
pub(super) struct Tail {
    /// The last record.
    pub(super) mark: Mark,
    /// Its time; 0 if there is none.
    pub(super) time_ms: u64,
}

/// Where the log is not what it should be, in bytes from its start, and what is wrong there.
pub(super) type Damage = (u64, &'static str);

/// Finds the last record, from the head's on. Behind it there may be the rest of a line that was never acknowledged.
pub(super) fn find(log: &File, marked: Mark) -> io::Result<Result<Tail, Damage>> {
    let mut tail = Tail { mark: marked, time_ms: 0 };
    let mut buffer = Vec::new();
    if marked.end > log.metadata()?.len() {
        return Ok(Err((log.metadata()?.len(), "the log ends before the record that its head names")));
    }
    if marked.head.sequence > 0 {
        let seal = read_before(log, marked.end, &mut buffer)?.and_then(|line| line::read(line).ok());
        match seal {
            Some(seal) if seal.head() == marked.head => tail.time_ms = seal.time_ms,
            _ => return Ok(Err((marked.end, "the record that the head names does not end here"))),
        }
    }
    let mut reader = BufReader::new(log);
    reader.seek(SeekFrom::Start(marked.end))?;
    let mut lines = Lines::new(reader);
    loop {
        let start = marked.end + lines.offset;
        let Some(Line::Whole(text)) = lines.next(&mut buffer)? else { break };
        match line::read(text) {
            Ok(seal) if seal.follows(&tail.mark.head) => {
                let mark = Mark { head: seal.head(), end: marked.end + lines.offset };
                tail = Tail { mark, time_ms: seal.time_ms };
            }
            _ => return Ok(Err((start, "what follows the record that the head names is not chained to it"))),
        }
    }
    Ok(Ok(tail))
}

/// The line that ends, with its line break, at `end`.
fn read_before<'a>(log: &File, end: u64, buffer: &'a mut Vec<u8>) -> io::Result<Option<&'a [u8]>> {
    let most = end.min(MAX_LINE_BYTES as u64);
    let mut window = 4 << 10;
    loop {
        window = most.min(window);
        buffer.resize(usize::try_from(window).map_err(io::Error::other)?, 0);
        log.read_exact_at(buffer, end - window)?;
        let Some(text) = buffer.strip_suffix(b"\n") else { return Ok(None) };
        let start = text.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let Some(start) = start.or((window == end).then_some(0)) {
            let text = start..text.len();
            return Ok(Some(&buffer[text]));
        }
        if window == most {
            return Ok(None);
        }
        window *= 2;
    }
}

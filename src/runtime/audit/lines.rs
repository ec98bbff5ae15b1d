//! A log as lines, one in memory at a time.

use std::io::{self, BufRead, Read as _};

use super::line::MAX_LINE_BYTES;

/// Reads lines of at most [`MAX_LINE_BYTES`].
pub(super) struct Lines<R> {
    reader: R,
    /// How many lines were read.
    pub(super) count: u64,
    /// Where the next line starts, in bytes from where reading began.
    pub(super) offset: u64,
}

/// One line, as it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// With a line break, which is not part of it.
    Whole(&'a [u8]),
    /// What stands behind the last line break.
    Torn,
    /// No line break within [`MAX_LINE_BYTES`]; nothing behind it can be read.
    Endless,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, count: 0, offset: 0 }
    }

    /// Reads the next line into `buffer`; none at the end.
    pub(super) fn next<'a>(&mut self, buffer: &'a mut Vec<u8>) -> io::Result<Option<Line<'a>>> {
        buffer.clear();
        let read = (&mut self.reader).take(MAX_LINE_BYTES as u64).read_until(b'\n', buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.count += 1;
        self.offset += read as u64;
        Ok(Some(match buffer.strip_suffix(b"\n") {
            Some(line) => Line::Whole(line),
            None if read == MAX_LINE_BYTES => Line::Endless,
            None => Line::Torn,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn a_line_is_whole_torn_or_endless() {
        let mut buffer = Vec::new();
        let mut lines = Lines::new(&b"a\n\nbc"[..]);
        for (expected, offset) in [(Line::Whole(b"a"), 2), (Line::Whole(b""), 3), (Line::Torn, 5)] {
            assert_eq!(lines.next(&mut buffer).unwrap(), Some(expected));
            assert_eq!(lines.offset, offset);
        }
        assert_eq!(lines.next(&mut buffer).unwrap(), None);
        assert_eq!(lines.count, 3);

        let mut endless = Lines::new(BufReader::new(io::repeat(b'x')));
        assert_eq!(endless.next(&mut buffer).unwrap(), Some(Line::Endless));
        assert_eq!(buffer.len(), MAX_LINE_BYTES);
        let longest = [vec![b'x'; MAX_LINE_BYTES - 1], vec![b'\n']].concat();
        let mut lines = Lines::new(&longest[..]);
        assert_eq!(lines.next(&mut buffer).unwrap(), Some(Line::Whole(&longest[..MAX_LINE_BYTES - 1])));
    }
}

//! The file beside a log that says how far the log goes: without it, a log that lost its tail would look whole.
//!
//! ```text
//! SSSSSSSSSSSSSSSSSSSS OOOOOOOOOOOOOOOOOOOO <64 hex digits> <16 hex digits>⏎     twice
//! ```
//!
//! Each of the two slots holds the sequence of a record (20 decimal digits), the offset in the log at which its line ends
//! (20 decimal digits), the line's hash, and the first 16 hexadecimal digits of the SHA-256 of what stands before them
//! without the space. They are written in turn, so that one is whole at any time. Bytes in and out, no files.

use super::line::{Head, LineHash};

/// The length of a slot.
pub(super) const SLOT: usize = CHECKED + 1 + 16 + 1;
/// The part of a slot that its last field checks.
const CHECKED: usize = 20 + 1 + 20 + 1 + 64;
/// The length of the file. It lies within one sector of any disk, which is written whole or not at all.
pub(super) const LENGTH: usize = 2 * SLOT;

/// A record, its hash, and where in the log its line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) head: Head,
    pub(super) end: u64,
}

impl Mark {
    /// Where a log without records stands.
    pub(super) fn none() -> Self {
        Self { head: Head::none(), end: 0 }
    }

    /// The bytes of a slot.
    pub(super) fn slot(&self) -> [u8; SLOT] {
        let mut slot = [b' '; SLOT];
        for (number, start) in [(self.head.sequence, 0), (self.end, 21)] {
            let digits = &mut slot[start..start + 20];
            digits.fill(b'0');
            let mut rest = number;
            for digit in digits.iter_mut().rev() {
                if rest == 0 {
                    break;
                }
                *digit += (rest % 10) as u8;
                rest /= 10;
            }
        }
        slot[2 * 21..CHECKED].copy_from_slice(&self.head.hash.hex());
        let check = LineHash::of(&slot[..CHECKED]).hex();
        slot[CHECKED + 1..SLOT - 1].copy_from_slice(&check[..16]);
        slot[SLOT - 1] = b'\n';
        slot
    }

    /// Reads a slot; only the exact bytes that [`Mark::slot`] makes are one.
    fn of(slot: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(slot).ok()?.split(' ');
        let sequence = fields.next()?.parse().ok()?;
        let end = fields.next()?.parse().ok()?;
        let hash = LineHash::from_hex(fields.next()?.as_bytes().try_into().ok()?)?;
        let mark = Self { head: Head { sequence, hash }, end };
        (mark.slot() == slot).then_some(mark)
    }
}

/// What the file says: slot by slot, none where it is damaged.
pub(super) fn read(bytes: &[u8]) -> [Option<Mark>; 2] {
    if bytes.len() != LENGTH {
        return [None, None];
    }
    let (first, second) = bytes.split_at(SLOT);
    [Mark::of(first), Mark::of(second)]
}

/// The slot of the later record, and its index.
pub(super) fn latest(slots: &[Option<Mark>; 2]) -> Option<(usize, Mark)> {
    let whole = slots.iter().enumerate().filter_map(|(index, slot)| slot.map(|mark| (index, mark)));
    whole.max_by_key(|(_, mark)| mark.head.sequence)
}

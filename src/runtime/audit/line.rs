//! One line of a log file: a record, the hash of the line before, and its own.
//!
//! ```text
//! {"sequence":7,"time-ms":…,"event":…,…,"previous":"<64 hex digits>","hash":"<64 hex digits>"}⏎
//! ```
//!
//! `hash` is the SHA-256 of the line's bytes without `,"hash":"…"` and without the line break. `previous` is the `hash` of
//! the line before, or [`genesis`] in the first line. Bytes in, a [`Seal`] out; this module opens no file.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::flat;
use super::record::AuditRecord;

/// The longest line, in bytes with its line break. A record that lists twice [`MAX_RULES`](super::MAX_RULES) rules of
/// [`MAX_TEXT_BYTES`](super::MAX_TEXT_BYTES), each byte escaped as six, has 24 MiB; a reader holds one line at a time.
pub const MAX_LINE_BYTES: usize = 32 << 20;

/// What stands for the line before the first one is the SHA-256 of this: a log of another format has another beginning.
const FORMAT: &[u8] = b"airssys-wasm audit log, format 1";

const PREVIOUS: &[u8] = b",\"previous\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const HEX: usize = 64;

/// The hash of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineHash([u8; 32]);

/// A place in a log: a record and the hash of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// The sequence of the record; 0 if there is none.
    pub sequence: u64,
    /// The hash of its line, or [`genesis`].
    pub hash: LineHash,
}

/// What a line says about its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seal {
    /// The first sequence that it stands for: its own, unless it says that records were lost.
    pub(super) first: u64,
    /// Whether it says that records were lost.
    pub(super) is_lost: bool,
    pub(super) sequence: u64,
    pub(super) time_ms: u64,
    pub(super) previous: LineHash,
    pub(super) hash: LineHash,
}

/// Why a line has no seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It does not have the form of a record.
    Form,
    /// It is not what its hash was made of. Its sequence is as it stands in it.
    Hash(u64),
}

/// What the first line has as `previous`.
pub fn genesis() -> LineHash {
    LineHash::of(FORMAT)
}

impl Head {
    /// Where a log without records stands.
    pub(super) fn none() -> Self {
        Self { sequence: 0, hash: genesis() }
    }
}

impl Seal {
    /// Whether the line may stand behind that record, or, if there is none, at the beginning.
    pub(super) fn follows(&self, last: &Head) -> bool {
        self.previous == last.hash && self.is_next(last)
    }

    /// Whether the sequence is the one behind that record's. Any may be the first.
    pub(super) fn is_next(&self, last: &Head) -> bool {
        last.sequence == 0 || last.sequence.checked_add(1) == Some(self.first)
    }

    /// How many records the line stands for that are not there.
    pub(super) fn lost(&self) -> u64 {
        if self.is_lost { (self.sequence - self.first).saturating_add(1) } else { 0 }
    }

    /// The place that the line is.
    pub(super) fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }
}

/// Appends the line of a record, with its line break, and answers its hash.
pub(super) fn write(record: &AuditRecord, previous: &LineHash, line: &mut Vec<u8>) -> serde_json::Result<LineHash> {
    let start = line.len();
    flat::write(record, line)?;
    line.pop();
    line.extend_from_slice(PREVIOUS);
    line.extend_from_slice(&previous.hex());
    line.extend_from_slice(b"\"}");
    let hash = LineHash::of(&line[start..]);
    line.pop();
    line.extend_from_slice(HASH);
    line.extend_from_slice(&hash.hex());
    line.extend_from_slice(b"\"}\n");
    Ok(hash)
}

/// Reads a line, given without its line break.
pub(super) fn read(line: &[u8]) -> Result<Seal, Flaw> {
    let (body, hash) = field(line.strip_suffix(b"}").ok_or(Flaw::Form)?, HASH)?;
    let (_, previous) = field(body, PREVIOUS)?;
    let text = std::str::from_utf8(line).map_err(|_| Flaw::Form)?;
    let frame: Frame = serde_json::from_str(text).map_err(|_| Flaw::Form)?;
    let mut sealed = Sha256::new();
    sealed.update(body);
    sealed.update(b"}");
    if LineHash(sealed.finalize().into()) != hash {
        return Err(Flaw::Hash(frame.sequence));
    }
    let is_lost = frame.event == "lost";
    let first = frame.first.filter(|_| is_lost).unwrap_or(frame.sequence);
    if first > frame.sequence || first == 0 {
        return Err(Flaw::Form);
    }
    Ok(Seal { first, is_lost, sequence: frame.sequence, time_ms: frame.time_ms, previous, hash })
}

/// The part of a record that its place depends on. What else there is may come from a later version.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Frame<'a> {
    sequence: u64,
    time_ms: u64,
    #[serde(borrow)]
    event: std::borrow::Cow<'a, str>,
    first: Option<u64>,
}

/// Splits `…,"name":"<hex>"` into what stands before and the hash.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Result<(&'a [u8], LineHash), Flaw> {
    let text = text.strip_suffix(b"\"").ok_or(Flaw::Form)?;
    let (before, hex) = text.split_last_chunk::<HEX>().ok_or(Flaw::Form)?;
    let hash = LineHash::from_hex(hex).ok_or(Flaw::Form)?;
    Ok((before.strip_suffix(name).ok_or(Flaw::Form)?, hash))
}

impl LineHash {
    /// The SHA-256 of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// In lower-case hexadecimal.
    pub(super) fn hex(&self) -> [u8; HEX] {
        // Reckoned and not looked up: so the compiler makes many digits at once.
        let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
        let mut hex = [0; HEX];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 0xf);
        }
        hex
    }

    pub(super) fn from_hex(hex: &[u8; HEX]) -> Option<Self> {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(sequence, hash)| {
            let hash = LineHash::from_hex(hash.as_bytes().try_into().ok()?)?;
            Some(Self { sequence: sequence.parse().ok()?, hash })
        });
        parsed.ok_or_else(|| "not of the form SEQUENCE:HASH, as `verify` prints it".to_owned())
    }
}

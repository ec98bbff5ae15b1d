//! The bytes of an entry: the machine code, as the engine serialises it, and behind it a trailer that says what it is.
//!
//! The code stands first so that the file can be mapped as it is. The trailer, numbers in little endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4 | [`VERSION`] |
//! | 8 | the length of the code |
//! | 32 | the SHA-256 of the wasm |
//! | 32 | the hash of the engine |
//! | 16 | XXH3-128 of all that comes before |
//!
//! The checksum finds damage. It keeps out nobody who may write the file: that is what its owner and mode are for.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;

use xxhash_rust::xxh3::Xxh3;

use super::directory::{Distrust, trust_file};
use super::key::Key;

const MAGIC: &[u8; 8] = b"airscode";
/// Of this layout. The engine's hash covers what the code itself is like.
const VERSION: u32 = 1;
/// The trailer without its checksum.
const SAYS: usize = 8 + 4 + 8 + 32 + 32;
const TRAILER: usize = SAYS + 16;
/// How much is read at a time: more makes it no faster, and this much of a stack is not missed.
const CHUNK: usize = 32 << 10;

/// An open file of which every byte was checked. Nothing else is handed to the engine.
pub(super) struct Checked(File);

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Distrust(#[from] Distrust),
    #[error("it is no regular file")]
    NotAFile,
    #[error("it has {0} bytes, which no entry has")]
    Size(u64),
    #[error("it does not end like an entry")]
    Magic,
    #[error("it is of version {0} of the layout")]
    Version(u32),
    #[error("it says that its code has {0} bytes")]
    Length(u64),
    #[error("it is the code of something else")]
    Key,
    #[error("its checksum does not fit")]
    Checksum,
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Checked {
    /// Checks that a file is a whole and undamaged entry for this key, and that nobody else may have written it.
    pub(super) fn new(file: File, key: &Key, max_bytes: u64) -> Result<Self, Refusal> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(Refusal::NotAFile);
        }
        trust_file(&metadata)?;
        let size = metadata.len();
        let length = match size.checked_sub(TRAILER as u64) {
            Some(length) if length > 0 && size <= max_bytes => length,
            _ => return Err(Refusal::Size(size)),
        };
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, length)?;
        let (says, checksum) = trailer.split_at(SAYS);
        compare(says, &says_of(length, key))?;
        if checksum_of(&file, length, says)? != checksum {
            return Err(Refusal::Checksum);
        }
        Ok(Self(file))
    }

    pub(super) fn file(&self) -> &File {
        &self.0
    }
}

/// Writes an entry.
pub(super) fn write(mut file: &File, code: &[u8], key: &Key) -> io::Result<()> {
    let says = says_of(code.len() as u64, key);
    let mut checksum = Xxh3::new();
    checksum.update(code);
    checksum.update(&says);
    file.write_all(code)?;
    file.write_all(&[&says[..], &checksum.digest128().to_le_bytes()].concat())
}

/// How many bytes the entry of so much code has.
pub(super) fn size(code: &[u8]) -> u64 {
    code.len() as u64 + TRAILER as u64
}

fn says_of(length: u64, key: &Key) -> [u8; SAYS] {
    let mut says = [0; SAYS];
    let parts = [&MAGIC[..], &VERSION.to_le_bytes(), &length.to_le_bytes(), &key.wasm, &key.engine];
    let mut rest = &mut says[..];
    for part in parts {
        let (place, behind) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = behind;
    }
    says
}

/// Names the first difference.
fn compare(found: &[u8], expected: &[u8; SAYS]) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    let number = |at: usize, bytes: usize| {
        found[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    let differs = |at: usize, bytes: usize| found[at..at + bytes] != expected[at..at + bytes];
    Err(if differs(0, 8) {
        Refusal::Magic
    } else if differs(8, 4) {
        Refusal::Version(u32::try_from(number(8, 4)).unwrap_or(u32::MAX))
    } else if differs(12, 8) {
        Refusal::Length(number(12, 8))
    } else {
        Refusal::Key
    })
}

fn checksum_of(file: &File, length: u64, says: &[u8]) -> io::Result<[u8; 16]> {
    let mut checksum = Xxh3::new();
    let mut chunk = [0; CHUNK];
    let mut at = 0;
    while at < length {
        let wanted = usize::try_from(length - at).map_or(CHUNK, |left| left.min(CHUNK));
        file.read_exact_at(&mut chunk[..wanted], at)?;
        checksum.update(&chunk[..wanted]);
        at += wanted as u64;
    }
    checksum.update(says);
    Ok(checksum.digest128().to_le_bytes())
}

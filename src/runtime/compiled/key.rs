//! Which machine code is meant: that of these bytes, made by an engine like this one.

use std::hash::{Hash as _, Hasher};

use sha2::{Digest, Sha256};

use super::Hash;

/// How the names of entries and of files that are to become one end.
const ENTRY: &str = ".code";
const UNFINISHED: &str = ".new";
/// How many hexadecimal digits of the engine's hash are in a name. The entry itself has all.
const ENGINE_DIGITS: usize = 16;
/// How many hexadecimal digits tell the unfinished files of one entry apart.
const NONCE_DIGITS: usize = 16;

/// What an entry is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The SHA-256 of the wasm file.
    pub(super) wasm: Hash,
    /// What [`of_engine`] says.
    pub(super) engine: Hash,
}

impl Key {
    /// The name of the entry: `<wasm>-<engine>.code`.
    pub(super) fn file_name(&self) -> String {
        let (wasm, engine) = (hex(&self.wasm), hex(&self.engine));
        format!("{wasm}-{}{ENTRY}", &engine[..ENGINE_DIGITS])
    }

    /// A name that nobody else gives to a file that is to become the entry.
    pub(super) fn unfinished_name(&self) -> String {
        // Keyed by the operating system's random numbers.
        let nonce = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), ());
        format!("{}.{nonce:016x}{UNFINISHED}", self.file_name())
    }
}

/// Whether a file has the name of an entry, whichever.
pub(super) fn is_entry(name: &str) -> bool {
    let Some((wasm, engine)) = name.strip_suffix(ENTRY).and_then(|stem| stem.split_once('-')) else { return false };
    is_hex(wasm, 2 * size_of::<Hash>()) && is_hex(engine, ENGINE_DIGITS)
}

/// Whether a file has the name of one that is to become an entry.
pub(super) fn is_unfinished(name: &str) -> bool {
    let Some((entry, nonce)) = name.strip_suffix(UNFINISHED).and_then(|stem| stem.rsplit_once('.')) else {
        return false;
    };
    is_entry(entry) && is_hex(nonce, NONCE_DIGITS)
}

/// A hash of everything of an engine that machine code depends on: its version, its settings, the processor.
pub(super) fn of_engine(engine: &wasmtime::Engine) -> Hash {
    let mut hasher = Whole(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// A hasher of which the whole hash is wanted; it is the same in every process of one build.
struct Whole(Sha256);

impl Hasher for Whole {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash: Hash = self.0.clone().finalize().into();
        u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_names_of_others() {
        let key = Key { wasm: [0xab; 32], engine: [0x01; 32] };
        let (entry, unfinished) = (key.file_name(), key.unfinished_name());
        assert_eq!(entry, format!("{}-0101010101010101.code", "ab".repeat(32)));
        let table = [
            (entry.clone(), (true, false)),
            (unfinished.clone(), (false, true)),
            (entry.to_uppercase(), (false, false)),
            (entry[1..].to_owned(), (false, false)),
            (format!("{entry}.new"), (false, false)),
            (format!("x{entry}"), (false, false)),
            (format!("{entry}x"), (false, false)),
            (unfinished.replace(".new", ".old"), (false, false)),
            ("notes.code".to_owned(), (false, false)),
            ("notes.new".to_owned(), (false, false)),
            (".new".to_owned(), (false, false)),
            (String::new(), (false, false)),
        ];
        for (name, expected) in table {
            assert_eq!((is_entry(&name), is_unfinished(&name)), expected, "{name}");
        }
        assert_ne!(unfinished, key.unfinished_name());
    }
}

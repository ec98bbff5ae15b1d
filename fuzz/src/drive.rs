//! Runs a target without libFuzzer: its corpus, and mutations of it that are the same on every machine.
//!
//! In: a folder of inputs and a file of words, both as libFuzzer takes them. Out: how many inputs were run, or a panic
//! that names the input at fault. Coverage is not looked at, so this finds again what is near the corpus; to find what
//! is far is libFuzzer's business.

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest input that is made, in bytes: libFuzzer's.
const MAX_BYTES: usize = 4096;
/// The most mutations of one input.
const MAX_MUTATIONS: usize = 8;
/// How many inputs are run between two looks at the clock.
const ROUNDS_PER_LOOK: u64 = 256;

/// How long mutations of the corpus are run.
#[derive(Debug, Clone, Copy)]
pub enum Effort {
    /// So many mutations.
    Rounds(u64),
    /// At least so long.
    Time(Duration),
}

/// Runs `check` on each file of `fuzz/corpus/NAME`, and then on mutations of them, with the words of
/// `fuzz/dictionaries/NAME.dict`; `fuzz` is the folder of the package. Tells how many inputs that were.
///
/// # Panics
/// If `check` does, with the input and how to run it again.
pub fn drive(fuzz: &Path, name: &str, check: fn(&[u8]), effort: Effort) -> u64 {
    let corpus = corpus(&fuzz.join("corpus").join(name));
    let words = words(&fuzz.join("dictionaries").join(format!("{name}.dict")));
    corpus.iter().for_each(|input| run(name, check, input));

    let mut mutator = Mutator { corpus: &corpus, words: &words, chance: Chance(seed(name)) };
    let start = Instant::now();
    let mut rounds = 0;
    let goes_on = |rounds: u64| match effort {
        Effort::Rounds(most) => rounds < most,
        Effort::Time(time) => !rounds.is_multiple_of(ROUNDS_PER_LOOK) || start.elapsed() < time,
    };
    while goes_on(rounds) {
        run(name, check, &mutator.input());
        rounds += 1;
    }
    corpus.len() as u64 + rounds
}

fn run(name: &str, check: fn(&[u8]), input: &[u8]) {
    if catch_unwind(|| check(input)).is_err() {
        let shown = literal(input);
        panic!(
            "the input b\"{shown}\" is at fault; to run it again, and ever after:\n    \
             printf '{shown}' > fuzz/corpus/{name}/found && cargo test --test fuzz {name}"
        );
    }
}

/// Bytes as Rust's byte strings and bash's `printf` read them.
fn literal(input: &[u8]) -> String {
    let plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b"\\\"'%".contains(&byte);
    let each = input.iter().map(|&byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\x{byte:02x}"),
    });
    each.collect()
}

/// The files of a folder, in the order of their names.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder is listed").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.iter().map(|path| std::fs::read(path).expect("the corpus is readable")).collect()
}

/// The words of a dictionary: a line each, in quotes, with `\\`, `\"` and `\xAB`.
fn words(file: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| word(line).unwrap_or_else(|| panic!("{}: no word: {line}", file.display()))).collect()
}

fn word(line: &str) -> Option<Vec<u8>> {
    let quoted = line.strip_prefix('"')?.strip_suffix('"')?;
    let mut word = Vec::new();
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        word.push(match byte {
            b'\\' => match rest.next()? {
                escaped @ (b'\\' | b'"') => escaped,
                b'x' => {
                    let mut digit = || char::from(rest.next()?).to_digit(16);
                    u8::try_from(digit()? * 16 + digit()?).ok()?
                }
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(word)
}

/// Makes inputs out of inputs.
struct Mutator<'a> {
    corpus: &'a [Vec<u8>],
    words: &'a [Vec<u8>],
    chance: Chance,
}

impl<'a> Mutator<'a> {
    fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        for _ in 0..=self.chance.below(MAX_MUTATIONS) {
            self.mutate(&mut input);
            input.truncate(MAX_BYTES);
        }
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.chance.below(input.len() + 1);
        let end = (at + 1 + self.chance.small()).min(input.len());
        match self.chance.below(10) {
            0 if at < end => input[at] ^= 1 << self.chance.below(8),
            1 if at < end => input[at] = self.chance.byte(),
            2 if at < end => drop(input.drain(at..end)),
            3 if at < end => {
                let times = 1 + self.chance.small();
                let part = input[at..end].repeat(times);
                insert(input, at, &part);
            }
            4 if at < end => {
                let part: Vec<u8> = input.drain(at..end).collect();
                let to = self.chance.below(input.len() + 1);
                insert(input, to, &part);
            }
            5 if at < end => {
                let word = self.word();
                input.splice(at..end, word.iter().copied());
            }
            6 => {
                let other = self.seed();
                let from = self.chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            7 => insert(input, at, &[self.chance.byte()]),
            _ => {
                let word = self.word();
                insert(input, at, word);
            }
        }
    }

    fn seed(&mut self) -> &'a [u8] {
        &self.corpus[self.chance.below(self.corpus.len())]
    }

    fn word(&mut self) -> &'a [u8] {
        &self.words[self.chance.below(self.words.len())]
    }
}

fn insert(input: &mut Vec<u8>, at: usize, part: &[u8]) {
    input.splice(at..at, part.iter().copied());
}

/// Numbers that look like chance and are always the same (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A number below 64, more often a small one.
    fn small(&mut self) -> usize {
        let most = 1 << self.below(7);
        self.below(most)
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

/// Each target has its own chances.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()))
}

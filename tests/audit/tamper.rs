//! Every way to tamper with a log that holds twenty records, and the first bad record that must be named. The oracle is
//! where the test put its hand; lines are sealed anew by code of its own.

use std::fs;
use std::path::{Path, PathBuf};

use airssys_wasm::runtime::audit::{Head, Verification, What, verify};
use sha2::{Digest as _, Sha256};

use super::{head_of, honest};

const RECORDS: usize = 20;

/// A log that is tampered with.
struct Bench {
    _folder: tempfile::TempDir,
    path: PathBuf,
    /// Its lines, with line breaks.
    lines: Vec<Vec<u8>>,
    head: Vec<u8>,
}

/// What `verify` says, short: line, sequence and what; or, of an intact log, its records and how many are beyond the head.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Bad(usize, Option<usize>, What),
    Intact(usize, u64),
}
use Said::{Bad, Intact};

impl Bench {
    fn new() -> Self {
        Self::of(RECORDS)
    }

    fn of(records: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = honest(folder.path(), records as u64);
        let log = fs::read(&path).unwrap();
        let lines = log.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let head = fs::read(head_of(&path)).unwrap();
        Self { _folder: folder, path, lines, head }
    }

    fn says(&self, log: &[u8]) -> Said {
        fs::write(&self.path, log).unwrap();
        said(&self.path)
    }

    fn says_of(&self, lines: &[Vec<u8>]) -> Said {
        self.says(&lines.concat())
    }

    fn hash(&self, line: usize) -> String {
        let text = str::from_utf8(&self.lines[line - 1]).unwrap();
        text[text.len() - 67..text.len() - 3].to_owned()
    }
}

fn said(path: &Path) -> Said {
    match verify(path, None).unwrap() {
        Verification::Intact(summary) => Intact(summary.records as usize, summary.beyond_head),
        Verification::Broken(offence) => {
            Bad(offence.line as usize, offence.sequence.map(|sequence| sequence as usize), offence.what)
        }
    }
}

/// A line whose text is changed and whose hash is made to fit, as the book describes it.
fn resealed(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = str::from_utf8(line).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    let text = text.replace(from, to);
    let body = format!("{}}}", text.rsplit_once(",\"hash\":").unwrap().0);
    let hash: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{},\"hash\":\"{hash}\"}}\n", body.strip_suffix('}').unwrap()).into_bytes()
}

#[test]
fn an_honest_log_is_intact() {
    let bench = Bench::new();
    assert_eq!(bench.says_of(&bench.lines), Intact(RECORDS, 0));
    for line in &bench.lines {
        assert_eq!(&resealed(line, "\"sequence\"", "\"sequence\""), line);
    }
}

/// Edits every so many bytes of a log; the line in which a byte stands is the bad one.
fn edit_bytes(records: usize, step: usize) {
    let bench = Bench::of(records);
    let log = bench.lines.concat();
    for at in (0..log.len()).step_by(step) {
        let line = 1 + log[..at].iter().filter(|byte| **byte == b'\n').count();
        for byte in [log[at] ^ 1, log[at] ^ 0x20, b'\n', 0xff] {
            if byte == log[at] {
                continue;
            }
            let mut edited = log.clone();
            edited[at] = byte;
            let Bad(bad, sequence, what) = bench.says(&edited) else { panic!("byte {at} to {byte:#x}: intact") };
            let whats: &[What] =
                if at + 1 == log.len() { &[What::Truncated] } else { &[What::Edited, What::NotARecord] };
            assert!(bad == line && whats.contains(&what), "byte {at} to {byte:#x} of line {line}: {bad} {what}");
            assert!(line == 1 || sequence == Some(line), "byte {at} to {byte:#x} of line {line}: {sequence:?}");
        }
    }
}

#[test]
fn every_edit_of_a_byte() {
    // Every byte of one record of each kind, then some of each line.
    edit_bytes(5, 1);
    edit_bytes(RECORDS, 41);
}

#[test]
fn every_swap_of_two_lines() {
    let bench = Bench::new();
    for a in 1..=RECORDS {
        for b in a + 1..=RECORDS {
            let mut lines = bench.lines.clone();
            lines.swap(a - 1, b - 1);
            assert_eq!(bench.says_of(&lines), Bad(a, Some(b), What::Reordered), "{a} and {b}");
        }
    }
}

#[test]
fn every_deletion_of_lines() {
    let bench = Bench::new();
    for a in 1..=RECORDS {
        for b in a..=RECORDS {
            let mut lines = bench.lines.clone();
            lines.drain(a - 1..b);
            let expected = match (a, b) {
                (_, RECORDS) => Bad(a, Some(a).filter(|_| a > 1).or(Some(1)), What::Truncated),
                // Any sequence may begin a log: what is known is that this one does not.
                (1, _) => Bad(1, Some(b + 1), What::Missing),
                _ => Bad(a, Some(a), What::Missing),
            };
            assert_eq!(bench.says_of(&lines), expected, "{a} to {b}");
        }
    }
}

#[test]
fn every_duplicate_of_a_line() {
    let bench = Bench::new();
    for from in 1..=RECORDS {
        for to in 1..=RECORDS + 1 {
            let mut lines = bench.lines.clone();
            lines.insert(to - 1, bench.lines[from - 1].clone());
            // Put right before itself, it is the second one that is too much.
            let bad = if to == from { to + 1 } else { to };
            assert_eq!(bench.says_of(&lines), Bad(bad, Some(from), What::Duplicated), "{from} to {to}");
        }
    }
}

#[test]
fn every_cut_of_the_tail() {
    let bench = Bench::new();
    let log = bench.lines.concat();
    for length in 0..log.len() {
        let whole = log[..length].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(bench.says(&log[..length]), Bad(whole + 1, Some(whole + 1), What::Truncated), "{length}");
    }
}

#[test]
fn every_edit_of_the_head() {
    let bench = Bench::new();
    let head = |bytes: &[u8]| {
        fs::write(head_of(&bench.path), bytes).unwrap();
        said(&bench.path)
    };
    for at in 0..bench.head.len() {
        for byte in [bench.head[at] ^ 1, bench.head[at] ^ 0x20, b'0', b'+'] {
            let mut edited = bench.head.clone();
            edited[at] = byte;
            let same = byte == bench.head[at];
            let expected = if same { Intact(RECORDS, 0) } else { Bad(RECORDS + 1, None, What::HeadDamaged) };
            assert_eq!(head(&edited), expected, "byte {at} to {byte:#x}");
        }
        assert_eq!(head(&bench.head[..at]), Bad(RECORDS + 1, None, What::HeadDamaged), "cut to {at}");
    }
    let (first, second) = bench.head.split_at(bench.head.len() / 2);
    for (slot, record) in [(first, 19), (second, 20)] {
        let end = bench.lines[..record].concat().len();
        let text = format!("{record:020} {end:020} {}", bench.hash(record));
        let check: String = Sha256::digest(&text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(str::from_utf8(slot).unwrap(), format!("{text} {check}\n"));
    }
    assert_eq!(head(&[&bench.head[..], first].concat()), Bad(RECORDS + 1, None, What::HeadDamaged));
    assert_eq!(head(&[first, second].concat()), Intact(RECORDS, 0));
    let later = if first > second { first } else { second };
    let earlier = if first > second { second } else { first };
    assert_eq!(head(&[later, later].concat()), Intact(RECORDS, 0));
    assert_eq!(head(&[earlier, earlier].concat()), Intact(RECORDS, 1));
    fs::remove_file(head_of(&bench.path)).unwrap();
    assert_eq!(said(&bench.path), Bad(RECORDS + 1, None, What::HeadMissing));
    assert_eq!(bench.says(b""), Intact(0, 0));
}

#[test]
fn a_record_put_in_with_a_hash_of_its_own() {
    let bench = Bench::new();
    for at in 1..=RECORDS {
        // It looks like the one it stands before: only what follows betrays it.
        let mut lines = bench.lines.clone();
        lines.insert(at - 1, resealed(&bench.lines[at - 1], "\"event\"", "\"forged\":1,\"event\""));
        assert_eq!(bench.says_of(&lines), Bad(at, Some(at), What::Inserted), "before {at}");

        let mut lines = bench.lines.clone();
        let stranger = resealed(&bench.lines[at - 1], "\"previous\":\"", "\"x\":1,\"previous\":\"");
        let elsewhere = "0".repeat(64);
        let before = if at == 1 { genesis() } else { bench.hash(at - 1) };
        lines.insert(at - 1, resealed(&stranger, &before, &elsewhere));
        let Bad(line, _, what) = bench.says_of(&lines) else { panic!("before {at}: intact") };
        // Where a log begins, any sequence may stand: nothing tells a stranger from a record out of place.
        assert_eq!((line, what), (at, if at == 1 { What::Reordered } else { What::Inserted }), "before {at}");
    }
    // Behind the last record it is what a crash leaves, and shows as that.
    let mut lines = bench.lines.clone();
    let forged = resealed(&bench.lines[RECORDS - 1], "\"sequence\":20", "\"sequence\":21");
    lines.push(resealed(&forged, &bench.hash(RECORDS - 1), &bench.hash(RECORDS)));
    assert_eq!(bench.says_of(&lines), Intact(RECORDS + 1, 1));
}

#[test]
fn a_record_changed_with_a_hash_of_its_own() {
    let bench = Bench::new();
    for at in 1..=RECORDS {
        let before = if at == 1 { genesis() } else { bench.hash(at - 1) };
        for (from, to) in [
            ("\"event\"".to_owned(), "\"forged\":1,\"event\"".to_owned()),
            (before, "0".repeat(64)),
            (format!("\"sequence\":{at},"), format!("\"sequence\":{},", at + 7)),
        ] {
            let mut lines = bench.lines.clone();
            lines[at - 1] = resealed(&lines[at - 1], &from, &to);
            let Bad(line, _, what) = bench.says_of(&lines) else { panic!("{from} of {at}: intact") };
            assert_eq!((line, what), (at, What::Edited), "{from} of {at}");
        }
    }
}

#[test]
fn a_log_that_is_forged_whole_is_found_by_a_head_kept_elsewhere() {
    let bench = Bench::new();
    let kept: Head = format!("20:{}", bench.hash(20)).parse().unwrap();
    assert!(matches!(verify(&bench.path, Some(kept)).unwrap(), Verification::Intact(_)));
    let other: Head = format!("7:{}", bench.hash(8)).parse().unwrap();
    let later: Head = format!("21:{}", bench.hash(8)).parse().unwrap();
    let forged = tempfile::tempdir().unwrap();
    for (records, expected, bad) in [
        (RECORDS, other, Bad(7, Some(7), What::Unexpected)),
        (RECORDS, later, Bad(21, Some(21), What::Truncated)),
        (12, kept, Bad(13, Some(13), What::Truncated)),
    ] {
        let path = honest(forged.path(), records as u64);
        let Verification::Broken(offence) = verify(&path, Some(expected)).unwrap() else { panic!("{expected}") };
        assert_eq!(Bad(offence.line as usize, offence.sequence.map(|s| s as usize), offence.what), bad);
        fs::remove_file(&path).unwrap();
        fs::remove_file(head_of(&path)).unwrap();
    }
}

fn genesis() -> String {
    Sha256::digest("airssys-wasm audit log, format 1").iter().map(|byte| format!("{byte:02x}")).collect()
}

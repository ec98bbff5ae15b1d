//! Target: any bytes as WIT, and as two versions of a package, the newer behind a line `====`.
//!
//! What is refused is refused in words, at a place that is inside the text. What is read is judged, described and
//! compared without a fault: with itself without a difference, with another version in the order of reports.

use std::path::Path;

use airssys_wasm::wit::diff::{self, DiffError, Need};
use airssys_wasm::wit::source::{Source, read_text};
use airssys_wasm::wit::{check, permissions, reference};

/// What the text is called.
const FILE: &str = "p/a.wit";

/// Between an older text and a newer one.
const LINE: &[u8] = b"\n====\n";

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    let middle = input.windows(LINE.len()).position(|window| window == LINE);
    let Some(middle) = middle else { return drop(read(input)) };
    let (old, new) = (read(&input[..middle]), read(&input[middle + LINE.len()..]));
    let (Some(old), Some(new)) = (old, new) else { return };
    if let Ok(diff) = diff::diff(&old, &new) {
        assert!(diff.changes.is_sorted_by_key(|change| std::cmp::Reverse(change.class())), "{diff:?}");
        assert_eq!(diff.changes.is_empty(), matches!(diff.needed, Need::NoLowerThan(_)), "{diff:?}");
        assert_eq!(diff.human().lines().count(), diff.changes.len() + 1, "{diff:?}");
        assert_eq!(diff.json()["enough"], diff.is_enough());
    }
}

/// The package of a text, after all that is made of one.
fn read(text: &[u8]) -> Option<Source> {
    let source = match read_text(Path::new(FILE), text) {
        Ok(source) => source,
        Err(error) => {
            let fault = error.fault;
            inside(text, &fault.place);
            assert!(!fault.what.is_empty() && !fault.mend.is_empty(), "{fault}");
            assert!(!fault.what.contains("gave up"), "the parser panics");
            assert!(!fault.to_string().contains(|c: char| c.is_control() && c != '\n'), "{fault:?}");
            return None;
        }
    };
    for finding in check::check(&source, &[]).iter().flat_map(|report| &report.findings) {
        inside(text, &finding.place.to_string());
        assert!(!finding.what.is_empty() && !finding.mend.is_empty(), "{finding}");
    }
    let sources = [source];
    let page = reference::reference(&sources);
    assert!(page.starts_with("# WIT reference\n") && page.ends_with('\n'), "{page}");
    let (rows, unannotated) = permissions::table(&sources);
    assert_eq!(permissions::plain(&rows).lines().count(), rows.len());
    unannotated.iter().for_each(|function| inside(text, &function.place.to_string()));
    let [source] = sources;
    match diff::diff(&source, &source) {
        Ok(diff) => assert!(diff.changes.is_empty() && diff.is_enough(), "a package differs from itself: {diff:?}"),
        Err(error) => assert!(matches!(error, DiffError::NoVersion { .. }), "{error}"),
    }
    Some(source)
}

/// A place is the directory, the file, or a line and a column that the file has.
fn inside(text: &[u8], place: &str) {
    let Some(position) = place.strip_prefix(&format!("{FILE}:")) else {
        assert!(place == "p" || place == FILE, "{place} is no place of the text");
        return;
    };
    let (line, column) = position.split_once(':').expect("a line has a column");
    let number = |digits: &str| digits.parse::<usize>().expect("a number").checked_sub(1).expect("counted from 1");
    let line = text.split(|byte| *byte == b'\n').nth(number(line));
    assert!(line.is_some_and(|line| number(column) <= line.len()), "{place} is outside of the text");
}

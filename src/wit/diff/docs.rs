//! What accompanies an item: its doc comment and its external identifier.

use wit_parser::Docs;

use super::change::Changes;
use super::rule::Rule;

/// The longest line of a doc comment that a report quotes, in characters: reports stay readable.
const QUOTED: usize = 60;

/// Compares doc comments, and tells of the first line in which they differ.
pub(super) fn compare(changes: &mut Changes<'_>, place: &str, old: &Docs, new: &Docs) {
    compare_text(changes, place, text(old), text(new));
}

/// The same, of texts.
pub(super) fn compare_text(changes: &mut Changes<'_>, place: &str, old: &str, new: &str) {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let equal = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let differing =
        |lines: &[String]| lines.iter().skip(equal).find(|line| !line.is_empty()).map(|line| line.trim().to_owned());
    let what = match (differing(&old), differing(&new)) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => {
            format!("documentation has other blank lines before {}", quote(&old, 0))
        }
        (Some(old), Some(new)) => {
            let from = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
            format!("documentation was {}, is {}", quote(&old, from), quote(&new, from))
        }
        (None, Some(new)) => format!("documentation goes on with {}", quote(&new, 0)),
        (Some(old), None) => format!("documentation ends before {}", quote(&old, 0)),
    };
    changes.report(Rule::DocsChanged, place, what);
}

/// Compares `@external-id`.
pub(super) fn compare_external_id(changes: &mut Changes<'_>, place: &str, ids: [Option<&str>; 2]) {
    let what = match ids {
        [Some(old), Some(new)] if old != new => format!("external identifier was `{old}`, is `{new}`"),
        [None, Some(new)] => format!("had no external identifier, has `{new}`"),
        [Some(old), None] => format!("external identifier was `{old}`, there is none now"),
        _ => return,
    };
    changes.report(Rule::ExternalIdChanged, place, what);
}

/// A doc comment, empty if there is none.
pub(super) fn text(docs: &Docs) -> &str {
    docs.contents.as_deref().unwrap_or_default()
}

/// A line, or as much of it as is quoted, with the character of this index in sight.
fn quote(line: &str, index: usize) -> String {
    let skipped = if index < QUOTED { 0 } else { index - QUOTED / 2 };
    let shown: String = line.chars().skip(skipped).take(QUOTED).collect();
    let (before, behind) = (skipped > 0, line.chars().count() > skipped + QUOTED);
    format!("\"{}{shown}{}\"", if before { "…" } else { "" }, if behind { "…" } else { "" })
}

//! How keys and values appear in messages, and which known word was meant.

/// How much of a key or value a message shows, in characters.
const SHOWN: usize = 80;

/// `text`, cut to a length that fits a message.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `text` on one line, with control and bidi characters escaped.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_invisible(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    shown
}

/// A character that a terminal or an editor would act upon instead of showing.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A part of a key path as TOML writes it: quoted unless it is a bare key.
pub(super) fn key_part(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { clip(key) } else { format!("\"{}\"", clip(key).replace('"', "\\\"")) }
}

/// The word of `known` that `word` is a slip of: at most a third of its letters are wrong.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('_', "-");
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= 3)
        .map(|candidate| (edits(&word, candidate), candidate))
        .filter(|&(edits, candidate)| edits <= (candidate.len() / 3).max(1))
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

/// How many letters to insert, remove, replace or swap with their neighbour to make one word of the other.
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let replaced = last[j] + usize::from(from[i] != to[j]);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                let before: &Vec<usize> = &before;
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["version", "api-version", "name", "wasm", "max"];
        let meant = |word| did_you_mean(word, known);
        assert_eq!(meant("versoin"), Some("version"));
        assert_eq!(meant("api_version"), Some("api-version"));
        assert_eq!(meant("Name"), Some("name"));
        assert_eq!(meant("mx"), Some("max"));
        // Two letters that changed places are one slip; as two, they would be too many for so short a word.
        assert_eq!(meant("nmae"), Some("name"));
        assert_eq!(meant("colour"), None);
        assert_eq!(meant(""), None);
        assert_eq!(meant("ü"), None);
    }

    #[test]
    fn edits_are_counted() {
        let table = [
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "", 3),
            ("", "abc", 3),
            ("ab", "ba", 1),
            ("abc", "ac", 1),
            ("kitten", "sitting", 3),
            ("abcd", "wxyz", 4),
        ];
        assert_eq!(table.map(|(from, to, _)| (from, to, edits(from, to))), table);
    }

    #[test]
    fn messages_stay_on_one_line() {
        assert_eq!(visible("a\n\u{1b}[31m\u{202e}b"), "a\\u{a}\\u{1b}[31m\\u{202e}b");
        assert_eq!(clip(&"ä".repeat(100)).chars().count(), SHOWN + 1);
        assert_eq!(key_part("airssys:core"), "\"airssys:core\"");
    }
}

//! Text of strangers, fit for a message: names of files, URLs, what other programs say.

/// `text` on one line, at most `most` characters, with what a terminal would act upon escaped.
pub(super) fn printable(text: &str, most: usize) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(most) {
        words.truncate(end);
        words.push('…');
    }
    visible(&words)
}

/// `text` in its lines, with what a terminal would act upon escaped.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character != '\n' && acts(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    shown
}

/// Control characters, and those that reorder or hide what stands around them.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{printable, visible};

    #[rstest]
    #[case("fatal: no\n  such  ref\r\n", "fatal: no such ref")]
    #[case("\u{1b}[31mred\u{202e}", "\\u{1b}[31mred\\u{202e}")]
    #[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…")]
    fn one_line_that_commands_nothing(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text, 40), expected);
    }
    #[rstest]
    #[case("one\n  two\r\n\u{200b}", "one\n  two\\u{d}\n\\u{200b}")]
    #[case("ä → ö", "ä → ö")]
    fn lines_that_command_nothing(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(visible(text), expected);
    }
}

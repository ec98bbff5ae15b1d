//! JSON whose text cannot deceive whoever looks at the raw line, and from which a parser gets the exact text back.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter};

use super::super::log::is_deceptive;

/// Appends `value` as JSON on one line. Control characters, line separators and the characters that reorder or hide text
/// stand in it as `\uXXXX`.
pub(super) fn write(value: &(impl serde::Serialize + ?Sized), buffer: &mut Vec<u8>) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(buffer, Plain(CompactFormatter)))
}

/// Appends a text as [`write`] does, and at once if there is nothing in it to escape.
pub(super) fn string(text: &str, buffer: &mut Vec<u8>) -> serde_json::Result<()> {
    // Without an early end, so that the compiler looks at many bytes at once.
    let escapes =
        text.bytes().fold(false, |found, byte| found | !(0x20..0x7f).contains(&byte) | matches!(byte, b'"' | b'\\'));
    if escapes {
        return write(text, buffer);
    }
    buffer.push(b'"');
    buffer.extend_from_slice(text.as_bytes());
    buffer.push(b'"');
    Ok(())
}

/// What [`write`] makes, as text.
pub(super) fn text(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let mut buffer = Vec::new();
    write(value, &mut buffer)?;
    String::from_utf8(buffer).map_err(serde::ser::Error::custom)
}

struct Plain(CompactFormatter);

impl Formatter for Plain {
    /// Gets text in which `"`, `\` and the characters below U+0020 are dealt with.
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.as_bytes().contains(&0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, deceptive)) = rest.char_indices().find(|(_, character)| is_deceptive(*character)) {
            self.0.write_string_fragment(writer, &rest[..at])?;
            for unit in deceptive.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + deceptive.len_utf8()..];
        }
        self.0.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_escaped_and_comes_back() {
        for (given, expected) in [
            ("plain – ünï \"\\", r#""plain – ünï \"\\""#),
            ("a\nb\u{0}\u{1b}[31m", r#""a\nb\u0000\u001b[31m""#),
            ("\u{7f}\u{9b}\u{85}", r#""\u007f\u009b\u0085""#),
            ("x\u{2028}\u{202e}\u{200b}\u{feff}y", r#""x\u2028\u202e\u200b\ufeffy""#),
            ("tag\u{e0041}\u{1f600}", "\"tag\\udb40\\udc41\u{1f600}\""),
        ] {
            let written = text(&given).unwrap();
            assert_eq!(written, expected);
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), given);
        }
        assert_eq!(text(&[("k\u{202e}", 1)]).unwrap(), r#"[["k\u202e",1]]"#);
    }
}

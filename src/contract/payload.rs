//! A notation for payloads that people can type: `json:{"add":2}`, `raw:hello`, `hex:80047b7d`.

use std::fmt;

use super::multicodec::{self, Codec};

/// Why a text is no payload notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotationError {
    /// There is no `form:` in front.
    #[error("`{0}` does not say how it is encoded: write json:…, raw:…, another codec's name, text:… or hex:…")]
    NoForm(String),
    /// The part before the colon is no known form.
    #[error("`{0}` is neither a codec of the contract nor text or hex")]
    UnknownForm(String),
    /// The part behind `hex:` is not an even number of hexadecimal digits.
    #[error("`{0}` is not an even number of hexadecimal digits")]
    Hex(String),
    /// The part behind `*` is no count, or the whole is too long.
    #[error("`*{0}` is not a count that gives at most 64 MiB in all")]
    Count(String),
}

/// The longest payload that a count makes, in bytes: a typing mistake must not exhaust the machine.
const MAX_REPEATED_BYTES: usize = 64 << 20;

/// Turns the notation into bytes.
///
/// | notation | bytes |
/// |---|---|
/// | `CODEC:TEXT` | the codec's multicodec prefix, then the text |
/// | `text:TEXT` | the text, without any prefix |
/// | `hex:DIGITS` | those bytes; blanks are skipped |
/// | `FORM*COUNT:TEXT` | the same, with the text or the digits COUNT times |
///
/// # Errors
/// [`NotationError`] says what is wrong with the text.
///
/// ```
/// use airssys_wasm::contract::payload::{parse, render};
/// assert_eq!(parse("json:{}").unwrap(), b"\x80\x04{}");
/// assert_eq!(parse("text*3:ab").unwrap(), b"ababab");
/// assert_eq!(parse("hex:80 04").unwrap(), [0x80, 0x04]);
/// assert_eq!(render(b"\x80\x04{}"), "json:{}");
/// ```
pub fn parse(notation: &str) -> Result<Vec<u8>, NotationError> {
    let (form, text) = notation.split_once(':').ok_or_else(|| NotationError::NoForm(notation.to_owned()))?;
    let (form, text) = match form.split_once('*') {
        None => (form, text.to_owned()),
        Some((form, count)) => {
            let times = count
                .parse()
                .ok()
                .filter(|times: &usize| times.checked_mul(text.len()).is_some_and(|bytes| bytes <= MAX_REPEATED_BYTES));
            (form, text.repeat(times.ok_or_else(|| NotationError::Count(count.to_owned()))?))
        }
    };
    match form {
        "text" => Ok(text.into_bytes()),
        "hex" => parse_hex(&text).ok_or(NotationError::Hex(text)),
        codec => {
            let codec: Codec = codec.parse().map_err(|_| NotationError::UnknownForm(form.to_owned()))?;
            Ok(multicodec::join(codec.code(), text.as_bytes()))
        }
    }
}

fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => {
                let digit = |byte: u8| (byte as char).to_digit(16);
                Some((digit(*high)? << 4 | digit(*low)?) as u8)
            }
            _ => None,
        })
        .collect()
}

/// Writes bytes in the notation: by codec where the bytes are a prefix of the contract and UTF-8 text
/// without control characters, in hexadecimal otherwise.
pub fn render(payload: &[u8]) -> String {
    if let Ok((code, data)) = multicodec::split(payload)
        && let Some(codec) = Codec::from_code(code)
        && let Ok(text) = std::str::from_utf8(data)
        && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return format!("{codec}:{text}");
    }
    format!("hex:{}", Hex(payload))
}

/// Bytes in lower-case hexadecimal.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

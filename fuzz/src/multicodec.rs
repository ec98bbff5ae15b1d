//! Target: any bytes as a payload, and as the notation of one.
//!
//! The prefix is held against arithmetic in base 128, the notation against a reader that takes it apart by hand.

use airssys_wasm::contract::multicodec::{Codec, MAX_PREFIX_BYTES, PrefixError, join, split};
use airssys_wasm::contract::payload::{NotationError, parse, render};

/// The longest content of a notation that a count may make, in bytes.
const MAX_REPEATED_BYTES: usize = 64 << 20;
/// The longest that is made here: to make the above for every other input would leave no time for others.
const MAX_MADE_BYTES: usize = 1 << 16;

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    prefix(input);
    assert_eq!(parse(&render(input)), Ok(input.to_vec()), "what is rendered is not what is read");
    if let Ok(text) = std::str::from_utf8(input) {
        notation(text);
    }
}

fn prefix(payload: &[u8]) {
    assert_eq!(split(payload), read(payload));
    let Ok((code, data)) = split(payload) else { return };
    let width = payload.len() - data.len();
    assert!((1..=MAX_PREFIX_BYTES).contains(&width) && code >> (7 * width) == 0);
    assert_eq!(join(code, data), payload, "a code has one prefix");
    if let Some(codec) = Codec::from_code(code) {
        assert_eq!(codec.code(), code);
    }

    // The same number, padded by a digit that is zero.
    let mut padded = payload[..width].to_vec();
    padded[width - 1] += 128;
    padded.push(0);
    padded.extend_from_slice(data);
    let refused = if width < MAX_PREFIX_BYTES { PrefixError::NonMinimal } else { PrefixError::OverLong };
    assert_eq!(split(&padded), Err(refused));

    // Cut anywhere, the prefix is none.
    assert_eq!(split(&[]), Err(PrefixError::Empty));
    for cut in 1..width {
        assert_eq!(split(&payload[..cut]), Err(PrefixError::Truncated));
    }
}

/// A number in base 128, least digit first, 128 added to all digits but the last; without zeros at its end.
fn read(payload: &[u8]) -> Result<(u64, &[u8]), PrefixError> {
    let more = payload.iter().take_while(|byte| **byte >= 128).count();
    match (payload.len(), more) {
        (0, _) => Err(PrefixError::Empty),
        (_, 9..) => Err(PrefixError::OverLong),
        (length, more) if length == more => Err(PrefixError::Truncated),
        (_, more) if more > 0 && payload[more] == 0 => Err(PrefixError::NonMinimal),
        (_, more) => {
            let digits = payload[..=more].iter().rev();
            Ok((digits.fold(0, |code, digit| code * 128 + u64::from(digit % 128)), &payload[more + 1..]))
        }
    }
}

fn notation(text: &str) {
    let Some((form, content)) = text.split_once(':') else {
        assert_eq!(parse(text), Err(NotationError::NoForm(text.to_owned())));
        return;
    };
    let (form, count) = form.split_once('*').map_or((form, None), |(form, count)| (form, Some(count)));
    let times = count.map_or(Some(1), |count| count.parse::<usize>().ok());
    let bytes = times.map_or(0, |times| times.saturating_mul(content.len()));
    if count.is_some() && bytes > MAX_MADE_BYTES {
        assert!(bytes <= MAX_REPEATED_BYTES || parse(text).is_err());
        return;
    }
    let expected = times.and_then(|times| made(form, &content.repeat(times)));
    match (parse(text), expected) {
        (Ok(payload), Some(expected)) => assert_eq!(payload, expected),
        (Err(_), None) => {}
        (parsed, expected) => panic!("{text:?} is {parsed:?}, and should be {expected:?}"),
    }
}

/// The bytes of a form and its content.
fn made(form: &str, content: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| b"0123456789abcdef".iter().position(|digit| *digit == byte.to_ascii_lowercase());
    match form {
        "text" => Some(content.as_bytes().to_vec()),
        "hex" => {
            let digits = content.bytes().filter(|byte| !b" \t\n\r\x0c".contains(byte)).map(digit);
            let digits = digits.collect::<Option<Vec<_>>>().filter(|digits| digits.len().is_multiple_of(2))?;
            Some(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
        }
        _ => {
            let codec = Codec::ALL.iter().find(|codec| codec.as_str() == form)?;
            Some(join(codec.code(), content.as_bytes()))
        }
    }
}

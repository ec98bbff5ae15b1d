//! Sizes as people write them: `64MB` is 64 000 000 bytes, `64MiB` is 67 108 864.

use bytesize::Unit;

/// Why a text is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// The text does not start with a decimal number.
    #[error("a size is a number and a unit, such as \"64MB\" (decimal) or \"64MiB\" (binary)")]
    Form,
    /// The unit is unknown.
    #[error("`{0}` is no unit of size: B, kB, MB, GB, TB are decimal, KiB, MiB, GiB, TiB binary")]
    Unit(String),
    /// The size is no whole number of bytes.
    #[error("the size is not a whole number of bytes")]
    Fraction,
    /// The size does not fit 64 bits.
    #[error("the size is larger than any machine's memory (2^64 bytes)")]
    Overflow,
}

/// Parses a size; without a unit it counts bytes.
///
/// Exact where `bytesize` itself goes through floating point: a fraction is accepted if it comes to
/// whole bytes (`1.5kB`), never rounded, and too large a number is an error, never clamped.
///
/// # Errors
/// [`SizeError`] says what is wrong with the text.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim_start_matches(' ') {
        "" if unit.is_empty() => 1,
        name => match name.parse::<Unit>() {
            Ok(unit) => u128::from(unit * 1),
            Err(_) => {
                return Err(if number.is_empty() {
                    SizeError::Form
                } else {
                    SizeError::Unit(super::words::clip(name))
                });
            }
        },
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(SizeError::Form);
    }
    // Zeros after the last digit mean nothing; 20 digits behind the point are finer than any unit.
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 20 {
        return Err(SizeError::Fraction);
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let whole: u128 = whole.parse::<u64>().map_err(|_| SizeError::Overflow)?.into();
    let part = fraction.bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    // part < 10^20 < 2^67 and factor <= 2^60, so nothing overflows 128 bits here.
    if !(part * factor).is_multiple_of(scale) {
        return Err(SizeError::Fraction);
    }
    u64::try_from(whole * factor + part * factor / scale).map_err(|_| SizeError::Overflow)
}

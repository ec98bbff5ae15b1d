//! The multicodec prefix of payloads.
//!
//! Layout: an unsigned LEB128 varint (seven bits a byte, least significant first, the high bit set on
//! every byte but the last), minimal, at most nine bytes, as in the multiformats specification; then
//! the data. So JSON, code `0x0200`, is the prefix `80 04`.

use super::kebab_enum;

kebab_enum! {
    /// The payload formats that the contract knows.
    pub enum Codec {
        /// Raw bytes, `0x55`.
        Raw = "raw",
        /// Protocol Buffers, `0x50`.
        Protobuf = "protobuf",
        /// CBOR, `0x51`.
        Cbor = "cbor",
        /// JSON, `0x0200`.
        Json = "json",
        /// MessagePack, `0x0201`.
        Msgpack = "msgpack",
        /// YAML, `0x0114` (this contract's; the public table assigns that code otherwise).
        Yaml = "yaml",
        /// Borsh, `0x0701` (this contract's).
        Borsh = "borsh",
        /// Bincode, `0x0702` (this contract's).
        Bincode = "bincode",
    }
}

impl Codec {
    /// The multicodec code.
    pub const fn code(self) -> u64 {
        match self {
            Codec::Raw => 0x55,
            Codec::Protobuf => 0x50,
            Codec::Cbor => 0x51,
            Codec::Json => 0x0200,
            Codec::Msgpack => 0x0201,
            Codec::Yaml => 0x0114,
            Codec::Borsh => 0x0701,
            Codec::Bincode => 0x0702,
        }
    }

    /// The codec of a code, if the contract knows it.
    pub fn from_code(code: u64) -> Option<Codec> {
        Codec::ALL.iter().copied().find(|codec| codec.code() == code)
    }
}

/// The longest prefix, in bytes: nine times seven bits hold every code below 2^63.
pub const MAX_PREFIX_BYTES: usize = 9;

/// Why bytes do not start with a multicodec prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// There are no bytes.
    #[error("the payload is empty: it must start with a multicodec prefix, such as 80 04 for json")]
    Empty,
    /// The bytes end inside the varint.
    #[error("the payload ends inside the multicodec prefix")]
    Truncated,
    /// The varint is longer than nine bytes.
    #[error("the multicodec prefix is longer than nine bytes")]
    OverLong,
    /// The varint has a shorter form.
    #[error("the multicodec prefix is not minimal: its last byte is zero")]
    NonMinimal,
}

/// Splits a payload into its multicodec code and the data behind the prefix.
///
/// # Errors
/// [`PrefixError`] if the payload does not start with a minimal varint of at most nine bytes.
pub fn split(payload: &[u8]) -> Result<(u64, &[u8]), PrefixError> {
    if payload.is_empty() {
        return Err(PrefixError::Empty);
    }
    let mut code = 0u64;
    for (index, &byte) in payload.iter().take(MAX_PREFIX_BYTES).enumerate() {
        code |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if byte == 0 && index > 0 {
                return Err(PrefixError::NonMinimal);
            }
            return Ok((code, &payload[index + 1..]));
        }
    }
    if payload.len() < MAX_PREFIX_BYTES { Err(PrefixError::Truncated) } else { Err(PrefixError::OverLong) }
}

/// Puts the prefix of `code` before `data`.
///
/// A code of 2^63 or above needs ten bytes, which no decoder of this contract accepts; it is
/// prefixed all the same, because `encode` of the contract cannot fail.
pub fn join(code: u64, data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(MAX_PREFIX_BYTES + 1 + data.len());
    let mut rest = code;
    while rest >= 0x80 {
        payload.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    payload.push(rest as u8);
    payload.extend_from_slice(data);
    payload
}

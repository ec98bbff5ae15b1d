//! The multicodec prefix and the payload notation, against arithmetic that shares nothing with the crate.

use airssys_wasm::contract::multicodec::{Codec, MAX_PREFIX_BYTES, PrefixError, join, split};
use airssys_wasm::contract::payload::{parse, render};
use proptest::prelude::*;
use rstest::rstest;

/// The varint of `code` by its definition: the digits of the number in base 128, least first, 128 added to all but the last.
fn naive_encode(code: u64) -> Vec<u8> {
    let code = u128::from(code);
    let digits = (1..).find(|digits| code < 128u128.pow(*digits)).unwrap();
    let digit = |index: u32| (code / 128u128.pow(index) % 128) as u8;
    (0..digits).map(|index| digit(index) + if index + 1 < digits { 128 } else { 0 }).collect()
}

/// What `split` must make of the bytes, by the definition of a minimal varint of at most nine bytes.
fn naive_split(payload: &[u8]) -> Result<(u64, &[u8]), PrefixError> {
    let Some(last) = payload.iter().position(|byte| *byte < 128) else {
        return Err(match payload.len() {
            0 => PrefixError::Empty,
            1..=8 => PrefixError::Truncated,
            _ => PrefixError::OverLong,
        });
    };
    let (prefix, data) = payload.split_at(last + 1);
    if prefix.len() > 9 {
        return Err(PrefixError::OverLong);
    }
    let digits = prefix.iter().enumerate();
    let code: u128 = digits.map(|(index, byte)| u128::from(byte % 128) * 128u128.pow(index as u32)).sum();
    let code = u64::try_from(code).unwrap();
    if naive_encode(code) == prefix { Ok((code, data)) } else { Err(PrefixError::NonMinimal) }
}

/// Bytes that often continue, end or pad a varint.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), Just(0x80), Just(0xff), Just(0x00), Just(0x7f)];
    proptest::collection::vec(byte, 0..14)
}

/// Codes of every length.
fn codes() -> impl Strategy<Value = u64> {
    (0u32..64, any::<u64>()).prop_map(|(shift, bits)| bits >> shift)
}

proptest! {
    #[test]
    fn joining_writes_the_varint_and_the_data(code in codes(), data in bytes()) {
        prop_assert_eq!(join(code, &data), [naive_encode(code), data].concat());
    }

    #[test]
    fn splitting_undoes_joining(code in codes(), data in bytes()) {
        let payload = join(code, &data);
        let expected = if code < 1 << 63 { Ok((code, data.as_slice())) } else { Err(PrefixError::OverLong) };
        prop_assert_eq!(split(&payload), expected);
    }

    #[test]
    fn splitting_accepts_minimal_varints_alone(payload in bytes()) {
        prop_assert_eq!(split(&payload), naive_split(&payload));
    }

    #[test]
    fn what_is_accepted_has_one_form(payload in bytes()) {
        if let Ok((code, data)) = split(&payload) {
            prop_assert_eq!(join(code, data), payload);
        }
    }

    #[test]
    fn every_payload_has_a_notation(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(parse(&render(&payload)), Ok(payload));
    }

    #[test]
    fn text_of_a_known_codec_is_written_as_text(
        codec in proptest::sample::select(Codec::ALL),
        text in "[ -~\n\täöü€:*]{0,40}",
    ) {
        let notation = format!("{codec}:{text}");
        let payload = join(codec.code(), text.as_bytes());
        prop_assert_eq!(render(&payload), notation.clone());
        prop_assert_eq!(parse(&notation), Ok(payload));
    }

    #[test]
    fn notations_never_panic(notation in "(json|raw|text|hex|x|)[*]?[0-9]{0,20}:?[0-9a-g ]{0,8}") {
        let _ = parse(&notation);
    }
}

#[rstest]
#[case(0, "00")]
#[case(0x55, "55")]
#[case(0x7f, "7f")]
#[case(0x80, "8001")]
#[case(0x0200, "8004")]
#[case(0x0201, "8104")]
#[case(0x0114, "9402")]
#[case((1 << 56) - 1, "ffffffffffffff7f")]
#[case(1 << 56, "808080808080808001")]
#[case((1 << 63) - 1, "ffffffffffffffff7f")]
#[case(1 << 63, "80808080808080808001")]
#[case(u64::MAX, "ffffffffffffffffff01")]
fn prefixes(#[case] code: u64, #[case] digits: &str) {
    assert_eq!(join(code, b""), parse(&format!("hex:{digits}")).unwrap());
}

#[rstest]
#[case("", PrefixError::Empty)]
#[case("80", PrefixError::Truncated)]
#[case("ffffffffffffffff", PrefixError::Truncated)]
#[case("ffffffffffffffffff", PrefixError::OverLong)]
#[case("80808080808080808001", PrefixError::OverLong)]
#[case("8000", PrefixError::NonMinimal)]
#[case("808000", PrefixError::NonMinimal)]
#[case("ffffffffffffffff00", PrefixError::NonMinimal)]
fn bad_prefixes(#[case] digits: &str, #[case] error: PrefixError) {
    assert_eq!(split(&parse(&format!("hex:{digits}")).unwrap()), Err(error));
}

#[test]
fn the_codecs_are_those_of_the_contract() {
    let codecs: Vec<(&str, u64)> = Codec::ALL.iter().map(|codec| (codec.as_str(), codec.code())).collect();
    let contract = [
        ("raw", 0x55),
        ("protobuf", 0x50),
        ("cbor", 0x51),
        ("json", 0x0200),
        ("msgpack", 0x0201),
        ("yaml", 0x0114),
        ("borsh", 0x0701),
        ("bincode", 0x0702),
    ];
    assert_eq!(codecs, contract);
    for codec in Codec::ALL {
        assert_eq!((Codec::from_code(codec.code()), codec.as_str().parse()), (Some(*codec), Ok(*codec)));
        assert!(join(codec.code(), b"").len() <= MAX_PREFIX_BYTES);
    }
    assert_eq!(Codec::from_code(0x52), None);
}

#[rstest]
#[case("json:{}", "800 47b 7d")]
#[case("raw:", "55")]
#[case("raw:a:b", "55613a62")]
#[case("text:", "")]
#[case("text:json:", "6a736f6e3a")]
#[case("text*3:ab", "616261626162")]
#[case("raw*2:a", "556161")]
#[case("text*0:ab", "")]
#[case("text*18446744073709551615:", "")]
#[case("hex:", "")]
#[case("hex:AbcD", "abcd")]
#[case("hex*2:0f ", "0f0f")]
fn notations(#[case] notation: &str, #[case] digits: &str) {
    assert_eq!(parse(notation), parse(&format!("hex:{digits}")));
    assert!(parse(notation).is_ok());
}

#[rstest]
#[case("", "`` does not say how it is encoded: write json:…, raw:…, another codec's name, text:… or hex:…")]
#[case("hello", "`hello` does not say how it is encoded: write json:…, raw:…, another codec's name, text:… or hex:…")]
#[case("xml:<a/>", "`xml` is neither a codec of the contract nor text or hex")]
#[case("JSON:{}", "`JSON` is neither a codec of the contract nor text or hex")]
#[case(":x", "`` is neither a codec of the contract nor text or hex")]
#[case("hex:1", "`1` is not an even number of hexadecimal digits")]
#[case("hex:0g", "`0g` is not an even number of hexadecimal digits")]
#[case("hex:+1", "`+1` is not an even number of hexadecimal digits")]
#[case("hex:ää", "`ää` is not an even number of hexadecimal digits")]
#[case("text*:a", "`*` is not a count that gives at most 64 MiB in all")]
#[case("text*-1:a", "`*-1` is not a count that gives at most 64 MiB in all")]
#[case("text*67108865:a", "`*67108865` is not a count that gives at most 64 MiB in all")]
#[case("text*18446744073709551615:ab", "`*18446744073709551615` is not a count that gives at most 64 MiB in all")]
fn bad_notations(#[case] notation: &str, #[case] error: &str) {
    assert_eq!(parse(notation).unwrap_err().to_string(), error);
}

#[rstest]
#[case("55ff", "hex:55ff")]
#[case("5500", "hex:5500")]
#[case("550a", "raw:\n")]
#[case("52", "hex:52")]
#[case("8000", "hex:8000")]
#[case("", "hex:")]
fn renderings(#[case] digits: &str, #[case] notation: &str) {
    assert_eq!(render(&parse(&format!("hex:{digits}")).unwrap()), notation);
}

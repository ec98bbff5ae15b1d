//! `airssys:core/multicodec`: self-describing payloads.

use crate::contract::multicodec::{Codec, join, split};

use super::super::bindings::multicodec::{CodecInfo, DecodedData, Host as Multicodec, MulticodecError};
use super::Host;

impl Multicodec for Host {
    fn encode(&mut self, codec: u64, data: Vec<u8>) -> Vec<u8> {
        join(codec, &data)
    }

    fn decode(&mut self, encoded: Vec<u8>) -> Result<DecodedData, MulticodecError> {
        let (codec, data) = split(&encoded).map_err(|error| MulticodecError::MalformedMulticodec(error.to_string()))?;
        known(codec)?;
        Ok(DecodedData { codec, data: data.to_vec() })
    }

    fn is_codec_supported(&mut self, codec: u64) -> bool {
        known(codec).is_ok()
    }

    fn get_codec_info(&mut self, codec: u64) -> Result<CodecInfo, MulticodecError> {
        Ok(CodecInfo { codec, name: known(codec)?.as_str().to_owned() })
    }
}

fn known(code: u64) -> Result<Codec, MulticodecError> {
    Codec::from_code(code).ok_or(MulticodecError::UnknownCodec(code))
}

//! From a core module to the bytes that a runtime is given.

use sha2::{Digest, Sha256};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use super::ProgramError;
use super::program::{Form, Program};
use crate::contract::payload::Hex;

/// The first bytes of a component: `\0asm`, version 13, layer 1.
const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

pub(super) fn wrap(
    program: &Program,
    module: &[u8],
    resolve: &Resolve,
    world: WorldId,
) -> Result<Vec<u8>, ProgramError> {
    let mut bytes = match program.form {
        Form::Component => component(module, resolve, world)?,
        Form::CoreModule => module.to_vec(),
        Form::Text => b"(component)".to_vec(),
        Form::Empty => Vec::new(),
        Form::Elf => [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat(),
        Form::Garbage => b"this is no WebAssembly at all".to_vec(),
        Form::GarbageBody => [COMPONENT_HEADER.as_slice(), &[0xff; 64]].concat(),
    };
    if program.padding > 0 {
        let section = wasm_encoder::CustomSection { name: "padding".into(), data: vec![0; program.padding].into() };
        bytes.push(0);
        wasm_encoder::Encode::encode(&section, &mut bytes);
    }
    bytes.truncate(program.truncate.unwrap_or(usize::MAX));
    Ok(bytes)
}

fn component(module: &[u8], resolve: &Resolve, world: WorldId) -> Result<Vec<u8>, ProgramError> {
    let mut module = module.to_vec();
    let encoded = embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)
        .and_then(|()| ComponentEncoder::default().validate(true).module(&module))
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|why| ProgramError::new(format!("the guest does not fit its world: {why:#}")))
}

/// The SHA-256 of bytes in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

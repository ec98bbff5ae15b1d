//! Guests: components made from a case's guest program.
//!
//! A guest is a core module written instruction by instruction, typed by the contract's own WIT and
//! wrapped as a component. The same program gives the same bytes on every machine. What a guest gets
//! from the host it writes as WAVE into its transcript, so that a case judges what the guest saw.
//!
//! Input: a [`Program`] and what its `metadata` shall say. Output: a [`Guest`]. No I/O.

mod action;
mod body;
mod compile;
mod flat;
mod form;
mod holes;
mod image;
mod imports;
mod module;
mod names;
mod print;
mod program;
mod script;
mod world;

use std::collections::BTreeMap;

pub use action::Action;
pub use form::sha256_hex;
pub use program::{Form, Program, Replacement, Size, WorldEdits};

/// A compiled guest.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The bytes that the runtime is given.
    pub wasm: Vec<u8>,
    /// Its core module, for people.
    pub module: Vec<u8>,
}

impl Guest {
    /// The core module as WebAssembly text.
    ///
    /// # Errors
    /// [`ProgramError`] if the module cannot be printed.
    pub fn wat(&self) -> Result<String, ProgramError> {
        wasmprinter::print_bytes(&self.module).map_err(|why| ProgramError::new(why.to_string()))
    }

    /// Whether it imports a function of one of these names.
    pub(crate) fn imports_any(&self, names: &[&str]) -> bool {
        let payloads = wasmparser::Parser::new(0).parse_all(&self.module);
        let imports = payloads.filter_map(|payload| match payload {
            Ok(wasmparser::Payload::ImportSection(imports)) => Some(imports),
            _ => None,
        });
        imports.flat_map(|imports| imports.into_imports()).flatten().any(|import| names.contains(&import.name))
    }

    /// The SHA-256 of the component in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.wasm)
    }
}

/// Compiles a program. `metadata` holds the fields of the record that `metadata` returns, as WAVE;
/// the program's own `metadata-fields` win over them.
///
/// # Errors
/// [`ProgramError`] names the export and the action at fault.
pub fn compile(program: &Program, metadata: &BTreeMap<String, String>) -> Result<Guest, ProgramError> {
    let world = world::resolve(program)?;
    let (resolve, world) = &*world;
    let module = compile::module(program, metadata, resolve, *world)?;
    let wasm = form::wrap(program, &module, resolve, *world)?;
    Ok(Guest { wasm, module })
}

/// Why a guest program does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProgramError {
    message: String,
}

impl ProgramError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    fn within(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message) }
    }
}

impl From<wasm_wave::parser::ParserError> for ProgramError {
    fn from(why: wasm_wave::parser::ParserError) -> Self {
        Self::new(format!("the WAVE value does not fit: {why}"))
    }
}

//! A guest's core module under construction: indices, support functions, and the final bytes.
//!
//! Memory lies so: a zero page, static data ([`Image`]), the transcript, the heap. What moves is kept
//! in globals, because the sizes of the first two are known only when everything is compiled.

use std::collections::HashMap;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType,
    RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};
use wit_parser::Type;

use super::ProgramError;
use super::body::{Body, Place, mem};
use super::flat::Flat;
use super::image::Image;
use super::program::{Program, Size};
use crate::contract::multicodec::Codec;

/// Where the heap ends now.
pub(super) const HEAP: u32 = 0;
/// How many bytes the transcript has.
pub(super) const TRANSCRIPT_LEN: u32 = 1;
/// The counter.
pub(super) const COUNTER: u32 = 2;
/// Where the heap starts; constant.
pub(super) const HEAP_START: u32 = 3;
/// Where the transcript starts; constant.
pub(super) const TRANSCRIPT_START: u32 = 4;

/// Room for the transcript unless the program asks for more: one page, so that guests stay small.
const TRANSCRIPT_BYTES: u32 = 64 << 10;
const PAGE: u64 = 64 << 10;

/// An imported function: module, name and core type.
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) params: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

/// Functions that every guest has.
#[derive(Clone, Copy)]
pub(super) struct Support {
    /// `(pointer, length)`: appends bytes to the transcript; traps if it is full.
    pub(super) put: u32,
    /// `(u64)`: appends a number.
    pub(super) put_u64: u32,
    /// `(s64)`: appends a number.
    pub(super) put_s64: u32,
    /// `(pointer, length)`: appends a string with quotes and escapes.
    pub(super) put_string: u32,
    /// `(pointer, length, pointer, length) -> bool`: compares bytes.
    pub(super) same: u32,
    /// `(depth) -> depth`: recurses so deep; never ends for a negative depth.
    pub(super) recurse: u32,
    /// `(old, old size, align, new size) -> pointer`: a bump allocator.
    pub(super) realloc: u32,
}

/// A core module under construction.
pub(super) struct Module<'a> {
    pub(super) flat: Flat<'a>,
    pub(super) image: Image,
    pub(super) printers: HashMap<Type, u32>,
    pub(super) support: Support,
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    imports: Vec<Import>,
    functions: Vec<(u32, Option<Function>)>,
    exports: Vec<(String, u32)>,
    start: Option<u32>,
}

impl<'a> Module<'a> {
    pub(super) fn new(flat: Flat<'a>, imports: Vec<Import>) -> Self {
        let support = Support { put: 0, put_u64: 0, put_s64: 0, put_string: 0, same: 0, recurse: 0, realloc: 0 };
        let mut module = Self {
            flat,
            image: Image::new(),
            printers: HashMap::new(),
            support,
            types: Vec::new(),
            imports,
            functions: Vec::new(),
            exports: Vec::new(),
            start: None,
        };
        let i32 = ValType::I32;
        let put = module.declare(&[i32, i32], &[]);
        let put_u64 = module.declare(&[ValType::I64], &[]);
        module.support = Support {
            put,
            put_u64,
            put_s64: module.declare(&[ValType::I64], &[]),
            put_string: module.declare(&[i32, i32], &[]),
            same: module.declare(&[i32, i32, i32, i32], &[i32]),
            recurse: module.declare(&[ValType::I64], &[ValType::I64]),
            realloc: module.declare(&[i32, i32, i32, i32], &[i32]),
        };
        let (put_s64, put_string) = (put_s64(&mut module), put_string(&mut module));
        let put_u64_body = put_u64_body(&mut module);
        module.define(put_u64, put_u64_body);
        module.define(module.support.put_s64, put_s64);
        module.define(module.support.put_string, put_string);
        module.define(module.support.same, same());
        module.define(module.support.recurse, recurse(module.support.recurse, None));
        module
    }

    /// Reserves an index for a function.
    pub(super) fn declare(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = self.core_type(params, results);
        self.functions.push((ty, None));
        (self.imports.len() + self.functions.len() - 1) as u32
    }

    /// Gives a declared function its body.
    pub(super) fn define(&mut self, function: u32, body: Body) {
        self.functions[function as usize - self.imports.len()].1 = Some(body.finish());
    }

    pub(super) fn export(&mut self, name: String, function: u32) {
        self.exports.push((name, function));
    }

    pub(super) fn start(&mut self, function: u32) {
        self.start = Some(function);
    }

    /// The index of a core function type.
    pub(super) fn core_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = (params.to_vec(), results.to_vec());
        let index = self.types.iter().position(|known| *known == ty).unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        });
        index as u32
    }

    fn import_types(&mut self) -> Vec<u32> {
        let types: Vec<_> = self.imports.iter().map(|i| (i.params.clone(), i.results.clone())).collect();
        types.iter().map(|(params, results)| self.core_type(params, results)).collect()
    }

    /// Appends constant text to the transcript.
    pub(super) fn put(&mut self, body: &mut Body, text: &str) {
        let (address, length) = self.image.text(text.as_bytes());
        body.i32(address).i32(length).call(self.support.put);
    }

    /// Writes the module. Whatever was declared has to be defined by now.
    pub(super) fn finish(mut self, program: &Program) -> Result<Vec<u8>, ProgramError> {
        let capacity = program.transcript_bytes.unwrap_or(TRANSCRIPT_BYTES);
        self.define(self.support.put, put(capacity));
        let import_types = self.import_types();
        let transcript = self.image.end().next_multiple_of(16);
        let heap = transcript.checked_add(capacity).and_then(|end| end.checked_next_multiple_of(16));
        let heap = heap.ok_or_else(|| ProgramError::new("transcript-bytes is larger than a memory"))?;
        let needed = (u64::from(heap) + 1).div_ceil(PAGE);
        let memory = program.memory.unwrap_or(Size { min: needed, max: None });
        if memory.min < needed {
            return Err(ProgramError::new(format!(
                "the guest needs {needed} pages of memory for its own data, memory.min gives {}",
                memory.min
            )));
        }
        let mut types = TypeSection::new();
        for (params, results) in &self.types {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        let mut imports = ImportSection::new();
        for (import, ty) in self.imports.iter().zip(import_types) {
            imports.import(&import.module, &import.name, EntityType::Function(ty));
        }
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for (ty, body) in &self.functions {
            functions.function(*ty);
            code.function(body.as_ref().ok_or_else(|| ProgramError::new("a function of the guest has no body"))?);
        }
        let mut tables = TableSection::new();
        for table in std::iter::once(&Size { min: 2, max: None }).chain(&program.tables) {
            tables.table(TableType {
                element_type: RefType::FUNCREF,
                table64: false,
                minimum: table.min,
                maximum: table.max,
                shared: false,
            });
        }
        let mut elements = ElementSection::new();
        elements.active(
            Some(0),
            &ConstExpr::i32_const(0),
            Elements::Functions(std::borrow::Cow::Owned(vec![self.support.recurse])),
        );
        let mut memories = MemorySection::new();
        for memory in std::iter::once(&memory).chain(&program.memories) {
            memories.memory(MemoryType {
                minimum: memory.min,
                maximum: memory.max,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        let mut globals = GlobalSection::new();
        let mut global = |ty, mutable, value: ConstExpr| {
            globals.global(GlobalType { val_type: ty, mutable, shared: false }, &value);
        };
        global(ValType::I32, true, ConstExpr::i32_const(heap as i32));
        global(ValType::I32, true, ConstExpr::i32_const(1));
        global(ValType::I64, true, ConstExpr::i64_const(0));
        global(ValType::I32, false, ConstExpr::i32_const(heap as i32));
        global(ValType::I32, false, ConstExpr::i32_const(transcript as i32));

        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        for (name, function) in &self.exports {
            exports.export(name, ExportKind::Func, *function);
        }
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(super::image::BASE as i32), self.image.into_bytes());
        // The transcript is a payload: raw bytes.
        data.active(0, &ConstExpr::i32_const(transcript as i32), [Codec::Raw.code() as u8]);

        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports);
        if let Some(function_index) = self.start {
            module.section(&StartSection { function_index });
        }
        module.section(&elements).section(&code).section(&data);
        Ok(module.finish())
    }
}

/// Appends `(pointer, length)` to the transcript.
fn put(capacity: u32) -> Body {
    let mut body = Body::new(2);
    let used = Instruction::GlobalGet(TRANSCRIPT_LEN);
    body.op(used.clone()).get(1).op(Instruction::I32Add).i32(capacity).op(Instruction::I32GtU);
    body.when(|body| {
        body.op(Instruction::Unreachable);
    });
    body.op(Instruction::GlobalGet(TRANSCRIPT_START)).op(used.clone()).op(Instruction::I32Add);
    body.get(0).get(1).op(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
    body.op(used).get(1).op(Instruction::I32Add).op(Instruction::GlobalSet(TRANSCRIPT_LEN));
    body
}

/// Writes decimal digits from the last to the first into a scratch buffer, then appends them.
fn put_u64_body(module: &mut Module<'_>) -> Body {
    const DIGITS: u32 = 20;
    let end = module.image.alloc(DIGITS as usize, 1) + DIGITS;
    let mut body = Body::new(1);
    let cursor = body.local(ValType::I32);
    body.i32(end).set(cursor);
    body.op(Instruction::Loop(BlockType::Empty));
    body.get(cursor).i32(1).op(Instruction::I32Sub).set(cursor);
    body.get(cursor).get(0).op(Instruction::I64Const(10)).op(Instruction::I64RemU).op(Instruction::I32WrapI64);
    body.i32(u32::from(b'0')).op(Instruction::I32Add).op(Instruction::I32Store8(mem(Place::fixed(0))));
    body.get(0).op(Instruction::I64Const(10)).op(Instruction::I64DivU).op(Instruction::LocalTee(0));
    body.op(Instruction::I64Eqz).op(Instruction::I32Eqz).op(Instruction::BrIf(0)).op(Instruction::End);
    body.get(cursor).i32(end).get(cursor).op(Instruction::I32Sub).call(module.support.put);
    body
}

fn put_s64(module: &mut Module<'_>) -> Body {
    let mut body = Body::new(1);
    let (put_u64, minus) = (module.support.put_u64, module.image.text(b"-"));
    let put = module.support.put;
    body.get(0).op(Instruction::I64Const(0)).op(Instruction::I64LtS);
    body.when(|body| {
        body.i32(minus.0).i32(minus.1).call(put);
        body.op(Instruction::I64Const(0)).get(0).op(Instruction::I64Sub).set(0);
    });
    body.get(0).call(put_u64);
    body
}

/// Appends a string as WAVE has it: `"` and `\` behind a backslash, control characters as `\u{hex}`.
fn put_string(module: &mut Module<'_>) -> Body {
    let quote = module.image.text(b"\"");
    let hex = module.image.text(b"0123456789abcdef").0;
    let one = module.image.alloc(2, 1);
    let escape = module.image.alloc(6, 1);
    module.image.write(one, b"\\");
    module.image.write(escape, b"\\u{00}");
    let put = module.support.put;
    let mut body = Body::new(2);
    let byte = body.local(ValType::I32);
    body.i32(quote.0).i32(quote.1).call(put).get(1);
    body.times(|body, index| {
        body.get(0).get(index).op(Instruction::I32Add).op(Instruction::I32Load8U(mem(Place::fixed(0)))).set(byte);
        body.get(byte).i32(0x20).op(Instruction::I32LtU).get(byte).i32(0x7f).op(Instruction::I32Eq);
        body.op(Instruction::I32Or).op(Instruction::If(BlockType::Empty));
        for (place, shift) in [(3, 4), (4, 0)] {
            body.i32(escape + place).get(byte).i32(shift).op(Instruction::I32ShrU).i32(15).op(Instruction::I32And);
            body.i32(hex).op(Instruction::I32Add).op(Instruction::I32Load8U(mem(Place::fixed(0))));
            body.op(Instruction::I32Store8(mem(Place::fixed(0))));
        }
        body.i32(escape).i32(6).call(put).op(Instruction::Else);
        body.i32(one + 1).get(byte).op(Instruction::I32Store8(mem(Place::fixed(0))));
        body.get(byte).i32(u32::from(b'"')).op(Instruction::I32Eq);
        body.get(byte).i32(u32::from(b'\\')).op(Instruction::I32Eq).op(Instruction::I32Or);
        body.op(Instruction::If(BlockType::Empty)).i32(one).i32(2).call(put).op(Instruction::Else);
        body.i32(one + 1).i32(1).call(put).op(Instruction::End).op(Instruction::End);
    });
    body.i32(quote.0).i32(quote.1).call(put);
    body
}

fn same() -> Body {
    let mut body = Body::new(4);
    body.get(1).get(3).op(Instruction::I32Ne);
    body.when(|body| {
        body.i32(0).op(Instruction::Return);
    });
    body.get(1);
    body.times(|body, index| {
        for start in [0, 2] {
            body.get(start).get(index).op(Instruction::I32Add).op(Instruction::I32Load8U(mem(Place::fixed(0))));
        }
        body.op(Instruction::I32Ne);
        body.when(|body| {
            body.i32(0).op(Instruction::Return);
        });
    });
    body.i32(1);
    body
}

/// `(depth) -> depth`; `each` is called in every frame. The sum keeps the call from being a loop.
pub(super) fn recurse(own: u32, each: Option<u32>) -> Body {
    let mut body = Body::new(1);
    body.get(0).op(Instruction::I64Eqz);
    body.when(|body| {
        body.op(Instruction::I64Const(0)).op(Instruction::Return);
    });
    if let Some(function) = each {
        body.call(function).op(Instruction::Drop);
    }
    body.get(0).op(Instruction::I64Const(1)).op(Instruction::I64Sub).call(own);
    body.op(Instruction::I64Const(1)).op(Instruction::I64Add);
    body
}

/// Appends the allocator to `body`, which has its four parameters.
pub(super) fn realloc(body: &mut Body) {
    let (pointer, end, have) = (body.local(ValType::I32), body.local(ValType::I64), body.local(ValType::I64));
    body.op(Instruction::GlobalGet(HEAP)).get(2).op(Instruction::I32Add).i32(1).op(Instruction::I32Sub);
    body.i32(0).get(2).op(Instruction::I32Sub).op(Instruction::I32And).set(pointer);
    body.get(pointer).op(Instruction::I64ExtendI32U).get(3).op(Instruction::I64ExtendI32U);
    body.op(Instruction::I64Add).set(end);
    body.op(Instruction::MemorySize(0)).op(Instruction::I64ExtendI32U).op(Instruction::I64Const(16));
    body.op(Instruction::I64Shl).set(have);
    body.get(end).get(have).op(Instruction::I64GtU);
    body.when(|body| {
        body.get(end).get(have).op(Instruction::I64Sub).op(Instruction::I64Const(PAGE as i64 - 1));
        body.op(Instruction::I64Add).op(Instruction::I64Const(16)).op(Instruction::I64ShrU);
        body.op(Instruction::I32WrapI64).op(Instruction::MemoryGrow(0)).i32(u32::MAX).op(Instruction::I32Eq);
        body.when(|body| {
            body.op(Instruction::Unreachable);
        });
    });
    body.get(end).op(Instruction::I32WrapI64).op(Instruction::GlobalSet(HEAP));
    body.get(pointer).get(0).get(1).op(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 }).get(pointer);
}

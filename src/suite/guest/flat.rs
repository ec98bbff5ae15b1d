//! Between memory and the flat values that the canonical ABI passes as core parameters.

use wasm_encoder::{BlockType, Instruction, ValType};
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind};

use super::ProgramError;
use super::body::{Body, Place, mem};
use super::image::{cases, defined, offsets, payload_offset, resolved, tag_size};

/// The core type of a flat value.
pub(super) fn core_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// The flat values of a type, without the bound on their number.
fn flat_types(resolve: &Resolve, ty: &Type) -> Result<Vec<ValType>, ProgramError> {
    let mut storage = [WasmType::I32; 64];
    let mut flat = FlatTypes::new(&mut storage);
    if !resolve.push_flat(ty, &mut flat) {
        return Err(ProgramError::new("a value has more than 64 flat parts"));
    }
    Ok(flat.to_vec().into_iter().map(core_type).collect())
}

/// What both directions need to know.
#[derive(Clone, Copy)]
pub(super) struct Flat<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) sizes: &'a SizeAlign,
}

impl Flat<'_> {
    /// Pushes the flat values of the `ty` that lies at `place`.
    pub(super) fn load(&self, body: &mut Body, ty: &Type, place: Place) -> Result<(), ProgramError> {
        if let Some(parts) = self.parts(ty) {
            return parts.into_iter().try_for_each(|(ty, offset)| self.load(body, &ty, place.plus(offset)));
        }
        if let Some(types) = defined(self.resolve, ty).and_then(cases) {
            let joined = flat_types(self.resolve, ty)?;
            let locals: Vec<u32> = joined.iter().map(|ty| body.local(*ty)).collect();
            body.base(place).op(load_tag(types.len(), place)).set(locals[0]);
            // A guest may be told to repeat a call; payload parts that the case lacks are zero each time.
            for (local, ty) in locals.iter().zip(&joined).skip(1) {
                body.op(zero(*ty)).set(*local);
            }
            for (case, payload) in types.iter().enumerate() {
                let Some(payload) = payload else { continue };
                let own = flat_types(self.resolve, payload)?;
                let at = place.plus(payload_offset(self.sizes, &types));
                body.get(locals[0]).i32(case as u32).op(Instruction::I32Eq).op(Instruction::If(BlockType::Empty));
                self.load(body, payload, at)?;
                // The values are on the stack in order, so they are taken off from the last to the first.
                for (index, from) in own.iter().enumerate().rev() {
                    convert(body, *from, joined[index + 1]);
                    body.set(locals[index + 1]);
                }
                body.op(Instruction::End);
            }
            locals.iter().for_each(|local| {
                body.get(*local);
            });
            return Ok(());
        }
        match resolved(self.resolve, ty) {
            Type::Bool | Type::U8 => body.base(place).op(Instruction::I32Load8U(mem(place))),
            Type::S8 => body.base(place).op(Instruction::I32Load8S(mem(place))),
            Type::U16 => body.base(place).op(Instruction::I32Load16U(mem(place))),
            Type::S16 => body.base(place).op(Instruction::I32Load16S(mem(place))),
            Type::U32 | Type::S32 | Type::Char => body.base(place).op(Instruction::I32Load(mem(place))),
            Type::U64 | Type::S64 => body.base(place).op(Instruction::I64Load(mem(place))),
            Type::F32 => body.base(place).op(Instruction::F32Load(mem(place))),
            Type::F64 => body.base(place).op(Instruction::F64Load(mem(place))),
            Type::String => self.load_pair(body, place),
            Type::Id(id) if matches!(self.resolve.types[id].kind, TypeDefKind::List(_)) => self.load_pair(body, place),
            Type::Id(id) if matches!(self.resolve.types[id].kind, TypeDefKind::Handle(_)) => {
                body.base(place).op(Instruction::I32Load(mem(place)))
            }
            other => return Err(unsupported(self.resolve, &other)),
        };
        Ok(())
    }

    fn load_pair<'b>(&self, body: &'b mut Body, place: Place) -> &'b mut Body {
        let length = place.plus(4);
        body.base(place).op(Instruction::I32Load(mem(place))).base(length).op(Instruction::I32Load(mem(length)))
    }

    /// Stores the flat values held by `flat` (a local and its core type each) as a `ty` at `place`, and
    /// takes those that it used off the front.
    pub(super) fn store(
        &self,
        body: &mut Body,
        ty: &Type,
        place: Place,
        flat: &mut &[(u32, ValType)],
    ) -> Result<(), ProgramError> {
        if let Some(parts) = self.parts(ty) {
            return parts.into_iter().try_for_each(|(ty, offset)| self.store(body, &ty, place.plus(offset), flat));
        }
        if let Some(types) = defined(self.resolve, ty).and_then(cases) {
            let width = flat_types(self.resolve, ty)?.len();
            let (own, rest) = flat.split_at(width);
            *flat = rest;
            body.base(place);
            take(body, own[0], ValType::I32);
            body.op(store_tag(types.len(), place));
            for (case, payload) in types.iter().enumerate() {
                let Some(payload) = payload else { continue };
                take(body, own[0], ValType::I32);
                body.i32(case as u32).op(Instruction::I32Eq).op(Instruction::If(BlockType::Empty));
                self.store(body, payload, place.plus(payload_offset(self.sizes, &types)), &mut &own[1..])?;
                body.op(Instruction::End);
            }
            return Ok(());
        }
        let words = match resolved(self.resolve, ty) {
            Type::String => 2,
            Type::Id(id) if matches!(self.resolve.types[id].kind, TypeDefKind::List(_)) => 2,
            _ => 1,
        };
        let (own, rest) = flat.split_at(words);
        *flat = rest;
        body.base(place);
        let (core, instruction) = match resolved(self.resolve, ty) {
            Type::Bool | Type::U8 | Type::S8 => (ValType::I32, Instruction::I32Store8(mem(place))),
            Type::U16 | Type::S16 => (ValType::I32, Instruction::I32Store16(mem(place))),
            Type::U32 | Type::S32 | Type::Char | Type::String => (ValType::I32, Instruction::I32Store(mem(place))),
            Type::U64 | Type::S64 => (ValType::I64, Instruction::I64Store(mem(place))),
            Type::F32 => (ValType::F32, Instruction::F32Store(mem(place))),
            Type::F64 => (ValType::F64, Instruction::F64Store(mem(place))),
            Type::Id(id) if matches!(self.resolve.types[id].kind, TypeDefKind::List(_) | TypeDefKind::Handle(_)) => {
                (ValType::I32, Instruction::I32Store(mem(place)))
            }
            other => return Err(unsupported(self.resolve, &other)),
        };
        take(body, own[0], core);
        body.op(instruction);
        if words == 2 {
            let length = place.plus(4);
            body.base(length);
            take(body, own[1], ValType::I32);
            body.op(Instruction::I32Store(mem(length)));
        }
        Ok(())
    }

    /// The fields of a record or tuple, with their offsets.
    fn parts(&self, ty: &Type) -> Option<Vec<(Type, u32)>> {
        let types: Vec<Type> = match defined(self.resolve, ty)? {
            TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            TypeDefKind::Tuple(tuple) => tuple.types.clone(),
            _ => return None,
        };
        let offsets = offsets(self.sizes, &types);
        Some(types.into_iter().zip(offsets).collect())
    }
}

pub(super) fn load_tag(cases: usize, place: Place) -> Instruction<'static> {
    match tag_size(cases) {
        1 => Instruction::I32Load8U(mem(place)),
        2 => Instruction::I32Load16U(mem(place)),
        _ => Instruction::I32Load(mem(place)),
    }
}

fn store_tag(cases: usize, place: Place) -> Instruction<'static> {
    match tag_size(cases) {
        1 => Instruction::I32Store8(mem(place)),
        2 => Instruction::I32Store16(mem(place)),
        _ => Instruction::I32Store(mem(place)),
    }
}

/// Pushes a flat parameter as the core type that the value really has: cases of a variant share
/// parameters, and a shared one is as wide as the widest.
fn take(body: &mut Body, (local, from): (u32, ValType), to: ValType) {
    body.get(local);
    convert(body, from, to);
}

fn convert(body: &mut Body, from: ValType, to: ValType) {
    match (from, to) {
        (ValType::I32, ValType::I64) => body.op(Instruction::I64ExtendI32U),
        (ValType::I64, ValType::I32) => body.op(Instruction::I32WrapI64),
        (ValType::F32, ValType::I32) => body.op(Instruction::I32ReinterpretF32),
        (ValType::I32, ValType::F32) => body.op(Instruction::F32ReinterpretI32),
        (ValType::F64, ValType::I64) => body.op(Instruction::I64ReinterpretF64),
        (ValType::I64, ValType::F64) => body.op(Instruction::F64ReinterpretI64),
        (ValType::F32, ValType::I64) => body.op(Instruction::I32ReinterpretF32).op(Instruction::I64ExtendI32U),
        (ValType::I64, ValType::F32) => body.op(Instruction::I32WrapI64).op(Instruction::F32ReinterpretI32),
        _ => body,
    };
}

fn zero(ty: ValType) -> Instruction<'static> {
    match ty {
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0f32.into()),
        ValType::F64 => Instruction::F64Const(0.0f64.into()),
        _ => Instruction::I32Const(0),
    }
}

fn unsupported(resolve: &Resolve, ty: &Type) -> ProgramError {
    let name = match ty {
        Type::Id(id) => resolve.types[*id].kind.as_str(),
        _ => "error-context",
    };
    ProgramError::new(format!("values of kind {name} cannot be passed by a generated guest"))
}

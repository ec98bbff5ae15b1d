//! Functions that write a value of a WIT type to the transcript as WAVE.

use wasm_encoder::{Instruction, ValType};
use wit_parser::{Type, TypeDefKind};

use super::ProgramError;
use super::body::{Body, Place, mem};
use super::flat::load_tag;
use super::image::{cases, offsets, payload_offset, resolved};
use super::module::Module;

impl Module<'_> {
    /// The function `(address)` that writes the `ty` lying there to the transcript.
    pub(super) fn printer(&mut self, ty: &Type) -> Result<u32, ProgramError> {
        let ty = resolved(self.flat.resolve, ty);
        if let Some(function) = self.printers.get(&ty) {
            return Ok(*function);
        }
        let function = self.declare(&[ValType::I32], &[]);
        self.printers.insert(ty, function);
        let mut body = Body::new(1);
        self.print(&mut body, &ty)?;
        self.define(function, body);
        Ok(function)
    }

    fn print(&mut self, body: &mut Body, ty: &Type) -> Result<(), ProgramError> {
        let at = Place::at(0);
        let support = self.support;
        match ty {
            Type::Bool => {
                body.base(at).op(Instruction::I32Load8U(mem(at)));
                body.op(Instruction::If(wasm_encoder::BlockType::Empty));
                self.put(body, "true");
                body.op(Instruction::Else);
                self.put(body, "false");
                body.op(Instruction::End);
            }
            Type::U8 => {
                body.base(at).op(Instruction::I64Load8U(mem(at))).call(support.put_u64);
            }
            Type::U16 => {
                body.base(at).op(Instruction::I64Load16U(mem(at))).call(support.put_u64);
            }
            Type::U32 => {
                body.base(at).op(Instruction::I64Load32U(mem(at))).call(support.put_u64);
            }
            Type::U64 => {
                body.base(at).op(Instruction::I64Load(mem(at))).call(support.put_u64);
            }
            Type::S8 => {
                body.base(at).op(Instruction::I64Load8S(mem(at))).call(support.put_s64);
            }
            Type::S16 => {
                body.base(at).op(Instruction::I64Load16S(mem(at))).call(support.put_s64);
            }
            Type::S32 => {
                body.base(at).op(Instruction::I64Load32S(mem(at))).call(support.put_s64);
            }
            Type::S64 => {
                body.base(at).op(Instruction::I64Load(mem(at))).call(support.put_s64);
            }
            Type::String => {
                let length = at.plus(4);
                body.base(at).op(Instruction::I32Load(mem(at))).base(length).op(Instruction::I32Load(mem(length)));
                body.call(support.put_string);
            }
            Type::Id(id) => {
                let resolve = self.flat.resolve;
                self.print_defined(body, &resolve.types[*id].kind)?;
            }
            Type::F32 | Type::F64 | Type::Char | Type::ErrorContext => {
                return Err(ProgramError::new(
                    "a generated guest cannot print floats, characters and error contexts: invoke the function instead of calling it",
                ));
            }
        }
        Ok(())
    }

    fn print_defined(&mut self, body: &mut Body, kind: &TypeDefKind) -> Result<(), ProgramError> {
        match kind {
            TypeDefKind::Record(record) => {
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                let labels: Vec<String> = record.fields.iter().map(|field| format!("{}: ", field.name)).collect();
                self.print_parts(body, ["{", "}"], &types, &labels)
            }
            TypeDefKind::Tuple(tuple) => {
                let labels = vec![String::new(); tuple.types.len()];
                self.print_parts(body, ["(", ")"], &tuple.types, &labels)
            }
            TypeDefKind::List(element) => self.print_list(body, element),
            // Handles are not WAVE; their number is what the guest can see of them.
            TypeDefKind::Handle(_) => self.print(body, &Type::U32),
            TypeDefKind::Option(_) => self.print_cases(body, kind, &["none", "some"]),
            TypeDefKind::Result(_) => self.print_cases(body, kind, &["ok", "err"]),
            TypeDefKind::Variant(variant) => {
                let names: Vec<&str> = variant.cases.iter().map(|case| case.name.as_str()).collect();
                self.print_cases(body, kind, &names)
            }
            TypeDefKind::Enum(cases) => {
                let names: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
                self.print_cases(body, kind, &names)
            }
            other => {
                Err(ProgramError::new(format!("a generated guest cannot print values of kind {}", other.as_str())))
            }
        }
    }

    fn print_parts(
        &mut self,
        body: &mut Body,
        [open, close]: [&str; 2],
        types: &[Type],
        labels: &[String],
    ) -> Result<(), ProgramError> {
        self.put(body, open);
        for (index, ((ty, label), offset)) in types.iter().zip(labels).zip(offsets(self.flat.sizes, types)).enumerate()
        {
            let separator = if index == 0 { "" } else { ", " };
            self.put(body, &format!("{separator}{label}"));
            let printer = self.printer(ty)?;
            body.address(Place::at(0).plus(offset)).call(printer);
        }
        self.put(body, close);
        Ok(())
    }

    fn print_list(&mut self, body: &mut Body, element: &Type) -> Result<(), ProgramError> {
        let stride = self.flat.sizes.size(element).size_wasm32() as u32;
        let printer = self.printer(element)?;
        let comma = self.image.text(b", ");
        let put = self.support.put;
        let at = Place::at(0);
        let (start, length) = (body.local(ValType::I32), at.plus(4));
        self.put(body, "[");
        body.base(at).op(Instruction::I32Load(mem(at))).set(start);
        body.base(length).op(Instruction::I32Load(mem(length)));
        body.times(|body, index| {
            body.get(index);
            body.when(|body| {
                body.i32(comma.0).i32(comma.1).call(put);
            });
            body.get(start).get(index).i32(stride).op(Instruction::I32Mul).op(Instruction::I32Add).call(printer);
        });
        self.put(body, "]");
        Ok(())
    }

    fn print_cases(&mut self, body: &mut Body, kind: &TypeDefKind, names: &[&str]) -> Result<(), ProgramError> {
        let types = cases(kind).unwrap_or_default();
        let at = Place::at(0);
        let payload = at.plus(payload_offset(self.flat.sizes, &types));
        for (case, (name, ty)) in names.iter().zip(&types).enumerate() {
            body.base(at).op(load_tag(types.len(), at)).i32(case as u32).op(Instruction::I32Eq);
            body.op(Instruction::If(wasm_encoder::BlockType::Empty));
            match ty {
                None => self.put(body, name),
                Some(ty) => {
                    self.put(body, &format!("{name}("));
                    let printer = self.printer(ty)?;
                    body.address(payload).call(printer);
                    self.put(body, ")");
                }
            }
            body.op(Instruction::End);
        }
        Ok(())
    }
}

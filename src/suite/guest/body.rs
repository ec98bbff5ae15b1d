//! One core function under construction: its parameters, locals and instructions.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType};

/// Where a value lies in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The local that holds the start of it; none if the address is fixed.
    pub(super) local: Option<u32>,
    /// Bytes behind that start, or the fixed address.
    pub(super) offset: u32,
}

impl Place {
    pub(super) fn fixed(address: u32) -> Self {
        Self { local: None, offset: address }
    }

    pub(super) fn at(local: u32) -> Self {
        Self { local: Some(local), offset: 0 }
    }

    pub(super) fn plus(self, bytes: u32) -> Self {
        Self { offset: self.offset + bytes, ..self }
    }
}

/// A core function under construction.
pub(super) struct Body {
    params: u32,
    locals: Vec<ValType>,
    code: Vec<Instruction<'static>>,
}

impl Body {
    pub(super) fn new(params: usize) -> Self {
        Self { params: params as u32, locals: Vec::new(), code: Vec::new() }
    }

    pub(super) fn local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.params + self.locals.len() as u32 - 1
    }

    pub(super) fn op(&mut self, instruction: Instruction<'static>) -> &mut Self {
        self.code.push(instruction);
        self
    }

    pub(super) fn i32(&mut self, value: u32) -> &mut Self {
        self.op(Instruction::I32Const(value as i32))
    }

    pub(super) fn get(&mut self, local: u32) -> &mut Self {
        self.op(Instruction::LocalGet(local))
    }

    pub(super) fn set(&mut self, local: u32) -> &mut Self {
        self.op(Instruction::LocalSet(local))
    }

    pub(super) fn call(&mut self, function: u32) -> &mut Self {
        self.op(Instruction::Call(function))
    }

    /// Pushes the address of a place.
    pub(super) fn address(&mut self, place: Place) -> &mut Self {
        match place.local {
            None => self.i32(place.offset),
            Some(local) if place.offset == 0 => self.get(local),
            Some(local) => self.get(local).i32(place.offset).op(Instruction::I32Add),
        }
    }

    /// Pushes the base of a place, for an instruction that carries [`mem`] of it.
    pub(super) fn base(&mut self, place: Place) -> &mut Self {
        match place.local {
            None => self.i32(0),
            Some(local) => self.get(local),
        }
    }

    /// `for (i = 0; i < count; i++) { … }` with the count on the stack.
    pub(super) fn times(&mut self, each: impl FnOnce(&mut Self, u32)) {
        let (left, index) = (self.local(ValType::I32), self.local(ValType::I32));
        self.set(left).i32(0).set(index);
        self.op(Instruction::Block(BlockType::Empty)).op(Instruction::Loop(BlockType::Empty));
        self.get(index).get(left).op(Instruction::I32GeU).op(Instruction::BrIf(1));
        each(self, index);
        self.get(index).i32(1).op(Instruction::I32Add).set(index);
        self.op(Instruction::Br(0)).op(Instruction::End).op(Instruction::End);
    }

    /// `if (condition on the stack) { … }`
    pub(super) fn when(&mut self, then: impl FnOnce(&mut Self)) {
        self.op(Instruction::If(BlockType::Empty));
        then(self);
        self.op(Instruction::End);
    }

    pub(super) fn finish(mut self) -> Function {
        self.op(Instruction::End);
        let mut function = Function::new_with_locals_types(self.locals);
        for instruction in &self.code {
            function.instruction(instruction);
        }
        function
    }
}

/// The immediate of a load or store at a place, in the guest's first memory.
pub(super) fn mem(place: Place) -> MemArg {
    MemArg { offset: u64::from(place.offset), align: 0, memory_index: 0 }
}

//! Filling the holes of a value while the guest runs.

use wasm_encoder::{Instruction, ValType};
use wit_parser::{Resolve, Type, TypeDefKind};

use super::ProgramError;
use super::body::{Body, Place, mem};
use super::flat::load_tag;
use super::image::{Hole, cases, defined, offsets, payload_offset, resolved, tag_size};
use super::module::{COUNTER, Module, TRANSCRIPT_LEN, TRANSCRIPT_START};

/// A value that lies in memory under a name.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) place: Place,
}

impl Module<'_> {
    /// Writes the code that fills a hole.
    pub(super) fn fill(&mut self, body: &mut Body, hole: &Hole, scope: &[Named]) -> Result<(), ProgramError> {
        let at = Place::fixed(hole.address);
        let (head, rest) = hole.name.split_once('.').unwrap_or((&hole.name, ""));
        match (head, rest) {
            ("transcript", "") => {
                self.expect_bytes(hole)?;
                body.base(at).op(Instruction::GlobalGet(TRANSCRIPT_START)).op(Instruction::I32Store(mem(at)));
                let length = at.plus(4);
                body.base(length).op(Instruction::GlobalGet(TRANSCRIPT_LEN)).op(Instruction::I32Store(mem(length)));
            }
            ("counter", "") => self.fill_counter(body, hole)?,
            ("bulk", count) => self.fill_bulk(body, hole, count)?,
            ("bad-utf8", "") => {
                if resolved(self.flat.resolve, &hole.ty) != Type::String {
                    return Err(ProgramError::new("$bad-utf8 stands where no string is"));
                }
                let (pointer, length) = self.image.text(&[b'a', 0xff, 0xfe]);
                self.image.write(hole.address, &pointer.to_le_bytes());
                self.image.write(hole.address + 4, &length.to_le_bytes());
            }
            ("bad-pointer", "") => {
                let listed = matches!(defined(self.flat.resolve, &hole.ty), Some(TypeDefKind::List(_)));
                if !listed && resolved(self.flat.resolve, &hole.ty) != Type::String {
                    return Err(ProgramError::new("$bad-pointer stands where neither a string nor a list is"));
                }
                self.image.write(hole.address, &0xffff_fff0u32.to_le_bytes());
                self.image.write(hole.address + 4, &16u32.to_le_bytes());
            }
            ("bad-case", "") => {
                let cases = defined(self.flat.resolve, &hole.ty).and_then(cases).map(|cases| cases.len());
                let tag = cases.map(tag_size).or((hole.ty == Type::Char).then_some(4));
                let tag = tag.ok_or_else(|| {
                    ProgramError::new("$bad-case stands where no variant, enum, option, result or char is")
                })?;
                self.image.write(hole.address, &[0xff; 4][..tag as usize]);
            }
            _ => {
                let value = self.named(&hole.name, scope)?;
                if !same_shape(self.flat.resolve, &value.ty, &hole.ty) {
                    return Err(ProgramError::new(format!(
                        "${} has another type than the place where it stands",
                        hole.name
                    )));
                }
                let size = self.flat.sizes.size(&hole.ty).size_wasm32() as u32;
                body.address(at).address(value.place).i32(size);
                body.op(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
            }
        }
        Ok(())
    }

    /// The value that a path such as `context.caller` names.
    pub(super) fn named(&self, path: &str, scope: &[Named]) -> Result<Named, ProgramError> {
        let mut steps = path.split('.');
        let head = steps.next().unwrap_or_default();
        let mut value = scope.iter().rev().find(|value| value.name == head).cloned().ok_or_else(|| {
            let known: Vec<&str> = scope.iter().map(|value| value.name.as_str()).collect();
            ProgramError::new(format!("`{head}` names no value here; there are: {}", known.join(", ")))
        })?;
        for step in steps {
            let (ty, offset) = self.step(&value.ty, step).ok_or_else(|| {
                ProgramError::new(format!(
                    "`{step}` in `{path}` is neither a field nor a case nor an index of the value"
                ))
            })?;
            value = Named { name: path.to_owned(), ty, place: value.place.plus(offset) };
        }
        Ok(value)
    }

    /// Pushes whether the value is of every case along the path; reading on would be reading what happens to lie there.
    pub(super) fn present(&self, body: &mut Body, path: &str, scope: &[Named]) -> Result<(), ProgramError> {
        body.i32(1);
        for (dot, _) in path.match_indices('.') {
            let (outer, step) = (&path[..dot], path[dot + 1..].split('.').next().unwrap_or_default());
            let value = self.named(outer, scope)?;
            let Some(kind) = defined(self.flat.resolve, &value.ty) else { continue };
            if let (Some(types), Some(case)) = (cases(kind), case_of(kind, step)) {
                body.base(value.place).op(load_tag(types.len(), value.place)).i32(case as u32);
                body.op(Instruction::I32Eq).op(Instruction::I32And);
            }
        }
        Ok(())
    }

    fn step(&self, ty: &Type, step: &str) -> Option<(Type, u32)> {
        let sizes = self.flat.sizes;
        let kind = defined(self.flat.resolve, ty)?;
        match kind {
            TypeDefKind::Record(record) => {
                let index = record.fields.iter().position(|field| field.name == step)?;
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                Some((types[index], offsets(sizes, &types)[index]))
            }
            TypeDefKind::Tuple(tuple) => {
                let index: usize = step.parse().ok()?;
                Some((*tuple.types.get(index)?, *offsets(sizes, &tuple.types).get(index)?))
            }
            _ => {
                let types = cases(kind)?;
                let case = case_of(kind, step)?;
                Some(((*types.get(case)?)?, payload_offset(sizes, &types)))
            }
        }
    }

    fn expect_bytes(&self, hole: &Hole) -> Result<(), ProgramError> {
        if is_bytes(self.flat.resolve, &hole.ty) {
            return Ok(());
        }
        Err(ProgramError::new(format!("${} stands where neither a string nor a list<u8> is", hole.name)))
    }

    /// A number where a number stands. Where bytes stand, its digits, which are written behind the end
    /// of the transcript and stay readable until something is appended to it.
    fn fill_counter(&mut self, body: &mut Body, hole: &Hole) -> Result<(), ProgramError> {
        let at = Place::fixed(hole.address);
        match resolved(self.flat.resolve, &hole.ty) {
            Type::U64 | Type::S64 => {
                body.base(at).op(Instruction::GlobalGet(COUNTER)).op(Instruction::I64Store(mem(at)));
                return Ok(());
            }
            Type::U32 | Type::S32 => {
                body.base(at).op(Instruction::GlobalGet(COUNTER)).op(Instruction::I64Store32(mem(at)));
                return Ok(());
            }
            _ => self.expect_bytes(hole)?,
        }
        let length = at.plus(4);
        let before = body.local(ValType::I32);
        body.op(Instruction::GlobalGet(TRANSCRIPT_LEN)).set(before);
        if resolved(self.flat.resolve, &hole.ty) != Type::String {
            self.put(body, "U");
        }
        body.op(Instruction::GlobalGet(COUNTER)).call(self.support.put_u64);
        body.base(at).op(Instruction::GlobalGet(TRANSCRIPT_START)).get(before).op(Instruction::I32Add);
        body.op(Instruction::I32Store(mem(at)));
        body.base(length).op(Instruction::GlobalGet(TRANSCRIPT_LEN)).get(before).op(Instruction::I32Sub);
        body.op(Instruction::I32Store(mem(length)));
        body.get(before).op(Instruction::GlobalSet(TRANSCRIPT_LEN));
        Ok(())
    }

    /// `count` elements from the heap: the letter `a` where bytes or characters stand, zeros elsewhere,
    /// which are empty strings and lists.
    fn fill_bulk(&mut self, body: &mut Body, hole: &Hole, count: &str) -> Result<(), ProgramError> {
        let count: u32 =
            count.parse().map_err(|_| ProgramError::new(format!("${} needs a number behind the dot", hole.name)))?;
        let resolve = self.flat.resolve;
        let (stride, align, byte) = match (resolved(resolve, &hole.ty), defined(resolve, &hole.ty)) {
            (Type::String, _) => (1, 1, b'a'),
            (_, Some(TypeDefKind::List(element))) => {
                let sizes = self.flat.sizes;
                let byte = if resolved(resolve, element) == Type::U8 { b'a' } else { 0 };
                (sizes.size(element).size_wasm32() as u32, sizes.align(element).align_wasm32() as u32, byte)
            }
            _ => return Err(ProgramError::new("$bulk stands where neither a string nor a list is")),
        };
        let bytes = count
            .checked_mul(stride)
            .ok_or_else(|| ProgramError::new(format!("${} is larger than a memory", hole.name)))?;
        let (at, length, start) =
            (Place::fixed(hole.address), Place::fixed(hole.address + 4), body.local(ValType::I32));
        body.i32(0).i32(0).i32(align).i32(bytes).call(self.support.realloc).set(start);
        body.get(start).i32(u32::from(byte)).i32(bytes).op(Instruction::MemoryFill(0));
        body.base(at).get(start).op(Instruction::I32Store(mem(at)));
        body.base(length).i32(count).op(Instruction::I32Store(mem(length)));
        Ok(())
    }
}

/// The case of that name, if it may have a payload.
fn case_of(kind: &TypeDefKind, name: &str) -> Option<usize> {
    match kind {
        TypeDefKind::Option(_) => (name == "some").then_some(1),
        TypeDefKind::Result(_) => ["ok", "err"].iter().position(|case| *case == name),
        TypeDefKind::Variant(variant) => variant.cases.iter().position(|case| case.name == name),
        _ => None,
    }
}

fn is_bytes(resolve: &Resolve, ty: &Type) -> bool {
    match (resolved(resolve, ty), defined(resolve, ty)) {
        (Type::String, _) => true,
        (_, Some(TypeDefKind::List(element))) => resolved(resolve, element) == Type::U8,
        _ => false,
    }
}

/// Whether two types lie in memory alike: the same type behind aliases, strings and bytes for each
/// other, or options, results, lists and tuples of such types.
pub(super) fn same_shape(resolve: &Resolve, a: &Type, b: &Type) -> bool {
    if resolved(resolve, a) == resolved(resolve, b) || is_bytes(resolve, a) && is_bytes(resolve, b) {
        return true;
    }
    let each = |a: &Option<Type>, b: &Option<Type>| match (a, b) {
        (Some(a), Some(b)) => same_shape(resolve, a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    match (defined(resolve, a), defined(resolve, b)) {
        // An owned handle is lent where a borrowed one is asked for; the host checks what it refers to.
        (Some(TypeDefKind::Handle(_)), Some(TypeDefKind::Handle(_))) => true,
        (Some(TypeDefKind::Option(a)), Some(TypeDefKind::Option(b))) => same_shape(resolve, a, b),
        (Some(TypeDefKind::List(a)), Some(TypeDefKind::List(b))) => same_shape(resolve, a, b),
        (Some(TypeDefKind::Result(a)), Some(TypeDefKind::Result(b))) => each(&a.ok, &b.ok) && each(&a.err, &b.err),
        (Some(TypeDefKind::Tuple(a)), Some(TypeDefKind::Tuple(b))) => {
            a.types.len() == b.types.len() && a.types.iter().zip(&b.types).all(|(a, b)| same_shape(resolve, a, b))
        }
        _ => false,
    }
}

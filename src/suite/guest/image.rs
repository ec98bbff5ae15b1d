//! The static part of a guest's memory, and WAVE values laid out in it.
//!
//! Values lie as the canonical ABI has them: little-endian, fields in order at their alignment, a
//! discriminant before the payload, lists and strings as pointer and length. A hole is a place whose
//! value is known only while the guest runs; the code that fills it is made by [`super::holes`].

use std::collections::BTreeMap;

use wasm_wave::ast::{Node, NodeType};
use wit_parser::{Int, Resolve, SizeAlign, Type, TypeDefKind};

use super::ProgramError;
use crate::contract::payload;

/// Where static data starts: the page below stays zero, so that null pointers read nothing of use.
pub(super) const BASE: u32 = 1024;

/// Static memory under construction.
pub(super) struct Image {
    bytes: Vec<u8>,
    texts: BTreeMap<Vec<u8>, u32>,
}

impl Image {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), texts: BTreeMap::new() }
    }

    /// Reserves zeroed room.
    pub(super) fn alloc(&mut self, size: usize, align: usize) -> u32 {
        let start = (BASE as usize + self.bytes.len()).next_multiple_of(align.max(1));
        self.bytes.resize(start - BASE as usize + size, 0);
        start as u32
    }

    /// Places constant bytes, once however often they are asked for.
    pub(super) fn text(&mut self, text: &[u8]) -> (u32, u32) {
        let address = match self.texts.get(text) {
            Some(address) => *address,
            None => {
                let address = self.alloc(text.len(), 1);
                self.write(address, text);
                self.texts.insert(text.to_vec(), address);
                address
            }
        };
        (address, text.len() as u32)
    }

    pub(super) fn write(&mut self, address: u32, bytes: &[u8]) {
        let start = (address - BASE) as usize;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn write_pair(&mut self, address: u32, pair: (u32, u32)) {
        self.write(address, &pair.0.to_le_bytes());
        self.write(address + 4, &pair.1.to_le_bytes());
    }

    /// The address behind the last byte.
    pub(super) fn end(&self) -> u32 {
        BASE + self.bytes.len() as u32
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// A place in the image whose value is known only while the guest runs.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    pub(super) address: u32,
    pub(super) ty: Type,
    /// The expression without its `$`.
    pub(super) name: String,
}

/// A WAVE text whose `$holes` were replaced by labels that WAVE can read.
pub(super) struct Template {
    text: String,
    holes: Vec<String>,
}

/// What a hole looks like to the WAVE parser: a label that no WIT of the contract uses.
const HOLE_LABEL: &str = "zhole";

impl Template {
    /// Finds the `$holes` outside of string literals.
    pub(super) fn new(source: &str) -> Self {
        let (mut text, mut holes) = (String::new(), Vec::new());
        let mut chars = source.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => {
                    text.push(c);
                    text.extend(chars.next());
                }
                '$' if !quoted => {
                    let mut name = String::new();
                    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
                        name.push(c);
                    }
                    text.push_str(&format!("{HOLE_LABEL}{}", holes.len()));
                    holes.push(name);
                }
                _ => {
                    quoted ^= c == '"';
                    text.push(c);
                }
            }
        }
        Self { text, holes }
    }

    /// The text that WAVE parses.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Lays WAVE values out in an image.
pub(super) struct Layout<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) sizes: &'a SizeAlign,
    pub(super) image: &'a mut Image,
    pub(super) holes: Vec<Hole>,
}

impl Layout<'_> {
    /// Writes the value of `node` at `address`, which has room for a `ty`.
    pub(super) fn place(&mut self, t: &Template, node: &Node, ty: &Type, address: u32) -> Result<(), ProgramError> {
        let source = t.text.as_str();
        if node.ty() == NodeType::Label
            && let Some(index) = source[node.span()].strip_prefix(HOLE_LABEL)
            && let Some(name) = index.parse().ok().and_then(|index: usize| t.holes.get(index))
        {
            self.holes.push(Hole { address, ty: *ty, name: name.clone() });
            return Ok(());
        }
        macro_rules! number {
            ($int:ty) => {{
                let number: $int = node.as_number(source)?;
                self.image.write(address, &number.to_le_bytes());
            }};
        }
        match ty {
            Type::Bool => self.image.write(address, &[u8::from(node.as_bool()?)]),
            Type::U8 => number!(u8),
            Type::S8 => number!(i8),
            Type::U16 => number!(u16),
            Type::S16 => number!(i16),
            Type::U32 => number!(u32),
            Type::S32 => number!(i32),
            Type::U64 => number!(u64),
            Type::S64 => number!(i64),
            Type::F32 => number!(f32),
            Type::F64 => number!(f64),
            Type::Char => self.image.write(address, &(node.as_char(source)? as u32).to_le_bytes()),
            Type::String => {
                let text = self.image.text(node.as_str(source)?.as_bytes());
                self.image.write_pair(address, text);
            }
            Type::ErrorContext => return Err(ProgramError::new("error-context values cannot be written")),
            Type::Id(id) => {
                let resolve = self.resolve;
                return self.place_defined(t, node, &resolve.types[*id].kind, address);
            }
        }
        Ok(())
    }

    fn place_defined(
        &mut self,
        t: &Template,
        node: &Node,
        kind: &TypeDefKind,
        address: u32,
    ) -> Result<(), ProgramError> {
        let source = t.text.as_str();
        match kind {
            TypeDefKind::Type(ty) => self.place(t, node, ty, address),
            TypeDefKind::List(element) => {
                if matches!(node.ty(), NodeType::String | NodeType::MultilineString) && is_byte(self.resolve, element) {
                    let bytes =
                        payload::parse(&node.as_str(source)?).map_err(|why| ProgramError::new(why.to_string()))?;
                    let bytes = self.image.text(&bytes);
                    self.image.write_pair(address, bytes);
                    return Ok(());
                }
                let elements: Vec<&Node> = node.as_list()?.collect();
                let stride = self.sizes.size(element).size_wasm32();
                let start = self.image.alloc(stride * elements.len(), self.sizes.align(element).align_wasm32());
                for (index, item) in elements.iter().enumerate() {
                    self.place(t, item, element, start + (index * stride) as u32)?;
                }
                self.image.write_pair(address, (start, elements.len() as u32));
                Ok(())
            }
            TypeDefKind::Record(record) => {
                let mut given: BTreeMap<&str, &Node> = node.as_record(source)?.collect();
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                for (field, offset) in record.fields.iter().zip(offsets(self.sizes, &types)) {
                    match given.remove(field.name.as_str()) {
                        Some(value) => self.place(t, value, &field.ty, address + offset)?,
                        // WAVE leaves out optional fields that are none, and none is all zeros.
                        None if is_option(self.resolve, &field.ty) => {}
                        None => return Err(ProgramError::new(format!("the record lacks the field `{}`", field.name))),
                    }
                }
                match given.keys().next() {
                    Some(extra) => Err(ProgramError::new(format!("the record has no field `{extra}`"))),
                    None => Ok(()),
                }
            }
            TypeDefKind::Tuple(tuple) => {
                let items: Vec<&Node> = node.as_tuple()?.collect();
                if items.len() != tuple.types.len() {
                    return Err(ProgramError::new(format!(
                        "the tuple has {} items, not {}",
                        tuple.types.len(),
                        items.len()
                    )));
                }
                for ((item, ty), offset) in items.iter().zip(&tuple.types).zip(offsets(self.sizes, &tuple.types)) {
                    self.place(t, item, ty, address + offset)?;
                }
                Ok(())
            }
            TypeDefKind::Option(some) => {
                let value = node.as_option()?;
                self.place_case(t, (usize::from(value.is_some()), value), &[None, Some(*some)], address)
            }
            TypeDefKind::Result(result) => {
                let (case, value) = match node.as_result()? {
                    Ok(value) => (0, value),
                    Err(value) => (1, value),
                };
                self.place_case(t, (case, value), &[result.ok, result.err], address)
            }
            TypeDefKind::Variant(variant) => {
                let (name, value) = node.as_variant(source)?;
                let case = variant.cases.iter().position(|case| case.name == name);
                let case = case.ok_or_else(|| ProgramError::new(format!("the variant has no case `{name}`")))?;
                let types: Vec<Option<Type>> = variant.cases.iter().map(|case| case.ty).collect();
                self.place_case(t, (case, value), &types, address)
            }
            TypeDefKind::Enum(cases) => {
                let name = node.as_enum(source)?;
                let case = cases.cases.iter().position(|case| case.name == name);
                let case = case.ok_or_else(|| ProgramError::new(format!("the enum has no case `{name}`")))?;
                self.place_case(t, (case, None), &vec![None; cases.cases.len()], address)
            }
            other => Err(ProgramError::new(format!("values of kind {} cannot be written", other.as_str()))),
        }
    }

    fn place_case(
        &mut self,
        t: &Template,
        (case, value): (usize, Option<&Node>),
        types: &[Option<Type>],
        address: u32,
    ) -> Result<(), ProgramError> {
        let tag = tag_size(types.len());
        self.image.write(address, &(case as u32).to_le_bytes()[..tag as usize]);
        match (types[case], value) {
            (Some(ty), Some(value)) => self.place(t, value, &ty, address + payload_offset(self.sizes, types)),
            (None, None) => Ok(()),
            (Some(_), None) => Err(ProgramError::new("the case lacks its payload")),
            (None, Some(_)) => Err(ProgramError::new("the case has no payload")),
        }
    }
}

/// Bytes of a discriminant with so many cases.
pub(super) fn tag_size(cases: usize) -> u32 {
    match tag_of(cases) {
        Int::U8 => 1,
        Int::U16 => 2,
        _ => 4,
    }
}

fn tag_of(cases: usize) -> Int {
    match cases {
        0..=0x100 => Int::U8,
        0x101..=0x1_0000 => Int::U16,
        _ => Int::U32,
    }
}

/// Where the payload stands behind the discriminant.
pub(super) fn payload_offset(sizes: &SizeAlign, types: &[Option<Type>]) -> u32 {
    sizes.payload_offset(tag_of(types.len()), types.iter().map(Option::as_ref)).size_wasm32() as u32
}

/// Where each field stands in a record of these types.
pub(super) fn offsets(sizes: &SizeAlign, types: &[Type]) -> Vec<u32> {
    sizes.field_offsets(types).into_iter().map(|(offset, _)| offset.size_wasm32() as u32).collect()
}

/// The type behind any aliases.
pub(super) fn resolved(resolve: &Resolve, ty: &Type) -> Type {
    let mut ty = *ty;
    while let Type::Id(id) = ty
        && let TypeDefKind::Type(next) = &resolve.types[id].kind
    {
        ty = *next;
    }
    ty
}

/// The kind behind any aliases, if the type is a defined one.
pub(super) fn defined<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a TypeDefKind> {
    match resolved(resolve, ty) {
        Type::Id(id) => Some(&resolve.types[id].kind),
        _ => None,
    }
}

/// The payload types of the cases, for every type that has a discriminant.
pub(super) fn cases(kind: &TypeDefKind) -> Option<Vec<Option<Type>>> {
    match kind {
        TypeDefKind::Option(some) => Some(vec![None, Some(*some)]),
        TypeDefKind::Result(result) => Some(vec![result.ok, result.err]),
        TypeDefKind::Variant(variant) => Some(variant.cases.iter().map(|case| case.ty).collect()),
        TypeDefKind::Enum(cases) => Some(vec![None; cases.cases.len()]),
        _ => None,
    }
}

fn is_byte(resolve: &Resolve, ty: &Type) -> bool {
    resolved(resolve, ty) == Type::U8
}

fn is_option(resolve: &Resolve, ty: &Type) -> bool {
    matches!(defined(resolve, ty), Some(TypeDefKind::Option(_)))
}

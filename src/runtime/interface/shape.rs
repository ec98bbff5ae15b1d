//! Types compared by structure: what a component has against what the contract says. The first difference is found, with
//! the path that leads to it.
//!
//! The contract's types are finite and small, and both sides are walked together, so that the work is bounded by the
//! contract's side however deep or wide a component's types are.

use std::fmt;

use wasmtime::component::types::{ComponentFunc, Type as Has};
use wit_parser::{Function, Resolve, Type, TypeDefKind};

/// How deep types are written out in a message.
const SHOWN_DEPTH: usize = 3;
/// How many fields, cases or elements are written out in a message.
const SHOWN_PARTS: usize = 8;

/// Where and how two shapes differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// From the function or type inwards.
    path: Vec<String>,
    what: String,
}

impl Difference {
    pub(super) fn new(place: &str, what: String) -> Self {
        Self { path: vec![place.to_owned()], what }
    }

    /// The same, seen from further outside.
    fn within(mut self, step: String) -> Self {
        self.path.insert(0, step);
        self
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join(", "), self.what)
    }
}

/// Compares a function.
pub(super) fn function(
    resolve: &Resolve,
    name: &str,
    has: &ComponentFunc,
    wanted: &Function,
) -> Result<(), Difference> {
    function_parts(resolve, has, wanted).map_err(|difference| difference.within(format!("function {name}")))
}

/// Compares a type that has a name.
pub(super) fn named_type(resolve: &Resolve, name: &str, has: &Has, wanted: Type) -> Result<(), Difference> {
    ty(resolve, has, &wanted).map_err(|difference| difference.within(format!("type {name}")))
}

fn function_parts(resolve: &Resolve, has: &ComponentFunc, wanted: &Function) -> Result<(), Difference> {
    if has.async_() != wanted.kind.is_async() {
        let word = |is_async| if is_async { "asynchronous" } else { "synchronous" };
        return differ(format!(
            "the component's is {}, the contract's {}",
            word(has.async_()),
            word(wanted.kind.is_async())
        ));
    }
    let params: Vec<(&str, Has)> = has.params().collect();
    let names = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    if !params.iter().map(|(name, _)| *name).eq(wanted.params.iter().map(|param| param.name.as_str())) {
        return differ(format!(
            "the component's parameters are {}, the contract's {}",
            names(params.iter().map(|(name, _)| *name).collect()),
            names(wanted.params.iter().map(|param| param.name.as_str()).collect())
        ));
    }
    for ((name, has), wanted) in params.iter().zip(&wanted.params) {
        ty(resolve, has, &wanted.ty).map_err(|difference| difference.within(format!("parameter {name}")))?;
    }
    optional(resolve, has.results().next().as_ref(), wanted.result.as_ref())
        .map_err(|difference| difference.within("result".to_owned()))
}

/// Compares what may be there or not.
fn optional(resolve: &Resolve, has: Option<&Has>, wanted: Option<&Type>) -> Result<(), Difference> {
    match (has, wanted) {
        (Some(has), Some(wanted)) => ty(resolve, has, wanted),
        (None, None) => Ok(()),
        (has, wanted) => {
            let none = || "nothing".to_owned();
            let has = has.map_or_else(none, |has| show_has(has, SHOWN_DEPTH));
            differ(format!(
                "the component has {has}, the contract {}",
                wanted.map_or_else(none, |wanted| show_wanted(resolve, wanted, SHOWN_DEPTH))
            ))
        }
    }
}

fn ty(resolve: &Resolve, has: &Has, wanted: &Type) -> Result<(), Difference> {
    let Type::Id(id) = wanted else {
        return if primitive(has) == Some(*wanted) { Ok(()) } else { kinds_differ(resolve, has, wanted) };
    };
    match (has, &resolve.types[*id].kind) {
        (has, TypeDefKind::Type(alias)) => ty(resolve, has, alias),
        (Has::List(has), TypeDefKind::List(wanted)) => {
            ty(resolve, &has.ty(), wanted).map_err(|difference| difference.within("element".to_owned()))
        }
        (Has::Option(has), TypeDefKind::Option(wanted)) => {
            ty(resolve, &has.ty(), wanted).map_err(|difference| difference.within("some".to_owned()))
        }
        (Has::Result(has), TypeDefKind::Result(wanted)) => {
            optional(resolve, has.ok().as_ref(), wanted.ok.as_ref())
                .map_err(|difference| difference.within("ok".to_owned()))?;
            optional(resolve, has.err().as_ref(), wanted.err.as_ref())
                .map_err(|difference| difference.within("err".to_owned()))
        }
        (Has::Tuple(tuple), TypeDefKind::Tuple(wanted)) if tuple.types().len() == wanted.types.len() => {
            let pairs = (0..).zip(tuple.types().zip(&wanted.types));
            for (index, (has, wanted)) in pairs {
                let index: usize = index;
                ty(resolve, &has, wanted).map_err(|difference| difference.within(format!("element {index}")))?;
            }
            Ok(())
        }
        (Has::Record(record), TypeDefKind::Record(wanted)) => {
            let fields = record.fields().map(|field| field.name);
            same_names("fields", fields, wanted.fields.iter().map(|field| field.name.as_str()))?;
            for (has, wanted) in record.fields().zip(&wanted.fields) {
                ty(resolve, &has.ty, &wanted.ty)
                    .map_err(|difference| difference.within(format!("field {}", wanted.name)))?;
            }
            Ok(())
        }
        (Has::Variant(variant), TypeDefKind::Variant(wanted)) => {
            let cases = variant.cases().map(|case| case.name);
            same_names("cases", cases, wanted.cases.iter().map(|case| case.name.as_str()))?;
            for (has, wanted) in variant.cases().zip(&wanted.cases) {
                optional(resolve, has.ty.as_ref(), wanted.ty.as_ref())
                    .map_err(|difference| difference.within(format!("case {}", wanted.name)))?;
            }
            Ok(())
        }
        (Has::Enum(has), TypeDefKind::Enum(wanted)) => {
            same_names("cases", has.names(), wanted.cases.iter().map(|case| case.name.as_str()))
        }
        (Has::Flags(has), TypeDefKind::Flags(wanted)) => {
            same_names("flags", has.names(), wanted.flags.iter().map(|flag| flag.name.as_str()))
        }
        // The rest (resources, streams, futures, maps) has no place in the contract.
        _ => kinds_differ(resolve, has, wanted),
    }
}

/// Of the component's names no more are looked at than it takes to tell that there are too many.
fn same_names<'a>(
    what: &str,
    has: impl Iterator<Item = &'a str>,
    wanted: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), Difference> {
    let has: Vec<&str> = has.take(wanted.len() + 1).collect();
    let wanted: Vec<&str> = wanted.collect();
    if has == wanted {
        return Ok(());
    }
    let place = has.iter().zip(&wanted).take_while(|(has, wanted)| has == wanted).count();
    let at = |names: &[&str]| names.get(place).map_or_else(|| "no more".to_owned(), |name| format!("`{name}`"));
    differ(format!("at place {} of its {what} the component has {}, the contract {}", place + 1, at(&has), at(&wanted)))
}

fn kinds_differ(resolve: &Resolve, has: &Has, wanted: &Type) -> Result<(), Difference> {
    differ(format!(
        "the component has {}, the contract {}",
        show_has(has, SHOWN_DEPTH),
        show_wanted(resolve, wanted, SHOWN_DEPTH)
    ))
}

fn differ(what: String) -> Result<(), Difference> {
    Err(Difference { path: Vec::new(), what })
}

/// The type of the same name, of those that have no parts.
fn primitive(has: &Has) -> Option<Type> {
    Some(match has {
        Has::Bool => Type::Bool,
        Has::S8 => Type::S8,
        Has::U8 => Type::U8,
        Has::S16 => Type::S16,
        Has::U16 => Type::U16,
        Has::S32 => Type::S32,
        Has::U32 => Type::U32,
        Has::S64 => Type::S64,
        Has::U64 => Type::U64,
        Has::Float32 => Type::F32,
        Has::Float64 => Type::F64,
        Has::Char => Type::Char,
        Has::String => Type::String,
        Has::ErrorContext => Type::ErrorContext,
        _ => return None,
    })
}

/// Writes a component's type as WIT would, down to a depth.
fn show_has(has: &Has, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    let optional = |ty: Option<Has>| ty.map_or_else(|| "_".to_owned(), |ty| show_has(&ty, depth));
    match has {
        Has::List(list) => format!("list<{}>", show_has(&list.ty(), depth)),
        Has::Option(option) => format!("option<{}>", show_has(&option.ty(), depth)),
        Has::Result(result) => format!("result<{}, {}>", optional(result.ok()), optional(result.err())),
        Has::Tuple(tuple) => format!("tuple<{}>", some(tuple.types().map(|ty| show_has(&ty, depth)))),
        Has::Record(record) => format!("record {{ {} }}", some(record.fields().map(|field| field.name.to_owned()))),
        Has::Variant(variant) => format!("variant {{ {} }}", some(variant.cases().map(|case| case.name.to_owned()))),
        Has::Enum(names) => format!("enum {{ {} }}", some(names.names().map(str::to_owned))),
        Has::Flags(names) => format!("flags {{ {} }}", some(names.names().map(str::to_owned))),
        Has::Map(_) => "a map".to_owned(),
        Has::FixedLengthList(_) => "a list of fixed length".to_owned(),
        Has::Own(_) | Has::Borrow(_) => "a resource".to_owned(),
        Has::Future(_) => "a future".to_owned(),
        Has::Stream(_) => "a stream".to_owned(),
        other => primitive(other).map_or("a type", primitive_name).to_owned(),
    }
}

/// Writes a type of the contract likewise; one that has a name by its name as well.
fn show_wanted(resolve: &Resolve, wanted: &Type, depth: usize) -> String {
    let Type::Id(id) = wanted else { return primitive_name(*wanted).to_owned() };
    let Some(depth) = depth.checked_sub(1) else { return "…".to_owned() };
    let show = |ty: &Type| show_wanted(resolve, ty, depth);
    let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), show);
    let def = &resolve.types[*id];
    let text = match &def.kind {
        TypeDefKind::Type(alias) => return show_wanted(resolve, alias, depth + 1),
        TypeDefKind::List(element) => format!("list<{}>", show(element)),
        TypeDefKind::Option(some) => format!("option<{}>", show(some)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", optional(&result.ok), optional(&result.err)),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", some(tuple.types.iter().map(show))),
        TypeDefKind::Record(record) => {
            format!("record {{ {} }}", some(record.fields.iter().map(|field| field.name.clone())))
        }
        TypeDefKind::Variant(variant) => {
            format!("variant {{ {} }}", some(variant.cases.iter().map(|case| case.name.clone())))
        }
        TypeDefKind::Enum(names) => format!("enum {{ {} }}", some(names.cases.iter().map(|case| case.name.clone()))),
        TypeDefKind::Flags(names) => format!("flags {{ {} }}", some(names.flags.iter().map(|flag| flag.name.clone()))),
        other => format!("a {}", other.as_str()),
    };
    match &def.name {
        Some(name) => format!("{name} ({text})"),
        None => text,
    }
}

fn some(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.take(SHOWN_PARTS + 1).collect();
    if parts.len() > SHOWN_PARTS {
        parts[SHOWN_PARTS] = "…".to_owned();
    }
    parts.join(", ")
}

fn primitive_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "a type",
    }
}

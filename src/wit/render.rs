//! Types and functions as WIT text.

use wit_parser::{Function, FunctionKind, Handle, Param, Resolve, Type, TypeDefKind, TypeId};

/// What cannot be a name unless it is escaped.
const KEYWORDS: [&str; 44] = [
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "error-context",
    "export",
    "f32",
    "f64",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "use",
    "variant",
    "with",
    "world",
    "_",
];

/// A name as WIT has it: with `%` if it is a keyword.
pub(super) fn name(name: &str) -> String {
    match KEYWORDS.contains(&name) {
        true => format!("%{name}"),
        false => name.to_owned(),
    }
}

/// A function as it is declared: `get: func(key: string) -> option<string>;`.
pub(super) fn signature(resolve: &Resolve, function: &Function) -> String {
    let ty = function_type(resolve, function);
    match function.kind {
        FunctionKind::Constructor(_) => format!("{ty};"),
        _ => {
            let own = function.name.rsplit(['.', ']']).next().unwrap_or_default();
            format!("{}: {ty};", name(own))
        }
    }
}

/// A function without its name: `func(key: string) -> option<string>`.
pub(super) fn function_type(resolve: &Resolve, function: &Function) -> String {
    let params = parameters(function).map(|param| format!("{}: {}", name(&param.name), type_name(resolve, param.ty)));
    let params = params.collect::<Vec<_>>().join(", ");
    let result = match (&function.kind, function.result) {
        // What a constructor returns goes without saying, unless it can fail.
        (FunctionKind::Constructor(_), Some(Type::Id(id))) if !is_result(resolve, id) => None,
        (_, result) => result,
    };
    let result = result.map(|ty| format!(" -> {}", type_name(resolve, ty))).unwrap_or_default();
    format!("{}({params}){result}", keyword(function))
}

/// What stands in front of a function's parameters.
pub(super) const fn keyword(function: &Function) -> &'static str {
    match function.kind {
        FunctionKind::Freestanding | FunctionKind::Method(_) => "func",
        FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) => "async func",
        FunctionKind::Static(_) => "static func",
        FunctionKind::AsyncStatic(_) => "static async func",
        FunctionKind::Constructor(_) => "constructor",
    }
}

/// The parameters that are written: that of the object itself is not.
pub(super) fn parameters(function: &Function) -> impl Iterator<Item = &Param> {
    let method = matches!(function.kind, FunctionKind::Method(_) | FunctionKind::AsyncMethod(_));
    function.params.iter().skip(usize::from(method))
}

fn is_result(resolve: &Resolve, id: TypeId) -> bool {
    matches!(resolve.types[id].kind, TypeDefKind::Result(_))
}

/// A type, by its name where it has one.
pub(super) fn type_name(resolve: &Resolve, ty: Type) -> String {
    let id = match ty {
        Type::Id(id) => id,
        Type::Bool => return "bool".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::S8 => return "s8".to_owned(),
        Type::S16 => return "s16".to_owned(),
        Type::S32 => return "s32".to_owned(),
        Type::S64 => return "s64".to_owned(),
        Type::F32 => return "f32".to_owned(),
        Type::F64 => return "f64".to_owned(),
        Type::Char => return "char".to_owned(),
        Type::String => return "string".to_owned(),
        Type::ErrorContext => return "error-context".to_owned(),
    };
    match &resolve.types[id].name {
        Some(own) => name(own),
        None => written(resolve, &resolve.types[id].kind),
    }
}

/// What stands behind a type's name, for those that are no list of parts with names of their own.
pub(super) fn written(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let of = |ty: &Type| type_name(resolve, *ty);
    let maybe = |outer: &str, ty: &Option<Type>| match ty {
        Some(ty) => format!("{outer}<{}>", of(ty)),
        None => outer.to_owned(),
    };
    match kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", of(ty)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", of(key), of(value)),
        TypeDefKind::Future(ty) => maybe("future", ty),
        TypeDefKind::Stream(ty) => maybe("stream", ty),
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".to_owned(),
            (Some(ok), None) => format!("result<{}>", of(ok)),
            (None, Some(err)) => format!("result<_, {}>", of(err)),
            (Some(ok), Some(err)) => format!("result<{}, {}>", of(ok), of(err)),
        },
        TypeDefKind::Handle(Handle::Own(id)) => type_name(resolve, Type::Id(*id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", type_name(resolve, Type::Id(*id))),
        kind => kind.as_str().to_owned(),
    }
}

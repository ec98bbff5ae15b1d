//! Arguments for any function, made of the types of its parameters alone.
//!
//! In: a function, and the texts that stand in some of its parameters. Out: its arguments as WAVE, each the least value
//! of its type; or which type it is that no value is known of.

use std::collections::BTreeMap;

use wit_parser::{Function, Resolve, Type, TypeDefKind};

/// Texts by parameter, or by path to a field of one.
pub(crate) type Given = BTreeMap<String, String>;

/// The arguments of a call, without the parentheses.
pub(crate) fn arguments(resolve: &Resolve, function: &Function, given: &Given) -> Result<String, String> {
    let arguments = function.params.iter().map(|param| {
        value(resolve, &param.ty, &param.name, given).map_err(|kind| {
            format!(
                "`{}` has a part of kind {kind}, of which no value is known: add one to `value` in tests/gate/value.rs",
                param.name
            )
        })
    });
    Ok(arguments.collect::<Result<Vec<_>, _>>()?.join(", "))
}

/// The least value of a type. A list of bytes is a payload, so that what is refused is not refused for its form.
fn value(resolve: &Resolve, ty: &Type, path: &str, given: &Given) -> Result<String, String> {
    if let Some(text) = given.get(path) {
        return Ok(text.clone());
    }
    let id = match ty {
        Type::Bool => return Ok("false".to_owned()),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
            return Ok("0".to_owned());
        }
        Type::F32 | Type::F64 => return Ok("0.0".to_owned()),
        Type::Char => return Ok("'x'".to_owned()),
        Type::String => return Ok("\"x\"".to_owned()),
        Type::ErrorContext => return Err("error-context".to_owned()),
        Type::Id(id) => *id,
    };
    let part = |ty: &Type, name: &str| value(resolve, ty, &format!("{path}.{name}"), given);
    let case = |name: &str, ty: Option<&Type>| match ty {
        Some(ty) => Ok(format!("{name}({})", part(ty, name)?)),
        None => Ok(name.to_owned()),
    };
    match &resolve.types[id].kind {
        TypeDefKind::Type(ty) => value(resolve, ty, path, given),
        TypeDefKind::Record(record) => {
            let fields =
                record.fields.iter().map(|field| Ok(format!("{}: {}", field.name, part(&field.ty, &field.name)?)));
            Ok(format!("{{{}}}", fields.collect::<Result<Vec<_>, String>>()?.join(", ")))
        }
        TypeDefKind::Tuple(tuple) => {
            let parts = tuple.types.iter().enumerate().map(|(index, ty)| part(ty, &index.to_string()));
            Ok(format!("({})", parts.collect::<Result<Vec<_>, String>>()?.join(", ")))
        }
        TypeDefKind::Option(_) => Ok("none".to_owned()),
        TypeDefKind::List(Type::U8) => Ok("\"raw:x\"".to_owned()),
        TypeDefKind::List(_) => Ok("[]".to_owned()),
        TypeDefKind::Flags(_) => Ok("{}".to_owned()),
        TypeDefKind::Result(result) => case("ok", result.ok.as_ref()),
        TypeDefKind::Enum(cases) => Ok(cases.cases[0].name.clone()),
        TypeDefKind::Variant(variant) => case(&variant.cases[0].name, variant.cases[0].ty.as_ref()),
        other => Err(other.as_str().to_owned()),
    }
}

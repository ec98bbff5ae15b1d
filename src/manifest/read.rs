//! Readers of single values: from a TOML value to its type, or to what is wrong with it.

use std::ops::RangeInclusive;
use std::str::FromStr;

use semver::{Version, VersionReq};
use toml::de::DeValue;

use super::pattern::PatternError;
use super::sink::Problem;
use super::size::parse_size;
use super::walk::{Value, wrong_type};
use super::words::{clip, did_you_mean};
use crate::contract::{ComponentId, LoadCode};

/// The longest version or requirement, in bytes: versions stand in every log line.
const MAX_VERSION_BYTES: usize = 256;

/// A string, as written.
pub(super) fn string(value: Value<'_>) -> Result<String, Problem> {
    str_of(value).map(str::to_owned)
}

/// A string without NUL: environments of operating systems cannot carry one.
pub(super) fn string_without_nul(value: Value<'_>) -> Result<String, Problem> {
    let text = str_of(value)?;
    if text.contains('\0') {
        return Err(Problem::value("the value contains NUL"));
    }
    Ok(text.to_owned())
}

/// `true` or `false`.
pub(super) fn boolean(value: Value<'_>) -> Result<bool, Problem> {
    match value.get_ref() {
        DeValue::Boolean(boolean) => Ok(*boolean),
        _ => Err(wrong_type(value, "a boolean")),
    }
}

/// An integer in a range.
pub(super) fn integer(range: RangeInclusive<u64>) -> impl Fn(Value<'_>) -> Result<u64, Problem> {
    move |value| match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| out_of_range(&range)),
        DeValue::String(text) if text.parse::<i128>().is_ok() => {
            Err(wrong_type(value, "an integer").help(format!("write {text} without quotes")))
        }
        _ => Err(wrong_type(value, "an integer")),
    }
}

/// An integer of 32 bits in a range.
pub(super) fn integer_u32(range: RangeInclusive<u32>) -> impl Fn(Value<'_>) -> Result<u32, Problem> {
    let read = integer(u64::from(*range.start())..=u64::from(*range.end()));
    move |value| read(value).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

/// A port.
pub(super) fn port(value: Value<'_>) -> Result<u16, Problem> {
    integer(1..=u64::from(u16::MAX))(value).map(|port| u16::try_from(port).unwrap_or(u16::MAX))
}

/// A number of bytes of at least `min`, as an integer or as text such as `64MB`.
pub(super) fn size(min: u64) -> impl Fn(Value<'_>) -> Result<u64, Problem> {
    move |value| {
        let bytes = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(text) => Some(parse_size(text).map_err(|error| Problem::value(error.to_string()))?),
            _ => return Err(wrong_type(value, "a size, such as \"64MB\" or 64000000")),
        };
        bytes.filter(|&bytes| bytes >= min).ok_or_else(|| out_of_range(&(min..=u64::MAX)))
    }
}

/// One of a closed set of words.
pub(super) fn word<T: FromStr<Err = String> + Copy>(
    known: &'static [T],
    name: fn(T) -> &'static str,
) -> impl Fn(Value<'_>) -> Result<T, Problem> {
    move |value| {
        let text = str_of(value)?;
        text.parse().map_err(|_: String| {
            let names: Vec<_> = known.iter().map(|&word| name(word)).collect();
            let problem = Problem::value(format!("`{}` is none of {}", clip(text), names.join(", ")));
            match did_you_mean(text, names) {
                Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
                None => problem,
            }
        })
    }
}

/// A component identifier.
pub(super) fn component_id(value: Value<'_>) -> Result<ComponentId, Problem> {
    let text = str_of(value)?;
    if text.len() > ComponentId::MAX_BYTES {
        return Err(Problem::value(format!("the identifier has more than {} bytes", ComponentId::MAX_BYTES)));
    }
    ComponentId::new(text).map_err(|error| {
        let problem = Problem::value(error.to_string());
        let mended = text.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
        if ComponentId::new(mended.as_str()).is_ok() { problem.help(format!("\"{mended}\" would do")) } else { problem }
    })
}

/// A full semver version.
pub(super) fn version(value: Value<'_>) -> Result<Version, Problem> {
    let text = short(value)?;
    Version::parse(text).map_err(|error| {
        let problem = Problem::value(format!("`{}` is no semver version: {error}", clip(text)));
        let numbers = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mended = [numbers.to_owned(), format!("{numbers}.0"), format!("{numbers}.0.0")];
        match mended.iter().find(|version| Version::parse(version).is_ok()) {
            Some(mended) => problem.help(format!("write \"{mended}\"")),
            None => problem.help("write it as \"MAJOR.MINOR.PATCH\", such as \"1.2.0\""),
        }
    })
}

/// A semver requirement.
pub(super) fn requirement(value: Value<'_>) -> Result<VersionReq, Problem> {
    let text = short(value)?;
    VersionReq::parse(text).map_err(|error| {
        Problem::value(format!("`{}` is no semver requirement: {error}", clip(text)))
            .help("write it as \"^1.0.0\", \"~1.0.0\" or \">=1.0, <2\"")
    })
}

/// A capability pattern.
pub(super) fn pattern(check: fn(&str) -> Result<(), PatternError>) -> impl Fn(Value<'_>) -> Result<String, Problem> {
    move |value| {
        let text = str_of(value)?;
        check(text).map_err(invalid_pattern)?;
        Ok(text.to_owned())
    }
}

/// The problem of a pattern that breaks the pattern language.
pub(super) fn invalid_pattern(error: PatternError) -> Problem {
    let problem = Problem::new(LoadCode::InvalidPattern, error.to_string());
    match error.help() {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// A path below the manifest's directory, with `/` between its segments.
pub(super) fn path_inside(value: Value<'_>) -> Result<String, Problem> {
    let text = relative_path(value)?;
    if text.split('/').any(|segment| segment == "..") {
        return Err(Problem::value("the path leaves the directory of the manifest").help("remove `..`"));
    }
    Ok(text)
}

/// A path relative to the manifest's directory, which may lie outside it.
pub(super) fn relative_path(value: Value<'_>) -> Result<String, Problem> {
    let text = str_of(value)?;
    let problem = match text {
        "" => "the path is empty",
        _ if text.len() > super::pattern::MAX_PATH_BYTES => "the path is longer than 4096 bytes",
        _ if text.starts_with('/') => "the path is absolute: it must be relative to the directory of the manifest",
        _ if text.contains('\\') => "the path contains a backslash: segments are separated by `/`",
        _ if text.contains(char::is_control) => "the path contains a control character",
        _ if text.split('/').any(str::is_empty) => "the path has an empty segment",
        _ => return Ok(text.to_owned()),
    };
    Err(Problem::value(problem))
}

/// An argument that will be handed to git: nothing that it could take for an option or for two words.
pub(super) fn git_word(value: Value<'_>) -> Result<String, Problem> {
    let text = short(value)?;
    if text.is_empty() || text.starts_with('-') || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Problem::value("expected one word that does not start with `-`"));
    }
    Ok(text.to_owned())
}

pub(super) fn str_of<'a>(value: Value<'a>) -> Result<&'a str, Problem> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Err(wrong_type(value, "a string").help("put the value in quotes"))
        }
        DeValue::Table(_) => {
            Err(wrong_type(value, "a string").help("a key that contains dots stands in quotes: \"a.b\" = \"c\""))
        }
        _ => Err(wrong_type(value, "a string")),
    }
}

fn short<'a>(value: Value<'a>) -> Result<&'a str, Problem> {
    let text = str_of(value)?;
    if text.len() > MAX_VERSION_BYTES {
        return Err(Problem::value(format!("the value is longer than {MAX_VERSION_BYTES} bytes")));
    }
    Ok(text)
}

fn out_of_range(range: &RangeInclusive<u64>) -> Problem {
    match (*range.start(), *range.end()) {
        (min, u64::MAX) => Problem::value(format!("the number must be at least {min} and fit 64 bits")),
        (min, max) => Problem::value(format!("the number must be from {min} to {max}")),
    }
}

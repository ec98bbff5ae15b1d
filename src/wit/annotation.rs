//! The `@permission` line of a function's doc comment: which permission a call needs.
//!
//! In: a function of a resolved package. Out: the permissions any of which suffices. Whether a function needs such a line
//! is not known here, nor what the permissions permit.

use std::fmt;

use wit_parser::{Function, Resolve, Type, TypeDefKind};

use super::parts::unnamed;

/// The classes of permissions and the actions of each, as the manifest names them.
pub const ACTIONS: [(&str, &[&str]); 7] = [
    ("filesystem", &["read", "write", "delete", "list"]),
    ("network", &["outbound", "inbound"]),
    ("storage", &["read", "write", "delete", "list"]),
    ("process", &["spawn"]),
    ("messaging", &["send", "request"]),
    ("host-functions", &["call"]),
    ("topics", &["publish", "subscribe"]),
];

/// One permission that a function needs, or one of those any of which suffices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The class, one of [`ACTIONS`].
    pub class: &'static str,
    /// The action, one of its class.
    pub action: &'static str,
    /// The parameter that says what the call is about, or the path to a field of one: `request.url`.
    pub parameter: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.class, self.action, self.parameter)
    }
}

/// Why a doc comment does not say which permission is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// There is no line that names `@permission`, or more than one.
    #[error("{0} lines with @permission")]
    Lines(usize),
    /// The line that names it does not start with it, or ends with it.
    #[error("`{0}` does not start with @permission")]
    Start(String),
    /// Something is wrong with one of the alternatives.
    #[error("`{alternative}`: {why}")]
    Alternative {
        /// The alternative, as it is written.
        alternative: String,
        /// What is wrong with it.
        why: Flaw,
    },
}

/// What is wrong with `class.action(parameter)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is no dot.
    #[error("no class")]
    NoClass,
    /// There is no bracket.
    #[error("no parameter")]
    NoParameter,
    /// It does not end with the closing bracket.
    #[error("not closed")]
    NotClosed,
    /// The class is none of [`ACTIONS`].
    #[error("unknown class")]
    UnknownClass,
    /// The class has no such action.
    #[error("unknown action")]
    UnknownAction,
    /// The function has no such parameter, or the parameter no such field.
    #[error("unknown parameter")]
    UnknownParameter,
}

/// The permissions that the one `@permission` line of a doc comment asks for. Any of them suffices; none at all are
/// needed if there are none.
///
/// # Errors
/// [`AnnotationError`] unless there is exactly one such line, in the grammar of `wit/README.md`, and each alternative
/// names a class and an action that there are, and a parameter of the function.
pub fn permissions(resolve: &Resolve, function: &Function) -> Result<Vec<Permission>, AnnotationError> {
    let docs = function.docs.contents.as_deref().unwrap_or_default();
    let lines: Vec<&str> = docs.lines().filter(|line| line.contains("@permission")).collect();
    let [line] = lines.as_slice() else { return Err(AnnotationError::Lines(lines.len())) };
    let Some(expression) = line.strip_prefix("@permission ") else {
        return Err(AnnotationError::Start((*line).to_owned()));
    };
    if expression == "none" {
        return Ok(Vec::new());
    }
    let alternatives = expression.split(" | ").map(|alternative| {
        one(resolve, function, alternative)
            .map_err(|why| AnnotationError::Alternative { alternative: alternative.to_owned(), why })
    });
    alternatives.collect()
}

/// Permissions as they are written behind `@permission `.
pub fn written(permissions: &[Permission]) -> String {
    match permissions {
        [] => "none".to_owned(),
        permissions => permissions.iter().map(Permission::to_string).collect::<Vec<_>>().join(" | "),
    }
}

/// What a line of a doc comment says behind `@permission`, if it is such a line. Whether that is well formed is left open.
pub(super) fn behind_mark(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("@permission")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

fn one(resolve: &Resolve, function: &Function, alternative: &str) -> Result<Permission, Flaw> {
    let (class, rest) = alternative.split_once('.').ok_or(Flaw::NoClass)?;
    let (action, rest) = rest.split_once('(').ok_or(Flaw::NoParameter)?;
    let path = rest.strip_suffix(')').ok_or(Flaw::NotClosed)?;
    let (class, actions) = ACTIONS.iter().find(|(name, _)| *name == class).ok_or(Flaw::UnknownClass)?;
    let action = actions.iter().find(|name| **name == action).ok_or(Flaw::UnknownAction)?;
    parameter(resolve, function, path).ok_or(Flaw::UnknownParameter)?;
    Ok(Permission { class, action, parameter: path.to_owned() })
}

/// The type of a parameter, or of a field of one.
pub fn parameter(resolve: &Resolve, function: &Function, path: &str) -> Option<Type> {
    let mut steps = path.split('.');
    let head = steps.next()?;
    let first = function.params.iter().find(|param| param.name == head)?.ty;
    steps.try_fold(first, |ty, step| {
        let Type::Id(id) = unnamed(resolve, ty) else { return None };
        let TypeDefKind::Record(record) = &resolve.types[id].kind else { return None };
        record.fields.iter().find(|field| field.name == step).map(|field| field.ty)
    })
}

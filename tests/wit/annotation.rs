//! What the WIT says about permissions: the functions of the platform world, and the `@permission` line of each.

use std::fmt;
use std::path::{Path, PathBuf};

use wit_parser::{Function, PackageId, Resolve, Type, TypeDefKind, WorldItem};

/// The actions of each permission class, as the manifest names them.
pub(crate) const ACTIONS: [(&str, &[&str]); 6] = [
    ("filesystem", &["read", "write", "delete", "list"]),
    ("network", &["outbound", "inbound"]),
    ("storage", &["read", "write", "delete", "list"]),
    ("process", &["spawn"]),
    ("messaging", &["send", "request"]),
    ("host-functions", &["call"]),
];

/// One permission that a function needs, or one of those that suffice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    pub(crate) class: String,
    pub(crate) action: String,
    /// The parameter that says what it is about, or the path to a field of one.
    pub(crate) parameter: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.class, self.action, self.parameter)
    }
}

pub(crate) fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")
}

pub(crate) fn resolve(directory: &str) -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit().join(directory)).unwrap_or_else(|why| panic!("{directory}: {why:#}"));
    (resolve, package)
}

/// `(interface, function)` of everything that the platform world imports or exports, in its order.
pub(crate) fn functions(resolve: &Resolve, exported: bool) -> Vec<(String, &Function)> {
    let world = resolve
        .worlds
        .iter()
        .map(|(_, world)| world)
        .find(|world| world.package.is_some_and(|package| resolve.packages[package].name.name == "platform"));
    let world = world.unwrap();
    let mut functions = Vec::new();
    for item in if exported { &world.exports } else { &world.imports }.values() {
        let WorldItem::Interface { id, .. } = item else { panic!("the world has only interfaces") };
        let interface = &resolve.interfaces[*id];
        let package = &resolve.packages[interface.package.unwrap()].name.name;
        let name = format!("{package}/{}", interface.name.as_deref().unwrap());
        functions.extend(interface.functions.values().map(|function| (name.clone(), function)));
    }
    functions
}

/// The permissions that the one `@permission` line of a doc comment asks for. Any of them suffices.
pub(crate) fn permissions(resolve: &Resolve, function: &Function) -> Result<Vec<Permission>, String> {
    let docs = function.docs.contents.as_deref().unwrap_or_default();
    let lines: Vec<&str> = docs.lines().filter(|line| line.contains("@permission")).collect();
    let [line] = lines.as_slice() else { return Err(format!("{} lines with @permission", lines.len())) };
    let expression =
        line.strip_prefix("@permission ").ok_or_else(|| format!("`{line}` does not start with @permission"))?;
    if expression == "none" {
        return Ok(Vec::new());
    }
    let alternatives = expression.split(" | ").map(|alternative| {
        let bad = |why: &str| format!("`{alternative}`: {why}");
        let (class, rest) = alternative.split_once('.').ok_or_else(|| bad("no class"))?;
        let (action, rest) = rest.split_once('(').ok_or_else(|| bad("no parameter"))?;
        let path = rest.strip_suffix(')').ok_or_else(|| bad("not closed"))?;
        let (_, actions) = ACTIONS.iter().find(|(name, _)| *name == class).ok_or_else(|| bad("unknown class"))?;
        if !actions.contains(&action) {
            return Err(bad("unknown action"));
        }
        if parameter(resolve, function, path).is_none() {
            return Err(bad("unknown parameter"));
        }
        Ok(Permission { class: class.to_owned(), action: action.to_owned(), parameter: path.to_owned() })
    });
    alternatives.collect()
}

/// The type of a parameter, or of a field of one.
pub(crate) fn parameter(resolve: &Resolve, function: &Function, path: &str) -> Option<Type> {
    let mut steps = path.split('.');
    let head = steps.next()?;
    let first = function.params.iter().find(|param| param.name == head)?.ty;
    steps.try_fold(first, |ty, step| {
        let mut ty = ty;
        loop {
            let Type::Id(id) = ty else { return None };
            match &resolve.types[id].kind {
                TypeDefKind::Type(next) => ty = *next,
                TypeDefKind::Record(record) => {
                    return record.fields.iter().find(|field| field.name == step).map(|field| field.ty);
                }
                _ => return None,
            }
        }
    })
}

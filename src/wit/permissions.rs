//! Which permission each function of the host needs, as a table.
//!
//! In: packages that have been read. Out: one row a function, the same for all versions of its package in which it needs
//! the same.

use std::collections::{BTreeMap, HashMap};

use super::annotation::permissions;
use super::item::{Item, What, items, shown};
use super::source::{Place, Source};
use super::tree::packages;
use super::unversioned::unversioned;

/// A function and what it needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Row {
    /// The package, without its version: `airssys:core`.
    pub package: String,
    /// The interface, or the world if the function stands in one.
    pub interface: String,
    /// The function; one of a resource with its resource: `file.read`.
    pub function: String,
    /// The permissions any of which suffices; none if it can always be called.
    pub permissions: Vec<String>,
    /// The versions of the package in which this is so; none of a package that has no version.
    pub versions: Vec<String>,
}

/// A function of which nobody knows what it needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place}: `{item}` does not say which permission it needs: {why}\n  help: `airssys-wasm wit check` says how to write it"
)]
pub struct Unannotated {
    /// Where.
    pub place: Place,
    /// `interface.function`.
    pub item: String,
    /// What is wrong with its annotation.
    pub why: String,
}

/// The functions of packages by package and interface, in the order of their declaration; and those that do not say what
/// they need. Functions that components export are no functions of the host.
pub fn table(sources: &[Source]) -> (Vec<Row>, Vec<Unannotated>) {
    let (mut tables, mut unannotated) = (BTreeMap::<(String, String), Rows>::new(), Vec::new());
    for (source, package) in packages(sources) {
        let name = &source.resolve.packages[package].name;
        for Item { path, span, what, .. } in items(source, package) {
            let What::Function { function, exported: false } = what else { continue };
            let needed = match permissions(&source.resolve, function) {
                Ok(needed) => needed,
                Err(why) => {
                    unannotated.push(Unannotated { place: source.place(span), item: path, why: why.to_string() });
                    continue;
                }
            };
            let function = shown(function);
            let interface = path.strip_suffix(&format!(".{function}")).unwrap_or_default().to_owned();
            let row = Row {
                package: unversioned(name),
                interface,
                function,
                permissions: needed.iter().map(ToString::to_string).collect(),
                versions: name.version.iter().map(ToString::to_string).collect(),
            };
            tables.entry((row.package.clone(), row.interface.clone())).or_default().add(row);
        }
    }
    (tables.into_values().flat_map(|rows| rows.rows).collect(), unannotated)
}

/// The rows of one interface.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// Where each function stands with what it needs.
    index: HashMap<(String, Vec<String>), usize>,
}

impl Rows {
    /// Adds a row, or its version to the row that says the same.
    fn add(&mut self, row: Row) {
        let index = *self.index.entry((row.function.clone(), row.permissions.clone())).or_insert(self.rows.len());
        match self.rows.get_mut(index) {
            Some(known) => known.versions.extend(row.versions),
            None => self.rows.push(row),
        }
    }
}

/// The rows as a table in Markdown, the functions of an interface under its name.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = "| function | permission | versions |\n|---|---|---|\n".to_owned();
    let mut heading = String::new();
    for row in rows {
        let interface = format!("{}/{}", row.package, row.interface);
        if interface != heading {
            text += &format!("| **{interface}** | | |\n");
            heading = interface;
        }
        let permissions: Vec<_> = row.permissions.iter().map(|permission| format!("`{permission}`")).collect();
        let permissions = if permissions.is_empty() { "none".to_owned() } else { permissions.join(" or ") };
        text += &format!("| `{}` | {permissions} | {} |\n", row.function, row.versions.join(", "));
    }
    text
}

/// The rows for a terminal, in columns.
pub fn plain(rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let function = format!("{}/{}.{}", row.package, row.interface, row.function);
        let permissions = if row.permissions.is_empty() { "none".to_owned() } else { row.permissions.join(" | ") };
        (function, permissions, row.versions.join(", "))
    });
    let cells: Vec<_> = cells.collect();
    let width = |of: fn(&(String, String, String)) -> &String| cells.iter().map(of).map(String::len).max();
    let (functions, permissions) = (width(|cell| &cell.0).unwrap_or(0), width(|cell| &cell.1).unwrap_or(0));
    let lines = cells.iter().map(|(function, permission, versions)| {
        let line = format!("{function:functions$}  {permission:permissions$}  {versions}");
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

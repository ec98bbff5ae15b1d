//! A directory of `.wit` files, resolved.
//!
//! In: a directory, with the packages it refers to in its `deps/`. Out: what the files say, or why they say nothing, with
//! the place and the mend. Whether a package is well made is not known here: whatever resolves is read.

mod bounds;
mod explain;
mod files;
mod gates;
mod place;
mod texts;
mod twice;

use std::path::{Path, PathBuf};

use wit_parser::{PackageId, Resolve, SourceMap, Span, UnresolvedPackageGroup};

pub(super) use files::{entries, unreadable};
use place::Lines;
pub use place::Place;
pub(super) use texts::{MAX_FILE_BYTES, Texts, text};

/// The stack on which text is parsed and resolved, in bytes: the parser calls itself once for each level of types,
/// interfaces and packages, whose number is bounded; this is some ten times what that many levels take.
const STACK_BYTES: usize = 16 << 20;

/// A WIT package that stands in a directory, and all that it refers to.
#[derive(Debug)]
pub struct Source {
    /// Where it stands.
    pub directory: PathBuf,
    /// What it says, features that are not stable included.
    pub resolve: Resolve,
    /// The package of the directory itself.
    pub package: PackageId,
    /// The packages that its files define within themselves (`package a:b { … }`), by their names.
    pub nested: Vec<PackageId>,
    lines: Lines,
}

impl Source {
    /// Where something stands; the directory, if that is not known.
    pub fn place(&self, span: Span) -> Place {
        self.lines.place(&self.resolve.source_map, span).unwrap_or_else(|| Place {
            file: self.directory.display().to_string(),
            line: 0,
            column: 0,
        })
    }
}

/// A directory cannot be read as a WIT package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct SourceError {
    /// The directory that was to be read.
    pub directory: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}\n  help: {mend}")]
pub struct Fault {
    /// A file or a directory, followed by `:LINE:COLUMN` where there is a line. Columns count bytes, from 1.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

impl Fault {
    pub(super) fn at(place: &Path, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { place: place.display().to_string(), what: what.into(), mend: mend.into() }
    }
}

/// Reads a directory that holds a WIT package: its `.wit` files, and those of the packages in its `deps/`, each a
/// directory or a file. Links are followed.
///
/// # Errors
/// [`SourceError`] if there is no such directory, if what it holds does not resolve, or if it holds more than the bounds
/// of this module.
pub fn read(directory: &Path) -> Result<Source, SourceError> {
    files::read(directory).and_then(resolved).map_err(|fault| SourceError { directory: directory.to_owned(), fault })
}

/// Reads a package that is one file at `path`, and refers to no other. Nothing is looked for there: `path` stands in messages.
///
/// # Errors
/// [`SourceError`] if the file does not resolve, or passes the bounds of this module.
pub fn read_text(path: &Path, bytes: &[u8]) -> Result<Source, SourceError> {
    let shown = path.display().to_string();
    let directory = path.parent().unwrap_or(path).to_owned();
    let texts = text(&shown, bytes).map(|text| Texts { place: directory.clone(), files: vec![(shown, text)] });
    texts.and_then(|texts| resolved(vec![texts])).map_err(|fault| SourceError { directory, fault })
}

/// Resolves the package of the first texts against those of the others.
fn resolved(texts: Vec<Texts>) -> Result<Source, Fault> {
    let lines = Lines::new(&texts);
    let directory = texts.first().map(|texts| texts.place.clone()).unwrap_or_default();
    let (resolve, package, nested) = with_stack(&directory, move || resolve(texts))?;
    Ok(Source { directory, resolve, package, nested, lines })
}

/// Parses the files of a package, without what they refer to.
///
/// # Errors
/// [`Fault`] says where they are no WIT, and how to mend it.
pub(super) fn parsed(texts: Texts) -> Result<UnresolvedPackageGroup, Fault> {
    with_stack(&texts.place.clone(), move || parse(&texts))
}

/// Runs the parser where it may call itself as often as the bounds admit, and cannot take the process with it.
fn with_stack<T: Send + 'static>(
    place: &Path,
    run: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Fault::at(
            place,
            "the WIT parser gave up without saying why",
            "take declarations out until it reads the rest: the last one taken out is the one it cannot read",
        )),
        Err(why) => Err(Fault::at(
            place,
            format!("no thread to parse it on: {why}"),
            "let the process have more threads, or more memory",
        )),
    }
}

fn resolve(texts: Vec<Texts>) -> Result<(Resolve, PackageId, Vec<PackageId>), Fault> {
    let mut groups = texts.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    bounds::of_parsed(&texts[0].place, &groups)?;

    let known = explain::Known::new(&texts, &groups);
    let main = groups.remove(0);
    let nested: Vec<_> = main.nested.iter().map(|package| package.name.clone()).collect();
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    let package = match resolve.push_groups(main, groups) {
        Ok(package) => package,
        Err(error) => return Err(known.explain(&error, &resolve.source_map)),
    };
    bounds::of_types(&texts[0].place, &resolve)?;
    twice::refuse(&resolve)?;
    let nested = nested.iter().filter_map(|name| resolve.package_names.get(name).copied()).collect();
    Ok((resolve, package, nested))
}

fn parse(texts: &Texts) -> Result<UnresolvedPackageGroup, Fault> {
    let mut map = SourceMap::new();
    for (path, text) in &texts.files {
        map.push_str(path, text.as_str());
    }
    map.parse().map_err(|(map, error)| explain::syntax(&texts.place, &error, &map))
}

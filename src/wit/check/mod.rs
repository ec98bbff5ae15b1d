//! Whether a package keeps to the conventions of `wit/README.md`.
//!
//! In: a package that has been read. Out: findings, each with its place and its mend. Packages of other directories are
//! not judged, nor is anything read or written.

mod annotated;
mod documented;
mod gated;
mod named;

use std::fmt;

use wit_parser::{PackageId, Span};

use super::item::{Item, What, items};
use super::source::{Place, Source};
use crate::contract::kebab_enum;

kebab_enum! {
    /// What a package is held against.
    pub enum Rule {
        /// The package has a version.
        Versioned = "versioned",
        /// Interfaces, functions and worlds say since when they exist, and what is deprecated what replaces it.
        Gated = "gated",
        /// Everything has a doc comment.
        Documented = "documented",
        /// Names are in lower case; units, and what is an error, can be told by the name.
        Named = "named",
        /// Every function of the host says in one line which permission it needs, and can refuse for want of it.
        Annotated = "annotated",
    }
}

/// Something that is not as a rule wants it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// Which rule.
    pub rule: Rule,
    /// What it is about: `interface.function`.
    pub item: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, item, what, mend } = self;
        write!(f, "{place}: {rule}: `{item}` {what}\n  help: {mend}")
    }
}

/// A package and what was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Its name, with its version.
    pub package: String,
    /// How many interfaces it has.
    pub interfaces: usize,
    /// How many functions it has, those of resources and worlds included.
    pub functions: usize,
    /// How many worlds it has.
    pub worlds: usize,
    /// What was found, in the order of the places.
    pub findings: Vec<Finding>,
}

/// Holds the package of a directory, and those that its files define within themselves, against all rules but `allowed`.
pub fn check(source: &Source, allowed: &[Rule]) -> Vec<Report> {
    let packages = [source.package].into_iter().chain(source.nested.iter().copied());
    packages.map(|package| check_one(source, package, allowed)).collect()
}

fn check_one(source: &Source, package: PackageId, allowed: &[Rule]) -> Report {
    let items = items(source, package);
    let name = &source.resolve.packages[package].name;
    let mut subject = Subject { source, package, items: &items, allowed, findings: Vec::new() };
    if name.version.is_none() {
        let mend = format!("write `package {name}@0.1.0;`, or the version that it has");
        subject.find(Rule::Versioned, &items[0], "has no version".to_owned(), mend);
    }
    gated::check(&mut subject);
    documented::check(&mut subject);
    named::check(&mut subject);
    annotated::check(&mut subject);

    let mut findings = subject.findings;
    findings.sort();
    let count = |kind: &str| items.iter().filter(|item| item.kind == kind).count();
    Report {
        package: name.to_string(),
        interfaces: count("interface"),
        functions: count("function"),
        worlds: count("world"),
        findings,
    }
}

/// What is judged.
struct Subject<'a> {
    source: &'a Source,
    package: PackageId,
    items: &'a [Item<'a>],
    allowed: &'a [Rule],
    findings: Vec<Finding>,
}

impl Subject<'_> {
    fn find(&mut self, rule: Rule, item: &Item<'_>, what: String, mend: impl Into<String>) {
        self.find_at(rule, item.span, &item.path, what, mend);
    }

    fn find_at(&mut self, rule: Rule, span: Span, item: &str, what: String, mend: impl Into<String>) {
        if self.allowed.contains(&rule) {
            return;
        }
        let place = self.source.place(span);
        self.findings.push(Finding { place, rule, item: item.to_owned(), what, mend: mend.into() });
    }
}

//! `wit.lock`: what was found, and for which requirements. From its text and to it; where it stands is not known here.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::{Deserialize, Serialize};
use toml_parser::lexer::TokenKind;

use super::id::PackageId;
use super::source::{Source, is_commit, is_inside};
use crate::contract::version::satisfies;
use crate::manifest::{Manifest, WitSource};
use crate::wit::printable::printable;

/// The version of the format that is written and read.
const FORMAT: i64 = 1;

/// What stands above the tables.
const HEADER: &str = "\
# Which packages `airssys-wasm wit deps` has put into wit/deps, and from where. Commit this file; do not edit it.
";

/// Brackets inside one another; the format needs two.
const MAX_NESTING: usize = 4;

/// How many characters of what the parser says are shown.
const SHOWN: usize = 200;

/// What a lock says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// What the manifest asked for, in the order of the names.
    pub requirements: Vec<Requirement>,
    /// The packages, in their order.
    pub packages: BTreeMap<PackageId, Locked>,
}

/// One entry of `[wit-dependencies]`, as the lock repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The package.
    pub name: String,
    /// Its versions, as the manifest has them.
    pub version: String,
    /// `path` of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `git` of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<String>,
    /// `tag` of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// `rev` of the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// The commit that `tag` or `rev` stood for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A package, as the lock has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Where it is from.
    pub source: Source,
    /// The directory inside a path or a tree; empty for its root, and for other sources.
    pub directory: String,
    /// The hash of its content.
    pub sha256: String,
    /// What it refers to.
    pub dependencies: BTreeSet<PackageId>,
    /// Packages that its files declare in braces.
    pub nested: BTreeSet<PackageId>,
}

/// A lock cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("wit.lock{}: {what}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct LockError {
    /// The line, if it is known.
    pub line: Option<usize>,
    /// What is wrong, and how to mend it.
    pub what: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: i64,
    #[serde(default, rename = "requirement", skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<Requirement>,
    #[serde(default, rename = "package", skip_serializing_if = "Vec::is_empty")]
    packages: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    directory: String,
    sha256: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nested: Vec<String>,
}

impl Lock {
    /// Reads the text of a lock.
    ///
    /// # Errors
    /// [`LockError`] if it is no TOML, has another version, a key that the format does not know, or a value that cannot be.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        nested_too_deep(text)?;
        let table: toml::Table = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
        match table.get("version").and_then(toml::Value::as_integer) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(wrong(format!(
                    "it has version {other} of the format, and this program reads version {FORMAT}: use the program that \
                     wrote it, or remove the file and run `airssys-wasm wit deps` again"
                )));
            }
            None => return Err(damaged("it does not say `version = 1`")),
        }
        let file: File = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
        let mut lock = Self { requirements: file.requirements, packages: BTreeMap::new() };
        let in_order = |names: &[Requirement]| names.windows(2).all(|pair| pair[0].name < pair[1].name);
        if !in_order(&lock.requirements) {
            return Err(damaged("a requirement stands twice, or the requirements are not in the order of their names"));
        }
        if let Some(requirement) = lock.requirements.iter().find(|requirement| !requirement.is_sound()) {
            return Err(damaged(&format!("the commit of {} is no hash of git", printable(&requirement.name, SHOWN))));
        }
        for entry in file.packages {
            let name = printable(&format!("{} {}", entry.name, entry.version), SHOWN);
            let (id, locked) = entry.read().map_err(|what| damaged(&format!("{name}: {}", printable(&what, SHOWN))))?;
            if lock.packages.insert(id, locked).is_some() {
                return Err(damaged(&format!("{name} stands twice")));
            }
        }
        Ok(lock)
    }

    /// The text of the lock: the same for the same content.
    ///
    /// # Errors
    /// What the writer of TOML says.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let entry = |(id, locked): (&PackageId, &Locked)| Entry {
            name: id.name.clone(),
            version: id.version.to_string(),
            source: locked.source.to_string(),
            directory: locked.directory.clone(),
            sha256: locked.sha256.clone(),
            dependencies: locked.dependencies.iter().map(ToString::to_string).collect(),
            nested: locked.nested.iter().map(ToString::to_string).collect(),
        };
        let packages = self.packages.iter().map(entry).collect();
        let file = File { version: FORMAT, requirements: self.requirements.clone(), packages };
        Ok(format!("{HEADER}{}", toml::to_string(&file)?))
    }

    /// Whether the lock is what `manifest` and the component's own package ask for; if not, what differs.
    ///
    /// `own` is what the component's own package refers to; `local` are the packages in its `wit`.
    ///
    /// # Errors
    /// What differs first.
    pub fn fits(&self, manifest: &Manifest, own: &BTreeSet<PackageId>, local: &[&PackageId]) -> Result<(), String> {
        self.asks_the_same(&requirements(manifest))?;
        if let Some((id, locked)) =
            self.packages.iter().find(|(id, locked)| !matches!(locked.source, Source::Local(_)) && local.contains(id))
        {
            return Err(format!("{id} stands in wit now, and the lock has it from {}", locked.source));
        }
        let mut needed = BTreeSet::new();
        let mut pending = Vec::new();
        for (name, dependency) in &manifest.wit_dependencies {
            let fitting =
                self.packages.keys().filter(|id| id.name == *name && satisfies(&dependency.version, &id.version));
            let highest = fitting.max_by_key(|id| &id.version);
            pending.push(highest.ok_or_else(|| format!("it has no version of {name} that component.toml asks for"))?);
        }
        pending.extend(own);
        let nested: BTreeSet<&PackageId> = self.packages.values().flat_map(|locked| &locked.nested).collect();
        while let Some(id) = pending.pop() {
            match self.packages.get_key_value(id) {
                Some((id, locked)) if needed.insert(id) => pending.extend(&locked.dependencies),
                // What is declared in braces comes with the package around it.
                None if !nested.contains(id) => {
                    return Err(format!("it does not have {id}, which a package refers to"));
                }
                _ => {}
            }
        }
        match self.packages.keys().find(|id| !needed.contains(id)) {
            Some(id) => Err(format!("nothing refers to {id} any more")),
            None => Ok(()),
        }
    }

    fn asks_the_same(&self, requirements: &[Requirement]) -> Result<(), String> {
        for asked in requirements {
            match self.requirements.iter().find(|requirement| requirement.name == asked.name) {
                None => {
                    return Err(format!("component.toml asks for {}, and the lock was made without it", asked.name));
                }
                Some(locked) if !locked.is_same(asked) => {
                    let name = &asked.name;
                    return Err(format!(
                        "component.toml asks for {name} as {asked}, and the lock was made for {locked}"
                    ));
                }
                Some(_) => {}
            }
        }
        let gone = |locked: &&Requirement| !requirements.iter().any(|asked| asked.name == locked.name);
        match self.requirements.iter().find(gone) {
            Some(locked) => Err(format!("component.toml does not ask for {} any more", locked.name)),
            None => Ok(()),
        }
    }
}

impl Requirement {
    /// Whether both ask for the same, whatever commit that was.
    fn is_same(&self, other: &Self) -> bool {
        let bare = |requirement: &Self| Self { commit: None, ..requirement.clone() };
        bare(self) == bare(other)
    }

    /// Whether both name the same tag or revision of the same repository.
    pub(super) fn has_reference_of(&self, other: &Self) -> bool {
        self.git.is_some() && (&self.git, &self.tag, &self.rev) == (&other.git, &other.tag, &other.rev)
    }

    fn is_sound(&self) -> bool {
        self.commit.is_some() == self.git.is_some() && self.commit.as_deref().is_none_or(is_commit)
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.version)?;
        let keys = [("path", &self.path), ("git", &self.git), ("tag", &self.tag), ("rev", &self.rev)];
        keys.into_iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)))
            .try_for_each(|(key, value)| write!(f, ", {key} {value}"))
    }
}

/// What a manifest asks for, without commits.
pub(super) fn requirements(manifest: &Manifest) -> Vec<Requirement> {
    let each = manifest.wit_dependencies.iter().map(|(name, dependency)| {
        let (path, git) = match &dependency.source {
            None => (None, None),
            Some(WitSource::Path(path)) => (Some(path.clone()), None),
            Some(WitSource::Git { url, tag, rev }) => (None, Some((url.clone(), tag.clone(), rev.clone()))),
        };
        let (git, tag, rev) = git.map_or((None, None, None), |(url, tag, rev)| (Some(url), tag, rev));
        let version = dependency.version.to_string();
        Requirement { name: name.clone(), version, path, git, tag, rev, commit: None }
    });
    each.collect()
}

impl Entry {
    fn read(self) -> Result<(PackageId, Locked), String> {
        Version::parse(&self.version).map_err(|error| format!("the version is no semver version: {error}"))?;
        let id: PackageId = format!("{}@{}", self.name, self.version).parse()?;
        let source: Source = self.source.parse()?;
        let may_stand_below = matches!(source, Source::Path(_) | Source::Git { .. });
        let is_sound = self.directory.is_empty() || may_stand_below && is_inside(&self.directory);
        if !is_sound {
            return Err(format!("`directory` leads outside its source, or has none: `{}`", self.directory));
        }
        if self.sha256.len() != 64 || !is_commit(&self.sha256) {
            return Err("`sha256` is no hash: it has 64 digits of 0-9 and a-f".to_owned());
        }
        let ids = |texts: &[String]| texts.iter().map(|text| text.parse()).collect::<Result<BTreeSet<_>, String>>();
        let (dependencies, nested) = (ids(&self.dependencies)?, ids(&self.nested)?);
        Ok((id, Locked { source, directory: self.directory, sha256: self.sha256, dependencies, nested }))
    }
}

fn wrong(what: String) -> LockError {
    LockError { line: None, what }
}

fn damaged(what: &str) -> LockError {
    wrong(format!("{what}: take the file from version control, or remove it and run `airssys-wasm wit deps` again"))
}

fn not_toml(text: &str, error: &toml::de::Error) -> LockError {
    let line = error
        .span()
        .map(|span| 1 + text.as_bytes()[..span.start.min(text.len())].iter().filter(|&&b| b == b'\n').count());
    LockError { line, ..damaged(&printable(error.message(), SHOWN)) }
}

/// The parser of TOML recurses: what nests deeper than the format does never reaches it.
fn nested_too_deep(text: &str) -> Result<(), LockError> {
    let mut nesting = 0usize;
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => nesting += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => nesting = nesting.saturating_sub(1),
            TokenKind::Dot => return Err(damaged("it has a dotted key, and the format has none")),
            _ => {}
        }
        if nesting > MAX_NESTING {
            return Err(damaged("it has brackets inside one another, and the format has none"));
        }
    }
    Ok(())
}

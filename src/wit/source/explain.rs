//! What the parser says of a text that it cannot read, in words that say where and how to mend it.
//!
//! In: an error of the parser, and the texts. Out: a [`Fault`].

use std::path::{Path, PathBuf};

use wit_parser::{
    PackageName, ParseError, ParseErrorKind, ResolveError, ResolveErrorKind, SourceMap, Span, UnresolvedPackageGroup,
};

use super::Fault;
use super::texts::Texts;

/// The mend of what has no other.
const SYNTAX: &str =
    "correct it; the syntax is described at https://component-model.bytecodealliance.org/design/wit.html";

/// The mend of what a package does not have.
const OTHER_PACKAGE: &str = "correct the name, or take the package in a version that has it";

/// Mends by what the parser's message contains, and other words for messages that only its authors understand.
const MENDS: &[(&str, Option<&str>, &str)] = &[
    (
        "does not match previous package name",
        None,
        "one directory holds one package in one version: move the files of the other to a directory of their own",
    ),
    (
        "no `package` header",
        Some("no file says which package this is"),
        "let one of the `.wit` files begin with `package NAMESPACE:NAME@VERSION;`",
    ),
    (
        "doc comments on multiple 'package' items",
        Some("two files have a doc comment on their `package` line"),
        "keep the `package` line in one file only",
    ),
    ("nested packages", None, "write `package NAME { … }` outside of any other"),
    (
        "must have a version",
        Some("a gate names a version, and the package has none"),
        "give the package a version, `package NAMESPACE:NAME@VERSION;`, or take the gate away",
    ),
    (
        "cannot reference unreleased version",
        None,
        "the version of a gate is at most that of the package: lower the one, or raise the other",
    ),
    ("duplicate", None, "rename one of the two"),
    ("defined more than once", None, "rename one of the two, or bring one in with `use x.{name as other}`"),
    ("conflicts with", None, "rename one of the two"),
    ("more than once", None, "keep one of the two lines"),
    ("nesting too deep", None, "give the inner types names with `type NAME = …;`"),
    ("attributes not allowed", None, "take the gates away from the `use`"),
    ("not found in package", None, OTHER_PACKAGE),
    ("not defined in interface", None, OTHER_PACKAGE),
    ("must be a resource", None, "`own` and `borrow` take resources only: name the type as it is"),
    ("contains a `borrow<T>`", None, "return `own<T>`, which is written `T`"),
    ("found keyword", None, "correct it; a keyword as a name is written with `%`, as in `%list`"),
    ("empty enum", None, "give it a case"),
    ("empty variant", None, "give it a case"),
    ("cannot import", None, "`use` brings in types, and nothing else"),
    ("cannot use", None, "name a type"),
    ("not a world", None, "`include` takes worlds; an interface is brought in with `import` or `export`"),
    ("not an interface", None, "name an interface; what a world has is brought in with `include`"),
    ("unterminated block comment", None, "end it with `*/`"),
    (
        "unknown attribute",
        None,
        "the gates are `@since(version = …)`, `@unstable(feature = …)` and `@deprecated(version = …)`",
    ),
    ("bidirectional override", Some("a character that is not seen reorders what is shown"), "delete it"),
    ("discouraged by Unicode", Some("a character that Unicode discourages"), "delete it"),
    ("Control code", Some("a control character"), "delete it"),
    ("identifiers must have characters", None, "write names as words joined by single hyphens: `read-file`"),
    (
        "invalid character in identifier",
        None,
        "write names as words of lower-case letters and digits, joined by hyphens",
    ),
];

/// Explains why texts cannot be parsed.
pub(super) fn syntax(place: &Path, error: &ParseError, map: &SourceMap) -> Fault {
    let place = location(place, error.kind().span(), map);
    match error.kind() {
        ParseErrorKind::ItemNotFound { name, kind, .. } => {
            let kind = if kind == "name" { "type" } else { kind };
            let mend = match name.as_str() {
                "float32" => "write `f32`",
                "float64" => "write `f64`",
                _ => "define it, correct the name, or bring it in with `use`",
            };
            Fault { place, what: format!("there is no {kind} `{name}`"), mend: mend.to_owned() }
        }
        ParseErrorKind::TypeCycle { name, kind, .. } => {
            let mend = match kind.as_str() {
                "type" => "a type cannot hold itself: refer to the inner value by a number, or by a resource",
                _ => "move what both need to an interface that uses neither",
            };
            Fault { place, what: format!("{kind} `{name}` depends on itself"), mend: mend.to_owned() }
        }
        kind => worded(place, &kind.to_string()),
    }
}

/// What there is, to explain why it does not go together.
#[derive(Debug)]
pub(super) struct Known {
    directory: PathBuf,
    /// The files of each package, path and text, with its name.
    packages: Vec<(PackageName, Vec<(String, String)>)>,
}

impl Known {
    pub(super) fn new(texts: &[Texts], groups: &[UnresolvedPackageGroup]) -> Self {
        let packages = texts.iter().zip(groups).flat_map(|(texts, group)| {
            let packages = [&group.main].into_iter().chain(&group.nested);
            packages.map(|package| (package.name.clone(), texts.files.clone()))
        });
        Self { directory: texts[0].place.clone(), packages: packages.collect() }
    }

    /// Explains why packages cannot be resolved.
    pub(super) fn explain(&self, error: &ResolveError, map: &SourceMap) -> Fault {
        let kind = error.kind();
        let place = location(&self.directory, kind.span(), map);
        match kind {
            ResolveErrorKind::PackageNotFound { requested, span, .. } => self.missing(place, requested, *span, map),
            ResolveErrorKind::DuplicatePackage { name, span2, .. } => Fault {
                place,
                what: format!("the package {name} is here and at {}", location(&self.directory, *span2, map)),
                mend: "delete one of the two".to_owned(),
            },
            ResolveErrorKind::PackageCycle { package, .. } => Fault {
                place,
                what: format!("the package {package} needs packages that need it again"),
                mend: "move what both need to a package that needs neither".to_owned(),
            },
            ResolveErrorKind::InvalidTransitiveDependency { name, .. } => Fault {
                place,
                what: format!(
                    "the world exports `{name}`, which uses an interface that the world exports, through one that it \
                     does not export"
                ),
                mend: "export the interface in between as well".to_owned(),
            },
            ResolveErrorKind::ItemShadowing { item_type, name, .. } => Fault {
                place,
                what: format!("two of the worlds that it includes {item_type} `{name}`"),
                mend: "rename one: `include NAME with { old as new }`".to_owned(),
            },
            ResolveErrorKind::StabilityMismatch { .. } => Fault {
                place,
                what: "two worlds, one of which includes the other, gate the same interface differently".to_owned(),
                mend: "write the same gate above both lines that import or export it".to_owned(),
            },
            ResolveErrorKind::Semantic { span, message } => {
                match (message.split_once(" not found in package"), self.path_at(*span, map)) {
                    (Some((kind, _)), Some(path)) => {
                        Fault { place, what: format!("there is no {kind} `{path}`"), mend: OTHER_PACKAGE.to_owned() }
                    }
                    _ => worded(place, message),
                }
            }
            kind => worded(place, &kind.to_string()),
        }
    }

    /// A package that is used is not there.
    fn missing(&self, place: String, requested: &PackageName, span: Span, map: &SourceMap) -> Fault {
        let file = map.resolve_span(span).map(|location| location.path);
        let user = self.packages.iter().find(|(_, files)| files.iter().any(|(path, _)| Some(path.as_str()) == file));
        let user = user.map(|(name, _)| format!(", which {name} uses")).unwrap_or_default();
        let same = |name: &&PackageName| (&name.namespace, &name.name) == (&requested.namespace, &requested.name);
        let mut others: Vec<_> =
            self.packages.iter().map(|(name, _)| name).filter(same).map(ToString::to_string).collect();
        others.sort();
        others.dedup();
        let instead = match others.as_slice() {
            [] => String::new(),
            others => format!("use {}, which is there, or ", others.join(" or ")),
        };
        let directory = format!("{}-{}", requested.namespace, requested.name);
        let directory = self.directory.join("deps").join(directory);
        Fault {
            place,
            what: format!("there is no package {requested}{user}"),
            mend: format!(
                "{instead}put its `.wit` files in {}; `airssys-wasm wit deps` fetches the packages that a component's \
                 manifest names",
                directory.display()
            ),
        }
    }

    /// The whole path of which a span is a part, such as `a:b/c` of a span of `c`.
    fn path_at(&self, span: Span, map: &SourceMap) -> Option<String> {
        let location = map.resolve_span(span)?;
        let mut files = self.packages.iter().flat_map(|(_, files)| files);
        let (_, text) = files.find(|(path, _)| path == location.path)?;
        let before = text.get(..location.range.start)?;
        let is_part = |character: char| character.is_ascii_alphanumeric() || ":/-%".contains(character);
        let start = before.trim_end_matches(is_part).len();
        text.get(start..location.range.end).map(str::to_owned)
    }
}

/// A message of the parser, in other words where there are some, with its mend.
fn worded(place: String, message: &str) -> Fault {
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let known = MENDS.iter().find(|(needle, ..)| message.contains(needle));
    let (what, mend) = match known {
        Some((_, words, mend)) => (words.map_or(message.clone(), str::to_owned), *mend),
        None => (message.clone(), SYNTAX),
    };
    Fault { place, what, mend: mend.to_owned() }
}

/// `FILE:LINE:COLUMN`, or the directory where the parser names no place.
fn location(directory: &Path, span: Span, map: &SourceMap) -> String {
    match map.resolve_span(span) {
        Some(_) => map.render_location(span),
        None => directory.display().to_string(),
    }
}

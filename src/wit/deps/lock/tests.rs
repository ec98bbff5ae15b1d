//! What a lock is, what is none, and what it fits.

use std::collections::BTreeSet;

use rstest::rstest;

use super::Lock;
use crate::manifest::Manifest;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A lock with every key of the format.
fn whole() -> String {
    format!(
        r#"# Which packages `airssys-wasm wit deps` has put into wit/deps, and from where. Commit this file; do not edit it.
version = 1

[[requirement]]
name = "a:a"
version = "^1.0.0"

[[requirement]]
name = "b:b"
version = "~2.1"
path = "../b"

[[requirement]]
name = "c:c"
version = "*"
git = "https://example.com/c"
tag = "v1"
commit = "{COMMIT}"

[[package]]
name = "a:a"
version = "1.2.0"
source = "local wit/a"
sha256 = "{HASH}"

[[package]]
name = "b:b"
version = "2.1.3"
source = "path ../b"
directory = "deps/b"
sha256 = "{HASH}"
dependencies = ["a:a@1.2.0", "d:d@0.1.0"]
nested = ["n:n@1.0.0"]

[[package]]
name = "c:c"
version = "1.0.0-rc.1"
source = "git https://example.com/c#{COMMIT}"
sha256 = "{HASH}"

[[package]]
name = "d:d"
version = "0.1.0"
source = "contract 1.1"
sha256 = "{HASH}"
"#
    )
}

#[test]
fn a_lock_is_written_as_it_was_read() {
    let lock = Lock::parse(&whole()).unwrap();
    assert_eq!((lock.requirements.len(), lock.packages.len()), (3, 4));
    assert_eq!(lock.text().unwrap(), whole());
}

#[test]
fn the_page_shows_a_lock() {
    let page = include_str!("../../../../docs/src/dependencies.md");
    let (_, behind) = page.split_once("## `wit.lock`").unwrap();
    let (_, block) = behind.split_once("```toml\n").unwrap();
    let lock = Lock::parse(block.split_once("```").unwrap().0).unwrap();
    // Every key stands on the page: with all of them written, none is one that the page does not have.
    let text = lock.text().unwrap();
    let keys = |text: &str| -> BTreeSet<String> {
        text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
    };
    let known = keys(&whole());
    assert_eq!(known.difference(&keys(&text)).collect::<Vec<_>>(), ["path"], "it excludes `git`");
}

const AGAIN: &str = "take the file from version control, or remove it and run `airssys-wasm wit deps` again";

#[rstest]
#[case::no_toml("version = 1\n", "version = \n", ":2: string values must be quoted, expected literal string", true)]
#[case::no_version("version = 1\n", "", ": it does not say `version = 1`", true)]
#[case::a_version_in_quotes("version = 1", "version = \"1\"", ": it does not say `version = 1`", true)]
#[case::a_later_version(
    "version = 1\n",
    "version = 2\n",
    ": it has version 2 of the format, and this program reads version 1: use the program that wrote it, or remove the \
     file and run `airssys-wasm wit deps` again",
    false
)]
#[case::an_unknown_key(
    "sha256 = ",
    "sha512 = ",
    ":24: unknown field `sha512`, expected one of `name`, `version`, `source`, `directory`, `sha256`, `dependencies`, \
     `nested`",
    true
)]
#[case::an_unknown_table(
    "[[requirement]]",
    "[[requirements]]",
    ":4: unknown field `requirements`, expected one of `version`, `requirement`, `package`",
    true
)]
#[case::no_hash(&format!("sha256 = \"{HASH}\"\n"), "", ":20: missing field `sha256`", true)]
#[case::a_bad_hash(
    "sha256 = \"0",
    "sha256 = \"G",
    ": a:a 1.2.0: `sha256` is no hash: it has 64 digits of 0-9 and a-f",
    true
)]
#[case::a_bad_name("\"d:d\"", "\"d\"", ": d 0.1.0: `d@0.1.0` is no package of the form namespace:name@1.2.3", true)]
#[case::a_name_that_leads_away(
    "\"d:d\"",
    "\"../d:d\"",
    ": ../d:d 0.1.0: `../d:d@0.1.0` is no package of the form namespace:name@1.2.3",
    true
)]
#[case::a_bad_version(
    "\"0.1.0\"",
    "\"0.1\"",
    ": d:d 0.1: the version is no semver version: unexpected end of input while parsing minor version number",
    true
)]
#[case::a_directory_that_leads_away(
    "deps/b",
    "deps/../../b",
    ": b:b 2.1.3: `directory` leads outside its source, or has none: `deps/../../b`",
    true
)]
#[case::a_source_that_leads_away(
    "local wit/a",
    "local ../a",
    ": a:a 1.2.0: `local ../a` is no source: it is `local DIR`, `path DIR`, `git URL#COMMIT` or `contract VERSION`",
    true
)]
#[case::no_commit(&format!("commit = \"{COMMIT}\""), "commit = \"main\"", ": the commit of c:c is no hash of git", true)]
#[case::twice(
    "name = \"d:d\"\nversion = \"0.1.0\"",
    "name = \"a:a\"\nversion = \"1.2.0\"",
    ": a:a 1.2.0 stands twice",
    true
)]
#[case::a_requirement_twice(
    "name = \"b:b\"\nversion = \"~",
    "name = \"a:a\"\nversion = \"~",
    ": a requirement stands twice, or the requirements are not in the order of their names",
    true
)]
#[case::a_dotted_key("version = 1\n", "version = 1\na.b = 1\n", ": it has a dotted key, and the format has none", true)]
#[case::nested(
    "version = 1\n",
    "version = [[[[[[",
    ": it has brackets inside one another, and the format has none",
    true
)]
#[case::a_conflict_of_versions(
    "version = 1\n",
    "<<<<<<< HEAD\nversion = 1\n",
    ":2: key with no value, expected `=`",
    true
)]
fn what_is_no_lock(#[case] from: &str, #[case] to: &str, #[case] expected: &str, #[case] whole_text: bool) {
    let text = with(&whole(), from, to);
    let said = Lock::parse(&text).unwrap_err().to_string();
    match whole_text {
        true => assert_eq!(said, format!("wit.lock{expected}: {AGAIN}")),
        false => assert!(said.starts_with(&format!("wit.lock{expected}")), "{said}"),
    }
}

#[test]
fn a_nest_of_keys_ends_in_an_error() {
    let deep = format!("version = 1\n{} = 1\n", vec!["a"; 200_000].join("."));
    assert_eq!(
        Lock::parse(&deep).unwrap_err().to_string(),
        format!("wit.lock: it has a dotted key, and the format has none: {AGAIN}")
    );
}

/// The manifest that the lock was made for.
const MANIFEST: &str = r#"[component]
name = "x"
version = "1.0.0"
api-version = "1.0.0"
[resources.memory]
max = "1MB"
[wit-dependencies]
"a:a" = "^1.0.0"
"b:b" = { version = "~2.1", path = "../b" }
"c:c" = { version = "*", git = "https://example.com/c", tag = "v1" }
"#;

/// The text with one change; none if `from` is empty.
fn with(text: &str, from: &str, to: &str) -> String {
    let changed = if from.is_empty() { text.to_owned() } else { text.replacen(from, to, 1) };
    assert_eq!(changed == text, from.is_empty(), "the case changes something");
    changed
}

/// Whether a lock fits, and if not, why.
fn fits(lock: &str, manifest: &str, own: &str, local: &str) -> String {
    let ids = |text: &str| text.split_whitespace().map(|id| id.parse().unwrap()).collect::<Vec<_>>();
    let (own, local): (BTreeSet<_>, Vec<_>) = (ids(own).into_iter().collect(), ids(local));
    let lock = Lock::parse(lock).unwrap();
    let fits = lock.fits(&Manifest::parse(manifest).unwrap(), &own, &local.iter().collect::<Vec<_>>());
    fits.err().unwrap_or("it fits".to_owned())
}

/// `*` admits no pre-release.
fn released() -> String {
    whole().replace("1.0.0-rc.1", "1.0.0")
}

#[rstest]
#[case::as_it_was("", "", "", "", "it fits")]
#[case::another_requirement(
    "~2.1",
    "~2.0",
    "",
    "",
    "component.toml asks for b:b as ~2.0, path ../b, and the lock was made for ~2.1, path ../b"
)]
#[case::another_path(
    "../b",
    "../x",
    "",
    "",
    "component.toml asks for b:b as ~2.1, path ../x, and the lock was made for ~2.1, path ../b"
)]
#[case::another_tag(
    "v1",
    "v2",
    "",
    "",
    "component.toml asks for c:c as *, git https://example.com/c, tag v2, and the lock was made for *, git https://example.com/c, tag v1"
)]
#[case::one_more(
    "\"a:a\"",
    "\"e:e\" = \"1\"\n\"a:a\"",
    "",
    "",
    "component.toml asks for e:e, and the lock was made without it"
)]
#[case::one_less("\"a:a\" = \"^1.0.0\"\n", "", "", "", "component.toml does not ask for a:a any more")]
#[case::a_reference_that_is_there("", "", "d:d@0.1.0", "", "it fits")]
#[case::a_reference_to_what_is_nested("", "", "n:n@1.0.0", "", "it fits")]
#[case::a_reference_that_is_not("", "", "d:d@0.2.0", "", "it does not have d:d@0.2.0, which a package refers to")]
#[case::a_package_of_its_own(
    "",
    "",
    "",
    "d:d@0.1.0",
    "d:d@0.1.0 stands in wit now, and the lock has it from contract 1.1"
)]
#[case::the_same_package_of_its_own("", "", "", "a:a@1.2.0", "it fits")]
fn what_a_lock_fits(
    #[case] from: &str,
    #[case] to: &str,
    #[case] own: &str,
    #[case] local: &str,
    #[case] expected: &str,
) {
    assert_eq!(fits(&released(), &with(MANIFEST, from, to), own, local), expected);
}

#[rstest]
#[case::no_version_that_is_asked_for(
    "version = \"1.2.0\"",
    "version = \"2.0.0\"",
    "it has no version of a:a that component.toml asks for"
)]
#[case::a_dependency_that_is_missing(
    "\"d:d@0.1.0\"",
    "\"d:d@0.1.1\"",
    "it does not have d:d@0.1.1, which a package refers to"
)]
#[case::one_that_nothing_needs(
    "dependencies = [\"a:a@1.2.0\", \"d:d@0.1.0\"]",
    "dependencies = []",
    "nothing refers to d:d@0.1.0 any more"
)]
fn a_lock_that_does_not_agree_with_itself(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    assert_eq!(fits(&with(&released(), from, to), MANIFEST, "", ""), expected);
}

//! Packages that are too large or too deep, and texts that are broken at random: each is refused in words, and soon.

use std::fmt::Write as _;
use std::fs;

use airssys_wasm::wit::source::read;
use proptest::prelude::*;
use rstest::rstest;

/// What is made of numbers up to a limit.
fn many(numbers: std::ops::Range<usize>, each: impl Fn(usize, &mut String)) -> String {
    let mut text = String::new();
    numbers.for_each(|number| each(number, &mut text));
    text
}

/// A chain of types, the last of which a function returns.
fn chain(length: usize) -> String {
    let types = many(1..length, |k, text| writeln!(text, "type a{k} = list<a{}>;", k - 1).unwrap());
    format!("interface i {{\ntype a0 = u8;\n{types}f: func() -> a{};\n}}\n", length - 1)
}

/// A chain of interfaces, the last of which a world imports.
fn interfaces(length: usize) -> String {
    let rest = many(1..length, |k, text| {
        writeln!(text, "interface i{k} {{ use i{}.{{t as s}}; type t = u8; }}", k - 1).unwrap();
    });
    format!("interface i0 {{ type t = u8; }}\n{rest}world w {{ import i{}; }}\n", length - 1)
}

/// Worlds that each include the one before, and so hold all that there is.
fn worlds(length: usize, items: usize) -> String {
    let first = many(0..items, |k, text| writeln!(text, "import g{k}: func();").unwrap());
    let rest = many(1..length, |k, text| {
        writeln!(text, "world w{k} {{ include w{}; import k{k}: func(); }}", k - 1).unwrap();
    });
    format!("world w0 {{\n{first}}}\n{rest}")
}

/// Packages that each use the one before.
fn packages(length: usize) -> String {
    let rest = many(1..length, |k, text| {
        writeln!(text, "package a:c{k} {{ interface i {{ use a:c{}/i.{{t}}; }} }}", k - 1).unwrap();
    });
    format!("package a:c0 {{ interface i {{ type t = u8; }} }}\n{rest}")
}

/// Pairs of pairs of pairs.
fn pairs(depth: usize) -> String {
    let rest = many(1..depth, |k, text| writeln!(text, "type a{k} = tuple<a{0}, a{0}>;", k - 1).unwrap());
    format!("interface i {{\ntype a0 = u8;\n{rest}}}\n")
}

#[rstest]
#[case::chain_within(chain(500), "")]
#[case::chain(
    chain(30_000),
    "p/a.wit:503:6: the type `a500` is made of types that are made of types, more than 500 levels deep\n  help: let a type be made of fewer levels; if several packages have deep types, split `deps/`"
)]
#[case::chain_of_100_000(
    chain(100_000),
    "p/a.wit: it is larger than 1048576 bytes\n  help: split it: all `.wit` files of a directory are one package"
)]
#[case::interfaces_within(interfaces(500), "")]
#[case::interfaces(
    interfaces(9_000),
    "p/a.wit:502:11: the interface `i500` uses interfaces that use interfaces, more than 500 in a row\n  help: use types from where they are defined"
)]
#[case::worlds_within(worlds(100, 100), "")]
#[case::worlds(
    worlds(9_000, 0),
    "p: it and its `deps/` have 9000 worlds, and at most 100 are read\n  help: take the packages out of `deps/` that nothing uses"
)]
#[case::items(
    worlds(2, 20_000),
    "p: it and its `deps/` have 20001 interfaces and items of worlds, and at most 10000 are read\n  help: take the packages out of `deps/` that nothing uses"
)]
#[case::packages_within(packages(99), "")]
#[case::packages(
    packages(9_000),
    "p: it and its `deps/` have 9001 packages, and at most 100 are read\n  help: take the packages out of `deps/` that nothing uses"
)]
#[case::parts_within(pairs(12), "")]
#[case::parts(
    pairs(400),
    "p/a.wit:15:6: the type `a12`, written out, is made of more than 10000 parts\n  help: let it hold fewer types that hold several others each"
)]
#[case::functions(format!("interface i {{\n{}}}\n", many(0..40_000, |k, text| writeln!(text, "k{k}: func();").unwrap())), "")]
#[case::comments("/*".repeat(400_000), "p/a.wit:2:1: unterminated block comment\n  help: end it with `*/`")]
fn what_is_too_much_is_refused(#[case] text: String, #[case] expected: &str) {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("p");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("a.wit"), format!("package a:b@1.0.0;\n{text}")).unwrap();
    let said = read(&directory).err().map(|why| why.to_string()).unwrap_or_default();
    assert_eq!(said.replace(root.path().to_str().unwrap(), "").trim_start_matches('/'), expected);
}

#[rstest]
#[case::files(501, 1, "p/deps/b499.wit: with it there are more than 500 `.wit` files in the package and its `deps/`")]
#[case::bytes(4, 600_000, "p/deps/b003.wit: with it the package and its `deps/` are larger than 2097152 bytes")]
fn what_is_too_much_together_is_refused(#[case] files: usize, #[case] blanks: usize, #[case] expected: &str) {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("p");
    fs::create_dir_all(directory.join("deps")).unwrap();
    fs::write(directory.join("a.wit"), "package a:b@1.0.0;\n").unwrap();
    for file in 0..files {
        let text = format!("package a:c{file};{}\n", " ".repeat(blanks));
        fs::write(directory.join(format!("deps/b{file:03}.wit",)), text).unwrap();
    }
    let said = read(&directory).unwrap_err().to_string();
    let mend = "\n  help: take the packages out of `deps/` that nothing uses";
    let said = said.replace(root.path().to_str().unwrap(), "");
    assert_eq!(said.trim_start_matches('/'), format!("{expected}{mend}"));
}

/// A text of the contract that has most of what WIT has.
const WHOLE: &str = concat!(
    "package a:b@1.1.0;\n",
    include_str!("../../wit/core/types.wit"),
    include_str!("../../wit/core/capabilities.wit"),
    include_str!("../../wit/1.1/core/host-services.wit"),
    "world w { import host-services; export e: interface { resource r { constructor(); f: static func() -> r; } } }\n",
);

/// Pieces that change what a text means.
const PIECES: [&str; 12] = [
    "}",
    "{",
    ";",
    "@since(version = 9.0.0)",
    "use types.{x};",
    "record r { r: r }",
    "package x:y;",
    "/*",
    "%",
    "<",
    "import",
    "\u{202e}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is broken, there is an answer that says where and what to do, and the parser never gives up.
    #[test]
    fn what_is_broken_is_explained(
        from in 0..WHOLE.len(),
        length in 0..200_usize,
        piece in prop::sample::select(PIECES.to_vec()),
    ) {
        let start = (0..=from).rev().find(|index| WHOLE.is_char_boundary(*index)).unwrap_or_default();
        let end = (from + length).min(WHOLE.len());
        let end = (end..=WHOLE.len()).find(|index| WHOLE.is_char_boundary(*index)).unwrap_or(WHOLE.len());
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.wit"), format!("{}{piece}{}", &WHOLE[..start], &WHOLE[end..])).unwrap();
        if let Err(why) = read(root.path()) {
            let fault = &why.fault;
            prop_assert!(fault.place.starts_with(root.path().to_str().unwrap()), "{}", why);
            prop_assert!(!fault.what.contains("gave up") && !fault.what.contains('\n'), "{}", why);
            prop_assert!(!fault.mend.is_empty(), "{}", why);
        }
    }
}

//! `airssys-wasm wit reference` and `wit permissions`, from outside: output, exit codes, and what is left in the directory.

use std::fs;
use std::path::Path;
use std::process::Command;

use rstest::rstest;
use serde_json::{Value, json};

use super::platform::wit;

/// A directory with two versions of a package, and a third package below.
fn tree() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let old = "/// Letters.\npackage a:b@1.0.0;\n\n/// Sends them.\n@since(version = 1.0.0)\ninterface post {\n  \
               /// A letter.\n  record letter {\n    /// Its text, | and all.\n    %list: list<string>,\n  }\n\n  \
               /// Sends one.\n  ///\n  /// @permission messaging.send(to)\n  @since(version = 1.0.0)\n  \
               send: func(to: string, letter: letter);\n}\n";
    let same =
        "\n/// The same in both.\n@since(version = 1.0.0)\ninterface same {\n  /// A name.\n  type name = string;\n}\n";
    let new = old.replace("@1.0.0", "@1.1.0").replace(
        "  /// Sends one.",
        "  /// A box.\n  resource box {\n    /// Opens it.\n    /// @permission none\n    @since(version = 1.1.0)\n    \
         constructor(key: option<u8>);\n    /// Any.\n    /// @permission none\n    @since(version = 1.1.0)\n    \
         any: static func() -> box;\n    /// Takes.\n    /// @permission none\n    @since(version = 1.1.0)\n    \
         take: func(other: borrow<box>) -> result<letter>;\n  }\n\n  /// Sends one: use `box.take`.",
    );
    let new = new
        .replace("@since(version = 1.0.0)\n  send", "@since(version = 1.0.0)\n  @deprecated(version = 1.1.0)\n  send");
    let world =
        "package a:w;\n\n/// A\ttab.\nworld w {\n  import x: func(a: tuple<u8, f32>);\n  export y: func();\n}\n";
    for (path, text) in
        [("old/a.wit", old.to_owned() + same), ("new/a.wit", new + same), ("new/w/w.wit", world.to_owned())]
    {
        fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
        fs::write(root.path().join(path), text).unwrap();
    }
    root
}

/// Exit code, standard output and standard error.
fn run(root: &Path, args: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_airssys-wasm")).arg("wit").args(args).current_dir(root).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn said(exit: i32, out: &str, err: &str) -> (i32, String, String) {
    (exit, out.to_owned(), err.to_owned())
}

#[test]
fn the_reference_of_the_contract_is_up_to_date() {
    let (exit, out, err) = run(wit().parent().unwrap(), &["reference", "--check"]);
    assert_eq!((exit, out, err), said(0, "wit/REFERENCE.md: ok\n", ""));
}

#[test]
fn a_reference_is_printed() {
    let (exit, out, err) = run(tree().path(), &["reference", ".", "--stdout"]);
    assert_eq!((exit, err.as_str()), (0, ""));
    insta::assert_snapshot!("reference", out);
}

#[test]
fn a_reference_is_written_and_compared() {
    let root = tree();
    let page = root.path().join("REFERENCE.md");
    let stale = "REFERENCE.md:1: it is not what the packages say\n  is:        nothing\n  should be: \"# WIT reference\"\n  \
                 help: run `airssys-wasm wit reference .`\n";
    assert_eq!(run(root.path(), &["reference", ".", "--check"]), said(1, &format!("./{stale}"), ""));
    assert!(!page.exists(), "comparing writes nothing");

    assert_eq!(run(root.path(), &["reference", "."]), said(0, "", "./REFERENCE.md: written\n"));
    assert_eq!(run(root.path(), &["reference", ".", "--check"]), said(0, "./REFERENCE.md: ok\n", ""));
    let (_, printed, _) = run(root.path(), &["reference", ".", "--stdout"]);
    assert_eq!(fs::read_to_string(&page).unwrap(), printed);

    fs::write(&page, printed.replace("Sends them", "Keeps them")).unwrap();
    let line = printed.lines().position(|line| line == "Sends them.").unwrap() + 1;
    let stale = format!(
        "./REFERENCE.md:{line}: it is not what the packages say\n  is:        \"Keeps them.\"\n  should be: \"Sends them.\"\n  \
         help: run `airssys-wasm wit reference .`\n"
    );
    assert_eq!(run(root.path(), &["reference", ".", "--check"]), said(1, &stale, ""));
    assert_eq!(run(root.path(), &["reference", "."]), said(0, "", "./REFERENCE.md: written\n"));
    assert_eq!(fs::read_to_string(&page).unwrap(), printed);
    let names = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["REFERENCE.md", "new", "old"], "nothing else stays behind");
}

/// What cannot be read leaves the page as it was.
#[rstest]
#[case(&["reference", "none"], 2, "error: none: there is no such directory\n  help: name the directory that holds the `.wit` files\n")]
#[case(&["reference", "empty"], 2, "error: empty: there are no `.wit` files in it, nor in the directories below\n  help: name a directory that holds packages, such as the `wit` of a component or of this contract\n")]
#[case(&["reference", "twice"], 2, "error: twice/b: the package a:b stands in twice/a as well\n  help: keep one of the two, and let links lead to it\n")]
#[case(&["permissions", "bad"], 2, "error: bad/a.wit:1:1: expected `world`, `interface` or `use`, found an identifier\n  help: correct it; the syntax is described at https://component-model.bytecodealliance.org/design/wit.html\n")]
#[case(&["reference", "bad"], 2, "error: bad/a.wit:1:1: expected `world`, `interface` or `use`, found an identifier\n  help: correct it; the syntax is described at https://component-model.bytecodealliance.org/design/wit.html\n")]
#[case(&["reference", "locked"], 3, "error: failed to write locked/REFERENCE.md: Is a directory (os error 21)\n")]
fn what_cannot_be_used_is_said(#[case] args: &[&str], #[case] exit: i32, #[case] err: &str) {
    let root = tempfile::tempdir().unwrap();
    let package = "package a:b;\n";
    for (path, text) in [
        ("empty/deps/a.wit", package),
        ("twice/a/a.wit", package),
        ("twice/b/a.wit", package),
        ("bad/a.wit", "nonsense\n"),
        ("bad/REFERENCE.md", "as it was\n"),
        ("locked/a.wit", package),
        ("locked/REFERENCE.md/x", ""),
    ] {
        fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
        fs::write(root.path().join(path), text).unwrap();
    }
    assert_eq!(run(root.path(), args), said(exit, "", err));
    assert_eq!(fs::read_to_string(root.path().join("bad/REFERENCE.md")).unwrap(), "as it was\n");
    assert_eq!(fs::read_dir(root.path().join("locked")).unwrap().count(), 2, "nothing else stays behind");
}

#[rstest]
#[case(
    "human",
    "\
a:b/post.send             messaging.send(to)  1.0.0, 1.1.0
a:b/post.box.constructor  none                1.1.0
a:b/post.box.any          none                1.1.0
a:b/post.box.take         none                1.1.0
"
)]
#[case(
    "markdown",
    "\
| function | permission | versions |
|---|---|---|
| **a:b/post** | | |
| `send` | `messaging.send(to)` | 1.0.0, 1.1.0 |
| `box.constructor` | none | 1.1.0 |
| `box.any` | none | 1.1.0 |
| `box.take` | none | 1.1.0 |
"
)]
fn permissions_are_printed(#[case] format: &str, #[case] expected: &str) {
    let fault = "./new/w/w.wit:5:10: `w.x` does not say which permission it needs: 0 lines with @permission\n  \
                 help: `airssys-wasm wit check` says how to write it\n";
    let root = tree();
    assert_eq!(run(root.path(), &["permissions", ".", "--format", format]), said(1, expected, fault));
    fs::remove_file(root.path().join("new/w/w.wit")).unwrap();
    assert_eq!(run(root.path(), &["permissions", ".", "--format", format]), said(0, expected, ""));
}

#[test]
fn permissions_are_printed_for_tools() {
    let (exit, out, err) = run(tree().path(), &["permissions", "old", "--format", "json"]);
    let expected = json!([{
        "package": "a:b", "interface": "post", "function": "send", "permissions": ["messaging.send(to)"],
        "versions": ["1.0.0"],
    }]);
    assert_eq!((exit, err.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
}

/// What the pages show is what the commands print.
#[rstest]
#[case("docs/src/wit.md", 2)]
#[case("wit/README.md", 1)]
fn examples_are_as_they_are_shown(#[case] page: &str, #[case] count: usize) {
    let root = wit().parent().unwrap().to_owned();
    let text = fs::read_to_string(root.join(page)).unwrap();
    let blocks = text.split("```console\n$ airssys-wasm wit ").skip(1).filter_map(|rest| rest.split("```").next());
    let shown: Vec<_> = blocks.filter(|block| !block.starts_with("reference")).collect();
    let printed = shown.iter().map(|block| {
        let line = block.lines().next().unwrap();
        let (_, out, _) = run(&root, &line.split(' ').collect::<Vec<_>>());
        format!("{line}\n{out}")
    });
    assert_eq!(shown, printed.collect::<Vec<_>>());
    assert_eq!(shown.len(), count, "an example is no example any more");
}

/// A check for tools is one object, whatever comes of it.
#[test]
fn checks_are_printed_for_tools() {
    let root = tree();
    let check = |dir: &str| {
        let (exit, out, err) = run(root.path(), &["check", dir, "--format", "json", "--allow", "named"]);
        assert_eq!(err, "");
        (exit, serde_json::from_str::<Value>(&out).unwrap())
    };
    let findings = |place: (usize, usize), rule: &str, item: &str, what: &str, mend: &str| json!({ "file": "old/a.wit", "line": place.0, "column": place.1, "rule": rule, "item": item, "what": what, "mend": mend });
    let refuses = findings(
        (17, 3),
        "annotated",
        "post.send",
        "needs a permission, and cannot say that it is not granted",
        "let it return a `result` whose error is a variant with the case `permission-denied`",
    );
    let package =
        json!({ "package": "a:b@1.0.0", "interfaces": 2, "functions": 1, "worlds": 0, "findings": [refuses] });
    assert_eq!(check("old"), (1, json!({ "ok": false, "directory": "old", "packages": [package], "error": null })));
    let error = json!({
        "place": "none", "what": "there is no such directory", "mend": "name the directory that holds the `.wit` files",
    });
    assert_eq!(check("none"), (2, json!({ "ok": false, "directory": "none", "packages": [], "error": error })));
}

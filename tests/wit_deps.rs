//! `airssys-wasm wit deps`, from outside: each file of `wit_deps/` is a session, with all that is said and left behind.
//!
//! A line `$ COMMAND` is run; lines `| TEXT` behind it are its input; what it prints stands behind it, standard output as
//! `> TEXT`, standard error as `! TEXT`, an exit code that is not 0 as `= CODE`. Every other line is a comment. The whole
//! session is compared. `AIRSSYS_BLESS=1` writes what was found into the files, to be reviewed like code.
#![cfg(all(unix, feature = "cli"))]

#[path = "wit_deps/session.rs"]
mod session;

use std::path::PathBuf;

use rstest::rstest;
use session::Session;

#[test]
fn the_page_shows_what_is_printed() {
    let page = include_str!("../docs/src/dependencies.md");
    let block = |language: &str| page.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0;
    let dependencies = block("toml").strip_prefix("[wit-dependencies]\n").unwrap();
    let printed = block("console").strip_prefix("$ airssys-wasm wit deps plugins/data-processor\n").unwrap();
    let lines = |mark: &str, text: &str| -> String { text.lines().map(|line| format!("{mark} {line}\n")).collect() };
    let script = format!("$ depend\n{}$ deps\n{}", lines("|", dependencies), lines(">", printed));
    assert_eq!(Session::new().run(&script), script);
}

#[rstest]
fn a_session(#[files("tests/wit_deps/*.txt")] path: PathBuf) {
    let script = std::fs::read_to_string(&path).unwrap();
    let found = Session::new().run(&script);
    if std::env::var_os("AIRSSYS_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &found).unwrap();
    }
    let name = path.file_name().unwrap().display();
    assert!(found == script, "{name}: expected\n{script}\nfound\n{found}");
}

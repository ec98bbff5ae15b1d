//! A process that may not have the address space for a pool of instances runs components all the same, within the same
//! limits, and says so.
#![cfg(all(feature = "cli", feature = "suite", feature = "runtime", target_os = "linux"))]

use std::process::{Command, Output};

use rstest::rstest;

/// 4 GB of address space: as much as one memory of a pool takes.
const SHORT: &str = "ulimit -v 4000000; exec \"$@\"";

fn short_of_space(args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", SHORT, "sh", env!("CARGO_BIN_EXE_airssys-wasm")]).args(args);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("NO_COLOR", "1").env_remove("RUST_LOG").output().unwrap()
}

#[test]
fn a_component_runs_and_the_operator_is_told() {
    let output = short_of_space(&["run", "fixtures/counter", "--op", r#"json:{"add":2}"#, "--op", r#"json:{"add":3}"#]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!((output.status.code(), out.as_str()), (Some(0), "{\"total\":2}\n{\"total\":5}\n"), "{err}");
    let (_, told) = err.split_once("  WARN ").unwrap_or_else(|| panic!("no warning: {err}"));
    // How much was refused is a matter of the engine.
    let told = told.split(" why=").next().unwrap();
    let expected = "airssys_wasm::runtime::allocation: there is no address space for a pool of instances, which takes 6 GiB \
        of it for each; instances and their calls take longer without one: raise `ulimit -v`, or lower \
        EngineOptions::instances instances=512";
    assert_eq!((told, err.lines().count()), (expected, 1));
}

/// What the suite says of the limits of guests, of what happens to their memory and of traps, holds there as well.
#[rstest]
#[case("limits")]
#[case("isolation")]
fn the_suite_passes(#[case] area: &str) {
    let listed = Command::new(env!("CARGO_BIN_EXE_airssys-wasm")).args(["suite", "list", area]).output().unwrap();
    let cases = String::from_utf8(listed.stdout).unwrap().lines().count();
    let output = short_of_space(&["suite", "run", area, "--jobs", "2", "--seeds", "1"]);
    let out = String::from_utf8(output.stdout).unwrap();
    let last = format!("{cases} passed, 0 failed");
    assert_eq!((output.status.code(), out.lines().last()), (Some(0), Some(last.as_str())), "{out}");
}

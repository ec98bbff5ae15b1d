//! The suite against the linter: a trial a case, with the filters of `cargo test`.

use manifest_linter::ManifestLinter;

fn main() -> std::process::ExitCode {
    airssys_wasm::suite::main(|| Ok(Box::<ManifestLinter>::default()))
}

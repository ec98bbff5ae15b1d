//! The conformance suite against the reference runtime: a trial a case.

use airssys_wasm::suite::driver::reference::Reference;

fn main() -> std::process::ExitCode {
    let reference = match Reference::new() {
        Ok(reference) => reference,
        Err(why) => {
            eprintln!("error: {why}");
            return std::process::ExitCode::from(3);
        }
    };
    airssys_wasm::suite::main(move || Ok(Box::new(reference.driver())))
}

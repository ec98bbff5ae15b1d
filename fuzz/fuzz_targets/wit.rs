//! The target `wit`, run by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| airssys_wasm_fuzz::wit::check(input));

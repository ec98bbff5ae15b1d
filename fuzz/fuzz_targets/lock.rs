//! The target `lock`, run by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| airssys_wasm_fuzz::lock::check(input));

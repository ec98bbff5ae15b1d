//! Target: any bytes as a manifest.
//!
//! What is accepted is in range, is read again as itself when it is printed, and asks for grants that can be made.
//! What is refused is refused at places that are inside the text and where they claim to be.

use airssys_wasm::contract::LoadCode;
use airssys_wasm::manifest::{Capabilities, MAX_MANIFEST_BYTES, Manifest, ManifestErrors};
use airssys_wasm::permission::{Class, Grants, Policy, PolicyMode};

use super::print::print;

/// Panics where `input` shows that something does not hold.
pub fn check(input: &[u8]) {
    let read = Manifest::parse_bytes(input);
    let text = match std::str::from_utf8(input) {
        Ok(text) => text,
        Err(error) => {
            let valid = std::str::from_utf8(&input[..error.valid_up_to()]).expect("valid up to there");
            let errors = read.expect_err("what is no text is no manifest");
            places(valid, &errors);
            assert_eq!((errors.primary(), errors.first().span.start), (LoadCode::ManifestSyntax, valid.len()));
            return;
        }
    };
    assert_eq!(read, Manifest::parse(text), "bytes and text are read in two ways");
    match read {
        Ok(manifest) => accepted(&manifest),
        Err(errors) => places(text, &errors),
    }
    match Policy::parse(text) {
        Ok(policy) => drop(policy.admit(&policy.allow, &Capabilities::default())),
        Err(errors) => places(text, &errors),
    }
}

fn accepted(manifest: &Manifest) {
    let memory = manifest.resources.memory;
    assert!(memory.min <= memory.preferred && memory.preferred <= memory.max && memory.max > 0);
    let formats = &manifest.multicodec;
    assert!(!formats.supported_formats.is_empty());
    assert!(formats.primary_format.is_none_or(|primary| formats.supported_formats.contains(&primary)));
    assert!(!manifest.component.wasm.starts_with('/') && !manifest.component.wasm.split('/').any(|name| name == ".."));

    let printed = print(manifest);
    if printed.len() <= MAX_MANIFEST_BYTES {
        match Manifest::parse(&printed) {
            Ok(again) => assert_eq!(*manifest, again, "printed as {printed}"),
            Err(errors) => panic!("{manifest:?} is printed as {printed} which has these faults: {errors}"),
        }
    }
    for capabilities in [&manifest.capabilities, &manifest.optional_capabilities] {
        granted(capabilities);
    }
}

/// Only a name that IDNA refuses is a pattern and cannot be granted. A policy that allows what is asked admits it.
fn granted(capabilities: &Capabilities) {
    let none = Capabilities::default();
    let grants = match Grants::new(capabilities, &none) {
        Ok(grants) => grants,
        Err(error) => {
            assert!(error.rule.class == Class::Network && !error.rule.pattern.is_ascii(), "{error}");
            return;
        }
    };
    let policy = Policy { mode: PolicyMode::Strict, allow: capabilities.clone() };
    let admitted = policy.admit(capabilities, &none).expect("what is allowed is admitted");
    assert_eq!(admitted.grants.rules(), grants.rules());
    assert!(admitted.dropped.is_empty() && admitted.beyond.is_empty());
}

/// Every error lies in the text, at the line and column that it claims, and is told on one line.
fn places(text: &str, errors: &ManifestErrors) {
    let all = errors.as_slice();
    assert!((1..=ManifestErrors::MAX_KEPT).contains(&all.len()));
    assert!(errors.more() == 0 || all.len() == ManifestErrors::MAX_KEPT, "{} more are not told", errors.more());
    assert!(all.is_sorted_by_key(|error| error.span.start));
    for error in all {
        let before = text.get(..error.span.start).expect("an error starts at a character of the text");
        assert!(text.get(error.span.clone()).is_some(), "{error:?} ends at no character of the text");
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = 1 + before.chars().rev().take_while(|character| *character != '\n').count();
        assert_eq!((error.line as usize, error.column as usize), (line, column), "{error:?}");
        let told = [Some(&error.key), Some(&error.message), error.help.as_ref()];
        assert!(told.iter().flatten().all(|told| !told.contains(char::is_control)), "{error:?}");
        assert!(!error.message.is_empty());
    }
}

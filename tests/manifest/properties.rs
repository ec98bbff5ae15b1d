//! What holds for every text.

use airssys_wasm::manifest::{Manifest, ManifestErrors};
use proptest::prelude::*;

use super::{LEAST, MOST};

/// Every error lies inside the text, at the line and column that it claims.
fn places_are_true(text: &str, errors: &ManifestErrors) {
    assert!(!errors.as_slice().is_empty());
    for error in errors {
        assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{error:?}");
        let before = text[..error.span.start].strip_prefix('\u{feff}').unwrap_or(&text[..error.span.start]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        assert_eq!((error.line as usize, error.column as usize), (line, column), "{error:?}");
        assert!(!error.message.contains(char::is_control) && !error.key.contains(char::is_control), "{error:?}");
    }
    assert!(errors.as_slice().is_sorted_by_key(|error| error.span.start));
}

fn word() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}"
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = Manifest::parse_bytes(&bytes);
    }

    #[test]
    fn texts_of_toml_letters_have_true_places(text in "[a-c\\[\\]{}=.,\"'#\n\\\\ 0-9ä\u{feff}]{0,200}") {
        if let Err(errors) = Manifest::parse(&text) {
            places_are_true(&text, &errors);
        }
    }

    #[test]
    fn mutations_have_true_places(
        at in 0..MOST.len(),
        cut in 0usize..40,
        insert in "[a-z\\[\\]{}=.,\"'#\n\\\\ 0-9ä]{0,6}",
    ) {
        let start = MOST.floor_char_boundary(at);
        let end = MOST.floor_char_boundary((start + cut).min(MOST.len()));
        let text = format!("{}{insert}{}", &MOST[..start], &MOST[end..]);
        if let Err(errors) = Manifest::parse(&text) {
            places_are_true(&text, &errors);
        }
    }

    #[test]
    fn what_is_written_is_what_is_read(
        namespace in proptest::option::of(word()),
        name in word(),
        version in (any::<u64>(), any::<u64>(), any::<u64>()),
        (min, preferred, max) in (0u64..1 << 40, 0u64..1 << 40, 1u64..1 << 40),
        timeout_ms in 1u64..=86_400_000,
        env in proptest::collection::btree_map("[A-Z_]{1,8}", "[ -~äöü]{0,12}", 0..5),
        config in proptest::collection::btree_map("[a-z0-9_.-]{1,12}", "[ -~äöü]{0,12}", 0..5),
    ) {
        let id = namespace.map_or(name.clone(), |namespace| format!("{namespace}:{name}"));
        prop_assume!(id.len() <= 64);
        let mut sizes = [min, preferred, max];
        sizes.sort_unstable();
        let [min, preferred, max] = sizes;
        prop_assume!(max > 0);
        let version = semver::Version::new(version.0, version.1, version.2);
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let pairs = |map: &std::collections::BTreeMap<String, String>| {
            map.iter().rev().map(|(key, value)| format!("{} = {}\n", quoted(key), quoted(value))).collect::<String>()
        };
        let text = format!(
            "[component]\nname = {id:?}\nversion = \"{version}\"\napi-version = \"1.0.0\"\n\
             [resources]\ntimeout-ms = {timeout_ms}\n\
             [resources.memory]\nmin = {min}\npreferred = \"{preferred}B\"\nmax = {max:#x}\n\
             [env]\n{}[config]\n{}",
            pairs(&env), pairs(&config),
        );
        let manifest = Manifest::parse(&text).map_err(|errors| TestCaseError::fail(format!("{errors}\n{text}")))?;
        prop_assert_eq!(manifest.component.name.as_str(), id);
        prop_assert_eq!(manifest.component.version, version);
        prop_assert_eq!(manifest.component.wasm, format!("{name}.wasm"));
        let memory = manifest.resources.memory;
        prop_assert_eq!((memory.min, memory.preferred, memory.max), (min, preferred, max));
        prop_assert_eq!(manifest.resources.timeout_ms, timeout_ms);
        prop_assert_eq!(manifest.env, env.into_iter().rev().collect::<Vec<_>>());
        prop_assert_eq!(manifest.config, config);
    }
}

#[test]
fn every_prefix_has_true_places() {
    for end in (0..MOST.len()).filter(|&end| MOST.is_char_boundary(end)) {
        if let Err(errors) = Manifest::parse(&MOST[..end]) {
            places_are_true(&MOST[..end], &errors);
        }
    }
    assert!(Manifest::parse(LEAST).is_ok());
}

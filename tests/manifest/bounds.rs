//! Hostile sizes and depths end in an error, on a small stack and in time linear in the text.

use airssys_wasm::contract::LoadCode;
use airssys_wasm::manifest::{MAX_MANIFEST_BYTES, Manifest, ManifestErrors};
use rstest::rstest;

/// Half of what the smallest platform gives a thread.
const SMALL_STACK: usize = 512 * 1024;

fn on_a_small_stack(text: String) -> ManifestErrors {
    let parse = move || Manifest::parse(&text).expect_err("hostile text is no manifest");
    std::thread::Builder::new().stack_size(SMALL_STACK).spawn(parse).unwrap().join().unwrap()
}

#[rstest]
#[case::brackets("[".repeat(20_000))]
#[case::array(format!("a = {}", "[".repeat(20_000)))]
#[case::closed_array(format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000)))]
#[case::inline_tables("a = {".repeat(20_000))]
#[case::braces(format!("a = {}", "{b = ".repeat(20_000)))]
#[case::dotted_key(format!("{}a = 1", "a.".repeat(20_000)))]
#[case::spaced_dotted_key(format!("{}a = 1", "a . \"b\" . ".repeat(10_000)))]
#[case::header(format!("[{}a]", "a.".repeat(20_000)))]
#[case::array_header(format!("[[{}a]]", "a.".repeat(20_000)))]
#[case::open_lines("a = [\n".repeat(20_000))]
fn depth_is_a_syntax_error(#[case] text: String) {
    let errors = on_a_small_stack(text);
    assert_eq!(errors.primary(), LoadCode::ManifestSyntax);
}

/// The deepest tree that the bounds allow: a header, then dotted keys in nested inline tables.
#[test]
fn the_deepest_tree_is_walked_and_dropped() {
    let key = format!("{}a", "a.".repeat(15));
    let text = format!("[{key}]\n{key} = {}1{}", format!("{{{key} = ").repeat(15), "}".repeat(15));
    assert_ne!(on_a_small_stack(text).primary(), LoadCode::ManifestSyntax);
}

/// A mebibyte of one kind of fault each; a parser that is not linear does not end within a test's patience.
#[rstest]
#[case::unknown_keys("", |n| format!("k{n}=1\n"))]
#[case::unknown_keys_backwards("", |n| format!("k{}=1\n", 999_999 - n))]
#[case::duplicates("", |_| "a=1\n".to_owned())]
#[case::duplicates_under_a_long_header("[permissions-of-a-name-that-is-long]\n", |_| "a=1\n".to_owned())]
#[case::broken("", |_| "=\n".to_owned())]
#[case::bad_elements("capabilities.filesystem.read=[", |n| format!("{n},"))]
#[case::repeated_elements("capabilities.filesystem.read=[", |_| "'/a',".to_owned())]
#[case::network("", |_| "[[capabilities.network]]\n".to_owned())]
#[case::quotes("", |_| "'".to_owned())]
#[case::tables("", |n| format!("[t{n}]\n"))]
#[case::bad_env("[env]\n", |n| format!("k{n}=1\n"))]
fn a_mebibyte_of_faults(#[case] head: &str, #[case] part: fn(usize) -> String) {
    let mut text = head.to_owned();
    let mut count = 0;
    while text.len() + 32 < MAX_MANIFEST_BYTES {
        text += &part(count);
        count += 1;
    }
    let errors = on_a_small_stack(text);
    let kept = errors.as_slice();
    assert!(!kept.is_empty() && kept.len() <= ManifestErrors::MAX_KEPT);
    assert!(kept.is_sorted_by_key(|error| error.span.start));
    assert!(kept.len() == ManifestErrors::MAX_KEPT || errors.more() == 0);
}

/// However many faults, the report has those that come first in the text.
#[test]
fn the_first_faults_are_kept() {
    let lines: Vec<_> = (0..1000).map(|n| format!("k{} = 1\n", 1999 - n)).collect();
    let errors = Manifest::parse(&lines.concat()).unwrap_err();
    let unknown: Vec<_> = errors.into_iter().skip(4).map(|error| error.line).collect();
    assert_eq!(unknown, (1..=96).collect::<Vec<_>>());
    assert_eq!(errors.more(), 1004 - 100);
}

#[test]
fn a_byte_too_many_is_not_read() {
    let text = |bytes: usize| format!("{}{}", super::LEAST, "#".repeat(bytes - super::LEAST.len()));
    assert!(Manifest::parse(&text(MAX_MANIFEST_BYTES)).is_ok());
    for errors in [
        Manifest::parse(&text(MAX_MANIFEST_BYTES + 1)).unwrap_err(),
        Manifest::parse_bytes(&vec![0xff; MAX_MANIFEST_BYTES + 1]).unwrap_err(),
    ] {
        assert_eq!(errors.primary(), LoadCode::ManifestTooLarge);
        assert_eq!(errors.as_slice().len(), 1);
    }
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let errors = Manifest::parse_bytes(b"[component]\nname = \"\xff\"").unwrap_err();
    let error = errors.first();
    assert_eq!((error.code, error.line, error.column), (LoadCode::ManifestSyntax, 2, 9));
}

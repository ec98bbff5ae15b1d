//! Case files: what is embedded is sound, and a file that is not understood says where and why.
#![cfg(feature = "suite")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use airssys_wasm::contract::ContractVersion;
use airssys_wasm::suite::guest::sha256_hex;
use airssys_wasm::suite::{Catalogue, DiscoveredCase, embedded, in_directory, plan};
use rstest::rstest;

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap()
}

/// The least case that is sound.
const SOUND: &str = r#"title = "a"
requirements = ["lifecycle.init-once"]
[components.a]
[[steps]]
load = "a"
[[steps]]
execute = "a"
expect.output = "raw:"
"#;

/// A directory with one file in the area `time`.
fn with(name: &str, content: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("time")).unwrap();
    std::fs::write(dir.path().join("time").join(name), content).unwrap();
    dir
}

/// The identifiers, or the error with the directory written as `DIR`.
fn found(dir: &Path) -> Result<Vec<String>, String> {
    match in_directory(dir, &catalogue()) {
        Ok(cases) => Ok(cases.into_iter().map(|case| case.id).collect()),
        Err(why) => Err(why.to_string().replace(&dir.display().to_string(), "DIR").replace('\\', "/")),
    }
}

#[test]
fn the_catalogue_is_sound() {
    let catalogue = catalogue();
    let slugs: BTreeSet<&str> = catalogue.requirements.iter().map(|requirement| requirement.slug.as_str()).collect();
    assert_eq!(slugs.len(), catalogue.requirements.len(), "a slug is there twice");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let misnamed: Vec<&&str> = slugs
        .iter()
        .filter(|slug| !slug.contains('.') || !slug.split('.').all(|word| !word.is_empty() && word.chars().all(plain)))
        .collect();
    assert_eq!(misnamed, Vec::<&&str>::new(), "area.words-of-letters");
    let silent: Vec<&str> = catalogue
        .requirements
        .iter()
        .filter(|requirement| {
            requirement.text.trim().is_empty() || requirement.excluded.as_ref().is_some_and(|why| why.trim().is_empty())
        })
        .map(|requirement| requirement.slug.as_str())
        .collect();
    assert_eq!(silent, Vec::<&str>::new(), "no text, or no reason for an exclusion");
}

/// The catalogue of a version that is out never changes: whoever was judged by it goes on to be judged by it.
#[rstest]
#[case("1.0", "9c9a0270baa0ae28d53764add511105bee3592859cbbb669e16ddb029973b880")]
fn a_catalogue_that_is_out_is_frozen(#[case] contract: &str, #[case] sha256: &str) {
    let path = format!("{}/conformance/requirements/{contract}.toml", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(sha256_hex(&fs::read(path).unwrap()), sha256, "put what is new into the file of the next version");
}

/// 1.1 has what 1.0 has, says more of some of it, and adds some.
#[test]
fn a_catalogue_extends_the_one_before() {
    let [old, new] = [ContractVersion::V1_0, ContractVersion::V1_1].map(|contract| Catalogue::of(contract).unwrap());
    let slugs = |catalogue: &Catalogue| -> Vec<String> {
        catalogue.requirements.iter().map(|requirement| requirement.slug.clone()).collect()
    };
    let (before, after) = (slugs(&old), slugs(&new));
    assert_eq!(after[..before.len()], before);
    let since = |contract| new.requirements.iter().filter(move |requirement| requirement.since == contract).count();
    assert_eq!(
        (since(ContractVersion::V1_0), since(ContractVersion::V1_1)),
        (before.len(), after.len() - before.len())
    );
    let changed = old.requirements.iter().zip(&new.requirements).filter(|(old, new)| old.text != new.text);
    assert_eq!(changed.map(|(old, _)| old.slug.as_str()).collect::<Vec<_>>(), ["version.deprecated-warns"]);
}

#[test]
fn the_embedded_cases_are_sound() {
    let catalogue = catalogue();
    let cases = embedded(&catalogue).unwrap();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "an identifier is there twice");
    assert!(cases.is_sorted_by(|a, b| a.id < b.id));
    let fault = |case: &DiscoveredCase| {
        let unknown = case.case.requirements.iter().find(|slug| catalogue.get(slug).is_none());
        if let Some(unknown) = unknown {
            return Some(format!("{}: {unknown} is unknown", case.id));
        }
        if case.case.title.trim().is_empty() || case.case.title.contains('\n') {
            return Some(format!("{}: the title is not one line", case.id));
        }
        if !case.id.starts_with(&format!("{}/", case.area)) {
            return Some(format!("{}: the area is {}", case.id, case.area));
        }
        plan(&case.case).err().map(|why| format!("{}: {why}", case.id))
    };
    assert_eq!(cases.iter().filter_map(fault).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_same_files_give_the_same_cases_from_disk() {
    let catalogue = catalogue();
    let disk = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let areas = std::fs::read_dir(disk).unwrap().map(|entry| entry.unwrap().path());
    let mut on_disk: Vec<String> = areas
        .filter(|path| {
            path.is_dir() && ["adapters", "protocol", "requirements"].iter().all(|other| !path.ends_with(other))
        })
        .flat_map(|path| {
            let area = path.file_name().unwrap().to_str().unwrap().to_owned();
            let cases = in_directory(&path, &catalogue).unwrap();
            cases.into_iter().map(move |case| format!("{area}/{}", case.id))
        })
        .collect();
    on_disk.sort();
    let embedded: Vec<String> = embedded(&catalogue).unwrap().into_iter().map(|case| case.id).collect();
    assert_eq!(on_disk, embedded);
}

#[rstest]
#[case("x.toml", SOUND, &["time/x"])]
#[case("x.md", "not a case", &[])]
#[case("x.toml", &format!("{SOUND}[[rows]]\nid = \"b\"\n[[rows]]\nid = \"a\"\n"), &["time/x#a", "time/x#b"])]
#[case("x.toml", &format!("{}[[rows]]\nid = \"b\"\nwhat = \"raw:\"\n", SOUND.replace("\"raw:\"", "\"${what}\"")), &["time/x#b"])]
fn sound_files(#[case] name: &str, #[case] text: &str, #[case] ids: &[&str]) {
    assert_eq!(found(with(name, text.as_bytes()).path()), Ok(ids.iter().map(|id| (*id).to_owned()).collect()));
}

/// A row's value keeps its type where it stands alone, and is text inside of text.
#[test]
fn rows_are_put_into_the_case() {
    let text = r#"title = "${id} of ${n}"
requirements = ["lifecycle.init-once"]
[components.a.guest]
on."raw:${n}" = ["count ${n}"]
[[steps]]
execute = "a"
times = "${n}"
expect = "${what}"
[[rows]]
id = "one"
n = 7
what = { output = "raw:" }
"#;
    let dir = with("x.toml", text.as_bytes());
    let case = in_directory(dir.path(), &catalogue()).unwrap().remove(0).case;
    let step = &case.steps[0];
    let output = step.expect.as_ref().unwrap().output.as_deref();
    assert_eq!((case.title.as_str(), step.times, output), ("one of 7", Some(7), Some("raw:")));
    assert_eq!(case.components["a"].guest.on["raw:7"], ["count 7"]);
}

/// Faults: what is replaced in the sound case, by what, and what is added to its end.
const FAULTS: [(&str, &str, &str, &str); 26] = [
    ("no toml", "title = \"a\"", "title = ", ""),
    ("unknown key", "title = \"a\"\n", "title = \"a\"\nlevel = \"MUST\"\n", ""),
    ("unknown key of a step", "load = \"a\"", "lode = \"a\"", ""),
    ("unknown key of an expectation", "expect.output", "expect.outptu", ""),
    ("unknown key of a guest", "[components.a]", "[components.a]\nguest.exekute = []", ""),
    ("missing key", "title = \"a\"\n", "", ""),
    ("wrong type", "execute = \"a\"", "execute = 5", ""),
    ("wrong type of a list", "[\"lifecycle.init-once\"]", "\"lifecycle.init-once\"", ""),
    ("unknown variant", "[components.a]", "[components.a]\nguest.form = \"elv\"", ""),
    ("no requirement", "[\"lifecycle.init-once\"]", "[]", ""),
    ("unknown requirement", "lifecycle.init-once", "lifecycle.init-twice", ""),
    ("excluded requirement", "lifecycle.init-once", "wit.annotated", ""),
    (
        "requirement never asserted",
        "\"lifecycle.init-once\"]",
        "\"lifecycle.init-once\",\n  \"lifecycle.states\"]",
        "asserts = [\"lifecycle.init-once\"]\n",
    ),
    ("foreign assertion", "", "", "asserts = [\"lifecycle.states\"]\n"),
    ("no expectation", "expect.output = \"raw:\"\n", "", ""),
    ("rows are no list", "requirements", "rows = 5\nrequirements", ""),
    ("rows are empty", "requirements", "rows = []\nrequirements", ""),
    ("row is no table", "requirements", "rows = [1]\nrequirements", ""),
    ("row without id", "", "", "[[rows]]\nname = \"b\"\n"),
    ("row with a bad id", "", "", "[[rows]]\nid = \"b\"\n[[rows]]\nid = \"B b\"\n"),
    ("row twice", "", "", "[[rows]]\nid = \"b\"\n[[rows]]\nid = \"b\"\n"),
    ("row with an unused value", "", "", "[[rows]]\nid = \"b\"\nwhat = 1\n"),
    ("row without a value", "\"raw:\"", "\"${what}\"", "[[rows]]\nid = \"b\"\nwhat = \"raw:\"\n[[rows]]\nid = \"c\"\n"),
    ("row with a wrong type", "\"raw:\"", "\"${what}\"", "[[rows]]\nid = \"b\"\nwhat = 5\n"),
    ("row of an unknown key", "expect.output", "expect.outptu", "[[rows]]\nid = \"b\"\n"),
    (
        "row of an unknown requirement",
        "lifecycle.init-once",
        "${r}",
        "[[rows]]\nid = \"b\"\nr = \"lifecycle.init-twice\"\n",
    ),
];

#[test]
fn a_fault_is_told_with_its_line() {
    let errors: Vec<String> = FAULTS
        .iter()
        .map(|(name, find, replacement, more)| {
            assert!(SOUND.contains(find), "{name}");
            let text = format!("{}{more}", SOUND.replacen(find, replacement, 1));
            format!("{name}\n    {}", found(with("x.toml", text.as_bytes()).path()).unwrap_err())
        })
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[rstest]
#[case(b"title = \"\xff\"", "DIR/time/x.toml: cannot be read: stream did not contain valid UTF-8")]
#[case(&[b' '; (1 << 20) + 1], "DIR/time/x.toml: has 1048577 bytes, a case has at most 1048576")]
#[case(&[b' '; 1 << 20], "DIR/time/x.toml:1: missing field `title`")]
#[case(b"", "DIR/time/x.toml:1: missing field `title`")]
fn unreadable_files(#[case] content: &[u8], #[case] error: &str) {
    assert_eq!(found(with("x.toml", content).path()), Err(error.to_owned()));
}

#[test]
fn an_absent_directory_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = found(&dir.path().join("absent")).unwrap_err();
    assert!(error.starts_with("DIR: cannot be read: "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_an_error() {
    let dir = with("x.toml", SOUND.as_bytes());
    std::os::unix::fs::symlink("nowhere", dir.path().join("time/y.toml")).unwrap();
    let error = "DIR/time/y.toml: cannot be read: No such file or directory (os error 2)";
    assert_eq!(found(dir.path()), Err(error.to_owned()));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_an_error() {
    let dir = with("x.toml", SOUND.as_bytes());
    std::os::unix::fs::symlink("..", dir.path().join("time/up")).unwrap();
    let error = "DIR/time/up: is a link to a directory: give that directory by itself";
    assert_eq!(found(dir.path()), Err(error.to_owned()));
}

#[test]
fn the_same_identifier_twice_is_an_error() {
    let dir = with("x.toml", format!("{SOUND}[[rows]]\nid = \"b\"\n").as_bytes());
    std::fs::write(dir.path().join("time/x#b.toml"), SOUND).unwrap();
    assert_eq!(found(dir.path()), Err("time/x#b: the identifier is used twice".to_owned()));
}

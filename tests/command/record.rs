//! `permissions record`: what it prints is what the component needs, no more and no less.

use rstest::rstest;

use super::place::{Place, Said, operations};

fn record(place: &Place, options: &str, names: &str) -> Said {
    place.says(&format!("permissions record a{options}{}", operations(names)))
}

fn run(tables: &str, options: &str, names: &str) -> Said {
    Place::new(tables).says(&format!("run a{options}{}", operations(names)))
}

/// Everything that a manifest can permit.
const ALL: &str = "read write list remove stat link star start set get send request function address localhost";

/// What that is.
const LEAST: &str = r#"[capabilities.filesystem]
delete = ["/data/y"]
list = ["/data"]
read = ["/bin", "/data/x"]
write = ["/data/[*]?1?.txt", "/data/y"]
[capabilities.storage]
read = ["app:cache"]
write = ["app:cache"]
[capabilities.process]
spawn = ["/bin/tool"]
[capabilities.messaging]
request = ["acme:db"]
send = ["logger"]
[capabilities.host-functions]
call = ["geo.lookup"]
[[capabilities.network]]
action = "outbound"
host = "127.0.0.1"
port = PORT
[[capabilities.network]]
action = "outbound"
host = "localhost"
port = PORT
"#;

#[test]
fn the_least_manifest_is_printed_and_answers_are_told_apart_from_it() {
    let place = Place::new("");
    let Said { code, out, err } = record(&place, " --root root", ALL);
    assert_eq!((code, out.as_str(), err.contains("WARN")), (Some(0), LEAST, false), "{err}");

    // With just these lines the component does the same, and nothing is denied.
    let tables = LEAST.replace("PORT", &place.port().to_string());
    assert_eq!(run(&tables, " --root root", ALL), Said { code, out: err, err: String::new() });
}

/// The tables of a manifest, each time without one of its patterns.
fn without_one(tables: &toml::Table) -> Vec<(String, String)> {
    let mut fewer = Vec::new();
    for (class, entries) in tables["capabilities"].as_table().unwrap() {
        let places: Vec<(Option<&String>, usize)> = match entries {
            toml::Value::Array(rules) => (0..rules.len()).map(|index| (None, index)).collect(),
            entries => {
                let lists = entries.as_table().unwrap().iter();
                lists
                    .flat_map(|(action, list)| {
                        (0..list.as_array().unwrap().len()).map(move |index| (Some(action), index))
                    })
                    .collect()
            }
        };
        for (action, index) in places {
            let mut tables = tables.clone();
            let entries = &mut tables["capabilities"][class.as_str()];
            let list = match action {
                Some(action) => &mut entries[action.as_str()],
                None => entries,
            };
            let gone = list.as_array_mut().unwrap().remove(index);
            fewer.push((format!("{class} {action:?} {gone}"), toml::to_string(&tables).unwrap()));
        }
    }
    fewer
}

#[test]
fn no_line_of_the_least_manifest_is_too_many() {
    let port = Place::new("").port().to_string();
    let fewer = without_one(&toml::from_str(&LEAST.replace("PORT", &port)).unwrap());
    assert_eq!(fewer.len(), 14);
    let needless = fewer.iter().filter(|(_, tables)| {
        let Said { code, err, .. } = run(tables, " --root root", ALL);
        assert_eq!(code, Some(0), "{err}");
        !err.contains(r#"outcome="denied""#)
    });
    assert_eq!(needless.map(|(gone, _)| gone.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[rstest]
#[case("link", "[capabilities.filesystem]\nread = [\"/data/x\"]\n")]
#[case("read read", "[capabilities.filesystem]\nread = [\"/data/x\"]\n")]
#[case("localhost", "[[capabilities.network]]\naction = \"outbound\"\nhost = \"localhost\"\nport = PORT\n")]
#[case("get", "[capabilities.storage]\nread = [\"app:cache\"]\n")]
fn what_one_operation_needs(#[case] names: &str, #[case] expected: &str) {
    assert_eq!(record(&Place::new(""), " --root root", names).out, expected);
}

#[test]
fn what_is_granted_already_is_recorded_as_narrowly() {
    let place = Place::new("[capabilities.filesystem]\nread = [\"/**\"]\n");
    let said = record(&place, " --root root", "read");
    assert_eq!(said, Said::new(0, "[capabilities.filesystem]\nread = [\"/data/x\"]\n", "read-file -> ok([120])\n\n"));
}

/// What has no name that a pattern could give is done and told; what is no name, or the runtime's own, is refused.
#[test]
fn what_cannot_be_granted_is_told() {
    let place = Place::new("");
    let names = "top relative odd-names odd-target odd-function own-log own-store";
    insta::assert_snapshot!(
        "record_what_cannot_be_granted",
        record(&place, " --root . --store store --audit log", names)
    );
    assert!(place.path("store").exists());
}

#[test]
fn a_component_that_needs_nothing() {
    let said = record(&Place::new(""), "", "idle");
    assert_eq!(said, Said::new(0, "# the component did nothing that needs a permission\n", "idle\n"));
}

#[test]
fn an_operation_that_fails_is_recorded_all_the_same() {
    let said = record(&Place::new(""), " --root root", "trap set");
    let out = "[capabilities.filesystem]\nread = [\"/data/x\"]\n[capabilities.storage]\nwrite = [\"app:cache\"]\n";
    assert_eq!(said, Said::new(1, out, "error: a: raw:trap: the component trapped: unreachable\nset -> ok\n\n"));
}

/// A component that did not run has no least manifest.
#[rstest]
#[case("nowhere", "nowhere cannot be read: No such file or directory (os error 2)")]
#[case("root", "root holds no component.toml")]
#[case("a --root nowhere", "failed to use nowhere as the root: No such file or directory (os error 2)")]
#[case(
    "a --policy policy",
    "a: policy-denied in the policy phase: the policy does not allow capabilities.filesystem.read[0] = \"/data/*\""
)]
fn nothing_is_printed_of_what_did_not_run(#[case] arguments: &str, #[case] error: &str) {
    let place = Place::new("[capabilities.filesystem]\nread = [\"/data/*\"]\n");
    place.write("policy", "mode = \"strict\"");
    let said = place.says(&format!("permissions record {arguments}"));
    assert_eq!(said, Said::new(2, "", &format!("error: {error}\n")));
}

//! The contract's WIT packages, and the tools for anybody's: each package resolves and keeps to every rule, there is one
//! source of each, and the pages say what the packages say.
#![cfg(all(unix, feature = "cli"))]

#[path = "wit/annotation.rs"]
mod annotation;
#[path = "wit/bounds.rs"]
mod bounds;
#[path = "wit/foreign.rs"]
mod foreign;
#[path = "wit/golden.rs"]
mod golden;
#[path = "wit/pages.rs"]
mod pages;
#[path = "wit/platform.rs"]
mod platform;

use std::path::{Path, PathBuf};

use airssys_wasm::wit::annotation::ACTIONS;
use airssys_wasm::wit::check::check;
use airssys_wasm::wit::source::read;
use airssys_wasm::wit::{permissions, tree};
use platform::{functions, resolve, wit};
use rstest::rstest;
use wit_parser::WorldItem;

/// A package of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Package {
    /// Where it stands, below `wit/`.
    directory: &'static str,
    name: &'static str,
    /// How many interfaces, functions and worlds it has.
    counts: [usize; 3],
    /// The directories of the packages that it refers to.
    needs: &'static [&'static str],
}

const fn package(
    directory: &'static str,
    name: &'static str,
    counts: [usize; 3],
    needs: &'static [&'static str],
) -> Package {
    Package { directory, name, counts, needs }
}

const EXTENSIONS: [Package; 4] = [
    package("ext/filesystem", "airssys:ext-filesystem@1.0.0", [1, 6, 0], &[]),
    package("ext/network", "airssys:ext-network@1.0.0", [1, 1, 0], &[]),
    package("ext/process", "airssys:ext-process@1.0.0", [1, 4, 0], &[]),
    package("ext/storage", "airssys:ext-storage@1.0.0", [1, 6, 0], &[]),
];

/// The packages, in the order of the readme.
const PACKAGES: [Package; 8] = [
    package(
        "",
        "airssys:platform@1.0.0",
        [0, 0, 1],
        &["core", "ext/filesystem", "ext/network", "ext/process", "ext/storage"],
    ),
    package("core", "airssys:core@1.0.0", [5, 25, 1], &[]),
    package(
        "1.1",
        "airssys:platform@1.1.0",
        [0, 0, 2],
        &["1.1/core", "ext/filesystem", "ext/network", "ext/process", "ext/storage"],
    ),
    package("1.1/core", "airssys:core@1.1.0", [7, 33, 2], &[]),
    EXTENSIONS[0],
    EXTENSIONS[1],
    EXTENSIONS[2],
    EXTENSIONS[3],
];

#[rstest]
fn each_package_resolves_alone_and_keeps_to_every_rule(#[values(0, 1, 2, 3, 4, 5, 6, 7)] index: usize) {
    let Package { directory, name, counts, needs } = PACKAGES[index];
    let source = read(&wit().join(directory)).unwrap_or_else(|why| panic!("{why}"));

    let mut names: Vec<String> = source.resolve.packages.iter().map(|(_, package)| package.name.to_string()).collect();
    names.sort();
    let needed = PACKAGES.iter().filter(|package| needs.contains(&package.directory)).map(|package| package.name);
    let mut expected: Vec<&str> = needed.chain([name]).collect();
    expected.sort_unstable();
    assert_eq!(names, expected, "what the package needs");

    let reports = check(&source, &[]);
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!((report.package.as_str(), [report.interfaces, report.functions, report.worlds]), (name, counts));
}

#[test]
fn these_are_all_packages() {
    let found = tree::read(&wit()).unwrap_or_else(|why| panic!("{why}"));
    let found: Vec<_> =
        found.iter().map(|source| source.directory.strip_prefix(wit()).unwrap().display().to_string()).collect();
    let mut expected = PACKAGES;
    expected.sort_by_key(|package| package.name);
    assert_eq!(found, expected.map(|package| package.directory));
}

/// The links below a directory of `wit/`, by their paths from there, and what they lead to.
fn links(folder: &Path, found: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            links(&entry.path(), found);
        } else if kind.is_symlink() {
            let path = entry.path().strip_prefix(wit()).unwrap().display().to_string();
            found.push((path, std::fs::read_link(entry.path()).unwrap()));
        }
    }
    found.sort();
}

#[test]
fn there_is_one_source_of_each_package() {
    let mut found = Vec::new();
    links(&wit(), &mut found);

    // What 1.1 left as it is, file by file; and the packages that each platform refers to.
    let same = ["capabilities", "component-lifecycle", "multicodec", "types"];
    let mut expected: Vec<(String, PathBuf)> =
        same.map(|name| (format!("1.1/core/{name}.wit"), format!("../../core/{name}.wit").into())).into();
    for (platform, core, root) in [("", "../core", ".."), ("1.1/", "../core", "../..")] {
        expected.push((format!("{platform}deps/core"), core.into()));
        for extension in EXTENSIONS {
            let name = extension.directory.replace('/', "-");
            expected.push((format!("{platform}deps/{name}"), Path::new(root).join(extension.directory)));
        }
    }
    expected.sort();
    assert_eq!(found, expected);
}

#[rstest]
#[case("", &["init", "execute", "handle-message", "handle-callback", "metadata", "health", "shutdown"])]
#[case("1.1", &["handle-publication", "init", "execute", "handle-message", "handle-callback", "metadata", "health", "shutdown"])]
fn these_are_the_functions_that_components_export(#[case] directory: &str, #[case] expected: &[&str]) {
    let (resolve, package) = resolve(directory);
    let worlds = resolve.packages[package].worlds.values();
    let widest = worlds.copied().max_by_key(|world| resolve.worlds[*world].exports.len()).unwrap();
    let exports = resolve.worlds[widest].exports.values().map(|item| match item {
        WorldItem::Interface { id, .. } => &resolve.interfaces[*id],
        other => panic!("{other:?}"),
    });
    let names: Vec<&str> = exports.flat_map(|interface| interface.functions.keys()).map(String::as_str).collect();
    assert_eq!(names, expected);
}

/// The rows below a heading of the readme up to the next text, as cells without backticks and bars.
fn table(readme: &str, header: &str) -> Vec<Vec<String>> {
    let rows = readme.lines().skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

fn readme() -> String {
    std::fs::read_to_string(wit().join("README.md")).unwrap()
}

#[test]
fn the_readme_has_the_same_permissions() {
    let (rows, unannotated) = permissions::table(&tree::read(&wit()).unwrap());
    assert_eq!(unannotated, []);
    let table = permissions::markdown(&rows);
    let readme = readme();
    let lines = readme.split_inclusive('\n').skip_while(|line| !line.starts_with("| function | permission |"));
    let there: String = lines.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(there, table);
}

#[test]
fn the_readme_has_the_same_classes_and_actions() {
    let rows = table(&readme(), "| class | actions | parameter |");
    let rows: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    let actions = ACTIONS.map(|(class, actions)| (class, actions.join(", ")));
    let expected: Vec<(&str, &str)> = actions.iter().map(|(class, actions)| (*class, actions.as_str())).collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_readme_lists_the_packages() {
    let readme = readme();
    let rows = table(&readme, "| directory | package | contains |");
    let directories: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            let target = row[0].split_once("](").map(|(_, target)| target.trim_end_matches(')'));
            (target.unwrap_or_default(), row[1].as_str())
        })
        .collect();
    let target = |package: &Package| match package.directory {
        "" => "world.wit",
        "1.1" => "1.1/world.wit",
        directory => directory,
    };
    let expected: Vec<(&str, &str)> = PACKAGES.iter().map(|package| (target(package), package.name)).collect();
    assert_eq!(directories, expected);

    for (row, package) in rows.iter().zip(PACKAGES) {
        let (resolve, id) = resolve(package.directory);
        let (interfaces, worlds) = (&resolve.packages[id].interfaces, &resolve.packages[id].worlds);
        let names = interfaces.keys().chain(worlds.keys());
        let missing: Vec<&String> = names.filter(|name| !row[2].contains(name.as_str())).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{}", package.name);
    }
}

/// Every host function of the platform is a row of the table, once.
#[test]
fn the_table_of_permissions_has_every_function_of_the_platform() {
    let (rows, _) = permissions::table(&tree::read(&wit()).unwrap());
    for (directory, version) in [("", "1.0.0"), ("1.1", "1.1.0")] {
        let (resolve, _) = resolve(directory);
        for (interface, function) in functions(&resolve, false) {
            let version = if interface.starts_with("core/") { version } else { "1.0.0" };
            let of = |row: &&permissions::Row| {
                format!("{}/{}", row.package, row.interface) == format!("airssys:{interface}")
                    && row.function == function.name
                    && row.versions.iter().any(|of| of == version)
            };
            assert_eq!(rows.iter().filter(of).count(), 1, "{interface}.{} {version}", function.name);
        }
    }
}

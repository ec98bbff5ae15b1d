//! The WIT packages: each resolves alone and all resolve together, everything is documented, and every host
//! function says in one parseable line which permission it needs.
#![cfg(feature = "suite")]

#[path = "wit/annotation.rs"]
mod annotation;

use std::path::{Path, PathBuf};

use annotation::{Permission, functions, resolve, wit};
use rstest::rstest;
use wit_parser::{Docs, Function, InterfaceId, PackageId, Resolve, Stability, Type, TypeDefKind, TypeOwner};

/// The packages, by their directory below `wit/`.
const PACKAGES: [(&str, &str); 6] = [
    ("", "airssys:platform@1.0.0"),
    ("core", "airssys:core@1.0.0"),
    ("ext/filesystem", "airssys:ext-filesystem@1.0.0"),
    ("ext/network", "airssys:ext-network@1.0.0"),
    ("ext/process", "airssys:ext-process@1.0.0"),
    ("ext/storage", "airssys:ext-storage@1.0.0"),
];

#[rstest]
fn each_package_resolves_alone(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let (directory, name) = PACKAGES[index];
    let (resolve, package) = resolve(directory);
    assert_eq!(resolve.packages[package].name.to_string(), name);
    let mut names: Vec<String> = resolve.packages.iter().map(|(_, package)| package.name.to_string()).collect();
    names.sort();
    let mut expected: Vec<&str> = match directory {
        "" => PACKAGES.iter().map(|(_, name)| *name).collect(),
        _ => vec![name],
    };
    expected.sort_unstable();
    assert_eq!(names, expected, "what the package needs");
}

/// Every `.wit` file below `wit/` that is no link, by folder.
fn folders_with_wit(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            folders_with_wit(&entry.path(), found);
        } else if entry.path().extension().is_some_and(|extension| extension == "wit") {
            assert!(kind.is_file(), "{} must be a file", entry.path().display());
            found.push(folder.strip_prefix(wit()).unwrap().to_path_buf());
        }
    }
    found.sort();
    found.dedup();
}

#[test]
fn there_is_one_source_of_each_package() {
    let mut folders = Vec::new();
    folders_with_wit(&wit(), &mut folders);
    let known: Vec<PathBuf> = PACKAGES.iter().map(|(folder, _)| PathBuf::from(folder)).collect();
    assert_eq!(folders, known);
}

#[cfg(unix)]
#[test]
fn deps_are_links_to_the_sources() {
    let mut links: Vec<(String, PathBuf)> = std::fs::read_dir(wit().join("deps"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read_link(entry.path()).unwrap())
        })
        .collect();
    links.sort();
    let expected: Vec<(String, PathBuf)> =
        PACKAGES[1..].iter().map(|(folder, _)| (folder.replace('/', "-"), Path::new("..").join(folder))).collect();
    assert_eq!(links, expected);
}

/// What lacks documentation or a gate, as `kind name`.
struct Survey<'a> {
    resolve: &'a Resolve,
    undocumented: Vec<String>,
    ungated: Vec<String>,
}

impl Survey<'_> {
    fn docs(&mut self, what: String, docs: &Docs) {
        if docs.contents.as_deref().unwrap_or_default().trim().is_empty() {
            self.undocumented.push(what);
        }
    }

    fn gate(&mut self, what: String, stability: &Stability, package: PackageId) {
        let version = self.resolve.packages[package].name.version.clone();
        match stability {
            Stability::Stable { since, .. } if version.is_some_and(|version| *since <= version) => {}
            other => self.ungated.push(format!("{what}: {other:?}")),
        }
    }

    fn interface(&mut self, id: InterfaceId, package: PackageId) {
        let interface = &self.resolve.interfaces[id];
        let name = interface.name.clone().unwrap_or_default();
        self.docs(format!("interface {name}"), &interface.docs);
        self.gate(format!("interface {name}"), &interface.stability, package);
        for (type_name, id) in &interface.types {
            let def = &self.resolve.types[*id];
            let used = |id: &wit_parser::TypeId| self.resolve.types[*id].owner != def.owner;
            // What `use` brings in is documented where it is defined.
            if matches!(&def.kind, TypeDefKind::Type(Type::Id(id)) if used(id)) {
                continue;
            }
            assert!(matches!(def.owner, TypeOwner::Interface(_)));
            let place = format!("{name}.{type_name}");
            self.docs(place.clone(), &def.docs);
            let parts: Vec<(&String, &Docs)> = match &def.kind {
                TypeDefKind::Record(record) => record.fields.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Variant(variant) => variant.cases.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Enum(cases) => cases.cases.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Flags(flags) => flags.flags.iter().map(|part| (&part.name, &part.docs)).collect(),
                _ => Vec::new(),
            };
            for (part, docs) in parts {
                self.docs(format!("{place}.{part}"), docs);
            }
        }
        for function in interface.functions.values() {
            self.docs(format!("{name}.{}", function.name), &function.docs);
            self.gate(format!("{name}.{}", function.name), &function.stability, package);
        }
    }
}

#[test]
fn everything_is_documented_and_says_since_when_it_exists() {
    let (resolve, _) = resolve("");
    let mut survey = Survey { resolve: &resolve, undocumented: Vec::new(), ungated: Vec::new() };
    for (id, package) in &resolve.packages {
        survey.docs(format!("package {}", package.name), &package.docs);
        for interface in package.interfaces.values() {
            survey.interface(*interface, id);
        }
        for (name, world) in &package.worlds {
            let world = &resolve.worlds[*world];
            let name = format!("world {}/{name}", package.name);
            survey.docs(name.clone(), &world.docs);
            survey.gate(name, &world.stability, id);
        }
    }
    assert_eq!((survey.undocumented, survey.ungated), (vec![], vec![]));
}

/// The permissions of a function as they are written.
fn permissions(resolve: &Resolve, function: &Function) -> Result<Vec<String>, String> {
    Ok(annotation::permissions(resolve, function)?.iter().map(Permission::to_string).collect())
}

#[test]
fn every_host_function_has_one_permission_line() {
    let (resolve, _) = resolve("");
    let faults: Vec<String> = functions(&resolve, false)
        .into_iter()
        .filter_map(|(interface, function)| {
            let why = permissions(&resolve, function).err()?;
            Some(format!("{interface}.{}: {why}", function.name))
        })
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn only_host_functions_have_permission_lines() {
    let (resolve, _) = resolve("");
    let exported = functions(&resolve, true);
    let names: Vec<&str> = exported.iter().map(|(_, function)| function.name.as_str()).collect();
    assert_eq!(names, ["init", "execute", "handle-message", "handle-callback", "metadata", "health", "shutdown"]);
    let texts: usize = PACKAGES
        .iter()
        .flat_map(|(folder, _)| std::fs::read_dir(wit().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| std::fs::read_to_string(path).unwrap().matches("@permission").count())
        .sum();
    assert_eq!(texts, functions(&resolve, false).len(), "one line for each host function and none elsewhere");
}

#[rstest]
#[case("/// @permission filesystem.read(path)", Ok("filesystem.read(path)"))]
#[case(
    "/// @permission network.outbound(request.url) | storage.read(path)",
    Ok("network.outbound(request.url) storage.read(path)")
)]
#[case("/// @permission none", Ok(""))]
#[case("/// Reads.", Err("0 lines with @permission"))]
#[case("/// @permission none\n/// @permission none", Err("2 lines with @permission"))]
#[case("/// see @permission none", Err("`see @permission none` does not start with @permission"))]
#[case("/// @permission", Err("`@permission` does not start with @permission"))]
#[case("/// @permission read", Err("`read`: no class"))]
#[case("/// @permission filesystem.read", Err("`filesystem.read`: no parameter"))]
#[case("/// @permission filesystem.read(path", Err("`filesystem.read(path`: not closed"))]
#[case("/// @permission files.read(path)", Err("`files.read(path)`: unknown class"))]
#[case("/// @permission storage.spawn(path)", Err("`storage.spawn(path)`: unknown action"))]
#[case("/// @permission storage.read(paths)", Err("`storage.read(paths)`: unknown parameter"))]
#[case("/// @permission storage.read(path.x)", Err("`storage.read(path.x)`: unknown parameter"))]
#[case("/// @permission storage.read(request.uri)", Err("`storage.read(request.uri)`: unknown parameter"))]
#[case(
    "/// @permission storage.read(path)|storage.list(path)",
    Err("`storage.read(path)|storage.list(path)`: unknown parameter")
)]
#[case("/// @permission none | none", Err("`none`: no class"))]
fn the_reader_of_permissions_sees(#[case] docs: &str, #[case] expected: Result<&str, &str>) {
    let text = format!(
        "package a:b;\ninterface i {{ record request {{ url: string }}\n{docs}\nf: func(path: string, request: request); }}"
    );
    let mut resolve = Resolve::default();
    resolve.push_str("a.wit", &text).unwrap();
    let (_, interface) = resolve.interfaces.iter().next().unwrap();
    let found = permissions(&resolve, &interface.functions["f"]).map(|permissions| permissions.join(" "));
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

/// The rows below a heading of the readme up to the next text, as cells without backticks and bars.
fn table(readme: &str, header: &str) -> Vec<Vec<String>> {
    let rows = readme.lines().skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

#[test]
fn the_readme_has_the_same_permissions() {
    let readme = std::fs::read_to_string(wit().join("README.md")).unwrap();
    let (resolve, _) = resolve("");
    let mut interface = String::new();
    let mut documented = Vec::new();
    for row in table(&readme, "| function | permission |") {
        let [function, permission] = row.as_slice() else { panic!("{row:?}") };
        match function.strip_prefix("**").and_then(|name| name.strip_suffix("**")) {
            Some(name) => interface = name.to_owned(),
            None => documented.push((interface.clone(), function.clone(), permission.replace(" or ", " | "))),
        }
    }
    let mut annotated: Vec<(String, String, String)> = functions(&resolve, false)
        .into_iter()
        .map(|(interface, function)| {
            let permissions = permissions(&resolve, function).unwrap();
            let expression = if permissions.is_empty() { "none".to_owned() } else { permissions.join(" | ") };
            (interface, function.name.clone(), expression)
        })
        .collect();
    // The readme goes by package and interface; within one the order is that of the WIT.
    annotated.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    assert_eq!(documented, annotated);
}

#[test]
fn the_readme_lists_the_packages() {
    let readme = std::fs::read_to_string(wit().join("README.md")).unwrap();
    let rows = table(&readme, "| directory | package | contains |");
    let directories: Vec<(String, String)> = rows
        .iter()
        .map(|row| {
            let target = row[0].split_once("](").map(|(_, target)| target.trim_end_matches(')'));
            (target.unwrap_or_default().to_owned(), row[1].clone())
        })
        .collect();
    let expected: Vec<(String, String)> = PACKAGES
        .iter()
        .map(|(folder, name)| {
            let target = if folder.is_empty() { "world.wit" } else { folder };
            (target.to_owned(), (*name).to_owned())
        })
        .collect();
    assert_eq!(directories, expected);
    let (resolve, _) = resolve("");
    for (row, (_, name)) in rows.iter().zip(PACKAGES) {
        let (_, package) = resolve.packages.iter().find(|(_, package)| package.name.to_string() == name).unwrap();
        let missing: Vec<&String> =
            package.interfaces.keys().filter(|interface| !row[2].contains(interface.as_str())).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{name}");
    }
}

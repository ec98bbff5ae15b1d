//! What a runtime offers: the packages, their versions, and what each interface has in each version.
//!
//! Of the contract's own packages the WIT says it, gate by gate; of WASI only the names are known here.

use std::sync::OnceLock;

use semver::Version;
use wit_parser::{Function, InterfaceId, Resolve, SourceMap, Stability, Type, WorldItem};

use crate::contract::ContractVersion;
use crate::wit::contract;

/// The last version of WASI that the engine's WASI crate implements: 0.2.12. All of its track are served.
const WASI_PATCH: u64 = 12;

/// The packages of WASI and their interfaces.
const WASI: [(&str, &[&str]); 6] = [
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:random", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:filesystem", &["types", "preopens"]),
    (
        "wasi:sockets",
        &["network", "instance-network", "ip-name-lookup", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
];

/// The package whose version is the contract's.
const CORE: &str = "airssys:core";

/// What a runtime of one version of the contract offers.
pub(crate) struct Offer {
    /// The package of the contract's version comes first.
    packages: Vec<Package>,
}

/// A package that components may refer to.
pub(super) struct Package {
    pub(super) name: String,
    /// The versions that are served, lowest first; never empty.
    pub(super) versions: Vec<Version>,
    newest: Version,
    interfaces: Vec<Known>,
    resolve: Option<std::sync::Arc<Resolve>>,
}

/// An interface by name.
struct Known {
    name: String,
    exported: bool,
    /// Where the WIT has it; none of WASI's.
    id: Option<InterfaceId>,
}

/// An interface as it is in the version that a component asks for.
pub(super) struct Interface<'a> {
    pub(super) resolve: &'a Resolve,
    id: InterfaceId,
    path: String,
    asked: Version,
}

/// A function that a component imports and had better not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deprecated {
    /// The interface, such as `airssys:core/host-services`.
    pub(crate) interface: String,
    pub(crate) function: String,
    /// The version that deprecates it.
    pub(crate) since: Version,
    /// What its documentation says of that, on one line.
    pub(crate) advice: String,
}

impl Offer {
    /// What is offered, by version of the contract, lowest first. It is read once in a process.
    ///
    /// # Errors
    /// As [`Offer::new`].
    pub(crate) fn all() -> Result<&'static [Offer], String> {
        static ALL: OnceLock<Result<Vec<Offer>, String>> = OnceLock::new();
        let read = || ContractVersion::ALL.iter().map(|version| Offer::new(*version)).collect();
        ALL.get_or_init(read).as_deref().map_err(Clone::clone)
    }

    /// What a runtime of that version offers.
    ///
    /// # Errors
    /// The text of what is wrong with the embedded WIT, which tests rule out.
    pub(crate) fn new(contract: ContractVersion) -> Result<Self, String> {
        let (resolve, world) = resolve(contract)?;
        let resolve = std::sync::Arc::new(resolve);
        let world = &resolve.worlds[world];
        let mut packages: Vec<Package> = Vec::new();
        for (items, exported) in [(&world.imports, false), (&world.exports, true)] {
            for item in items.values() {
                let WorldItem::Interface { id, .. } = item else { continue };
                let interface = &resolve.interfaces[*id];
                let (Some(name), Some(package)) = (&interface.name, interface.package) else { continue };
                let package = &resolve.packages[package].name;
                let full = format!("{}:{}", package.namespace, package.name);
                let known = Known { name: name.clone(), exported, id: Some(*id) };
                if let Some(there) = packages.iter_mut().find(|there| there.name == full) {
                    there.interfaces.push(known);
                    continue;
                }
                let newest = package.version.clone().ok_or_else(|| format!("{full} has no version"))?;
                let versions = if full == CORE {
                    ContractVersion::ALL
                        .iter()
                        .filter(|version| **version <= contract)
                        .map(|version| version.core())
                        .collect()
                } else {
                    vec![newest.clone()]
                };
                packages.push(Package {
                    name: full,
                    versions,
                    newest,
                    interfaces: vec![known],
                    resolve: Some(std::sync::Arc::clone(&resolve)),
                });
            }
        }
        let core = packages.iter().position(|package| package.name == CORE).ok_or("the WIT has no core")?;
        packages.swap(0, core);
        packages.extend(WASI.iter().map(|(name, interfaces)| Package {
            name: (*name).to_owned(),
            versions: (0..=WASI_PATCH).map(|patch| Version::new(0, 2, patch)).collect(),
            newest: Version::new(0, 2, WASI_PATCH),
            interfaces:
                interfaces.iter().map(|name| Known { name: (*name).to_owned(), exported: false, id: None }).collect(),
            resolve: None,
        }));
        Ok(Self { packages })
    }

    /// The package whose version is the contract's.
    pub(super) fn core(&self) -> &Package {
        &self.packages[0]
    }

    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The package that has an interface for components to export.
    pub(super) fn exported(&self, interface: &str) -> Option<(&Package, InterfaceId)> {
        let package = self.core();
        let known = package.interfaces.iter().find(|known| known.exported && known.name == interface)?;
        Some((package, known.id?))
    }

    /// Everything that can be imported, on one line.
    pub(super) fn describe(&self) -> String {
        let own = self.packages.iter().filter(|package| package.resolve.is_some());
        let own = own.map(|package| {
            let names = package.interfaces.iter().filter(|known| !known.exported).map(|known| known.name.as_str());
            format!("{}/{{{}}}@{}", package.name, names.collect::<Vec<_>>().join(","), package.newest)
        });
        format!("{} and WASI 0.2", own.collect::<Vec<_>>().join(", "))
    }
}

impl Package {
    /// The highest version that is served.
    pub(super) fn newest(&self) -> &Version {
        &self.newest
    }

    /// The versions on one line.
    pub(super) fn describe_versions(&self) -> String {
        match self.versions.as_slice() {
            [only] => only.to_string(),
            [first, second] => format!("{first} and {second}"),
            [first, .., last] => format!("{first} to {last}"),
            [] => String::new(),
        }
    }

    /// An interface that components import, as it is in the version asked for; none if only its name is known. The error
    /// says why there is none.
    pub(super) fn import(&self, name: &str, asked: &Version) -> Result<Option<Interface<'_>>, String> {
        let known = self.interfaces.iter().find(|known| !known.exported && known.name == name);
        let known = known.ok_or_else(|| format!("{} has no interface {name} to import", self.name))?;
        self.interface(known, asked)
    }

    /// An interface that components export, likewise.
    pub(super) fn export(&self, name: &str, asked: &Version) -> Result<Interface<'_>, String> {
        let known = self.interfaces.iter().find(|known| known.exported && known.name == name);
        let none = || format!("{} has no interface {name} to export", self.name);
        self.interface(known.ok_or_else(none)?, asked)?.ok_or_else(none)
    }

    fn interface(&self, known: &Known, asked: &Version) -> Result<Option<Interface<'_>>, String> {
        let (Some(resolve), Some(id)) = (self.resolve.as_deref(), known.id) else { return Ok(None) };
        if let Some(since) = not_before(&resolve.interfaces[id].stability, asked) {
            return Err(format!(
                "{} has {} since {since}: build the component against that version",
                self.name, known.name
            ));
        }
        let path = format!("{}/{}", self.name, known.name);
        Ok(Some(Interface { resolve, id, path, asked: asked.clone() }))
    }
}

impl<'a> Interface<'a> {
    /// The functions that it has in the version asked for.
    pub(super) fn functions(&self) -> impl Iterator<Item = &'a Function> {
        let functions = self.resolve.interfaces[self.id].functions.values();
        functions.filter(|function| not_before(&function.stability, &self.asked).is_none())
    }

    /// A function; the error says why there is none.
    pub(super) fn function(&self, name: &str) -> Result<&'a Function, String> {
        let Some(function) = self.resolve.interfaces[self.id].functions.get(name) else {
            let there: Vec<&str> = self.functions().map(|function| function.name.as_str()).collect();
            return Err(format!("there is no such function; there are {}", there.join(", ")));
        };
        match not_before(&function.stability, &self.asked) {
            Some(since) => Err(format!("it came with {since}: build the component against that version")),
            None => Ok(function),
        }
    }

    pub(super) fn named_type(&self, name: &str) -> Option<Type> {
        self.resolve.interfaces[self.id].types.get(name).copied().map(Type::Id)
    }

    /// Which of these functions are deprecated in the newest version that is offered: they will go with the next major
    /// one, whichever version the component was built against.
    pub(super) fn deprecated<'n>(&self, functions: impl Iterator<Item = &'n str>) -> Vec<Deprecated> {
        let all = &self.resolve.interfaces[self.id].functions;
        let each = functions.filter_map(|name| all.get(name)).filter_map(|function| {
            let Stability::Stable { deprecated: Some(since), .. } = &function.stability else { return None };
            let advice = advice(function.docs.contents.as_deref().unwrap_or_default());
            Some(Deprecated {
                interface: self.path.clone(),
                function: function.name.clone(),
                since: since.clone(),
                advice,
            })
        });
        each.collect()
    }
}

/// The paragraph of a doc comment that begins with "Deprecated", on one line.
fn advice(docs: &str) -> String {
    let paragraph = docs.split("\n\n").find(|paragraph| paragraph.starts_with("Deprecated"));
    paragraph.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The version that something came with, if it was not there yet in the version asked for.
fn not_before<'a>(stability: &'a Stability, asked: &Version) -> Option<&'a Version> {
    let core = |version: &Version| (version.major, version.minor, version.patch);
    match stability {
        Stability::Stable { since, .. } if core(since) > core(asked) => Some(since),
        _ => None,
    }
}

/// The contract's WIT, and the world that has everything a runtime may meet.
fn resolve(contract: ContractVersion) -> Result<(Resolve, wit_parser::WorldId), String> {
    let mut groups = Vec::new();
    for package in contract::packages(contract) {
        let mut map = SourceMap::default();
        for (path, text) in package.files {
            map.push_str(&path, text);
        }
        groups.push(map.parse().map_err(|(_, why)| why.to_string())?);
    }
    let platform = groups.pop().ok_or("the contract has no packages")?;
    let mut resolve = Resolve::default();
    let package = resolve.push_groups(platform, groups).map_err(|why| why.to_string())?;
    let name = match contract {
        ContractVersion::V1_0 => "component",
        ContractVersion::V1_1 => "subscribing-component",
    };
    let world = resolve.select_world(&[package], Some(name)).map_err(|why| why.to_string())?;
    Ok((resolve, world))
}

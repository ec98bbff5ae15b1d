//! The interface phase: what a component imports and exports, held against what this runtime offers, before linking.
//!
//! The engine's linker ignores minor versions in both directions and names only the first thing it misses; so names
//! and versions are checked here, by the contract's rule, and the linker is left to compare types.

use semver::Version;
use wasmtime::component::types::{self, ComponentInstance, ComponentItem};
use wasmtime::component::{Component, InstancePre, Linker};

use crate::contract::{ContractVersion, LoadCode, version};
use crate::manifest::Manifest;

use super::bindings::types::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, HealthStatus, MessagingError,
};
use super::bindings::{ComponentPre, IncomingMessage};
use super::error::LoadError;
use super::host::Host;

/// A package of interfaces that components may import.
struct Package {
    name: &'static str,
    version: Version,
    interfaces: &'static [&'static str],
}

const CONTRACT_VERSION: Version = ContractVersion::V1_0.core();

/// The version of WASI that the engine's WASI crate implements.
const WASI_VERSION: Version = Version::new(0, 2, 12);

const fn package(name: &'static str, version: Version, interfaces: &'static [&'static str]) -> Package {
    Package { name, version, interfaces }
}

static OFFERED: [Package; 11] = [
    package("airssys:core", CONTRACT_VERSION, &["types", "capabilities", "host-services", "multicodec"]),
    package("airssys:ext-filesystem", CONTRACT_VERSION, &["filesystem"]),
    package("airssys:ext-network", CONTRACT_VERSION, &["network"]),
    package("airssys:ext-process", CONTRACT_VERSION, &["process"]),
    package("airssys:ext-storage", CONTRACT_VERSION, &["storage"]),
    package("wasi:io", WASI_VERSION, &["error", "poll", "streams"]),
    package("wasi:clocks", WASI_VERSION, &["monotonic-clock", "wall-clock"]),
    package("wasi:random", WASI_VERSION, &["random", "insecure", "insecure-seed"]),
    package(
        "wasi:cli",
        WASI_VERSION,
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
    package("wasi:filesystem", WASI_VERSION, &["types", "preopens"]),
    package(
        "wasi:sockets",
        WASI_VERSION,
        &["network", "instance-network", "ip-name-lookup", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
];

/// The interface that every component exports, and its functions.
const LIFECYCLE: &str = "airssys:core/component-lifecycle";
const LIFECYCLE_FUNCTIONS: [&str; 7] =
    ["init", "execute", "handle-message", "handle-callback", "metadata", "health", "shutdown"];

/// Checks what the manifest says about versions: the contract that the component was built against, and the packages
/// it depends on.
pub(crate) fn check_manifest(manifest: &Manifest) -> Result<(), LoadError> {
    let built = &manifest.component.api_version;
    if !version::compatible(built, &CONTRACT_VERSION) {
        let message =
            format!("the component was built against airssys:core {built}, this runtime offers {CONTRACT_VERSION}");
        return Err(LoadError::new(LoadCode::IncompatibleVersion, message));
    }
    for (name, dependency) in &manifest.wit_dependencies {
        if !name.starts_with("airssys:") && !name.starts_with("wasi:") {
            continue;
        }
        let Some(package) = OFFERED.iter().find(|package| package.name == name) else {
            let message = format!("wit-dependencies names {name}, which this runtime does not offer");
            return Err(LoadError::new(LoadCode::UnsupportedInterface, message));
        };
        if !dependency.version.matches(&package.version) {
            let message = format!(
                "wit-dependencies asks for {name} {}, this runtime offers {}",
                dependency.version, package.version
            );
            return Err(LoadError::new(LoadCode::IncompatibleVersion, message));
        }
    }
    Ok(())
}

/// Checks a compiled component's imports and exports and links it.
pub(crate) fn link(linker: &Linker<Host>, component: &Component) -> Result<ComponentPre<Host>, LoadError> {
    let engine = linker.engine();
    let ty = component.component_type();
    for (name, import) in ty.imports(engine) {
        check_import(name, matches!(import.ty, ComponentItem::ComponentInstance(_)))?;
    }
    let lifecycle = check_lifecycle(engine, &ty)?;
    let mismatch = |error: wasmtime::Error| LoadError::new(LoadCode::SignatureMismatch, format!("{error:#}"));
    let pre = linker.instantiate_pre(component).map_err(mismatch)?;
    check_signatures(&pre, &lifecycle)?;
    ComponentPre::new(pre).map_err(mismatch)
}

fn check_import(name: &str, is_interface: bool) -> Result<(), LoadError> {
    let unsupported = |what: &str| {
        let offered: Vec<_> =
            OFFERED.iter().filter(|package| package.name.starts_with("airssys:")).map(Package::describe).collect();
        let message = format!("the component imports {name}: {what}; offered are {} and WASI", offered.join(", "));
        LoadError::new(LoadCode::UnsupportedInterface, message)
    };
    let Some(parsed) = InterfaceName::parse(name).filter(|_| is_interface) else {
        return Err(unsupported("only interfaces of packages can be imported"));
    };
    let Some(asked) = parsed.version else {
        return Err(LoadError::new(
            LoadCode::UnversionedInterface,
            format!("the component imports {name} without a version"),
        ));
    };
    let Some(package) = OFFERED.iter().find(|package| package.name == parsed.package) else {
        return Err(unsupported("no such package"));
    };
    if !package.interfaces.contains(&parsed.interface) {
        return Err(unsupported("no such interface"));
    }
    check_version("imports", &parsed, asked, &package.version)
}

fn check_version(verb: &str, name: &InterfaceName<'_>, asked: &str, offered: &Version) -> Result<(), LoadError> {
    let compatible = Version::parse(asked).is_ok_and(|asked| version::compatible(&asked, offered));
    if compatible {
        return Ok(());
    }
    let InterfaceName { package, interface, .. } = name;
    let message = format!("the component {verb} {package}/{interface} {asked}, this runtime offers {offered}");
    Err(LoadError::new(LoadCode::IncompatibleVersion, message))
}

/// Finds the exported lifecycle in a version that this runtime serves.
fn check_lifecycle(engine: &wasmtime::Engine, ty: &types::Component) -> Result<ComponentInstance, LoadError> {
    let mut outcome = Err(None);
    for (name, export) in ty.exports(engine) {
        let Some(parsed) = InterfaceName::parse(name).filter(|parsed| parsed.is_lifecycle()) else { continue };
        outcome = check_one_lifecycle(engine, &parsed, &export.ty).map_err(Some);
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(|error| {
        error.unwrap_or_else(|| {
            let exports: Vec<_> = ty.exports(engine).map(|(name, _)| name).collect();
            let there = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
            let message = format!("the component does not export {LIFECYCLE}@{CONTRACT_VERSION}; it exports {there}");
            LoadError::new(LoadCode::MissingExport, message)
        })
    })
}

fn check_one_lifecycle(
    engine: &wasmtime::Engine,
    name: &InterfaceName<'_>,
    item: &ComponentItem,
) -> Result<ComponentInstance, LoadError> {
    let Some(asked) = name.version else {
        let message = format!("the component exports {LIFECYCLE} without a version");
        return Err(LoadError::new(LoadCode::UnversionedInterface, message));
    };
    check_version("exports", name, asked, &CONTRACT_VERSION)?;
    let ComponentItem::ComponentInstance(instance) = item else {
        let message = format!("the component exports {LIFECYCLE} as something other than an interface");
        return Err(LoadError::new(LoadCode::SignatureMismatch, message));
    };
    for function in LIFECYCLE_FUNCTIONS {
        match instance.get_export(engine, function).map(|export| export.ty) {
            Some(ComponentItem::ComponentFunc(_)) => {}
            Some(_) => {
                let message = format!("{LIFECYCLE}@{asked} exports {function} as something other than a function");
                return Err(LoadError::new(LoadCode::SignatureMismatch, message));
            }
            None => {
                let there: Vec<_> = instance.exports(engine).map(|(name, _)| name).collect();
                let message = format!("{LIFECYCLE}@{asked} lacks the function {function}; it has {}", there.join(", "));
                return Err(LoadError::new(LoadCode::MissingExport, message));
            }
        }
    }
    Ok(instance.clone())
}

/// Compares the types of the lifecycle's functions with the contract's, before anything of the component runs. The
/// generated bindings would do so only when an instance is there.
fn check_signatures(pre: &InstancePre<Host>, lifecycle: &ComponentInstance) -> Result<(), LoadError> {
    type Outcome<T, E> = (Result<T, E>,);
    macro_rules! check {
        ($name:literal: $parameters:ty => $results:ty) => {
            let export = lifecycle.get_export(pre.engine(), $name).map(|export| export.ty);
            if let Some(ComponentItem::ComponentFunc(function)) = export {
                function.typecheck::<$parameters, $results>(&pre.instance_type()).map_err(|error| {
                    let message = format!("{LIFECYCLE} exports {} with another signature: {error:#}", $name);
                    LoadError::new(LoadCode::SignatureMismatch, message)
                })?;
            }
        };
    }
    check!("init": (&ComponentConfig,) => Outcome<(), ComponentError>);
    check!("execute": (&[u8], &ExecutionContext) => Outcome<Vec<u8>, ExecutionError>);
    check!("handle-message": (&IncomingMessage,) => Outcome<(), MessagingError>);
    check!("handle-callback": (&str, Result<&[u8], &MessagingError>) => Outcome<(), MessagingError>);
    check!("metadata": () => (ComponentMetadata,));
    check!("health": () => (HealthStatus,));
    check!("shutdown": () => Outcome<(), ComponentError>);
    Ok(())
}

impl Package {
    fn describe(&self) -> String {
        format!("{}/{{{}}}@{}", self.name, self.interfaces.join(","), self.version)
    }
}

/// `namespace:package/interface@version`, taken apart.
struct InterfaceName<'a> {
    package: &'a str,
    interface: &'a str,
    version: Option<&'a str>,
}

impl<'a> InterfaceName<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (package, interface) = path.split_once('/')?;
        package.contains(':').then_some(Self { package, interface, version })
    }

    fn is_lifecycle(&self) -> bool {
        LIFECYCLE.split_once('/') == Some((self.package, self.interface))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_held_against_what_is_offered() {
        let table: &[(&str, Option<LoadCode>)] = &[
            ("airssys:core/types@1.0.0", None),
            ("airssys:core/host-services@1.0.0+build", None),
            ("wasi:cli/environment@0.2.0", None),
            ("wasi:io/streams@0.2.12", None),
            ("airssys:core/host-services", Some(LoadCode::UnversionedInterface)),
            ("wasi:io/streams", Some(LoadCode::UnversionedInterface)),
            ("airssys:core/host-services@1.0.1", Some(LoadCode::IncompatibleVersion)),
            ("airssys:core/host-services@1.5.0", Some(LoadCode::IncompatibleVersion)),
            ("airssys:core/host-services@0.9.0", Some(LoadCode::IncompatibleVersion)),
            ("airssys:core/host-services@2.0.0", Some(LoadCode::IncompatibleVersion)),
            ("airssys:core/host-services@1.0.0-rc.1", Some(LoadCode::IncompatibleVersion)),
            ("wasi:cli/environment@0.3.0", Some(LoadCode::IncompatibleVersion)),
            ("airssys:core/component-lifecycle@1.0.0", Some(LoadCode::UnsupportedInterface)),
            ("airssys:ext-ai/inference@0.5.0", Some(LoadCode::UnsupportedInterface)),
            ("wasi:http/outgoing-handler@0.2.0", Some(LoadCode::UnsupportedInterface)),
            ("wasi:filesystem/other@0.2.0", Some(LoadCode::UnsupportedInterface)),
            ("foo", Some(LoadCode::UnsupportedInterface)),
        ];
        for (name, code) in table {
            assert_eq!(check_import(name, true).err().map(|error| error.code), *code, "{name}");
        }
        assert_eq!(check_import("airssys:core/types@1.0.0", false).unwrap_err().code, LoadCode::UnsupportedInterface);
    }
}

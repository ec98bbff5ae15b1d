//! The interface phase: what a component imports and exports, held against what this runtime offers, before linking.
//!
//! The engine's linker ignores minor versions in both directions and names only the first thing it misses; so names,
//! versions and shapes are checked here, by the contract's rules, and the linker is left to connect. In: a manifest, a
//! compiled component, an [`Offer`]. Out: what can be instantiated, or why not, in words for people who do not know the
//! contract by heart.

mod name;
mod offer;
mod shape;
#[cfg(test)]
mod tests;

use semver::Version;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Linker};

use crate::contract::{LoadCode, version};
use crate::manifest::Manifest;

use super::bindings::ComponentPre;
use super::error::LoadError;
use super::host::Host;
use name::InterfaceName;
use offer::{Interface, Package};
use shape::Difference;

pub(crate) use offer::{Deprecated, Offer};

/// The interface that every component exports.
const LIFECYCLE: &str = "component-lifecycle";
/// The interface that a component exports to receive publications, and its function.
const SUBSCRIBER: &str = "subscriber";
const HANDLE_PUBLICATION: &str = "handle-publication";

/// A component that fits, ready to be instantiated.
#[derive(Clone)]
pub(crate) struct Linked {
    pub(crate) pre: ComponentPre<Host>,
    /// Where `handle-publication` is, if the component exports it.
    pub(crate) handle_publication: Option<ComponentExportIndex>,
    /// The deprecated functions that it imports.
    pub(crate) deprecated: Vec<Deprecated>,
}

/// Checks what the manifest says about versions: the contract that the component was built against, and the packages
/// it depends on.
pub(crate) fn check_manifest(offer: &Offer, manifest: &Manifest) -> Result<(), LoadError> {
    let built = &manifest.component.api_version;
    check_version(|| format!("component.api-version of the manifest is {built}"), built, offer.core())?;
    for (name, dependency) in &manifest.wit_dependencies {
        if !name.starts_with("airssys:") && !name.starts_with("wasi:") {
            continue;
        }
        let Some(package) = offer.package(name) else {
            let message =
                format!("wit-dependencies of the manifest names {name}, a package that this runtime does not offer");
            return Err(LoadError::new(LoadCode::UnsupportedInterface, message));
        };
        if !package.versions.iter().any(|version| version::satisfies(&dependency.version, version)) {
            let message = format!(
                "wit-dependencies of the manifest asks for {name} {}, and this runtime offers {}, none of which fits",
                dependency.version,
                package.describe_versions()
            );
            return Err(LoadError::new(LoadCode::IncompatibleVersion, message));
        }
    }
    Ok(())
}

/// Checks a compiled component's imports and exports and links it.
pub(crate) fn link(offer: &Offer, linker: &Linker<Host>, component: &Component) -> Result<Linked, LoadError> {
    let deprecated = check(offer, component)?;
    let mismatch = |error: wasmtime::Error| LoadError::new(LoadCode::SignatureMismatch, format!("{error:#}"));
    let pre = linker.instantiate_pre(component).and_then(ComponentPre::new).map_err(mismatch)?;
    let handle_publication = offer.exported(SUBSCRIBER).and_then(|(package, _)| {
        let subscriber =
            component.get_export_index(None, format!("{}/{SUBSCRIBER}@{}", package.name, package.newest()));
        component.get_export_index(subscriber.as_ref(), HANDLE_PUBLICATION).filter(|_| subscriber.is_some())
    });
    Ok(Linked { pre, handle_publication, deprecated })
}

/// Checks imports and exports, and answers which deprecated functions are imported.
pub(crate) fn check(offer: &Offer, component: &Component) -> Result<Vec<Deprecated>, LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let imports: Vec<(&str, ComponentItem)> = ty.imports(engine).map(|(name, import)| (name, import.ty)).collect();
    // Interfaces of types alone come last: where a type differs, the function that has it is to be named.
    let (types, functions): (Vec<_>, Vec<_>) = imports.iter().partition(|(_, item)| is_of_types_alone(engine, item));
    let mut deprecated = Vec::new();
    for import in functions.into_iter().chain(types) {
        deprecated.extend(check_import(offer, engine, import, &imports)?);
    }
    let exports: Vec<(&str, ComponentItem)> = ty.exports(engine).map(|(name, export)| (name, export.ty)).collect();
    check_export(offer, engine, LIFECYCLE, &exports)?.ok_or_else(|| missing_lifecycle(offer, &exports))?;
    check_export(offer, engine, SUBSCRIBER, &exports)?;
    Ok(deprecated)
}

fn is_of_types_alone(engine: &wasmtime::Engine, item: &ComponentItem) -> bool {
    let ComponentItem::ComponentInstance(instance) = item else { return false };
    instance.exports(engine).all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
}

fn check_import(
    offer: &Offer,
    engine: &wasmtime::Engine,
    (name, item): &(&str, ComponentItem),
    imports: &[(&str, ComponentItem)],
) -> Result<Vec<Deprecated>, LoadError> {
    let unsupported = |what: &str| {
        let message = format!("the component imports {name}: {what}; this runtime offers {}", offer.describe());
        LoadError::new(LoadCode::UnsupportedInterface, message)
    };
    let (Some(parsed), ComponentItem::ComponentInstance(instance)) = (InterfaceName::parse(name), item) else {
        return Err(unsupported("only interfaces of packages can be imported"));
    };
    let Some(asked) = parsed.version else {
        let message = format!(
            "the component imports {name} without a version: build it against a package with one, so that it can be known to fit"
        );
        return Err(LoadError::new(LoadCode::UnversionedInterface, message));
    };
    let Some(package) = offer.package(parsed.package) else {
        return Err(unsupported("no such package is offered"));
    };
    let asked = parse_version(name, asked)?;
    check_version(|| format!("the component imports {}", all_of(&parsed, imports)), &asked, package)?;
    let interface = match package.import(parsed.interface, &asked) {
        Ok(Some(interface)) => interface,
        // The linker compares what has no WIT here.
        Ok(None) => return Ok(Vec::new()),
        Err(why) => return Err(unsupported(&why)),
    };
    check_imported_shape(engine, &interface, instance)
        .map_err(|difference| mismatch("imports", name, package, &difference))?;
    Ok(interface.deprecated(instance.exports(engine).map(|(function, _)| function)))
}

/// An import, and all others of the same package and version: they are refused together, and whoever knows one of them
/// shall find it.
fn all_of(name: &InterfaceName<'_>, imports: &[(&str, ComponentItem)]) -> String {
    let same = |other: &&str| {
        InterfaceName::parse(other).is_some_and(|other| (other.package, other.version) == (name.package, name.version))
    };
    imports.iter().map(|(name, _)| *name).filter(same).collect::<Vec<_>>().join(", ")
}

/// Everything that is imported must be offered, in the same shape. Functions come first: where a type differs, they are
/// what whoever built the component knows.
fn check_imported_shape(
    engine: &wasmtime::Engine,
    interface: &Interface<'_>,
    instance: &ComponentInstance,
) -> Result<(), Difference> {
    let mut types = Vec::new();
    for (name, item) in instance.exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(function) => {
                let offered = interface.function(name);
                let offered = offered.map_err(|why| Difference::new(&format!("function {name}"), why))?;
                shape::function(interface.resolve, name, &function, offered)?;
            }
            ComponentItem::Type(ty) => types.push((name, ty)),
            _ => return Err(Difference::new(name, "it is neither a function nor a type".to_owned())),
        }
    }
    for (name, ty) in types {
        let none = || Difference::new(&format!("type {name}"), "there is no such type".to_owned());
        shape::named_type(interface.resolve, name, &ty, interface.named_type(name).ok_or_else(none)?)?;
    }
    Ok(())
}

/// Finds an exported interface in a version that this runtime serves, in the contract's shape. Interfaces that are not
/// the contract's may be exported besides, and so may other major versions.
fn check_export(
    offer: &Offer,
    engine: &wasmtime::Engine,
    interface: &str,
    exports: &[(&str, ComponentItem)],
) -> Result<Option<()>, LoadError> {
    let Some((package, _)) = offer.exported(interface) else { return Ok(None) };
    let (mut fits, mut refused) = (None, None);
    for (name, item) in exports {
        let Some(parsed) = InterfaceName::parse(name).filter(|name| name.is(&package.name, interface)) else {
            continue;
        };
        match check_one_export(offer, engine, &parsed, name, item) {
            Ok(()) => fits = Some(()),
            Err((true, error)) => return Err(error),
            Err((false, error)) => refused = refused.or(Some(error)),
        }
    }
    match (fits, refused) {
        (None, Some(error)) => Err(error),
        (fits, _) => Ok(fits),
    }
}

/// The error says besides whether the export is one that would be taken for the contract's by the engine, which must not
/// be there beside one that fits.
fn check_one_export(
    offer: &Offer,
    engine: &wasmtime::Engine,
    parsed: &InterfaceName<'_>,
    name: &str,
    item: &ComponentItem,
) -> Result<(), (bool, LoadError)> {
    let path = parsed.path();
    let Some((package, _)) = offer.exported(parsed.interface) else { return Ok(()) };
    let Some(asked) = parsed.version else {
        let message = format!(
            "the component exports {path} without a version: build it against {} {}",
            package.name,
            package.newest()
        );
        return Err((false, LoadError::new(LoadCode::UnversionedInterface, message)));
    };
    let asked = parse_version(name, asked).map_err(|error| (false, error))?;
    let taken = version::same_track(&asked, package.newest());
    let refuse = |error| (taken, error);
    check_version(|| format!("the component exports {name}"), &asked, package).map_err(refuse)?;
    let interface = package.export(parsed.interface, &asked).map_err(|why| {
        refuse(LoadError::new(LoadCode::UnsupportedInterface, format!("the component exports {name}: {why}")))
    })?;
    let ComponentItem::ComponentInstance(instance) = item else {
        let message = format!("the component exports {name} as something other than an interface");
        return Err(refuse(LoadError::new(LoadCode::SignatureMismatch, message)));
    };
    for function in interface.functions() {
        match instance.get_export(engine, &function.name).map(|export| export.ty) {
            Some(ComponentItem::ComponentFunc(exported)) => {
                shape::function(interface.resolve, &function.name, &exported, function)
                    .map_err(|difference| refuse(mismatch("exports", name, package, &difference)))?;
            }
            Some(_) => {
                let message =
                    format!("the component exports {name}, where {} is something other than a function", function.name);
                return Err(refuse(LoadError::new(LoadCode::SignatureMismatch, message)));
            }
            None => {
                let functions =
                    instance.exports(engine).filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)));
                let there: Vec<_> = functions.map(|(name, _)| name).collect();
                let message = format!(
                    "the component exports {name} without the function {}; it has {}",
                    function.name,
                    there.join(", ")
                );
                return Err(refuse(LoadError::new(LoadCode::MissingExport, message)));
            }
        }
    }
    Ok(())
}

fn missing_lifecycle(offer: &Offer, exports: &[(&str, ComponentItem)]) -> LoadError {
    let package = offer.core();
    let names: Vec<_> = exports.iter().map(|(name, _)| *name).collect();
    let there = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let message = format!(
        "the component does not export {}/{LIFECYCLE}@{}, through which every component is called; it exports {there}",
        package.name,
        package.newest()
    );
    LoadError::new(LoadCode::MissingExport, message)
}

/// Holds a version that a component asks for against what is offered.
fn check_version(what: impl FnOnce() -> String, asked: &Version, package: &Package) -> Result<(), LoadError> {
    let offered = package.newest();
    if version::compatible(asked, offered) {
        return Ok(());
    }
    let why = if !asked.pre.is_empty() {
        "a pre-release runs on nothing but itself: build the component against a release"
    } else if !version::same_track(asked, offered) {
        "these do not fit each other: build the component against the version that is offered"
    } else {
        "a component may use what is new in the version it was built against: run it on a newer runtime, or build it \
         against a version that is offered"
    };
    let (what, offered) = (what(), package.describe_versions());
    let message = format!("{what}, and this runtime offers {} {offered}; {why}", package.name);
    Err(LoadError::new(LoadCode::IncompatibleVersion, message))
}

fn parse_version(name: &str, version: &str) -> Result<Version, LoadError> {
    Version::parse(version).map_err(|why| {
        let message = format!("the version of {name} is no semantic version: {why}");
        LoadError::new(LoadCode::IncompatibleVersion, message)
    })
}

fn mismatch(verb: &str, name: &str, package: &Package, difference: &Difference) -> LoadError {
    let message = format!(
        "the component {verb} {name} in another shape than the {} {} that this runtime offers: {difference}",
        package.name,
        package.describe_versions()
    );
    LoadError::new(LoadCode::SignatureMismatch, message)
}

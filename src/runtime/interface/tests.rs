//! Names and versions against what is offered, in both versions of the contract.

use wasmtime::component::{Component, types::ComponentItem};

use super::*;
use crate::contract::ContractVersion;

/// `(component (type (instance)) (import "a:b/c" (instance (type 0))))`
const IMPORTS_AN_EMPTY_INTERFACE: &[u8] = b"\0asm\x0d\0\x01\0\x07\x03\x01\x42\x00\x0a\x0a\x01\x00\x05a:b/c\x05\x00";

/// An empty interface, to stand for whatever is imported.
fn empty() -> (wasmtime::Engine, Component) {
    let engine = wasmtime::Engine::default();
    let component = Component::new(&engine, IMPORTS_AN_EMPTY_INTERFACE).unwrap();
    (engine, component)
}

#[test]
fn imports_are_held_against_what_is_offered() {
    use LoadCode::{IncompatibleVersion, UnsupportedInterface, UnversionedInterface};
    // The name, and the code under contract 1.0 and 1.1.
    let table: &[(&str, Option<LoadCode>, Option<LoadCode>)] = &[
        ("airssys:core/types@1.0.0", None, None),
        ("airssys:core/host-services@1.0.0+build", None, None),
        ("airssys:ext-storage/storage@1.0.0", None, None),
        ("wasi:cli/environment@0.2.0", None, None),
        ("wasi:io/streams@0.2.12", None, None),
        ("wasi:io/streams@0.2.13", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services", Some(UnversionedInterface), Some(UnversionedInterface)),
        ("wasi:io/streams", Some(UnversionedInterface), Some(UnversionedInterface)),
        ("airssys:core/host-services@1.0.1", Some(IncompatibleVersion), None),
        ("airssys:core/host-services@1.1.0", Some(IncompatibleVersion), None),
        ("airssys:core/host-services@1.1.1", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services@1.5.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services@0.9.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services@2.0.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services@1.0.0-rc.1", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/host-services@1.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:core/publish-subscribe@1.1.0", Some(IncompatibleVersion), None),
        ("airssys:core/publish-subscribe@1.0.0", Some(UnsupportedInterface), Some(UnsupportedInterface)),
        ("airssys:core/component-lifecycle@1.0.0", Some(UnsupportedInterface), Some(UnsupportedInterface)),
        ("airssys:ext-storage/storage@1.1.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("airssys:ext-ai/inference@0.5.0", Some(UnsupportedInterface), Some(UnsupportedInterface)),
        ("wasi:cli/environment@0.3.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("wasi:cli/environment@0.1.0", Some(IncompatibleVersion), Some(IncompatibleVersion)),
        ("wasi:http/outgoing-handler@0.2.0", Some(UnsupportedInterface), Some(UnsupportedInterface)),
        ("wasi:filesystem/other@0.2.0", Some(UnsupportedInterface), Some(UnsupportedInterface)),
        ("foo", Some(UnsupportedInterface), Some(UnsupportedInterface)),
    ];
    let (engine, component) = empty();
    let (_, item) =
        component.component_type().imports(&engine).map(|(name, import)| (name.to_owned(), import.ty)).next().unwrap();
    assert!(matches!(item, ComponentItem::ComponentInstance(_)));
    let offers = ContractVersion::ALL.iter().map(|version| Offer::new(*version).unwrap()).collect::<Vec<_>>();
    for (name, old, new) in table {
        let found = |offer| check_import(offer, &engine, &(name, item.clone()), &[]).err().map(|error| error.code);
        assert_eq!((found(&offers[0]), found(&offers[1])), (*old, *new), "{name}");
    }
}

//! The contract's WIT as Rust types and traits, generated from `wit/1.1`, which has all of 1.0 in the same shapes: the
//! engine's linker lets components of either version have it.
//!
//! Only what may wait is asynchronous; everything else answers at once.

wasmtime::component::bindgen!({
    path: "wit/1.1",
    world: "airssys:platform/component",
    imports: {
        "airssys:core/capabilities.is-granted": async,
        "airssys:core/host-services.sleep-millis": async,
        "airssys:core/host-services.call-host-function": async,
        "airssys:ext-filesystem": async,
        "airssys:ext-network": async,
        "airssys:ext-process": async,
        "airssys:ext-storage": async,
    },
    exports: { default: async },
});

pub(crate) use airssys::core::{capabilities, host_services, multicodec, publish_subscribe, types};
pub(crate) use airssys::{
    ext_filesystem::filesystem, ext_network::network, ext_process::process, ext_storage::storage,
};
pub(crate) use exports::airssys::core::component_lifecycle::IncomingMessage;

/// What a subscriber is handed. Its world is not among the generated ones, since a component need not export it.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
#[component(record)]
pub(crate) struct Publication {
    pub(crate) publisher: String,
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
}

/// The exported `handle-publication`.
pub(crate) type HandlePublication =
    wasmtime::component::TypedFunc<(Publication,), (Result<(), types::MessagingError>,)>;

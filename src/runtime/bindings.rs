//! The contract's WIT as Rust types and traits, generated from `wit/`.
//!
//! Only what may wait is asynchronous; everything else answers at once.

wasmtime::component::bindgen!({
    path: "wit",
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

pub(crate) use airssys::core::{capabilities, host_services, multicodec, types};
pub(crate) use airssys::{
    ext_filesystem::filesystem, ext_network::network, ext_process::process, ext_storage::storage,
};
pub(crate) use exports::airssys::core::component_lifecycle::IncomingMessage;

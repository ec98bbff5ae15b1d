//! Who calls a component, and in which trace.

use super::ComponentId;

/// Who caused a call to a component's `execute`.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "suite", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// The embedding host itself.
    #[default]
    Host,
    /// Another component.
    Component(#[cfg_attr(feature = "suite", schemars(with = "String"))] ComponentId),
    /// Somebody outside, named by the host; opaque to the runtime.
    External(String),
}

/// A W3C Trace Context, handed to the component as it came.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "suite", derive(schemars::JsonSchema))]
pub struct TraceContext {
    /// The `traceparent` header.
    pub traceparent: String,
    /// The `tracestate` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
}

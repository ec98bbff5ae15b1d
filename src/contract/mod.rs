//! What a runtime and a component owe each other, as plain values.
//!
//! Everything here is shared by the reference runtime and by the suite that judges it: identifiers,
//! topics, codes, lifecycle states, trap kinds, the multicodec prefix and the version rule. There is no I/O
//! in this module and it knows no other module of the crate.

mod code;
mod component_id;
mod context;
pub mod multicodec;
pub mod payload;
mod state;
mod text;
mod topic;
mod trap;
pub mod version;

pub use code::{LoadCode, Phase};
pub use component_id::{ComponentId, ComponentIdError};
pub use context::{Caller, TraceContext};
pub use state::State;
pub use text::Text;
pub use topic::{Topic, TopicError};
pub use trap::TrapKind;
pub use version::ContractVersion;

/// Declares an enum whose variants are written in kebab-case wherever they leave the process
/// (events, reports, protocol messages), with `as_str`, `Display`, `FromStr`, `ALL` and serde in step.
macro_rules! kebab_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $text:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "suite", derive(schemars::JsonSchema))]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $text)] $variant, )+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[ $( $name::$variant, )+ ];

            /// The name as the contract writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $text, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    format!("`{text}` is none of {}", known.join(", "))
                })
            }
        }
    };
}
pub(crate) use kebab_enum;

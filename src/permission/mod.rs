//! From the capabilities of a manifest to [`Grants`], and from an access to a [`Decision`].
//!
//! In: [`Capabilities`](crate::manifest::Capabilities), the operator's [`Policy`], and accesses as a host function would
//! ask for them. Out: a decision with the rule that made it, or the line of the manifest that would change it.
//!
//! This is the only place where grants come to be. It does no I/O, resolves neither links nor names, and knows no
//! runtime: a path is decided as it is given, so whoever acts on it has to give the path of the object reached, and to
//! have every address of a name vetted by [`Grants::decide_address`].

mod address;
mod decision;
mod explain;
mod glob;
mod grants;
mod host;
mod least;
mod mend;
mod names;
mod path;
mod policy;
mod rules;
mod topics;
mod tree;

pub use address::is_public;
pub use decision::{Access, Class, Decision, FourAction, Malformed, MessagingAction, Reason, Rule, TopicAction};
pub use explain::Miss;
pub use glob::PathPattern;
pub use grants::{Grants, Work};
pub use least::Least;
#[cfg(feature = "runtime")]
pub(crate) use mend::escape;
pub use path::{PathError, normalise};
#[cfg(feature = "runtime")]
pub(crate) use policy::texts;
pub use policy::{Admitted, Policy, PolicyError, PolicyMode};
pub use rules::RuleError;

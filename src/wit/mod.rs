//! WIT packages: the contract's own, and tools for anybody's.
//!
//! In: directories of `.wit` files, or the contract's packages, which are part of this crate. Out: findings, differences,
//! reference pages and a filled `wit/deps`. What a runtime does with a component is not known here.

pub mod annotation;
pub mod check;
pub mod contract;
mod deprecation;
pub mod deps;
pub mod diff;
mod item;
mod parts;
pub mod permissions;
pub mod printable;
pub mod reference;
mod render;
pub mod source;
pub mod tree;
mod unversioned;

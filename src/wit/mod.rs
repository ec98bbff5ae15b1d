//! WIT packages: the contract's own, and tools for anybody's.
//!
//! In: directories of `.wit` files, or the contract's packages, which are part of this crate. Out: findings, differences,
//! reference pages and a filled `wit/deps`. What a runtime does with a component is not known here.

pub mod contract;
pub mod deps;
pub mod source;

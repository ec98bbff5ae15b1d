//! The conformance suite.

pub mod guest;

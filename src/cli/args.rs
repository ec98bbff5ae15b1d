//! The arguments of the command. Doc comments are its help.

use super::{manifest, permissions, wit};

/// WebAssembly components as plugins: checks manifests, runs components, judges runtimes.
#[derive(Debug, clap::Parser)]
#[command(name = "airssys-wasm", version, arg_required_else_help = true, after_help = super::exit::HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a component.toml, or convert one of an earlier draft.
    Manifest(manifest::ManifestArgs),
    /// Explain what a manifest permits, and what not.
    Permissions(permissions::PermissionsArgs),
    /// Work with WIT packages: check, compare, fetch, and describe them.
    Wit(wit::WitArgs),
    /// Check an audit log, or print its records.
    #[cfg(feature = "runtime")]
    Audit(super::audit::AuditArgs),
    /// Load a component, execute operations and print their results.
    #[cfg(feature = "runtime")]
    Run(super::run::RunArgs),
    /// Judge a runtime by the conformance suite.
    #[cfg(all(feature = "suite", feature = "runtime"))]
    Suite(super::suite::SuiteArgs),
    /// Serve the reference runtime as an adapter: the suite speaks to it on standard input and output.
    #[cfg(all(feature = "suite", feature = "runtime"))]
    Adapter(super::adapter::AdapterArgs),
    /// Measure the runtime beside the engine below it, and hold it to its budgets.
    #[cfg(feature = "perf")]
    Perf(super::perf::PerfArgs),
}

//! The options that say what a runtime has to offer: files, a store, an audit trail, a policy.

use std::path::PathBuf;
use std::sync::Arc;

use airssys_wasm::permission::Policy;
use airssys_wasm::runtime::audit::{FileAudit, Sync, TracingAudit};
use airssys_wasm::runtime::{Runtime, RuntimeBuilder, Store};
use anyhow::{Context as _, anyhow};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What the component finds")]
pub(crate) struct Hosting {
    /// The directory that is `/` to the component: its files and the commands it may run. Without it, it has neither.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The file that the component's storage is kept in. Without it, in memory.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// The file that the audit trail is appended to, each record on the disk before the access. Denied accesses are
    /// told on standard error as well.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// The operator's policy, a TOML file with `mode` and `[allow]`. Without it, the manifest is granted what it asks.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Let names and `*` reach loopback, private and other addresses that are not public.
    #[arg(long)]
    allow_private: bool,
}

impl Hosting {
    /// A builder with these options.
    pub(crate) fn builder(&self) -> anyhow::Result<RuntimeBuilder> {
        let mut builder = Runtime::builder().allow_private(self.allow_private);
        if let Some(root) = &self.root {
            builder = builder.root(root);
        }
        if let Some(store) = &self.store {
            builder = builder.store(Store::open(store)?);
        }
        if let Some(audit) = &self.audit {
            builder = builder.audit(Arc::new(FileAudit::open(audit, Sync::EveryRecord)?));
        }
        // Behind the file: what that did not take is not told as done.
        builder = builder.audit(Arc::new(TracingAudit));
        if let Some(path) = &self.policy {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            let policy = Policy::parse(&text).map_err(|errors| anyhow!("{}: {errors}", path.display()))?;
            builder = builder.policy(policy);
        }
        Ok(builder)
    }
}

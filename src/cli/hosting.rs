//! The options that say what a runtime has to offer: files, a store, an audit trail, a policy.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use airssys_wasm::manifest::{MAX_MANIFEST_BYTES, ManifestErrors, ManifestSource};
use airssys_wasm::permission::Policy;
use airssys_wasm::runtime::audit::{FileAudit, Sync, TracingAudit};
use airssys_wasm::runtime::{Runtime, RuntimeBuilder, Store};
use anyhow::{Context as _, anyhow, ensure};

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
    pub(crate) allow_private: bool,
}

/// Why the options cannot be used.
pub(crate) enum Unusable {
    /// What is wrong in the policy, with places.
    Policy(ManifestSource, ManifestErrors),
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Unusable {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Hosting {
    /// A builder with these options. What is only read comes first, so that nothing is created if it cannot be used.
    pub(crate) fn builder(&self) -> Result<RuntimeBuilder, Unusable> {
        let mut builder = Runtime::builder().allow_private(self.allow_private);
        if let Some(path) = &self.policy {
            builder = builder.policy(policy(path)?);
        }
        if let Some(root) = &self.root {
            std::fs::read_dir(root).with_context(|| format!("failed to use {} as the root", root.display()))?;
            builder = builder.root(root);
        }
        if let Some(both) = self.store.as_ref().filter(|store| self.audit.as_ref() == Some(store)) {
            return Err(anyhow!("{} cannot be both the store and the audit log", both.display()).into());
        }
        if let Some(store) = &self.store {
            builder = builder.store(Store::open(store).map_err(anyhow::Error::new)?);
        }
        if let Some(audit) = &self.audit {
            let sink = FileAudit::open(audit, Sync::EveryRecord).context("failed to use the audit log")?;
            builder = builder.audit(Arc::new(sink));
        }
        // Behind the file: what that did not take is not told as done.
        Ok(builder.audit(Arc::new(TracingAudit)))
    }
}

fn policy(path: &Path) -> Result<Policy, Unusable> {
    let text = read(path).with_context(|| format!("failed to read the policy {}", path.display()))?;
    Policy::parse(&text).map_err(|errors| {
        Unusable::Policy(ManifestSource { path: path.to_owned(), text, sha256: String::new() }, errors)
    })
}

/// Reads no more than shows that it is too much.
fn read(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_MANIFEST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() <= MAX_MANIFEST_BYTES, "it has more than {MAX_MANIFEST_BYTES} bytes");
    String::from_utf8(bytes).map_err(|_| anyhow!("it is not UTF-8"))
}

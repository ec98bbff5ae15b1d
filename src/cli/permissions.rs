//! `airssys-wasm permissions`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use airssys_wasm::manifest::{self, ManifestReadError, NetworkAction};
use airssys_wasm::permission::{Access, Class, Decision, Grants, Reason};
use anyhow::{Context as _, bail, ensure};
use serde_json::json;

use super::exit::Exit;
use super::snippet;

#[derive(Debug, clap::Args)]
pub(crate) struct PermissionsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Tell whether a manifest permits an access, by which rule, or what would permit it.
    ///
    /// Decides by the manifest alone: it follows no links and resolves no names. For a denial, prints the rule that
    /// comes nearest and the line to add.
    #[command(after_help = "\
Classes and actions:
  filesystem      read, write, delete, list   a path
  network         outbound, inbound           a URL, or HOST:PORT
  storage         read, write, delete, list   category:subcategory
  process         spawn                       a path
  messaging       send, request               a component's identifier
  topics          publish, subscribe          a topic
  host-functions  call                        a function's name

Examples:
  airssys-wasm permissions explain plugins/data-processor filesystem read /var/data/x
  airssys-wasm permissions explain plugins/data-processor network outbound https://api.example.com/v1
  airssys-wasm permissions explain --format json plugins/data-processor storage write app:cache

Exit status:
  0  the access is granted
  1  the access is denied
  2  the manifest or the access cannot be used")]
    Explain {
        /// The component's directory, which holds component.toml.
        dir: PathBuf,
        /// The class of permissions.
        class: Class,
        /// What is to be done.
        action: String,
        /// With what.
        resource: String,
        /// For people, or one JSON object on standard output.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Run a component without refusing it anything, and print the least capabilities that would have sufficed.
    ///
    /// Whatever the component asks for is done: files below --root are changed, commands run, hosts are called. Use it
    /// with a component, and on a machine, that may do so. Answers of operations go to standard error. To describe a
    /// file counts as reading it, although the permission to list suffices.
    #[cfg(feature = "runtime")]
    #[command(after_help = "\
Examples:
  airssys-wasm permissions record plugins/mine --root /srv/sandbox --op 'json:{\"sync\":true}' > least.toml

Exit status:
  0  every operation was answered
  1  an operation ended in an error of the component, a trap or a timeout, or more was asked for than a manifest holds;
     what was done is printed all the same
  2  the directory, the manifest, the wasm, an operation or another file that was named cannot be used")]
    Record(super::record::RecordArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(crate) fn run(args: PermissionsArgs) -> anyhow::Result<Exit> {
    let (dir, class, action, resource, format) = match args.command {
        Command::Explain { dir, class, action, resource, format } => (dir, class, action, resource, format),
        #[cfg(feature = "runtime")]
        Command::Record(args) => return super::record::run(args),
    };
    match explain(&dir, class, &action, &resource, format) {
        Ok(exit) => Ok(exit),
        Err(Unusable::Manifest(ManifestReadError::Invalid { manifest, errors })) => {
            snippet::print(&manifest, &errors);
            Ok(Exit::BadInput)
        }
        Err(Unusable::Manifest(error)) => Ok(bad_input(error.into())),
        Err(Unusable::Other(error)) => Ok(bad_input(error)),
    }
}

/// Why no decision was made.
enum Unusable {
    Manifest(ManifestReadError),
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Unusable {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

fn explain(dir: &Path, class: Class, action: &str, resource: &str, format: Format) -> Result<Exit, Unusable> {
    let (manifest, _) = manifest::read(dir).map_err(Unusable::Manifest)?;
    let grants = Grants::new(&manifest.capabilities, &manifest.optional_capabilities).map_err(anyhow::Error::new)?;
    let host;
    let access = match class {
        Class::Filesystem => Access::Filesystem(known(class, action)?, resource),
        Class::Storage => Access::Storage(known(class, action)?, resource),
        Class::Messaging => Access::Messaging(known(class, action)?, resource),
        Class::Topics => Access::Topic(known(class, action)?, resource),
        Class::Network => {
            let direction: NetworkAction = known(class, action)?;
            let port;
            (host, port) = endpoint(resource)?;
            Access::Network(direction, &host, port)
        }
        Class::Process => Access::Process(only("spawn", class, action, resource)?),
        Class::HostFunctions => Access::HostFunction(only("call", class, action, resource)?),
    };
    let decision = grants.decide(access);
    if let Decision::Denied { reason: Reason::Malformed(malformed), .. } = decision {
        return Err(anyhow::Error::new(malformed).context(format!("`{}`", resource.escape_debug())).into());
    }
    let text = match format {
        Format::Human => human(&grants, access, &decision),
        Format::Json => json_text(&grants, access, &decision),
    };
    writeln!(std::io::stdout(), "{text}").context("failed to write the decision")?;
    Ok(if decision.is_granted() { Exit::Conforming } else { Exit::NotConforming })
}

fn human(grants: &Grants, access: Access<'_>, decision: &Decision<'_>) -> String {
    match decision {
        Decision::Granted { rule } => format!("granted by {rule}"),
        Decision::Denied { reason, mend } => {
            let nearest = grants.nearest(access).map(|miss| format!("nearest: {}: {}", miss.rule, miss.why));
            let mend = mend.clone().unwrap_or_else(|| "no pattern can permit it".to_owned());
            [Some(format!("denied: {reason}")), nearest, Some(mend)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

fn json_text(grants: &Grants, access: Access<'_>, decision: &Decision<'_>) -> String {
    let object = match decision {
        Decision::Granted { rule } => json!({ "granted": true, "rule": rule }),
        Decision::Denied { reason, mend } => {
            let nearest = grants.nearest(access).map(|miss| json!({ "rule": miss.rule, "why": miss.why }));
            json!({ "granted": false, "reason": reason.to_string(), "nearest": nearest, "mend": mend })
        }
    };
    format!("{object:#}")
}

fn known<T: std::str::FromStr<Err = String>>(class: Class, action: &str) -> anyhow::Result<T> {
    action.parse().map_err(|why: String| anyhow::anyhow!("no action of {class}: {why}"))
}

fn only<'a>(known: &str, class: Class, action: &str, resource: &'a str) -> anyhow::Result<&'a str> {
    ensure!(action == known, "no action of {class}: `{action}` is none of {known}");
    Ok(resource)
}

/// The host and the port of a URL, or of `HOST:PORT`.
fn endpoint(text: &str) -> anyhow::Result<(String, u16)> {
    if !text.contains("://") {
        let (host, port) = manifest::pattern::split_port(text).with_context(|| format!("`{text}`"))?;
        let port = port.with_context(|| format!("`{text}` has no port: write HOST:PORT, or a URL"))?;
        let port = port.parse().with_context(|| format!("`{port}` is no port"))?;
        return Ok((host.to_owned(), port));
    }
    let ambiguous = |c: char| c == '\\' || c.is_control();
    ensure!(!text.contains(ambiguous), "the URL has a backslash or a control character");
    let url = url::Url::parse(text).with_context(|| format!("`{text}` is no URL"))?;
    ensure!(url.username().is_empty() && url.password().is_none(), "the URL names a user");
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => Ok((host.to_owned(), port)),
        _ => bail!("`{text}` has no host, or no port that is known"),
    }
}

fn bad_input(error: anyhow::Error) -> Exit {
    eprintln!("error: {error:#}");
    Exit::BadInput
}

//! `airssys-wasm manifest`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use airssys_wasm::manifest::migrate::{self, Migration};
use airssys_wasm::manifest::{self, ManifestReadError};
use anyhow::Context as _;
use serde_json::json;

use super::exit::Exit;
use super::replace::replace;
use super::snippet;

#[derive(Debug, clap::Args)]
pub(crate) struct ManifestArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check the manifest of a component: every error in one pass.
    ///
    /// Prints `NAME VERSION: ok`, or each error with the line it is about (to standard error).
    #[command(after_help = "\
Examples:
  airssys-wasm manifest check plugins/data-processor
  airssys-wasm manifest check --format json plugins/data-processor | jq '.errors[].key'

Exit status:
  0  the manifest is valid
  1  the manifest is not valid
  2  there is no manifest, there are two, or it cannot be read")]
    Check {
        /// The component's directory, which holds component.toml.
        dir: PathBuf,
        /// For people, or one JSON object on standard output.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Convert a manifest of an earlier draft to the one schema.
    ///
    /// Prints the new manifest to standard output; what was changed and what could not be converted, to
    /// standard error. No permission becomes wider than it read. Comments stay with the keys that stay.
    #[command(after_help = "\
Examples:
  airssys-wasm manifest migrate plugins/old
  airssys-wasm manifest migrate plugins/old --write

Exit status:
  0  the new manifest is valid
  2  something could not be converted (nothing is written), or there is no manifest to read")]
    Migrate {
        /// The component's directory, which holds component.toml.
        dir: PathBuf,
        /// Replace the file instead of printing.
        #[arg(long)]
        write: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(crate) fn run(args: ManifestArgs) -> anyhow::Result<Exit> {
    match args.command {
        Command::Check { dir, format: Format::Human } => check(&dir),
        Command::Check { dir, format: Format::Json } => check_json(&dir),
        Command::Migrate { dir, write } => migrate(&dir, write),
    }
}

fn check(dir: &Path) -> anyhow::Result<Exit> {
    match manifest::read(dir) {
        Ok((manifest, _)) => {
            writeln!(std::io::stdout(), "{} {}: ok", manifest.component.name, manifest.component.version)?;
            Ok(Exit::Conforming)
        }
        Err(ManifestReadError::Invalid { manifest, errors }) => {
            snippet::print(&manifest, &errors);
            Ok(Exit::NotConforming)
        }
        Err(error) => Ok(bad_input(error)),
    }
}

fn check_json(dir: &Path) -> anyhow::Result<Exit> {
    let (object, exit) = match manifest::read(dir) {
        Ok((manifest, source)) => {
            let object = json!({
                "ok": true, "path": source.path, "sha256": source.sha256, "errors": [], "more": 0,
                "manifest": manifest,
            });
            (object, Exit::Conforming)
        }
        Err(ManifestReadError::Invalid { manifest, errors }) => {
            let hash = Some(&manifest.sha256).filter(|hash| !hash.is_empty());
            let object = json!({
                "ok": false, "path": manifest.path, "sha256": hash, "errors": errors.as_slice(),
                "more": errors.more(),
            });
            (object, Exit::NotConforming)
        }
        Err(error) => {
            let code = error.code();
            let error = json!({
                "code": code, "key": "", "line": 1, "column": 1, "span": { "start": 0, "end": 0 },
                "message": format!("{:#}", anyhow::Error::new(error)), "help": null,
            });
            let object = json!({ "ok": false, "path": dir, "sha256": null, "errors": [error], "more": 0 });
            (object, Exit::BadInput)
        }
    };
    writeln!(std::io::stdout(), "{object:#}")?;
    Ok(exit)
}

fn migrate(dir: &Path, write: bool) -> anyhow::Result<Exit> {
    let source = match manifest::read_source(dir) {
        Ok(source) => source,
        Err(ManifestReadError::Invalid { manifest, errors }) => {
            snippet::print(&manifest, &errors);
            return Ok(Exit::BadInput);
        }
        Err(error) => return Ok(bad_input(error)),
    };
    let Migration { text, changes, unresolved } = match migrate::migrate(&source.text) {
        Ok(migration) => migration,
        Err(errors) => {
            snippet::print(&source, &errors);
            return Ok(Exit::BadInput);
        }
    };
    changes.iter().for_each(|change| eprintln!("changed: {change}"));
    unresolved.iter().for_each(|left| eprintln!("not converted: {left}"));
    if !write {
        std::io::stdout().write_all(text.as_bytes())?;
    }
    match (unresolved.is_empty(), write) {
        (false, true) => eprintln!("{}: left as it was", source.path.display()),
        (true, true) if !changes.is_empty() => {
            replace(&source.path, &text).with_context(|| format!("failed to write {}", source.path.display()))?;
            eprintln!("{}: written", source.path.display());
        }
        (true, _) if changes.is_empty() => eprintln!("nothing to change"),
        _ => {}
    }
    Ok(if unresolved.is_empty() { Exit::Conforming } else { Exit::BadInput })
}

fn bad_input(error: ManifestReadError) -> Exit {
    eprintln!("error: {:#}", anyhow::Error::new(error));
    Exit::BadInput
}

//! `airssys-wasm wit deps`.

use std::fmt::Write as _;
use std::path::PathBuf;

use airssys_wasm::manifest::{self, Manifest, ManifestReadError};
use airssys_wasm::wit::deps::{self, DepsError, Item, Mode, Outcome, Report, Settings, Source, Status};
use airssys_wasm::wit::printable::visible;
use serde_json::{Value, json};

use super::{Format, print, print_json, refused};
use crate::cli::exit::Exit;
use crate::cli::snippet;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Packages are looked for in DIR/wit, then where the manifest says (`path`, or `git` with `tag` or `rev`), then in the \
contract, which is part of this command. What is found is put into DIR/wit/deps, and DIR/wit.lock says what that was: \
commit the lock. As long as it fits the manifest, the same packages are taken.

Prints `NAMESPACE:NAME VERSION  SOURCE  unchanged|added|updated|removed` for each package, and a summary. Errors and \
notes go to standard error.

Examples:
  airssys-wasm wit deps plugins/data-processor
  airssys-wasm wit deps --locked --offline plugins/data-processor   # in CI
  airssys-wasm wit deps --update plugins/data-processor             # take what is newest now

Exit status:
  0  the packages are in DIR/wit/deps
  1  the lock would have to change, and --locked forbids it: nothing was changed
  2  there is no valid manifest, a package cannot be had, or content is not what the lock says
  3  something could not be written")]
pub(crate) struct DepsArgs {
    /// The component's directory, which holds component.toml.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Fail if wit.lock would have to change.
    #[arg(long)]
    locked: bool,
    /// Fetch nothing.
    #[arg(long)]
    offline: bool,
    /// Look for all packages anew, whatever wit.lock says.
    #[arg(long, conflicts_with = "locked")]
    update: bool,
    /// Where git repositories are kept [default: $XDG_CACHE_HOME/airssys-wasm/git, or ~/.cache/airssys-wasm/git].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// For people, or one JSON object on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(args: &DepsArgs) -> anyhow::Result<Exit> {
    let manifest = match manifest::read(&args.dir) {
        Ok((manifest, _)) => manifest,
        Err(error) => return bad_manifest(args, error),
    };
    match update(args, &manifest) {
        Ok(Outcome::Done(report)) => done(args, &report),
        Ok(Outcome::Stale { why }) => {
            let said = format!(
                "wit.lock does not fit: {why}; run `airssys-wasm wit deps` without --locked, and commit wit.lock"
            );
            refused(args.format, &said, Exit::NotConforming)
        }
        Err(error) if error.is_failure() => Err(error.into()),
        Err(error) => refused(args.format, &format!("{:#}", anyhow::Error::new(error)), Exit::BadInput),
    }
}

fn update(args: &DepsArgs, manifest: &Manifest) -> Result<Outcome, DepsError> {
    let mode = match (args.locked, args.update) {
        (true, _) => Mode::Locked,
        (_, true) => Mode::Update,
        _ => Mode::Follow,
    };
    let cache = args.cache.clone().or_else(default_cache);
    deps::update(&args.dir, manifest, &Settings { cache, offline: args.offline, mode })
}

fn default_cache() -> Option<PathBuf> {
    let directory = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = directory("XDG_CACHE_HOME").or_else(|| directory("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("airssys-wasm").join("git"))
}

fn done(args: &DepsArgs, report: &Report) -> anyhow::Result<Exit> {
    match args.format {
        Format::Human => {
            report.notes.iter().for_each(|note| eprintln!("note: {}", visible(note)));
            print(&table(report))?;
        }
        Format::Json => {
            let items: Vec<Value> = report.items.iter().map(item).collect();
            let lock = if report.lock_written { "written" } else { "unchanged" };
            let object = json!({ "ok": true, "lock": lock, "packages": items, "notes": report.notes });
            print_json(&object)?;
        }
    }
    Ok(Exit::Conforming)
}

/// A line a package, in columns, and a summary.
fn table(report: &Report) -> String {
    let rows: Vec<[String; 2]> = report
        .items
        .iter()
        .map(|item| [format!("{} {}", item.id.name, item.id.version), short(&item.locked.source)])
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for (item, [package, source]) in report.items.iter().zip(&rows) {
        let _ = writeln!(text, "{package:first$}  {source:second$}  {}", word(item.status));
    }
    let count = |status| report.items.iter().filter(|item| item.status == status).count();
    let statuses = [Status::Added, Status::Updated, Status::Unchanged, Status::Removed];
    let counts: Vec<String> = statuses.iter().map(|&status| format!("{} {}", count(status), word(status))).collect();
    let present = report.items.len() - count(Status::Removed);
    let packages = if present == 1 { "package" } else { "packages" };
    let lock = if report.lock_written { "wit.lock written" } else { "wit.lock unchanged" };
    let _ = writeln!(text, "{present} {packages}: {}; {lock}", counts.join(", "));
    text
}

/// How many digits of a commit people are shown.
const COMMIT_DIGITS: usize = 12;

fn short(source: &Source) -> String {
    match source {
        Source::Git { url, commit } => format!("git {url}#{}", &commit[..COMMIT_DIGITS.min(commit.len())]),
        source => source.to_string(),
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Unchanged => "unchanged",
        Status::Added => "added",
        Status::Updated => "updated",
        Status::Removed => "removed",
    }
}

fn item(item: &Item) -> Value {
    json!({
        "name": item.id.name,
        "version": item.id.version.to_string(),
        "source": item.locked.source.to_string(),
        "directory": item.locked.directory,
        "sha256": item.locked.sha256,
        "dependencies": item.locked.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "status": item.status,
    })
}

fn bad_manifest(args: &DepsArgs, error: ManifestReadError) -> anyhow::Result<Exit> {
    match (&error, args.format) {
        (ManifestReadError::Invalid { manifest, errors }, Format::Human) => {
            snippet::print(manifest, errors);
            Ok(Exit::BadInput)
        }
        (ManifestReadError::Invalid { manifest, .. }, Format::Json) => {
            let (path, dir) = (manifest.path.display(), args.dir.display());
            let said = format!("{path} is not valid: `airssys-wasm manifest check {dir}` says why");
            refused(args.format, &said, Exit::BadInput)
        }
        _ => refused(args.format, &format!("{:#}", anyhow::Error::new(error)), Exit::BadInput),
    }
}

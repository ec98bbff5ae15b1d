//! `airssys-wasm audit`.

use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use airssys_wasm::contract::ComponentId;
use airssys_wasm::permission::Class;
use airssys_wasm::runtime::audit::{self, AuditEvent, AuditRecord, Entry, Head, Outcome, Summary, Verification};
use anyhow::Context as _;
use serde_json::json;

use super::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Tell whether an audit log is what was written, or name the first record that is not.
    ///
    /// Holds every line against its hash, each line against the one before, and the end against FILE.head. Whoever can
    /// rewrite both files can forge a log that looks intact, unless its head was kept elsewhere: keep what this prints
    /// after `head`, and give it to --expect-head the next time.
    #[command(after_help = "\
Examples:
  airssys-wasm audit verify /var/log/plugins.audit
  airssys-wasm audit verify plugins.audit --expect-head 20:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Exit status:
  0  the log is what was written
  1  it is not; the first bad record is named
  2  the log cannot be read")]
    Verify {
        /// The log.
        file: PathBuf,
        /// A record that was in the log once: its sequence and its hash.
        #[arg(long, value_name = "SEQUENCE:HASH")]
        expect_head: Option<Head>,
        /// For people, or one JSON object on standard output.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Print the records of an audit log.
    ///
    /// Does not check the log. Text that a component chose stands in quotes, and everything in it that a terminal could
    /// obey is escaped.
    #[command(after_help = "\
Examples:
  airssys-wasm audit show plugins.audit --denied
  airssys-wasm audit show plugins.audit --component data-processor --class filesystem --since 1200
  airssys-wasm audit show plugins.audit --format json

Exit status:
  0  done
  1  some lines are no records, and are named on standard error
  2  the log cannot be read")]
    Show {
        /// The log.
        file: PathBuf,
        /// Only what is about this component.
        #[arg(long, value_name = "ID")]
        component: Option<ComponentId>,
        /// Only accesses that were denied.
        #[arg(long)]
        denied: bool,
        /// Only accesses of this class.
        #[arg(long)]
        class: Option<Class>,
        /// Only records from this sequence on.
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        since: u64,
        /// For people, or a JSON object a line.
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(crate) fn run(args: AuditArgs) -> anyhow::Result<Exit> {
    let ended = match args.command {
        Command::Verify { file, expect_head, format } => verify(&file, expect_head, format),
        Command::Show { file, component, denied, class, since, format } => {
            show(&file, &Filter { component, denied, class, since }, format)
        }
    };
    match ended {
        Ok(exit) => Ok(exit),
        Err(Ended::Unreadable(error)) => {
            eprintln!("error: {error:#}");
            Ok(Exit::BadInput)
        }
        // Whoever read the output has seen enough.
        Err(Ended::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Conforming),
        Err(Ended::Output(error)) => Err(error).context("failed to write the records"),
    }
}

/// Why a command came to no result.
enum Ended {
    Unreadable(anyhow::Error),
    Output(io::Error),
}

fn unreadable(file: &Path) -> impl Fn(io::Error) -> Ended {
    move |error| Ended::Unreadable(anyhow::Error::new(error).context(format!("failed to read {}", file.display())))
}

fn verify(file: &Path, expected: Option<Head>, format: Format) -> Result<Exit, Ended> {
    let verification = audit::verify(file, expected).map_err(unreadable(file))?;
    let text = match (&verification, format) {
        (Verification::Intact(summary), Format::Human) => human(summary),
        (Verification::Broken(offence), Format::Human) => offence.to_string(),
        (Verification::Intact(summary), Format::Json) => {
            let Summary { records, first, head, lost, beyond_head, unfinished } = summary;
            let head = head.to_string();
            let object = json!({ "intact": true, "records": records, "first": first, "head": head, "lost": lost,
                "beyond-head": beyond_head, "unfinished": unfinished });
            format!("{object:#}")
        }
        (Verification::Broken(offence), Format::Json) => {
            format!("{:#}", json!({ "intact": false, "offence": offence }))
        }
    };
    match writeln!(io::stdout(), "{text}") {
        // The exit status says it, too.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(Ended::Output(error)),
        _ => {}
    }
    Ok(match verification {
        Verification::Intact(_) => Exit::Conforming,
        Verification::Broken(_) => Exit::NotConforming,
    })
}

fn human(summary: &Summary) -> String {
    let Summary { records, first, head, lost, beyond_head, unfinished } = summary;
    let counted = |count: u64| format!("{count} {}", if count == 1 { "record" } else { "records" });
    let mut text = match records {
        0 => "0 records".to_owned(),
        _ => format!("{}, {first}…{}, head {head}", counted(*records), head.sequence),
    };
    if *lost > 0 {
        text += &format!("\nthe log says that {} did not reach it", counted(*lost));
    }
    if *beyond_head > 0 {
        text += &format!("\n{} beyond what FILE.head names, as after a crash", counted(*beyond_head));
    }
    if *unfinished {
        text += "\nthe rest of a record that was never acknowledged stands at the end, as after a crash";
    }
    text
}

/// Which records are shown.
struct Filter {
    component: Option<ComponentId>,
    denied: bool,
    class: Option<Class>,
    since: u64,
}

impl Filter {
    fn lets_all(&self) -> bool {
        self.component.is_none() && !self.denied && self.class.is_none() && self.since == 0
    }

    fn lets(&self, record: &AuditRecord) -> bool {
        let access = match &record.event {
            AuditEvent::Access(access) => Some(access),
            _ => None,
        };
        record.sequence >= self.since
            && self.component.as_ref().is_none_or(|component| record.component() == Some(component))
            && (!self.denied || access.is_some_and(|access| access.outcome == Outcome::Denied))
            && self.class.is_none_or(|class| access.is_some_and(|access| access.class == class))
    }
}

fn show(file: &Path, filter: &Filter, format: Format) -> Result<Exit, Ended> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut exit = Exit::Conforming;
    for entry in audit::entries(file).map_err(unreadable(file))? {
        let entry = entry.map_err(unreadable(file))?;
        let shown = match &entry {
            Entry::Record(record) => filter.lets(record),
            Entry::Other(_) => filter.lets_all(),
            Entry::Malformed(line) => {
                eprintln!("line {line}: no record");
                exit = Exit::NotConforming;
                false
            }
        };
        let text = match (&entry, format) {
            _ if !shown => None,
            (Entry::Record(record), Format::Human) => Some(record.to_string()),
            (entry, _) => entry.to_json(),
        };
        if let Some(text) = text {
            writeln!(out, "{text}").map_err(Ended::Output)?;
        }
    }
    out.flush().map_err(Ended::Output)?;
    Ok(exit)
}

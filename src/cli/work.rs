//! A component at work for a subcommand: its directory, what it finds, its operations.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use airssys_wasm::contract::multicodec::{self, Codec};
use airssys_wasm::contract::{Phase, payload};
use airssys_wasm::manifest::{self, ManifestReadError};
use airssys_wasm::runtime::{CacheOptions, Call, Engine, EngineOptions, LoadError, LoadOptions, RuntimeBuilder};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::exit::Exit;
use super::hosting::{Hosting, Unusable};
use super::snippet;

/// A component, what it finds, and what it is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Work {
    /// The component's directory, which holds component.toml.
    dir: PathBuf,
    /// An operation to execute; may be given several times.
    #[arg(long = "op", value_name = "OPERATION", value_parser = parse_operation)]
    operations: Vec<Operation>,
    /// An environment variable for the component.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    env: Vec<(String, String)>,
    /// A configuration value for the component, read-only to it.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    config: Vec<(String, String)>,
    /// A deadline for each operation, in milliseconds; the manifest's holds too.
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// A directory of yours for machine code: what was compiled once is taken from there the next time. It is created if
    /// need be, and not used if others may write to it.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) hosting: Hosting,
}

#[derive(Debug, Clone)]
struct Operation(Vec<u8>);

fn parse_operation(text: &str) -> Result<Operation, payload::NotationError> {
    payload::parse(text).map(Operation)
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Work {
    /// Loads the component, has it execute its operations and shuts it down. `prepare` completes the runtime; what the
    /// operations answer is written to `answers`.
    pub(crate) fn run(
        self,
        prepare: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
        answers: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let filter = match log_filter() {
            Ok(filter) => filter,
            Err(why) => {
                eprintln!("error: RUST_LOG: {why}; write a level, or target=level with commas between, such as info");
                return Ok(Exit::BadInput);
            }
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = std::io::stderr().is_terminal() && !plain;
        let output = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
        tracing_subscriber::registry().with(output.with_filter(filter)).init();
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(self.operate(prepare, answers))
    }

    fn builder(&self) -> Result<RuntimeBuilder, Unusable> {
        let builder = self.hosting.builder()?;
        let mut options = EngineOptions::default();
        options.cache = self.cache.as_ref().map(CacheOptions::new);
        Ok(builder.engine(Engine::new(&options).map_err(anyhow::Error::new)?))
    }

    async fn operate(
        self,
        prepare: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder,
        answers: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let built = self.builder().and_then(|builder| Ok(prepare(builder).build().map_err(anyhow::Error::new)?));
        let runtime = match built {
            Ok(runtime) => runtime,
            Err(Unusable::Policy(source, errors)) => {
                snippet::print(&source, &errors);
                return Ok(Exit::BadInput);
            }
            Err(Unusable::Other(error)) => {
                eprintln!("error: {error:#}");
                return Ok(Exit::BadInput);
            }
        };
        let options = LoadOptions {
            directory: self.dir.clone(),
            env: self.env,
            config: self.config.into_iter().collect(),
            config_data: None,
        };
        let id = match runtime.load_with(options).await {
            Ok(id) => id,
            Err(error) => {
                explain(&self.dir, &error);
                return Ok(Exit::BadInput);
            }
        };
        let mut exit = Exit::Conforming;
        for Operation(operation) in self.operations {
            let shown = payload::render(&operation);
            let call = Call { timeout_ms: self.timeout_ms, ..Call::default() };
            match runtime.execute(&id, operation, call).await {
                Ok(executed) => writeln!(answers, "{}", answer(&executed.output))?,
                Err(error) => {
                    eprintln!("error: {id}: {shown}: {error}");
                    exit = Exit::NotConforming;
                }
            }
        }
        if let Err(error) = runtime.shutdown(&id).await {
            eprintln!("error: {id}: shutdown: {error}");
            exit = Exit::NotConforming;
        }
        Ok(exit)
    }
}

/// Says why a component was not loaded; faults of its manifest with the lines that they are in.
fn explain(dir: &Path, error: &LoadError) {
    // The load told what is wrong, and recorded it; the lines are in the file.
    let manifest = (error.phase == Phase::Manifest).then(|| manifest::read(dir));
    match manifest {
        Some(Err(ManifestReadError::Invalid { manifest, errors })) => snippet::print(&manifest, &errors),
        Some(Err(error)) => eprintln!("error: {:#}", anyhow::Error::new(error)),
        Some(Ok(_)) | None => eprintln!("error: {}: {error}", dir.display()),
    }
}

/// What is logged to standard error: warnings, unless `RUST_LOG` says otherwise.
fn log_filter() -> Result<Targets, tracing_subscriber::filter::ParseError> {
    match std::env::var("RUST_LOG") {
        Ok(wanted) if !wanted.trim().is_empty() => wanted.parse(),
        _ => Ok(Targets::new().with_default(tracing::Level::WARN)),
    }
}

/// JSON and raw text as they are, everything else in payload notation.
fn answer(output: &[u8]) -> String {
    let plain = [Codec::Json, Codec::Raw].map(Codec::code);
    match multicodec::split(output) {
        Ok((code, data)) if plain.contains(&code) => match std::str::from_utf8(data) {
            Ok(text) if !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') => text.to_owned(),
            _ => payload::render(output),
        },
        _ => payload::render(output),
    }
}

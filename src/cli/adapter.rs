//! `airssys-wasm adapter`.

use std::io::{stdin, stdout};

use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::protocol::Hook;
use airssys_wasm::suite::{Driver, DriverError, Reply, Stimulus, serve};
use anyhow::Context as _;

use super::exit::Exit;

/// Arguments of `adapter`.
#[derive(Debug, clap::Args)]
pub(crate) struct AdapterArgs {
    /// Have no such hook, as if the runtime were less observable than it is; may be given several times. Without
    /// `virtual-clock`, cases are run on the real clock.
    #[arg(long, value_name = "HOOK")]
    without: Vec<Hook>,
}

pub(crate) fn run(args: AdapterArgs) -> anyhow::Result<Exit> {
    let mut driver = Without { driver: Box::new(Reference::new()?.driver()), hooks: args.without };
    serve(&mut driver, stdin().lock(), stdout().lock()).context("failed to speak to the suite")?;
    Ok(Exit::Conforming)
}

/// The reference without some of its hooks.
struct Without {
    driver: Box<dyn Driver>,
    hooks: Vec<Hook>,
}

impl Driver for Without {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        match self.driver.perform(stimulus)? {
            Reply::Hello(mut hello) => {
                hello.hooks.retain(|hook| !self.hooks.contains(hook));
                Ok(Reply::Hello(hello))
            }
            other => Ok(other),
        }
    }
}

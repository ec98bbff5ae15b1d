//! The runtime under test: the reference in this process, or an adapter.

use std::sync::Arc;
use std::time::Duration;

use airssys_wasm::suite::driver::adapter::ANSWER_TIMEOUT;
use airssys_wasm::suite::driver::reference::Reference;
use airssys_wasm::suite::protocol::{Hello, PROTOCOL};
use airssys_wasm::suite::{Adapter, Driver, DriverError, DriverFactory, Reply, Stimulus};

/// Which runtime is under test.
#[derive(Debug, clap::Args)]
pub(super) struct UnderTest {
    /// Judge the runtime behind this adapter instead of the reference: a program and its arguments, as a shell splits
    /// them, which speaks the adapter protocol on standard input and output.
    #[arg(long, value_name = "CMD")]
    pub(super) adapter: Option<String>,
    /// How long the adapter may take for an answer, in milliseconds; 15 s unless given, and less than the 30 s of a case.
    #[arg(long, value_name = "MS", requires = "adapter", value_parser = clap::value_parser!(u64).range(1..=25_000))]
    answer_timeout: Option<u64>,
}

/// A runtime under test: who it is, and drivers for its cases.
pub(super) struct Tested {
    pub(super) hello: Hello,
    pub(super) factory: Arc<DriverFactory>,
}

impl UnderTest {
    /// Starts it.
    pub(super) fn start(&self) -> Result<Tested, DriverError> {
        let Some(command) = &self.adapter else { return reference() };
        let adapter = Adapter::new(command, self.answer_timeout())?;
        Ok(Tested { hello: adapter.hello()?, factory: adapter.factory() })
    }

    /// Who it is, as long as it has not said it.
    pub(super) fn nobody(&self) -> Hello {
        Hello { runtime: self.adapter.clone().unwrap_or_default(), ..Hello::default() }
    }

    /// How long an answer may take.
    pub(super) fn answer_timeout(&self) -> Duration {
        self.answer_timeout.map_or(ANSWER_TIMEOUT, Duration::from_millis)
    }
}

fn reference() -> Result<Tested, DriverError> {
    let reference = Reference::new()?;
    let hello = match reference.driver().perform(Stimulus::Hello { protocol: PROTOCOL })? {
        Reply::Hello(hello) => hello,
        other => return Err(DriverError::new(format!("hello was answered by {other:?}"))),
    };
    Ok(Tested { hello, factory: Arc::new(move || Ok(Box::new(reference.driver()) as Box<dyn Driver>)) })
}

impl Tested {
    /// The runtime as if it declared these features, and no others.
    pub(super) fn declaring(self, features: &[String]) -> Self {
        let hello = Hello { features: features.to_vec(), ..self.hello };
        let (inner, declared) = (self.factory, hello.clone());
        let factory =
            move || Ok(Box::new(Declaring { driver: inner()?, declared: declared.clone() }) as Box<dyn Driver>);
        Self { hello, factory: Arc::new(factory) }
    }
}

/// A driver that says of its runtime what it was told to.
struct Declaring {
    driver: Box<dyn Driver>,
    declared: Hello,
}

impl Driver for Declaring {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        match self.driver.perform(stimulus)? {
            Reply::Hello(_) => Ok(Reply::Hello(self.declared.clone())),
            other => Ok(other),
        }
    }

    fn renew(&mut self) -> bool {
        self.driver.renew()
    }
}

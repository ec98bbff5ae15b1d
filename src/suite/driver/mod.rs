//! The one seam to a runtime under test.

pub mod adapter;
#[cfg(feature = "runtime")]
pub mod reference;
mod serve;

use super::protocol::{Reply, Stimulus};

pub use serve::serve;

/// A runtime under test, as the suite sees it: it answers stimuli.
///
/// A trap, a refusal or a guest's error is an answer. `Err` means that the driver itself failed.
pub trait Driver: Send {
    /// Performs one stimulus and answers it.
    ///
    /// # Errors
    /// [`DriverError`] if no answer could be had: the harness, not the runtime's conduct, is at fault.
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError>;

    /// Puts a fresh runtime in the place of one that is lost and had served earlier cases, so that the case can be tried
    /// again without what these may have left. `false` says that there is nothing to renew: what was lost was fresh.
    fn renew(&mut self) -> bool {
        false
    }
}

/// Makes a driver for one case. Cases run side by side, each with a driver of its own.
pub type DriverFactory = dyn Fn() -> Result<Box<dyn Driver>, DriverError> + Send + Sync;

/// Why a driver gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the driver failed: {message}")]
pub struct DriverError {
    /// What it says of the runtime.
    pub loss: Loss,
    message: String,
}

/// What it says of a runtime that its driver gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: driver, adapter or machine failed.
    Driver,
    /// It took its process down while it was doing what it was asked.
    Crash,
    /// It did not answer in time what it was asked.
    Silence,
}

impl DriverError {
    /// An error with the reason in words, which says nothing about the runtime.
    pub fn new(message: impl Into<String>) -> Self {
        Self { loss: Loss::Driver, message: message.into() }
    }

    /// An error that says something about the runtime.
    pub fn of_runtime(loss: Loss, message: impl Into<String>) -> Self {
        Self { loss, message: message.into() }
    }

    /// The reason in words.
    pub fn message(&self) -> &str {
        &self.message
    }
}

//! The one seam to a runtime under test.

#[cfg(feature = "runtime")]
pub mod reference;

use super::protocol::{Reply, Stimulus};

/// A runtime under test, as the suite sees it: it answers stimuli.
///
/// A trap, a refusal or a guest's error is an answer. `Err` means that the driver itself failed.
pub trait Driver: Send {
    /// Performs one stimulus and answers it.
    ///
    /// # Errors
    /// [`DriverError`] if no answer could be had: the harness, not the runtime's conduct, is at fault.
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError>;
}

/// Makes a driver for one case. Cases run side by side, each with a driver of its own.
pub type DriverFactory = dyn Fn() -> Result<Box<dyn Driver>, DriverError> + Send + Sync;

/// Why a driver gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the driver failed: {message}")]
pub struct DriverError {
    message: String,
}

impl DriverError {
    /// An error with the reason in words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

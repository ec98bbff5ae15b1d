//! A driver whose runtime has a fault.

use super::{Fault, ReplyBend, Sent};
use crate::suite::driver::{Driver, DriverError};
use crate::suite::protocol::{Reply, Stimulus};

/// Drives a sound runtime as if it had a fault.
pub struct Faulty {
    sound: Box<dyn Driver>,
    fault: Fault,
    replies: Option<ReplyBend>,
}

impl Faulty {
    /// The runtime of that driver, with that fault.
    pub fn new(sound: Box<dyn Driver>, fault: Fault) -> Self {
        Self { sound, fault, replies: fault.bend.replies() }
    }
}

impl Driver for Faulty {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        let mut reply = match self.fault.bend.sent(&stimulus) {
            Sent::Same => self.sound.perform(stimulus.clone())?,
            Sent::Other(other) => self.sound.perform(other)?,
            Sent::Twice => {
                let first = self.sound.perform(stimulus.clone())?;
                self.sound.perform(stimulus.clone())?;
                first
            }
            Sent::Nothing(reply) => reply,
        };
        if let Some(bend) = &mut self.replies {
            bend(&stimulus, &mut reply);
        }
        Ok(reply)
    }
}

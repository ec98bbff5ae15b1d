//! A driver that answers from what was recorded of a run. No runtime is there any more.

use std::mem::{Discriminant, discriminant};
use std::vec::IntoIter;

use crate::suite::driver::{Driver, DriverError};
use crate::suite::protocol::{Reply, Stimulus};

/// The replies of one run, in order, each with the kind of stimulus that it answers. What a case sends does not depend on
/// what is answered, so that a runtime which gives other replies would have been asked the same.
pub(super) struct Recorded {
    replies: IntoIter<(Discriminant<Stimulus>, Reply)>,
}

impl Recorded {
    /// Gives these replies.
    pub(super) fn new(replies: Vec<(Discriminant<Stimulus>, Reply)>) -> Self {
        Self { replies: replies.into_iter() }
    }
}

impl Driver for Recorded {
    fn perform(&mut self, stimulus: Stimulus) -> Result<Reply, DriverError> {
        let is_it = |(kind, _): &(Discriminant<Stimulus>, Reply)| *kind == discriminant(&stimulus);
        let found = match stimulus {
            // A run that fails ends before what was recorded does.
            Stimulus::CaseEnd => self.replies.find(is_it),
            _ => self.replies.next().filter(is_it),
        };
        match found {
            Some((_, reply)) => Ok(reply),
            None => Err(DriverError::new(format!("nothing was recorded in this place of {stimulus:?}"))),
        }
    }
}

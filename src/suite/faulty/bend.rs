//! What a fault is: a wrong runtime in a sentence, and how it comes of a sound one.

use super::edit::{self, Record};
use crate::suite::protocol::{Reply, Stimulus};

/// A wrong runtime.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it gets wrong, in one sentence about the runtime.
    pub wrong: &'static str,
    /// The requirements that it violates, by slug: of each, an assertion has to fail.
    pub violates: &'static [&'static str],
    /// How a sound runtime is made so.
    pub bend: Bend,
}

/// How a sound runtime is made a wrong one. What is bent is data, and the same input gives the same output.
#[derive(Debug, Clone, Copy)]
pub enum Bend {
    /// The lines of every transcript: what guests saw.
    Lines(fn(&mut Vec<String>)),
    /// The records of the audit trail.
    Audit(fn(&mut Vec<Record>)),
    /// Replies, whatever they answer.
    Reply(fn(&mut Reply)),
    /// Replies, by what was said before; made anew for each case.
    Replies(fn() -> ReplyBend),
    /// What reaches the runtime.
    Stimuli(fn(&Stimulus) -> Sent),
}

/// Bends the replies of one case, each with the stimulus that it answers.
pub type ReplyBend = Box<dyn FnMut(&Stimulus, &mut Reply) + Send>;

/// What a sound runtime gets to see of a stimulus.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// The stimulus as it is.
    Same,
    /// Another one.
    Other(Stimulus),
    /// The stimulus, twice; the second reply is dropped.
    Twice,
    /// Nothing: this is answered instead.
    Nothing(Reply),
}

impl Bend {
    /// What bends the replies of a case; none if it is stimuli that are bent.
    pub fn replies(&self) -> Option<ReplyBend> {
        Some(match *self {
            Bend::Lines(bend) => Box::new(move |_, reply| edit::lines(reply, bend)),
            Bend::Audit(bend) => Box::new(move |_, reply| edit::audit(reply, bend)),
            Bend::Reply(bend) => Box::new(move |_, reply| bend(reply)),
            Bend::Replies(make) => make(),
            Bend::Stimuli(_) => return None,
        })
    }

    /// What becomes of a stimulus on its way to the runtime.
    pub fn sent(&self, stimulus: &Stimulus) -> Sent {
        match self {
            Bend::Stimuli(bend) => bend(stimulus),
            _ => Sent::Same,
        }
    }
}

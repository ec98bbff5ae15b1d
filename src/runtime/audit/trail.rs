//! One order for all sinks.
//!
//! Sequence, time and order come from one lock, so every sink sees the same records in the same order. A sink that
//! failed is served first the next time: in a lossless trail with the very record that it did not take, otherwise with a
//! [`AuditEvent::Lost`] that says which are missing. So no sink ever has a silent gap.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::record::{AuditEvent, AuditRecord};
use super::sink::{AuditError, AuditSink};

/// What becomes of an access whose record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lossless {
    /// It is refused.
    #[default]
    Refuse,
    /// It goes on unrecorded. The sinks say afterwards which records they lack.
    Proceed,
}

/// Gives events their sequence and hands them to every sink.
pub struct Trail {
    lossless: Lossless,
    may_block: bool,
    state: Mutex<State>,
}

struct State {
    /// The sequence of the next record.
    next: u64,
    last_time_ms: u64,
    sinks: Vec<Place>,
}

/// A sink and what it lacks.
struct Place {
    sink: Arc<dyn AuditSink>,
    /// The first record that it will never have; all up to the next one are lost to it.
    lost_from: Option<u64>,
    /// The record that other sinks took and this one is still to take.
    owed: Option<Arc<AuditRecord>>,
}

impl Trail {
    /// A trail into these sinks, which goes on after the last record of any of them. One that holds fewer records than
    /// another learns by a [`AuditEvent::Lost`] which it lacks; one that holds none starts where the others are.
    ///
    /// # Errors
    /// A sink panicked, or its sequences are used up.
    pub fn new(sinks: Vec<Arc<dyn AuditSink>>, lossless: Lossless) -> Result<Self, AuditError> {
        let known = sinks.into_iter().map(|sink| {
            let told = contained(|| Ok((sink.next_sequence(), sink.last_time_ms(), sink.may_block())))?;
            Ok((sink, told))
        });
        let known = known.collect::<Result<Vec<_>, AuditError>>()?;
        let next = known.iter().map(|(_, (next, ..))| *next).max().unwrap_or(1).max(1);
        if next == u64::MAX {
            return Err(AuditError::Exhausted);
        }
        let last_time_ms = known.iter().map(|(_, (_, time, _))| *time).max().unwrap_or(0);
        let may_block = known.iter().any(|(.., (.., blocks))| *blocks);
        let place = |(sink, (held, ..)): (_, (u64, _, _))| {
            let lost_from = (held > 1 && held < next).then_some(held);
            Place { sink, lost_from, owed: None }
        };
        let sinks = known.into_iter().map(place).collect();
        Ok(Self { lossless, may_block, state: Mutex::new(State { next, last_time_ms, sinks }) })
    }

    /// Records what happened at `time_ms`, in milliseconds since the Unix epoch, and answers the record's sequence once
    /// every sink has taken it. A time before that of the last record counts as that one's.
    ///
    /// # Errors
    /// A sink did not take the record. Whatever the event permits must not happen, unless the trail is
    /// [`Lossless::Proceed`]. Other sinks may have the record.
    pub fn append(&self, time_ms: u64, event: AuditEvent) -> Result<u64, AuditError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let sequence = state.next;
        let next = sequence.checked_add(1).ok_or(AuditError::Exhausted)?;
        let record = Arc::new(AuditRecord { sequence, time_ms: time_ms.max(state.last_time_ms), event });
        match self.lossless {
            Lossless::Refuse => {
                for place in &mut state.sinks {
                    place.catch_up(sequence - 1, state.last_time_ms)?;
                }
                let failed = state.sinks.iter().enumerate().find_map(|(index, place)| {
                    let error = offer(&*place.sink, &record).err()?;
                    Some((index, error))
                });
                if let Some((index, error)) = failed {
                    // Nobody has the record if the first sink refused it: then it has never been.
                    if index > 0 {
                        state.next = next;
                        state.last_time_ms = record.time_ms;
                        for place in &mut state.sinks[index..] {
                            place.owed = Some(Arc::clone(&record));
                        }
                    }
                    return Err(error);
                }
                (state.next, state.last_time_ms) = (next, record.time_ms);
                Ok(sequence)
            }
            Lossless::Proceed => {
                let mut failed = None;
                for place in &mut state.sinks {
                    let taken =
                        place.catch_up(sequence - 1, state.last_time_ms).and_then(|()| offer(&*place.sink, &record));
                    if let Err(error) = taken {
                        place.lost_from.get_or_insert(sequence);
                        failed.get_or_insert(error);
                    }
                }
                (state.next, state.last_time_ms) = (next, record.time_ms);
                failed.map_or(Ok(sequence), Err)
            }
        }
    }

    /// Counts a record that nobody would see. False if somebody would: then it has to be appended.
    pub(crate) fn pass_over(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = state.next.checked_add(1);
        match next {
            // A sink that panics over the question gets the record.
            Some(next) if !state.sinks.iter().any(|place| contained(|| Ok(place.sink.is_heard())).unwrap_or(true)) => {
                state.next = next;
                true
            }
            _ => false,
        }
    }

    /// What becomes of an access whose record was not taken.
    pub fn lossless(&self) -> Lossless {
        self.lossless
    }

    /// Whether [`Trail::append`] may wait for a disk or a network.
    pub fn may_block(&self) -> bool {
        self.may_block
    }

    /// The sequence that the next record gets.
    pub fn next_sequence(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).next
    }
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail").field("lossless", &self.lossless).field("next", &self.next_sequence()).finish()
    }
}

impl Place {
    /// Brings the sink to where it has, or knows that it lacks, every record up to `last`.
    fn catch_up(&mut self, last: u64, time_ms: u64) -> Result<(), AuditError> {
        if let Some(first) = self.lost_from {
            let lost = AuditRecord { sequence: last, time_ms, event: AuditEvent::Lost { first } };
            offer(&*self.sink, &Arc::new(lost))?;
            self.lost_from = None;
        }
        if let Some(record) = &self.owed {
            offer(&*self.sink, record)?;
            self.owed = None;
        }
        Ok(())
    }
}

fn offer(sink: &dyn AuditSink, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
    contained(|| sink.append(record))
}

/// Turns a panic of a sink into an error. The sink is used on: what it leaves broken is its own, not the trail's.
fn contained<T>(act: impl FnOnce() -> Result<T, AuditError>) -> Result<T, AuditError> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Err(AuditError::Panicked(text.unwrap_or("no message").to_owned()))
    })
}

//! What an adapter tells unasked: kept until the case asks, and bounded.

use crate::suite::protocol::Reply;
use crate::suite::protocol::wire::Event;

/// How much an adapter may tell unasked during one case: several times what the noisiest case makes a runtime tell.
const MOST_EVENTS: usize = 100_000;

/// The same, in bytes.
const MOST_EVENT_BYTES: usize = 128 << 20;

/// What an adapter told unasked in this case, and was not asked for yet.
#[derive(Default)]
pub(super) struct Told {
    events: Vec<Event>,
    count: usize,
    bytes: usize,
}

impl Told {
    /// Keeps an event that came in a line of so many bytes.
    pub(super) fn keep(&mut self, event: Event, bytes: usize) -> Result<(), String> {
        self.count += 1;
        self.bytes += bytes;
        if self.count > MOST_EVENTS || self.bytes > MOST_EVENT_BYTES {
            return Err(format!(
                "told {} events of {} bytes in one case: more than may be told",
                self.count, self.bytes
            ));
        }
        self.events.push(event);
        Ok(())
    }

    /// Takes those of one kind, and keeps the others.
    fn take<T>(&mut self, kind: impl Fn(Event) -> Result<T, Event>) -> Vec<T> {
        let mut taken = Vec::new();
        for event in std::mem::take(&mut self.events) {
            match kind(event) {
                Ok(event) => taken.push(event),
                Err(other) => self.events.push(other),
            }
        }
        taken
    }

    /// An answer with what was told before it about the same.
    pub(super) fn before(&mut self, reply: Reply) -> Reply {
        match reply {
            Reply::Logs { records } => {
                let told = self.take(|event| match event {
                    Event::Log(record) => Ok(record),
                    other => Err(other),
                });
                Reply::Logs { records: told.into_iter().chain(records).collect() }
            }
            Reply::Audit { lines } => {
                let told = self.take(|event| match event {
                    Event::Audit { line } => Ok(line),
                    other => Err(other),
                });
                Reply::Audit { lines: told.into_iter().chain(lines).collect() }
            }
            Reply::Events { events } => {
                let told = self.take(|event| match event {
                    Event::Runtime { happened } => Ok(happened),
                    other => Err(other),
                });
                Reply::Events { events: told.into_iter().chain(events).collect() }
            }
            other => other,
        }
    }
}

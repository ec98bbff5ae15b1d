//! Events on their way to whoever watches the runtime.
//!
//! Events are told, never asked: a slow reader misses some and is told how many, and no component waits for a reader. Room
//! for events is taken as they come, because most runtimes have few of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::clock::Timestamp;
use super::event::{Event, EventKind};

/// How many events wait for a reader: a burst of a thousand loads with their state changes.
const EVENT_BACKLOG: usize = 8_192;

/// Tells events to every stream.
#[derive(Debug, Default)]
pub(crate) struct EventSink(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    backlog: Mutex<Backlog>,
    told: Notify,
}

/// The newest events.
#[derive(Debug, Default)]
struct Backlog {
    /// How many events were told before the oldest that is kept.
    before: u64,
    kept: VecDeque<Event>,
    streams: usize,
    closed: bool,
}

impl EventSink {
    pub(crate) fn tell(&self, now: Timestamp, kind: EventKind) {
        let mut backlog = self.0.backlog();
        if backlog.streams == 0 {
            return;
        }
        if backlog.kept.len() == EVENT_BACKLOG {
            backlog.kept.pop_front();
            backlog.before += 1;
        }
        backlog.kept.push_back(Event { time_ms: now.millis(), kind });
        drop(backlog);
        self.0.told.notify_waiters();
    }

    pub(crate) fn stream(&self) -> EventStream {
        let mut backlog = self.0.backlog();
        backlog.streams += 1;
        let next = backlog.before + backlog.kept.len() as u64;
        drop(backlog);
        EventStream { shared: Arc::clone(&self.0), next, last_time_ms: 0 }
    }
}

impl Drop for EventSink {
    fn drop(&mut self) {
        self.0.backlog().closed = true;
        self.0.told.notify_waiters();
    }
}

impl Shared {
    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events from the moment on at which the stream was made.
#[derive(Debug)]
pub struct EventStream {
    shared: Arc<Shared>,
    /// How many events were told before the next one.
    next: u64,
    last_time_ms: u64,
}

/// Why there is no event to read.
enum Nothing {
    Yet,
    Evermore,
}

impl EventStream {
    /// Waits for the next event. None once the runtime is gone. Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        let shared = Arc::clone(&self.shared);
        loop {
            // It hears of what is told from here on.
            let told = shared.told.notified();
            match self.read() {
                Ok(event) => return Some(event),
                Err(Nothing::Evermore) => return None,
                Err(Nothing::Yet) => told.await,
            }
        }
    }

    /// The next event, if one is waiting.
    pub fn try_next(&mut self) -> Option<Event> {
        self.read().ok()
    }

    fn read(&mut self) -> Result<Event, Nothing> {
        let backlog = self.shared.backlog();
        let missed = backlog.before.saturating_sub(self.next);
        if missed > 0 {
            self.next = backlog.before;
            return Ok(Event { time_ms: self.last_time_ms, kind: EventKind::Lagged { missed } });
        }
        let index = usize::try_from(self.next - backlog.before).unwrap_or(usize::MAX);
        let nothing = if backlog.closed { Nothing::Evermore } else { Nothing::Yet };
        let event = backlog.kept.get(index).cloned().ok_or(nothing)?;
        self.next += 1;
        self.last_time_ms = event.time_ms;
        Ok(event)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        let mut backlog = self.shared.backlog();
        backlog.streams -= 1;
        if backlog.streams == 0 {
            backlog.before += backlog.kept.len() as u64;
            backlog.kept = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::contract::ComponentId;

    fn unloaded(name: &str) -> EventKind {
        EventKind::Unloaded { component: ComponentId::new(name).unwrap() }
    }

    #[test]
    fn a_slow_reader_learns_how_many_events_it_missed() {
        let sink = EventSink::default();
        let mut stream = sink.stream();
        let component = ComponentId::new("a").unwrap();
        for _ in 0..EVENT_BACKLOG + 3 {
            sink.tell(Timestamp::from_millis(7), EventKind::Unloaded { component: component.clone() });
        }
        assert_eq!(stream.try_next().unwrap().kind, EventKind::Lagged { missed: 3 });
        assert_eq!(stream.try_next().unwrap().kind, EventKind::Unloaded { component });
    }

    #[test]
    fn each_stream_reads_what_is_told_while_it_is_there() {
        let sink = EventSink::default();
        let tell = |name| sink.tell(Timestamp::default(), unloaded(name));
        tell("nobody-listens");
        let mut first = sink.stream();
        tell("a");
        let mut second = sink.stream();
        tell("b");
        let rest = |stream: &mut EventStream| -> Vec<EventKind> {
            std::iter::from_fn(|| stream.try_next()).map(|event| event.kind).collect()
        };
        assert_eq!(rest(&mut first), [unloaded("a"), unloaded("b")]);
        assert_eq!(rest(&mut second), [unloaded("b")]);
        drop((first, second));
        tell("nobody-listens-any-more");
        assert_eq!(rest(&mut sink.stream()), []);
        assert_eq!(sink.0.backlog().kept, []);
    }

    #[test]
    fn who_waits_hears_of_what_is_told_and_of_the_end() {
        let sink = EventSink::default();
        let mut stream = sink.stream();
        assert_eq!(stream.next().now_or_never(), None);
        let mut waiting = Box::pin(stream.next());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        sink.tell(Timestamp::default(), unloaded("a"));
        let heard = waiting.now_or_never().flatten();
        assert_eq!(heard.map(|event| event.kind), Some(unloaded("a")));
        sink.tell(Timestamp::default(), unloaded("b"));
        drop(sink);
        let rest = [stream.next().now_or_never(), stream.next().now_or_never()];
        assert_eq!(
            rest.map(|next| next.map(|event| event.map(|event| event.kind))),
            [Some(Some(unloaded("b"))), Some(None)]
        );
    }
}

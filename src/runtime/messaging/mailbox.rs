//! A mailbox: what waits for a component, in lanes, within bounds.
//!
//! In: things to do, each in its lane. Out: the next one, to the one task that serves them. Control goes first, then
//! calls, messages and callbacks in the order in which they were accepted, and last what ends the component's work, once
//! nothing else waits and no callback is owed. Nobody ever waits here but the serving task: what does not fit is refused.
//! This module does not know what the things are, nor who may send them.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use super::sync::Mutex;

/// What a mailbox holds at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Messages that wait.
    pub(crate) messages: usize,
    /// Bytes of their payloads.
    pub(crate) bytes: u64,
    /// Callbacks that wait or are yet to come.
    pub(crate) callbacks: usize,
    /// Bytes of the outcomes that wait. They are counted apart from messages, so that a flood of those keeps no response out.
    pub(crate) callback_bytes: u64,
}

/// Where a thing waits, and what it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Before everything else.
    Control,
    /// In its turn, without counting: whoever puts it there bounds it.
    Call,
    /// In its turn, if it fits.
    Message {
        /// The bytes of its payload.
        bytes: u64,
    },
    /// In its turn: it is owed, and its bytes were reserved.
    Callback {
        /// The bytes that were reserved for it.
        bytes: u64,
    },
    /// After everything else.
    Last,
}

/// Why a thing was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not fit now.
    Full,
    /// Nobody serves the mailbox.
    Closed,
}

/// What the serving task is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// This.
    Serve(T),
    /// Nothing but the last things wait, and callbacks are still owed: let them come, for they go first.
    Settle,
}

/// What waits, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    /// Messages and callbacks.
    pub(crate) mail: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// The mailbox of things `T`. While something waits and is not being served, it keeps a `W` that counts as work.
#[derive(Debug)]
pub(crate) struct Mailbox<T, W> {
    bounds: Bounds,
    state: Mutex<State<T, W>>,
}

#[derive(Debug)]
struct State<T, W> {
    open: bool,
    control: VecDeque<T>,
    mail: VecDeque<(Lane, T)>,
    last: VecDeque<T>,
    calls: usize,
    messages: usize,
    bytes: u64,
    /// Callbacks that wait or are yet to come.
    owed: usize,
    callback_bytes: u64,
    /// The serving task was told to settle since the last things began to wait.
    settled: bool,
    serving: bool,
    work: Option<W>,
    waker: Option<Waker>,
}

impl<T, W> Mailbox<T, W> {
    /// An empty mailbox, open.
    pub(crate) fn new(bounds: Bounds) -> Self {
        let state = State {
            open: true,
            control: VecDeque::new(),
            mail: VecDeque::new(),
            last: VecDeque::new(),
            calls: 0,
            messages: 0,
            bytes: 0,
            owed: 0,
            callback_bytes: 0,
            settled: false,
            serving: false,
            work: None,
            waker: None,
        };
        Self { bounds, state: Mutex::new(state) }
    }

    /// Nobody serves it before [`Mailbox::done`] was called: until then what waits does not count as work.
    pub(crate) fn not_yet(&self) {
        self.state.lock().serving = true;
    }

    /// Takes a thing in, or gives it back. `work` is called if somebody has to be woken for it.
    pub(crate) fn put(&self, lane: Lane, thing: T, work: impl FnOnce() -> W) -> Result<(), (Refusal, T)> {
        let mut state = self.state.lock();
        if !state.open {
            return Err((Refusal::Closed, thing));
        }
        match lane {
            Lane::Control => state.control.push_back(thing),
            Lane::Last => state.last.push_back(thing),
            Lane::Call => {
                state.calls += 1;
                state.mail.push_back((lane, thing));
            }
            Lane::Callback { .. } => state.mail.push_back((lane, thing)),
            Lane::Message { bytes } => {
                if !self.fits(&state, bytes) {
                    return Err((Refusal::Full, thing));
                }
                state.messages += 1;
                state.bytes += bytes;
                state.mail.push_back((lane, thing));
            }
        }
        if !state.serving && state.work.is_none() {
            state.work = Some(work());
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn fits(&self, state: &State<T, W>, bytes: u64) -> bool {
        let fits_bytes = state.bytes.checked_add(bytes).is_some_and(|bytes| bytes <= self.bounds.bytes);
        state.messages < self.bounds.messages && fits_bytes
    }

    /// One callback more is owed, unless as many as may be are.
    pub(crate) fn owe(&self) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        if state.owed >= self.bounds.callbacks {
            return Err(Refusal::Full);
        }
        state.owed += 1;
        Ok(())
    }

    /// A callback that was owed will not come.
    pub(crate) fn forgive(&self) {
        let mut state = self.state.lock();
        state.owed = state.owed.saturating_sub(1);
        // That may have been what the last things waited for.
        let waker = if state.owed == 0 && !state.last.is_empty() { state.waker.take() } else { None };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Reserves room for the bytes of an outcome, to be put in by [`Lane::Callback`] or released.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        let total = state.callback_bytes.checked_add(bytes).filter(|total| *total <= self.bounds.callback_bytes);
        state.callback_bytes = total.ok_or(Refusal::Full)?;
        Ok(())
    }

    /// Gives up a reservation.
    pub(crate) fn release(&self, bytes: u64) {
        let mut state = self.state.lock();
        state.callback_bytes = state.callback_bytes.saturating_sub(bytes);
    }

    /// What was taken last is done, if `done` has the work that it counted as, which is kept if more waits. Then the next
    /// thing to do and what counts as work for it, or none as long as there is nothing; the task is then woken.
    pub(crate) fn poll_next(&self, context: &Context<'_>, done: &mut Option<W>) -> Poll<(Next<T>, Option<W>)> {
        let mut state = self.state.lock();
        let spare = done.take().and_then(|work| state.done(work));
        let next = Self::poll_state(&mut state, context);
        drop(state);
        drop(spare);
        next
    }

    fn poll_state(state: &mut State<T, W>, context: &Context<'_>) -> Poll<(Next<T>, Option<W>)> {
        match state.next() {
            Some(next) => {
                state.serving = true;
                Poll::Ready((next, state.work.take()))
            }
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// What was taken last is done; `work` is kept if more waits.
    pub(crate) fn done(&self, work: W) {
        let mut state = self.state.lock();
        let spare = state.done(work);
        drop(state);
        drop(spare);
    }

    /// Takes out all calls, messages and callbacks that wait. The last things go on waiting.
    pub(crate) fn take_mail(&self) -> Vec<T> {
        self.state.lock().take_mail()
    }

    /// Nobody serves it any more. What waited is given back.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut state = self.state.lock();
        state.open = false;
        let mut rest = state.take_mail();
        rest.extend(std::mem::take(&mut state.control));
        rest.extend(std::mem::take(&mut state.last));
        let work = (state.work.take(), state.waker.take());
        drop(state);
        drop(work);
        rest
    }

    /// What waits, in numbers.
    pub(crate) fn waiting(&self) -> Waiting {
        let state = self.state.lock();
        Waiting { mail: state.mail.len() - state.calls, bytes: state.bytes + state.callback_bytes }
    }
}

impl<T, W> State<T, W> {
    /// Nothing is being served any more. Answers what is not kept, to be dropped outside of the lock.
    fn done(&mut self, work: W) -> Option<W> {
        self.serving = false;
        if self.anything() { self.work.replace(work) } else { Some(work) }
    }

    fn anything(&self) -> bool {
        !(self.control.is_empty() && self.mail.is_empty() && self.last.is_empty())
    }

    fn next(&mut self) -> Option<Next<T>> {
        if let Some(thing) = self.control.pop_front() {
            return Some(Next::Serve(thing));
        }
        if let Some(thing) = self.next_mail() {
            return Some(Next::Serve(thing));
        }
        if self.last.is_empty() {
            return None;
        }
        if self.owed == 0 {
            self.settled = false;
            return self.last.pop_front().map(Next::Serve);
        }
        let told = std::mem::replace(&mut self.settled, true);
        (!told).then_some(Next::Settle)
    }

    fn take_mail(&mut self) -> Vec<T> {
        let mut taken = Vec::with_capacity(self.mail.len());
        while let Some(thing) = self.next_mail() {
            taken.push(thing);
        }
        taken
    }

    fn next_mail(&mut self) -> Option<T> {
        let (lane, thing) = self.mail.pop_front()?;
        match lane {
            Lane::Message { bytes } => {
                self.messages -= 1;
                self.bytes -= bytes;
            }
            Lane::Callback { bytes } => {
                self.owed = self.owed.saturating_sub(1);
                self.callback_bytes = self.callback_bytes.saturating_sub(bytes);
            }
            Lane::Call => self.calls -= 1,
            // These wait apart.
            Lane::Control | Lane::Last => {}
        }
        Some(thing)
    }
}

//! A mailbox as the models use it: what is put in, who serves it, and what counts as work.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::future::block_on;

use crate::mailbox::{Bounds, Lane, Mailbox, Next, Refusal, Waiting};

/// What is served last.
pub(crate) const STOP: &str = "stop";
/// What the transcript says when the serving thread was told to settle.
pub(crate) const SETTLE: &str = "settle";

/// More than any model has to serve.
const TOO_MANY: usize = 10;

pub(crate) const BOUNDS: Bounds = Bounds { messages: 2, bytes: 5, callbacks: 2, callback_bytes: 5 };

/// What counts as work, as long as it lives.
pub(crate) struct Work(Arc<AtomicUsize>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A mailbox that is open, and how much counts as work.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) mailbox: Arc<Mailbox<&'static str, Work>>,
    work: Arc<AtomicUsize>,
}

impl Served {
    pub(crate) fn new() -> Self {
        let served = Self { mailbox: Arc::new(Mailbox::new(BOUNDS)), work: Arc::default() };
        served.mailbox.not_yet();
        served.work.fetch_add(1, Ordering::SeqCst);
        served.mailbox.done(Work(Arc::clone(&served.work)));
        served
    }

    /// Whether it was accepted. What is refused is given back; from acceptance on, something counts as work.
    pub(crate) fn put(&self, lane: Lane, thing: &'static str) -> Result<(), Refusal> {
        let put = self.mailbox.put(lane, thing, || {
            self.work.fetch_add(1, Ordering::SeqCst);
            Work(Arc::clone(&self.work))
        });
        put.inspect(|()| assert_ne!(self.at_work(), 0, "{thing} waits, and time may pass")).map_err(|(why, back)| {
            assert_eq!(back, thing);
            why
        })
    }

    /// Puts in what has to be accepted.
    pub(crate) fn must(&self, lane: Lane, thing: &'static str) {
        assert_eq!(self.put(lane, thing), Ok(()));
    }

    pub(crate) fn at_work(&self) -> usize {
        self.work.load(Ordering::SeqCst)
    }

    /// Within the bounds, whenever it is looked at.
    pub(crate) fn assert_bounds(&self) {
        let Waiting { mail, bytes } = self.mailbox.waiting();
        let (most, most_bytes) = (BOUNDS.messages + BOUNDS.callbacks, BOUNDS.bytes + BOUNDS.callback_bytes);
        assert!(mail <= most && bytes <= most_bytes, "{mail} things of {bytes} bytes");
    }

    /// Waits for the next thing and serves it by `turn`, as a component's task does.
    pub(crate) fn serve(&self, turn: impl FnOnce(&Next<&'static str>)) -> &'static str {
        let (next, work) = block_on(poll_fn(|context| self.mailbox.poll_next(context, &mut None)));
        let work = work.unwrap_or_else(|| panic!("{next:?} did not count as work"));
        turn(&next);
        self.mailbox.done(work);
        match next {
            Next::Serve(thing) => thing,
            Next::Settle => SETTLE,
        }
    }

    /// Serves until it is to stop, and answers what was served.
    pub(crate) fn serve_all(&self, mut turn: impl FnMut(&Next<&'static str>)) -> Vec<&'static str> {
        let mut served = vec![];
        while served.last() != Some(&STOP) {
            served.push(self.serve(&mut turn));
            assert!(served.len() < TOO_MANY, "there is no end: {served:?}");
        }
        served
    }

    /// Nothing waits, nothing is reserved, nothing is owed, and nothing counts as work.
    pub(crate) fn assert_empty(&self) {
        assert_eq!((self.mailbox.waiting(), self.at_work()), (Waiting::default(), 0));
        assert_eq!(self.mailbox.reserve(BOUNDS.callback_bytes), Ok(()));
        let owed = [(); BOUNDS.callbacks + 1].map(|()| self.mailbox.owe());
        assert_eq!(owed, [Ok(()), Ok(()), Err(Refusal::Full)]);
    }
}

/// Transcripts, each as one text with a blank between two things.
pub(crate) fn transcripts<const N: usize>(texts: [&'static str; N]) -> BTreeSet<Vec<&'static str>> {
    texts.map(|text| text.split_whitespace().collect()).into()
}

//! A mailbox against one list of all that waits, which is searched and counted anew each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::mailbox::{Bounds, Lane, Mailbox, Next, Refusal, Waiting};

const BOUNDS: Bounds = Bounds { messages: 3, bytes: 10, callbacks: 2, callback_bytes: 8 };

/// A callback comes only where one is owed and its bytes are reserved, as the runtime has it; the tests see to that.
#[derive(Debug, Clone)]
enum Op {
    Put(Lane),
    Owe,
    Forgive,
    Reserve(u64),
    Release(usize),
    Bring(usize),
    Next,
    Done,
    TakeMail,
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    let lane = prop_oneof![
        1 => Just(Lane::Control),
        1 => Just(Lane::Call),
        4 => prop_oneof![8 => 0..7_u64, 1 => Just(u64::MAX)].prop_map(|bytes| Lane::Message { bytes }),
        1 => Just(Lane::Last),
    ];
    prop_oneof![
        8 => lane.prop_map(Op::Put),
        4 => Just(Op::Owe),
        1 => Just(Op::Forgive),
        4 => prop_oneof![8 => 0..6_u64, 1 => Just(u64::MAX)].prop_map(Op::Reserve),
        1 => (0..3_usize).prop_map(Op::Release),
        4 => (0..3_usize).prop_map(Op::Bring),
        8 => Just(Op::Next),
        8 => Just(Op::Done),
        1 => Just(Op::TakeMail),
        1 => Just(Op::Close),
    ]
}

/// What an operation did.
#[derive(Debug, PartialEq)]
enum Did {
    Put(Result<(), Refusal>),
    Next(Option<Next<usize>>),
    Took(Vec<usize>),
    Nothing,
}

/// What waits, in the order in which it was accepted, and what is on its way.
#[derive(Debug, Default)]
struct Model {
    closed: bool,
    waits: Vec<(Lane, usize)>,
    /// Callbacks that are yet to come.
    awaited: usize,
    /// The bytes of outcomes on their way.
    reserved: Vec<u64>,
    settled: bool,
    serving: bool,
    /// The serving task found nothing to do, and sleeps.
    sleeps: bool,
}

impl Model {
    fn of(&self, kind: impl Fn(Lane) -> bool) -> Vec<(Lane, usize)> {
        self.waits.iter().copied().filter(|(lane, _)| kind(*lane)).collect()
    }

    fn messages(&self) -> (usize, u64) {
        let bytes: Vec<u64> = self
            .waits
            .iter()
            .filter_map(|(lane, _)| if let Lane::Message { bytes } = lane { Some(*bytes) } else { None })
            .collect();
        (bytes.len(), bytes.iter().sum())
    }

    fn callbacks(&self) -> (usize, u64) {
        let bytes: Vec<u64> = self
            .waits
            .iter()
            .filter_map(|(lane, _)| if let Lane::Callback { bytes } = lane { Some(*bytes) } else { None })
            .collect();
        (bytes.len() + self.awaited, bytes.iter().chain(&self.reserved).sum())
    }

    fn put(&mut self, lane: Lane, thing: usize) -> Did {
        if self.closed {
            return Did::Put(Err(Refusal::Closed));
        }
        let (messages, bytes) = self.messages();
        if let Lane::Message { bytes: more } = lane
            && (messages == BOUNDS.messages || u128::from(bytes) + u128::from(more) > u128::from(BOUNDS.bytes))
        {
            return Did::Put(Err(Refusal::Full));
        }
        self.waits.push((lane, thing));
        Did::Put(Ok(()))
    }

    fn next(&mut self) -> Option<Next<usize>> {
        let mail = |lane| !matches!(lane, Lane::Control | Lane::Last);
        let (control, mail) = (self.of(|lane| lane == Lane::Control), self.of(mail));
        let last = self.of(|lane| lane == Lane::Last);
        let (_, thing) = *control.first().or(mail.first()).or(last.first())?;
        if control.is_empty() && mail.is_empty() {
            if self.awaited > 0 {
                let told = std::mem::replace(&mut self.settled, true);
                return (!told).then_some(Next::Settle);
            }
            self.settled = false;
        }
        self.waits.retain(|(_, other)| *other != thing);
        Some(Next::Serve(thing))
    }

    fn take(&mut self, kind: impl Fn(Lane) -> bool) -> Vec<usize> {
        let taken = self.of(&kind);
        self.waits.retain(|(lane, _)| !kind(*lane));
        taken.into_iter().map(|(_, thing)| thing).collect()
    }
}

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Applies an operation to both, and answers what each did.
fn apply(mailbox: &Mailbox<usize, Arc<()>>, model: &mut Model, op: &Op, thing: usize, work: &mut Work) -> (Did, Did) {
    let refusal = |put: Result<(), (Refusal, usize)>| {
        Did::Put(put.map_err(|(refusal, back)| {
            assert_eq!(back, thing);
            refusal
        }))
    };
    let is_mail = |lane| !matches!(lane, Lane::Control | Lane::Last);
    match *op {
        Op::Put(lane) => (refusal(mailbox.put(lane, thing, || Arc::clone(&work.all))), model.put(lane, thing)),
        Op::Owe => {
            let owed = mailbox.owe();
            let fits = model.callbacks().0 < BOUNDS.callbacks;
            model.awaited += usize::from(fits);
            (Did::Put(owed), Did::Put(if fits { Ok(()) } else { Err(Refusal::Full) }))
        }
        Op::Forgive if model.awaited > model.reserved.len() => {
            mailbox.forgive();
            model.awaited -= 1;
            (Did::Nothing, Did::Nothing)
        }
        Op::Reserve(bytes) if model.awaited > model.reserved.len() => {
            let total = u128::from(model.callbacks().1) + u128::from(bytes);
            let fits = total <= u128::from(BOUNDS.callback_bytes);
            if fits {
                model.reserved.push(bytes);
            }
            (Did::Put(mailbox.reserve(bytes)), Did::Put(if fits { Ok(()) } else { Err(Refusal::Full) }))
        }
        Op::Release(which) if which < model.reserved.len() => {
            mailbox.release(model.reserved.remove(which));
            (Did::Nothing, Did::Nothing)
        }
        Op::Bring(which) if which < model.reserved.len() && !model.closed => {
            let lane = Lane::Callback { bytes: model.reserved.remove(which) };
            model.awaited -= 1;
            (refusal(mailbox.put(lane, thing, || Arc::clone(&work.all))), model.put(lane, thing))
        }
        Op::Next if !model.serving => {
            let waker = Waker::from(Arc::clone(&work.bell));
            let next = match mailbox.poll_next(&Context::from_waker(&waker), &mut None) {
                Poll::Ready((next, held)) => {
                    work.held = held;
                    assert!(work.held.is_some(), "{next:?} did not count as work");
                    Some(next)
                }
                Poll::Pending => None,
            };
            let expected = model.next();
            (model.serving, model.sleeps) = (expected.is_some(), expected.is_none());
            (Did::Next(next), Did::Next(expected))
        }
        Op::Done => {
            if let Some(held) = work.held.take() {
                mailbox.done(held);
            }
            model.serving = false;
            (Did::Nothing, Did::Nothing)
        }
        // Only the serving task takes mail out.
        Op::TakeMail if model.serving => (Did::Took(mailbox.take_mail()), Did::Took(model.take(is_mail))),
        Op::Close if !model.serving => {
            let mut expected = model.take(is_mail);
            expected.extend(model.take(|lane| lane == Lane::Control));
            expected.extend(model.take(|_| true));
            (model.closed, model.sleeps) = (true, false);
            (Did::Took(mailbox.close()), Did::Took(expected))
        }
        Op::Forgive | Op::Reserve(_) | Op::Release(_) | Op::Bring(_) | Op::Next | Op::TakeMail | Op::Close => {
            (Did::Nothing, Did::Nothing)
        }
    }
}

/// What counts as work, what the serving task holds of it, and what wakes that task.
#[derive(Default)]
struct Work {
    all: Arc<()>,
    held: Option<Arc<()>>,
    bell: Arc<Bell>,
}

proptest! {
    #[test]
    fn the_mailbox_does_what_a_list_does(ops in vec(op(), 0..80)) {
        let (mailbox, mut model, mut work) = (Mailbox::new(BOUNDS), Model::default(), Work::default());
        for (thing, op) in ops.iter().enumerate() {
            let rung = work.bell.0.load(Ordering::SeqCst);
            let (did, expected) = apply(&mailbox, &mut model, op, thing, &mut work);
            prop_assert_eq!(did, expected, "{:?}", op);
            let mail = model.of(|lane| matches!(lane, Lane::Message { .. } | Lane::Callback { .. })).len();
            let bytes = model.messages().1 + model.callbacks().1;
            prop_assert_eq!(mailbox.waiting(), Waiting { mail, bytes });
            // Who sleeps is woken by the first thing that can be served, and perhaps by others: then it looks again.
            let woken = work.bell.0.load(Ordering::SeqCst) > rung;
            let served_last = !model.waits.is_empty() && (model.awaited == 0 || !model.settled);
            let serves = served_last || !model.of(|lane| lane != Lane::Last).is_empty();
            prop_assert!(woken || !model.sleeps || !serves, "{:?} woke nobody", op);
            model.sleeps &= !woken;
            // Time stands as long as something waits or is served, and passes otherwise.
            let at_work = Arc::strong_count(&work.all) > 1;
            prop_assert_eq!(at_work, model.serving || !model.waits.is_empty(), "{:?}", op);
        }
    }
}

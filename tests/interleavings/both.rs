//! Mailboxes and the table of requests together: a request is sent, and its outcome comes home once or was cancelled.

use std::sync::Arc;

use crate::correlation::{Closed, Correlation};
use crate::explore::{Part, at_once, outcomes, part};
use crate::mailbox::{Lane, Next};
use crate::served::{STOP, Served, transcripts};

const REQUESTER: u64 = 1;
const TARGET: u64 = 2;
const DUE: u64 = 10;
const BYTES: u64 = 5;

/// The requester's mailbox, and the requests of all.
#[derive(Clone)]
struct Both {
    requester: Served,
    requests: Arc<Correlation<Served>>,
}

/// What the requester is told.
fn tell(closed: Closed<Served>, bytes: u64, outcome: &'static str) -> Vec<&'static str> {
    closed.reply.must(Lane::Callback { bytes }, outcome);
    vec![outcome]
}

impl Both {
    fn new() -> Self {
        Self { requester: Served::new(), requests: Arc::new(Correlation::new(2)) }
    }

    fn ask(&self) -> Vec<&'static str> {
        self.requester.mailbox.owe().unwrap();
        self.requests.open(REQUESTER, TARGET, DUE, self.requester.clone()).unwrap();
        vec![]
    }

    fn respond(&self) -> Vec<&'static str> {
        let answered = self.requests.answer(1, TARGET, |requester| requester.mailbox.reserve(BYTES));
        answered.map_or_else(|_| vec![], |closed| tell(closed, BYTES, "response"))
    }

    fn expire(&self) -> Vec<&'static str> {
        self.requests.expire(DUE).into_iter().flat_map(|closed| tell(closed, 0, "timeout")).collect()
    }

    fn cancel(&self) -> Vec<&'static str> {
        let closed = self.requests.cancel(1, REQUESTER);
        closed.map_or_else(Vec::new, |closed| {
            closed.reply.mailbox.forgive();
            vec!["cancelled"]
        })
    }

    fn stop(&self) -> Vec<&'static str> {
        self.requester.must(Lane::Last, STOP);
        vec![]
    }

    /// Serves until it is to stop; told to settle, it gives up what it asked.
    fn serve(&self) -> Vec<&'static str> {
        self.requester.serve_all(|next| {
            if *next == Next::Settle {
                for closed in self.requests.close_made(REQUESTER) {
                    tell(closed, 0, "failed");
                }
            }
        })
    }

    /// Fails, runs again, asks again, and is stopped.
    fn fail_and_go_on(&self) -> Vec<&'static str> {
        let buried = self.requester.mailbox.take_mail();
        let given_up = self.requests.close_made(REQUESTER);
        given_up.iter().for_each(|_| self.requester.mailbox.forgive());
        self.ask();
        self.stop();
        let mut transcript = vec!["buried:"];
        transcript.extend(buried);
        transcript.push("served:");
        transcript.extend(self.serve());
        transcript
    }

    fn part(&self, act: fn(&Self) -> Vec<&'static str>) -> Part<Vec<&'static str>> {
        let both = self.clone();
        part(move || act(&both))
    }

    fn assert_empty(&self) {
        assert_eq!((self.requests.len(), self.requests.next_due()), (0, None));
        self.requester.assert_empty();
    }
}

/// Everybody at the same time as the request itself. What nobody took out of the table by then, its time does at the end.
/// 94 executions.
#[test]
fn a_request_has_one_outcome() {
    let possible = outcomes(|| {
        let both = Both::new();
        let parts = [Both::ask, Both::respond, Both::expire, Both::cancel];
        let mut told = at_once(parts.map(|act| both.part(act)).into()).concat();
        if told.is_empty() {
            told.extend(both.expire());
        }
        both.stop();
        let mut expected: Vec<_> = told.iter().filter(|outcome| **outcome != "cancelled").copied().collect();
        expected.push(STOP);
        assert_eq!(both.serve(), expected);
        both.assert_empty();
        told
    });
    assert_eq!(possible, transcripts(["response", "timeout", "cancelled"]));
}

/// A response may be on its way, or too late. 144 executions.
#[test]
fn who_is_to_stop_hears_of_its_request_first() {
    let possible = outcomes(|| {
        let both = Both::new();
        both.ask();
        let [mut told, _, served] =
            at_once([Both::respond, Both::stop, Both::serve].map(|act| both.part(act)).into()).try_into().unwrap();
        both.assert_empty();
        told.push("told:");
        told.extend(served);
        told
    });
    assert_eq!(
        possible,
        transcripts([
            "response told: response stop",
            "response told: settle response stop",
            "told: settle failed stop",
        ])
    );
}

/// What was on its way when the requester failed does not pass for the outcome of what it asks later. 74 executions.
#[test]
fn a_late_outcome_settles_no_later_request() {
    let possible = outcomes(|| {
        let both = Both::new();
        both.ask();
        let told = at_once([Both::respond, Both::fail_and_go_on].map(|act| both.part(act)).into()).concat();
        both.assert_empty();
        told
    });
    let orders = [
        "buried: served: settle failed stop",
        "response buried: response served: settle failed stop",
        "response buried: served: response settle failed stop",
        "response buried: served: settle failed response stop",
        "response buried: served: settle response failed stop",
    ];
    assert_eq!(possible, transcripts(orders));
}

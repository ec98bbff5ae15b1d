//! The table of requests against a list of requests that is searched from the front each time.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::correlation::{Closed, Correlation, Unanswerable};

const MOST: usize = 4;
const PARTIES: std::ops::Range<u64> = 0..3;
const TIMES: std::ops::Range<u64> = 0..6;

#[derive(Debug, Clone)]
enum Op {
    Open { requester: u64, target: u64, due: u64 },
    Hold(u64),
    Answer { id: u64, by: u64, admit: bool },
    Cancel { id: u64, by: u64 },
    Fail(u64),
    Expire(u64),
    CloseHeld(u64),
    CloseAimed(u64),
    CloseMade(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let id = 0..12_u64;
    prop_oneof![
        6 => (PARTIES, PARTIES, TIMES).prop_map(|(requester, target, due)| Op::Open { requester, target, due }),
        2 => id.clone().prop_map(Op::Hold),
        2 => (id.clone(), PARTIES, any::<bool>()).prop_map(|(id, by, admit)| Op::Answer { id, by, admit }),
        2 => (id.clone(), PARTIES).prop_map(|(id, by)| Op::Cancel { id, by }),
        1 => id.prop_map(Op::Fail),
        1 => TIMES.prop_map(Op::Expire),
        1 => PARTIES.prop_map(Op::CloseHeld),
        1 => PARTIES.prop_map(Op::CloseAimed),
        1 => PARTIES.prop_map(Op::CloseMade),
    ]
}

/// What an operation did.
#[derive(Debug, PartialEq)]
enum Did {
    Opened(Option<u64>),
    Held,
    Refused,
    Closed(Vec<u64>),
}

#[derive(Debug, Clone)]
struct Request {
    id: u64,
    requester: u64,
    target: u64,
    due: u64,
    held: bool,
}

/// All that are open, oldest first, and how many ever were.
#[derive(Debug, Default)]
struct Model {
    open: Vec<Request>,
    ever: u64,
}

impl Model {
    fn apply(&mut self, op: &Op) -> Did {
        match *op {
            Op::Open { requester, target, due } => {
                if self.open.len() == MOST {
                    return Did::Opened(None);
                }
                self.ever += 1;
                self.open.push(Request { id: self.ever, requester, target, due, held: false });
                Did::Opened(Some(self.ever))
            }
            Op::Hold(id) => {
                self.open.iter_mut().filter(|request| request.id == id).for_each(|request| request.held = true);
                Did::Held
            }
            Op::Answer { id, by, admit } => {
                let its = |request: &Request| request.id == id && request.target == by;
                if !admit && self.open.iter().any(its) { Did::Refused } else { self.close(its) }
            }
            Op::Cancel { id, by } => self.close(|request| request.id == id && request.requester == by),
            Op::Fail(id) => self.close(|request| request.id == id),
            Op::Expire(now) => {
                // Sorting keeps those of one time in their order.
                self.open.sort_by_key(|request| request.due);
                let closed = self.close(|request| request.due <= now);
                self.open.sort_by_key(|request| request.id);
                closed
            }
            Op::CloseHeld(party) => self.close(|request| request.target == party && request.held),
            Op::CloseAimed(party) => self.close(|request| request.target == party),
            Op::CloseMade(party) => self.close(|request| request.requester == party),
        }
    }

    fn close(&mut self, which: impl Fn(&Request) -> bool) -> Did {
        let (closed, open) = self.open.drain(..).partition(which);
        self.open = open;
        let closed: Vec<Request> = closed;
        Did::Closed(closed.into_iter().map(|request| request.id).collect())
    }
}

fn apply(table: &Correlation<(u64, u64)>, op: &Op) -> Did {
    let of = |closed: Vec<Closed<(u64, u64)>>| Did::Closed(closed.into_iter().map(|closed| closed.id).collect());
    match *op {
        Op::Open { requester, target, due } => Did::Opened(table.open(requester, target, due, (requester, target))),
        Op::Hold(id) => {
            table.hold(id);
            Did::Held
        }
        Op::Answer { id, by, admit } => {
            let answered = table.answer(id, by, |(_, target)| if admit && *target == by { Ok(()) } else { Err(()) });
            match answered {
                Ok(closed) => of(vec![closed]),
                Err(Unanswerable::Refused(())) => Did::Refused,
                Err(Unanswerable::Unknown) => of(vec![]),
            }
        }
        Op::Cancel { id, by } => of(table.cancel(id, by).into_iter().collect()),
        Op::Fail(id) => of(table.fail(id).into_iter().collect()),
        Op::Expire(now) => of(table.expire(now)),
        Op::CloseHeld(party) => of(table.close_held(party)),
        Op::CloseAimed(party) => of(table.close_aimed(party)),
        Op::CloseMade(party) => of(table.close_made(party)),
    }
}

proptest! {
    #[test]
    fn the_table_does_what_a_list_does(ops in vec(op(), 0..60)) {
        let (table, mut model) = (Correlation::new(MOST), Model::default());
        for op in &ops {
            prop_assert_eq!(apply(&table, op), model.apply(op), "{:?}", op);
            prop_assert_eq!(table.len(), model.open.len());
            prop_assert_eq!(table.next_due(), model.open.iter().map(|request| request.due).min());
        }
        // What is open is found by its requester, oldest first, with where its outcome goes.
        for party in PARTIES {
            let made: Vec<_> = table.close_made(party).into_iter().map(|closed| (closed.id, closed.reply)).collect();
            let (of_party, others): (Vec<Request>, _) =
                model.open.drain(..).partition(|request| request.requester == party);
            model.open = others;
            let expected = of_party.iter().map(|request| (request.id, (request.requester, request.target)));
            prop_assert_eq!(made, expected.collect::<Vec<_>>());
        }
        prop_assert_eq!((table.len(), table.next_due()), (0, None));
        // What stayed behind by its time alone is found by nobody, and would be there for ever.
        let shown = format!("{table:?}");
        prop_assert!(shown.contains("open: {}, due: {}"), "{}", shown);
    }
}

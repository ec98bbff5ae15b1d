//! The table of requests: every request leaves it once, whoever tries at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::correlation::{Closed, Correlation, Unanswerable};
use crate::explore::{Part, at_once, outcomes, part};

const REQUESTER: u64 = 1;
const TARGET: u64 = 2;
const DUE: u64 = 10;

/// A way for the first request to end: what it is called, and how many requests it took out of the table.
type End = (&'static str, fn(&Correlation<&'static str>) -> usize);

const ENDS: [End; 7] = [
    ("answered", |table| table.answer(1, TARGET, |_| Ok::<(), ()>(())).into_iter().count()),
    ("expired", |table| table.expire(DUE).len()),
    ("cancelled", |table| table.cancel(1, REQUESTER).into_iter().count()),
    ("failed", |table| table.fail(1).into_iter().count()),
    ("held by an ended instance", |table| table.close_held(TARGET).len()),
    ("target gone", |table| table.close_aimed(TARGET).len()),
    ("requester gone", |table| table.close_made(REQUESTER).len()),
];

/// Nothing of any request is left.
fn assert_empty<R: std::fmt::Debug + PartialEq>(table: &Correlation<R>, parties: &[u64]) {
    assert_eq!((table.len(), table.next_due(), table.expire(u64::MAX)), (0, None, vec![]));
    for party in parties {
        assert_eq!((table.close_made(*party), table.close_aimed(*party)), (vec![], vec![]));
    }
    // What stayed behind by its time alone is found by nobody, and would be there for ever.
    let shown = format!("{table:?}");
    assert!(shown.contains("open: {}, due: {}"), "{shown}");
}

/// Who closed the first request, when all of `ends` try at once.
fn closers(ends: Vec<End>) -> BTreeSet<Vec<&'static str>> {
    outcomes(move || {
        let table = Arc::new(Correlation::new(1));
        assert_eq!(table.open(REQUESTER, TARGET, DUE, "home"), Some(1));
        table.hold(1);
        let tries = ends.iter().map(|(name, end)| {
            let (name, end, table) = (*name, *end, Arc::clone(&table));
            part(move || vec![name; end(&table)])
        });
        let closed = at_once(tries.collect()).concat();
        assert_empty(&table, &[REQUESTER, TARGET]);
        closed
    })
}

/// 5040 executions.
#[test]
fn one_of_all_ends_gets_the_request_and_each_may() {
    let each = ENDS.iter().map(|(name, _)| vec![*name]).collect();
    assert_eq!(closers(ENDS.to_vec()), each);
}

/// 6 executions.
#[test]
fn of_two_responses_one_is_accepted_and_only_that_is_admitted() {
    let possible = outcomes(|| {
        let table = Arc::new(Correlation::new(1));
        table.open(REQUESTER, TARGET, DUE, "home");
        let respond = |by| {
            let table = Arc::clone(&table);
            part(move || {
                let mut admitted = 0;
                let admit = |reply: &&str| {
                    assert_eq!(*reply, "home");
                    admitted += 1;
                    Ok::<(), ()>(())
                };
                let answered = table.answer(1, by, admit);
                (admitted, answered)
            })
        };
        // The third speaks for somebody else.
        let answered = at_once(vec![respond(TARGET), respond(TARGET), respond(REQUESTER)]);
        assert_empty(&table, &[REQUESTER, TARGET]);
        let (accepted, refused): (Vec<_>, Vec<_>) = answered.iter().partition(|(_, answered)| answered.is_ok());
        assert_eq!(accepted, [&(1, Ok(Closed { id: 1, reply: "home" }))]);
        assert_eq!(refused, [&(0, Err(Unanswerable::Unknown)); 2]);
        answered.iter().position(|(_, answered)| answered.is_ok())
    });
    assert_eq!(possible, BTreeSet::from([Some(0), Some(1)]));
}

/// A response that is refused, against one that is not, and against two that take the request away: 2 executions each.
#[test]
fn a_refused_response_leaves_the_request_open() {
    let rivals: [End; 3] = [ENDS[0], ENDS[1], ENDS[2]];
    for (name, end) in rivals {
        let possible = outcomes(move || {
            let table = Arc::new(Correlation::new(1));
            table.open(REQUESTER, TARGET, DUE, "home");
            let (responder, rival) = (Arc::clone(&table), Arc::clone(&table));
            let answers = at_once(vec![
                part(move || match responder.answer(1, TARGET, |_| Err("no room")) {
                    Ok(_) => "accepted",
                    Err(Unanswerable::Refused(why)) => why,
                    Err(Unanswerable::Unknown) => "unknown",
                }),
                part(move || if end(&rival) == 1 { name } else { "missed" }),
            ]);
            assert_empty(&table, &[REQUESTER, TARGET]);
            answers
        });
        assert_eq!(possible, BTreeSet::from([vec!["no room", name], vec!["unknown", name]]));
    }
}

/// Two threads open two each where three may be open, and look. 20 executions.
#[test]
fn numbers_are_unique_and_rise_and_never_too_many_are_open() {
    let possible = outcomes(|| {
        let table = Arc::new(Correlation::new(3));
        let opener = |requester| -> Part<Vec<Option<u64>>> {
            let table = Arc::clone(&table);
            part(move || {
                let opened = [0, 1].map(|due| table.open(requester, TARGET, due, ()));
                assert!(table.len() <= 3);
                opened.to_vec()
            })
        };
        let opened = at_once(vec![opener(1), opener(3)]);
        for numbers in &opened {
            assert!(numbers[1].is_none_or(|second| numbers[0].is_some_and(|first| first < second)));
        }
        assert_eq!(table.len(), 3);
        let mut numbers: Vec<u64> = opened.iter().flatten().flatten().copied().collect();
        numbers.sort_unstable();
        // Each is found with its own requester, and all by their target.
        let mut made: Vec<u64> = table.close_made(1).iter().map(|closed| closed.id).collect();
        made.extend(table.close_aimed(TARGET).iter().map(|closed| closed.id));
        made.sort_unstable();
        assert_eq!(made, numbers);
        assert_empty(&table, &[1, 3, TARGET]);
        (numbers, opened.iter().map(|opened| opened.iter().flatten().count()).collect::<Vec<_>>())
    });
    assert_eq!(possible, BTreeSet::from([(vec![1, 2, 3], vec![1, 2]), (vec![1, 2, 3], vec![2, 1])]));
}

/// One place, two that want it, and one that frees it. 6 executions.
#[test]
fn a_place_that_is_freed_is_taken_by_one() {
    let possible = outcomes(|| {
        let table = Arc::new(Correlation::new(1));
        assert_eq!(table.open(REQUESTER, TARGET, DUE, ()), Some(1));
        let opener = |requester| -> Part<Option<u64>> {
            let table = Arc::clone(&table);
            part(move || table.open(requester, TARGET, DUE, ()))
        };
        let freer = Arc::clone(&table);
        let free = part(move || freer.cancel(1, REQUESTER).map(|closed| closed.id));
        let answers = at_once(vec![opener(3), opener(4), free]);
        assert_eq!(table.len(), answers[..2].iter().flatten().count());
        answers
    });
    let freed = Some(1);
    let each = [vec![None, None, freed], vec![Some(2), None, freed], vec![None, Some(2), freed]];
    assert_eq!(possible, BTreeSet::from(each));
}

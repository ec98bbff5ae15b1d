//! Mailboxes: nothing is lost or doubled, senders keep their order, bounds hold, and what comes last comes last.

use std::collections::BTreeSet;

use crate::explore::{at_once, outcomes, part};
use crate::mailbox::{Lane, Next, Refusal};
use crate::served::{BOUNDS, STOP, Served, transcripts};

const LIGHT: Lane = Lane::Message { bytes: 1 };

/// A message that fits only while nothing else of weight waits.
const HEAVY: Lane = Lane::Message { bytes: 4 };

/// All merges of two orders. 1650 executions.
#[test]
fn two_senders_keep_their_orders() {
    let possible = outcomes(|| {
        let served = Served::new();
        let (one, two, server) = (served.clone(), served.clone(), served.clone());
        let transcript = at_once(vec![
            part(move || {
                one.must(LIGHT, "a");
                one.must(Lane::Call, "b");
                vec![]
            }),
            part(move || {
                two.must(Lane::Call, "x");
                two.must(LIGHT, "y");
                vec![]
            }),
            part(move || (0..4).map(|_| server.serve(|_| ())).collect()),
        ]);
        served.assert_empty();
        transcript.concat()
    });
    let orders = ["a b x y", "a x b y", "a x y b", "x a b y", "x a y b", "x y a b"];
    assert_eq!(possible, transcripts(orders));
}

/// Two send at once while one thing is served; the rest is served afterwards. 5040 executions.
#[test]
fn what_is_accepted_is_within_the_bounds_and_served_once() {
    let possible = outcomes(|| {
        let served = Served::new();
        let sender = |things: [&'static str; 2], lane| {
            let served = served.clone();
            part(move || {
                let refused = things.into_iter().filter(|thing| {
                    let refusal = served.put(lane, thing).err();
                    served.assert_bounds();
                    assert!(refusal.is_none_or(|refusal| refusal == Refusal::Full));
                    refusal.is_some()
                });
                refused.collect::<Vec<_>>()
            })
        };
        let server = served.clone();
        let mut parts = vec![sender(["a", "b"], HEAVY), sender(["x", "y"], LIGHT)];
        parts.push(part(move || vec![server.serve(|_| ())]));
        let [of_one, of_two, first] = at_once(parts).try_into().unwrap();
        served.must(Lane::Last, STOP);
        let mut transcript = first;
        transcript.extend(served.serve_all(|_| ()));
        served.assert_empty();
        let all: BTreeSet<_> = transcript.iter().chain(&of_one).chain(&of_two).copied().collect();
        assert_eq!(all, BTreeSet::from(["a", "b", "x", "y", STOP]));
        assert_eq!(transcript.len() + of_one.len() + of_two.len(), all.len());
        transcript
    });
    // One was served in between. A light one fits beside a heavy one, a second light one beside neither of two.
    let orders = [
        "a b x stop",
        "a x b stop",
        "a x stop",
        "a x y stop",
        "x a stop",
        "x a y stop",
        "x y a stop",
        "x y b stop",
        "x y stop",
    ];
    assert_eq!(possible, transcripts(orders));
}

/// The callback is on its way while the last thing is put in. 637 executions.
#[test]
fn the_last_thing_waits_for_the_callback_that_is_owed() {
    let possible = outcomes(|| {
        let served = Served::new();
        served.mailbox.owe().unwrap();
        let (responder, stopper, server) = (served.clone(), served.clone(), served.clone());
        let transcript = at_once(vec![
            part(move || {
                responder.mailbox.reserve(BOUNDS.callback_bytes).unwrap();
                responder.must(Lane::Callback { bytes: BOUNDS.callback_bytes }, "callback");
                vec![]
            }),
            part(move || {
                stopper.must(LIGHT, "message");
                stopper.must(Lane::Last, STOP);
                vec![]
            }),
            part(move || server.serve_all(|_| ())),
        ]);
        served.assert_empty();
        transcript.concat()
    });
    let orders = ["callback message stop", "message callback stop", "message settle callback stop"];
    assert_eq!(possible, transcripts(orders));
}

/// One callback comes, and one is forgiven. 174 executions.
#[test]
fn the_last_thing_waits_until_nothing_is_owed_any_more() {
    let possible = outcomes(|| {
        let served = Served::new();
        served.mailbox.owe().unwrap();
        served.mailbox.owe().unwrap();
        let (responder, canceller, stopper, server) = (served.clone(), served.clone(), served.clone(), served.clone());
        let transcript = at_once(vec![
            part(move || {
                responder.must(Lane::Callback { bytes: 0 }, "callback");
                vec![]
            }),
            part(move || {
                canceller.mailbox.forgive();
                vec![]
            }),
            part(move || {
                stopper.must(Lane::Last, STOP);
                vec![]
            }),
            part(move || server.serve_all(|_| ())),
        ]);
        served.assert_empty();
        transcript.concat()
    });
    let orders = ["callback stop", "callback settle stop", "settle callback stop"];
    assert_eq!(possible, transcripts(orders));
}

/// 12 executions.
#[test]
fn a_reservation_that_is_released_leaves_room() {
    let possible = outcomes(|| {
        let served = Served::new();
        let responder = || {
            let served = served.clone();
            part(move || {
                let reserved = served.mailbox.reserve(BOUNDS.callback_bytes - 1).is_ok();
                served.assert_bounds();
                if reserved {
                    served.mailbox.release(BOUNDS.callback_bytes - 1);
                }
                reserved
            })
        };
        let reserved = at_once(vec![responder(), responder()]);
        served.assert_empty();
        reserved
    });
    assert_eq!(possible, BTreeSet::from([vec![true, true], vec![true, false], vec![false, true]]));
}

/// One sender a lane, before or after. 24 executions; closing in three steps lost what came between them.
#[test]
fn what_races_with_closing_is_given_back_or_refused() {
    let possible = outcomes(|| {
        let served = Served::new();
        served.mailbox.owe().unwrap();
        let lanes = [(LIGHT, "message"), (Lane::Callback { bytes: 0 }, "callback"), (Lane::Last, STOP)];
        let sender = |(lane, thing)| {
            let served = served.clone();
            part(move || match served.put(lane, thing) {
                Ok(()) => vec![],
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Closed);
                    vec![thing]
                }
            })
        };
        let closer = served.clone();
        let mut parts: Vec<_> = lanes.into_iter().map(sender).collect();
        parts.push(part(move || closer.mailbox.close()));
        let mut found = at_once(parts).concat();
        assert_eq!((served.mailbox.waiting().mail, served.at_work()), (0, 0));
        assert_eq!(served.mailbox.close(), Vec::<&str>::new());
        found.sort_unstable();
        found
    });
    assert_eq!(possible, transcripts(["callback message stop"]));
}

/// The serving thread takes all mail out, as it does when it did not get done in time. 306 executions.
#[test]
fn what_is_taken_out_is_not_served() {
    let possible = outcomes(|| {
        let served = Served::new();
        let (sender, server) = (served.clone(), served.clone());
        let transcript = at_once(vec![
            part(move || {
                sender.must(LIGHT, "a");
                sender.must(Lane::Call, "b");
                sender.must(Lane::Last, STOP);
                sender.must(Lane::Control, "control");
                vec![]
            }),
            part(move || {
                let mut taken = vec![];
                let turn = |_: &Next<&'static str>| taken.extend(server.mailbox.take_mail());
                let mut transcript = vec![server.serve(turn)];
                transcript.push("taken:");
                transcript.extend(taken);
                transcript.push("served:");
                while !(transcript.contains(&STOP) && transcript.contains(&"control")) {
                    transcript.push(server.serve(|_| ()));
                }
                transcript
            }),
        ]);
        served.assert_empty();
        transcript.concat()
    });
    let orders = [
        "a taken: b served: control stop",
        "a taken: b served: stop control",
        "a taken: served: b control stop",
        "a taken: served: b stop control",
        "a taken: served: control b stop",
        "control taken: a b served: stop",
    ];
    assert_eq!(possible, transcripts(orders));
}

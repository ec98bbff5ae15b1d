//! Subscriptions against one list of pairs, which is searched anew each time.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::topics::{TooMany, Topics};
use crate::contract::Topic;

const MOST: usize = 2;

#[derive(Debug, Clone)]
enum Op {
    Subscribe(u64, Topic),
    Unsubscribe(u64, Topic),
    End(u64),
    Look(u64, Topic),
}

/// What an operation answered.
#[derive(Debug, PartialEq)]
enum Did {
    Subscribed(Result<(), TooMany>),
    Unsubscribed(bool),
    Ended,
    Looked { subscribers: Vec<(u64, String)>, topics: Vec<Topic>, has: bool },
}

fn op() -> impl Strategy<Value = Op> {
    let topic = || prop_oneof![Just("a"), Just("a.b"), Just("c")].prop_map(|topic| topic.parse::<Topic>().unwrap());
    prop_oneof![
        4 => (1..4_u64, topic()).prop_map(|(number, topic)| Op::Subscribe(number, topic)),
        2 => (1..4_u64, topic()).prop_map(|(number, topic)| Op::Unsubscribe(number, topic)),
        1 => (1..4_u64).prop_map(Op::End),
        4 => (1..4_u64, topic()).prop_map(|(number, topic)| Op::Look(number, topic)),
    ]
}

/// How a component is reached; of no matter here but that it comes back.
fn name(number: u64) -> String {
    format!("component {number}")
}

fn real(topics: &Topics<String>, op: &Op) -> Did {
    match op.clone() {
        Op::Subscribe(number, topic) => Did::Subscribed(topics.subscribe(number, topic, name(number), MOST)),
        Op::Unsubscribe(number, topic) => Did::Unsubscribed(topics.unsubscribe(number, &topic)),
        Op::End(number) => {
            topics.end(number);
            Did::Ended
        }
        Op::Look(number, topic) => Did::Looked {
            subscribers: topics.subscribers(&topic),
            topics: topics.of(number),
            has: topics.has(number, &topic),
        },
    }
}

fn model(pairs: &mut Vec<(u64, Topic)>, op: &Op) -> Did {
    match op.clone() {
        Op::Subscribe(number, topic) => {
            let new = !pairs.contains(&(number, topic.clone()));
            if new && pairs.iter().filter(|(other, _)| *other == number).count() == MOST {
                return Did::Subscribed(Err(TooMany));
            }
            pairs.extend(new.then_some((number, topic)));
            Did::Subscribed(Ok(()))
        }
        Op::Unsubscribe(number, topic) => {
            let before = pairs.len();
            pairs.retain(|pair| *pair != (number, topic.clone()));
            Did::Unsubscribed(pairs.len() < before)
        }
        Op::End(number) => {
            pairs.retain(|(other, _)| *other != number);
            Did::Ended
        }
        Op::Look(number, topic) => {
            pairs.sort();
            let of_topic = pairs.iter().filter(|(_, other)| *other == topic);
            let of_number = pairs.iter().filter(|(other, _)| *other == number);
            Did::Looked {
                subscribers: of_topic.map(|(number, _)| (*number, name(*number))).collect(),
                topics: of_number.map(|(_, topic)| topic.clone()).collect(),
                has: pairs.contains(&(number, topic)),
            }
        }
    }
}

proptest! {
    #[test]
    fn subscriptions_are_a_set_of_pairs(ops in vec(op(), 1..60)) {
        let (topics, mut pairs) = (Topics::default(), Vec::new());
        for op in &ops {
            prop_assert_eq!(real(&topics, op), model(&mut pairs, op), "{:?}", op);
        }
    }
}

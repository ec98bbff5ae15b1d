//! Who subscribes to which topic.
//!
//! In: a component's number, a topic. Out: whom a publication is for, in the order of the components' numbers, so that
//! nothing but the order of subscribing components decides about the order of copies. What a grant is, and what is done
//! with a copy, is not known here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sync::Mutex;
use crate::contract::Topic;

/// The subscriptions of one runtime. `S` is what a subscriber is reached by.
#[derive(Debug)]
pub(crate) struct Topics<S>(Mutex<Inner<S>>);

/// Both sides say the same: a topic without subscribers and a subscriber without topics are in neither.
#[derive(Debug)]
struct Inner<S> {
    by_topic: HashMap<Topic, BTreeMap<u64, S>, foldhash::fast::RandomState>,
    by_number: BTreeMap<u64, BTreeSet<Topic>>,
}

/// A component has as many subscriptions as it may have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<S> Default for Topics<S> {
    fn default() -> Self {
        Self(Mutex::new(Inner { by_topic: HashMap::default(), by_number: BTreeMap::new() }))
    }
}

impl<S: Clone> Topics<S> {
    /// Subscribes, unless that would be more than `most` topics. To subscribe again changes nothing.
    pub(crate) fn subscribe(&self, number: u64, topic: Topic, subscriber: S, most: usize) -> Result<(), TooMany> {
        let Inner { by_topic, by_number } = &mut *self.0.lock();
        let topics = by_number.get(&number);
        if topics.is_some_and(|topics| topics.contains(&topic)) {
            return Ok(());
        }
        if topics.map_or(0, BTreeSet::len) >= most {
            return Err(TooMany);
        }
        by_number.entry(number).or_default().insert(topic.clone());
        by_topic.entry(topic).or_default().insert(number, subscriber);
        Ok(())
    }

    /// Ends a subscription, and answers whether there was one.
    pub(crate) fn unsubscribe(&self, number: u64, topic: &Topic) -> bool {
        let Inner { by_topic, by_number } = &mut *self.0.lock();
        let Some(topics) = by_number.get_mut(&number) else { return false };
        let there = topics.remove(topic);
        if topics.is_empty() {
            by_number.remove(&number);
        }
        if there {
            forget(by_topic, number, topic);
        }
        there
    }

    /// Whether a component subscribes to a topic.
    pub(crate) fn has(&self, number: u64, topic: &Topic) -> bool {
        self.0.lock().by_number.get(&number).is_some_and(|topics| topics.contains(topic))
    }

    /// Ends all subscriptions of a component.
    pub(crate) fn end(&self, number: u64) {
        let Inner { by_topic, by_number } = &mut *self.0.lock();
        for topic in by_number.remove(&number).into_iter().flatten() {
            forget(by_topic, number, &topic);
        }
    }

    /// Whom a publication is for.
    pub(crate) fn subscribers(&self, topic: &Topic) -> Vec<(u64, S)> {
        let inner = self.0.lock();
        let subscribers = inner.by_topic.get(topic).into_iter().flatten();
        subscribers.map(|(number, subscriber)| (*number, subscriber.clone())).collect()
    }

    /// The topics of a component, sorted.
    pub(crate) fn of(&self, number: u64) -> Vec<Topic> {
        self.0.lock().by_number.get(&number).into_iter().flatten().cloned().collect()
    }
}

fn forget<S, H: std::hash::BuildHasher>(
    by_topic: &mut HashMap<Topic, BTreeMap<u64, S>, H>,
    number: u64,
    topic: &Topic,
) {
    if let Some(subscribers) = by_topic.get_mut(topic) {
        subscribers.remove(&number);
        if subscribers.is_empty() {
            by_topic.remove(topic);
        }
    }
}

//! A publication: a copy for everybody who subscribes to its topic at this moment.
//!
//! Who publishes was granted it, and is not kept waiting by anybody: whoever has no room, or does not take such a payload,
//! misses the copy, which is then a dead letter of theirs.

use std::sync::Arc;

use super::super::component::Component;
use super::super::error::CallError;
use super::super::event::Mail;
use super::super::services::Services;
use super::dead_letter;
use super::letter::Letter;
use super::post;
use crate::contract::Topic;
use crate::permission::{Access, TopicAction};

/// Puts a copy into the mailbox of every subscriber.
pub(crate) fn publish(services: &Services, publisher: &str, topic: &Topic, payload: &[u8]) {
    for (number, subscriber) in services.messaging.topics.subscribers(topic) {
        if !may_receive(&subscriber, topic) {
            // It was made while its grant was being revoked, and does not outlive that.
            services.messaging.topics.unsubscribe(number, topic);
        } else if let Err(why) = put(services, &subscriber, publisher, topic, payload)
            // Unless its subscriptions have ended meanwhile.
            && services.messaging.topics.has(number, topic)
        {
            let bytes = u64::try_from(payload.len()).unwrap_or(u64::MAX);
            dead_letter::record(services, &subscriber, (publisher, Mail::Publication, bytes), &why);
        }
    }
}

/// Ends the subscriptions of a component whose grants were revoked.
pub(crate) fn end_revoked(services: &Services, component: &Component) {
    let topics = &services.messaging.topics;
    for topic in topics.of(component.number).iter().filter(|topic| !may_receive(component, topic)) {
        topics.unsubscribe(component.number, topic);
    }
}

/// The topics that a component subscribes to and may still receive, sorted.
pub(crate) fn subscriptions(services: &Services, component: &Component) -> Vec<Topic> {
    let mut topics = services.messaging.topics.of(component.number);
    topics.retain(|topic| may_receive(component, topic));
    topics
}

fn may_receive(subscriber: &Component, topic: &Topic) -> bool {
    subscriber.grants.current().decide(Access::Topic(TopicAction::Subscribe, topic.as_str())).is_granted()
}

/// The error is why the subscriber misses it.
fn put(
    services: &Services,
    subscriber: &Arc<Component>,
    publisher: &str,
    topic: &Topic,
    payload: &[u8],
) -> Result<(), String> {
    let most = subscriber.manifest.resources.max_message_bytes;
    if u64::try_from(payload.len()).unwrap_or(u64::MAX) > most {
        return Err(format!("it takes at most {most} bytes"));
    }
    subscriber.check_codec(payload).map_err(|why| why.to_string())?;
    let letter = Letter {
        sender: publisher.to_owned(),
        payload: payload.to_vec(),
        request_id: None,
        request: None,
        topic: Some(topic.clone()),
        charge: None,
    };
    post::put(services, subscriber, letter, None).map_err(|returned| match returned.error {
        CallError::NotRunning(state) => format!("it is {state}"),
        error => error.to_string(),
    })
}

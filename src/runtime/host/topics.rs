//! `airssys:core/publish-subscribe`: publications by topic.

use crate::contract::{Topic, multicodec};
use crate::permission::{Access, Class, Rule, TopicAction};

use super::super::bindings::publish_subscribe::{
    Host as PublishSubscribe, TopicAction as GuestTopicAction, TopicError, TopicPermission,
};
use super::super::messaging::publish;
use super::super::messaging::topics::TooMany;
use super::Host;
use super::gate::{Asked, Denied, Subject};

impl From<Denied> for TopicError {
    fn from(Denied(text): Denied) -> Self {
        TopicError::PermissionDenied(text)
    }
}

impl From<GuestTopicAction> for TopicAction {
    fn from(action: GuestTopicAction) -> Self {
        match action {
            GuestTopicAction::Publish => TopicAction::Publish,
            GuestTopicAction::Subscribe => TopicAction::Subscribe,
        }
    }
}

impl Host {
    /// Passes the gate with a topic.
    fn pass_topic(&self, action: TopicAction, topic: &str) -> Result<Topic, TopicError> {
        let parsed = match topic.parse::<Topic>() {
            Ok(parsed) => parsed,
            Err(error) => {
                let why = error.to_string();
                let subject = Subject::Malformed { class: Class::Topics, action: action.as_str(), why: &why };
                // What is no topic is no matter of permission; that it was asked for is recorded all the same.
                let _denied = self.gate.pass(Asked { subject, resource: topic, resolved: None });
                return Err(TopicError::InvalidTopic(why));
            }
        };
        let subject = Subject::Topic { action, topic: parsed.as_str() };
        self.gate.pass(Asked { subject, resource: topic, resolved: None })?;
        Ok(parsed)
    }
}

impl PublishSubscribe for Host {
    fn publish(&mut self, topic: String, payload: Vec<u8>) -> Result<(), TopicError> {
        let topic = self.pass_topic(TopicAction::Publish, &topic)?;
        let limit = self.gate.component.manifest.resources.max_message_bytes;
        if u64::try_from(payload.len()).unwrap_or(u64::MAX) > limit {
            return Err(TopicError::MessageTooLarge(limit));
        }
        multicodec::split(&payload).map_err(|why| TopicError::MalformedPayload(why.to_string()))?;
        publish::publish(&self.gate.services, self.gate.component.id().as_str(), &topic, &payload);
        Ok(())
    }

    fn subscribe(&mut self, topic: String) -> Result<(), TopicError> {
        let topic = self.pass_topic(TopicAction::Subscribe, &topic)?;
        if !self.receives_publications {
            return Err(TopicError::NoSubscriber);
        }
        let component = &self.gate.component;
        // In one step with the state: what is being stopped must not subscribe behind the end of its subscriptions.
        let life = component.life();
        if life.drained_by.is_some() {
            return Err(TopicError::Stopping);
        }
        let services = &self.gate.services;
        let most = services.limits.subscriptions;
        let subscribed =
            services.messaging.topics.subscribe(component.number, topic, std::sync::Arc::clone(component), most);
        drop(life);
        subscribed.map_err(|TooMany| TopicError::TooManySubscriptions(u64::try_from(most).unwrap_or(u64::MAX)))
    }

    fn unsubscribe(&mut self, topic: String) -> Result<(), TopicError> {
        let parsed = topic.parse::<Topic>().map_err(|why| TopicError::InvalidTopic(why.to_string()))?;
        if self.gate.services.messaging.topics.unsubscribe(self.gate.component.number, &parsed) {
            Ok(())
        } else {
            Err(TopicError::NotSubscribed(topic))
        }
    }

    fn subscriptions(&mut self) -> Vec<String> {
        let topics = publish::subscriptions(&self.gate.services, &self.gate.component);
        topics.iter().map(Topic::to_string).collect()
    }

    fn granted_topics(&mut self) -> Vec<TopicPermission> {
        let grants = self.gate.component.grants.current();
        let permission = |rule: &Rule| {
            let action = match rule.action.parse().ok()? {
                TopicAction::Publish => GuestTopicAction::Publish,
                TopicAction::Subscribe => GuestTopicAction::Subscribe,
            };
            Some(TopicPermission { action, topic_pattern: rule.pattern.clone() })
        };
        grants.rules().iter().filter(|rule| rule.class == Class::Topics).filter_map(permission).collect()
    }

    /// Decides as the gate would, and leaves no record: to ask is not to access.
    fn is_topic_granted(&mut self, action: GuestTopicAction, topic: String) -> bool {
        self.gate.component.grants.current().decide(Access::Topic(action.into(), &topic)).is_granted()
    }
}

// Topics, as components see them.

import { context, err, ok } from './answers.mjs';
import { split } from './codec.mjs';
import { Gate } from './gate.mjs';
import { isTopic } from './names.mjs';

export function publishSubscribe(runtime) {
  const { topics, post, limits } = runtime;

  /** Passes the gate with a topic. What is none is no matter of permission; that it was asked for is recorded all the same. */
  const pass = (who, action, topic) => {
    const gate = new Gate(runtime.trail, who.component);
    const asked = { class: 'topics', action, resource: topic };
    if (isTopic(topic)) return gate.pass(asked, context(who));
    const malformed = 'segments of lower-case letters and digits, joined by `-`, are joined by single dots';
    try {
      gate.pass({ ...asked, malformed }, context(who));
    } catch {
      // It is denied, of course.
    }
    return err('invalid-topic', malformed);
  };

  return {
    publish(who, topic, payload) {
      const refused = pass(who, 'publish', topic);
      if (refused) return refused;
      const { component } = who;
      if (payload.length > component.maxMessageBytes) return err('message-too-large', BigInt(component.maxMessageBytes));
      if (!split(payload)) return err('malformed-payload', 'the payload does not start with a multicodec code');
      post.publish(component.id, topic, payload);
      return {};
    },

    subscribe(who, topic) {
      const refused = pass(who, 'subscribe', topic);
      if (refused) return refused;
      const { component } = who;
      if (!component.names.subscriber) return err('no-subscriber');
      if (component.drainedBy !== null) return err('stopping');
      const most = limits.subscriptions;
      return topics.subscribe(component, topic, most) ? {} : err('too-many-subscriptions', BigInt(most));
    },

    unsubscribe({ component }, topic) {
      if (!isTopic(topic)) return err('invalid-topic', topic);
      return topics.unsubscribe(component, topic) ? {} : err('not-subscribed', topic);
    },

    subscriptions: ({ component }) => ok(topics.of(component)),

    grantedTopics({ component }) {
      const rules = component.grants.rules.filter((rule) => rule.class === 'topics');
      return ok(rules.map(({ action, pattern }) => ({ action, topicPattern: pattern })));
    },

    isTopicGranted: ({ component }, action, topic) => ok(component.grants.decide('topics', action, topic).granted),
  };
}

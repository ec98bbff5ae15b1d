// The services that every component is offered: messages, configuration, time, the log, functions of the embedder.

import { context, err, ok, wait } from './answers.mjs';
import { split } from './codec.mjs';
import { Rejected } from './errors.mjs';
import { Gate } from './gate.mjs';
import { cut } from './text.mjs';

const MAX_LOG = 16 << 10;
const MAX_PAIRS = 64;
const MAX_PAIR = 1 << 10;

/** Caps what a guest logs; what is cut is cut visibly. */
function logRecord(component, level, message, pairs) {
  const context = pairs.slice(0, MAX_PAIRS).map((pair) => pair.map((text) => cut(text, MAX_PAIR)));
  if (pairs.length > MAX_PAIRS) context.push(['…', `[${pairs.length - MAX_PAIRS} pairs cut]`]);
  return { component: component.id, level, message: cut(message, MAX_LOG), context };
}

export function hostServices(runtime) {
  const { clock, post } = runtime;

  /** The component of that name, if the sender may send it such a payload. */
  const address = (who, action, target, payload) => {
    const { component } = who;
    new Gate(runtime.trail, component).pass({ class: 'messaging', action, resource: target }, context(who));
    const addressee = runtime.components.get(target);
    // What the target does not take is too large whether or not it runs.
    const most = Math.min(component.maxMessageBytes, addressee?.maxMessageBytes ?? Infinity);
    if (payload.length > most) return err('message-too-large', BigInt(most));
    if (!split(payload)) return err('delivery-failed', 'the payload does not start with a multicodec code');
    if (!addressee?.accepts) return err('component-not-found', target);
    try {
      addressee.checkCodec(payload);
    } catch (error) {
      return err('delivery-failed', error.message);
    }
    return ok({ addressee, letter: { kind: 'message', sender: component.id, payload } });
  };

  const refusal = (error, target) => {
    if (!(error instanceof Rejected)) throw error;
    if (error.code === 'mailbox-full') return err('mailbox-full');
    return err('component-not-found', target);
  };

  return {
    log({ component }, level, message, pairs) {
      runtime.log(logRecord(component, level, message, pairs ?? []));
      return {};
    },

    sendMessage(who, target, payload) {
      const addressed = address(who, 'send', target, payload);
      if (addressed.err) return addressed;
      try {
        post.put(addressed.ok.addressee, addressed.ok.letter);
        return {};
      } catch (error) {
        return refusal(error, target);
      }
    },

    sendRequest(who, target, payload, timeoutMs) {
      const addressed = address(who, 'request', target, payload);
      if (addressed.err) return addressed;
      const { component } = who;
      if (component.drainedBy !== null) return err('delivery-failed', `${component.id} is being stopped and asks no more`);
      try {
        return ok(post.ask(addressed.ok.addressee, addressed.ok.letter, { requester: component, timeoutMs: Number(timeoutMs) }));
      } catch (error) {
        return refusal(error, target);
      }
    },

    sendResponse({ component }, requestId, response) {
      const isPayload = response.tag === 'ok';
      const bytes = isPayload ? response.val.length : Buffer.byteLength(response.val);
      if (bytes > component.maxMessageBytes) return err('message-too-large', BigInt(component.maxMessageBytes));
      if (isPayload && !split(response.val)) return err('delivery-failed', 'the payload does not start with a multicodec code');
      const open = runtime.requests.find(requestId, ({ target }) => target === component);
      if (!open) {
        runtime.note({ event: 'response-refused', component: component.id, 'request-id': requestId });
        return err('unknown-request', requestId);
      }
      const { requester } = open;
      if (requester) {
        const most = Math.min(component.maxMessageBytes, requester.maxMessageBytes);
        if (bytes > most) return err('message-too-large', BigInt(most));
        try {
          if (isPayload) requester.checkCodec(response.val);
        } catch (error) {
          return err('delivery-failed', error.message);
        }
        if (!post.charge(bytes)) return err('mailbox-full');
        if (!requester.mailbox.reserve(bytes)) {
          post.release(bytes);
          return err('mailbox-full');
        }
      }
      const outcome = isPayload ? response : { tag: 'err', val: { tag: 'delivery-failed', val: response.val } };
      post.settle(runtime.requests.close(requestId), outcome, bytes);
      return {};
    },

    cancelRequest({ component }, requestId) {
      const open = runtime.requests.find(requestId, ({ requester }) => requester === component);
      if (!open) return err('unknown-request', requestId);
      runtime.requests.close(requestId);
      component.mailbox.forgive();
      return {};
    },

    getConfig: ({ component }, key) => component.config.get(key),
    setConfig: ({ component }, key, value) => component.config.set(key, value),
    currentTimeMillis: () => ok(clock.nanos() / 1_000_000n),
    currentTimeNanos: () => ok(clock.nanos()),
    sleepMillis: ({ call }, duration) => wait(clock, call, clock.now() + Number(duration)),

    listComponents({ component }) {
      const runs = (other) => other.state === 'running' || other === component;
      return ok(
        [...runtime.components.values()]
          .filter(runs)
          .map(({ id }) => id)
          .sort(),
      );
    },

    getComponentMetadata(_, id) {
      const metadata = runtime.components.get(id)?.metadata;
      return metadata ? ok(metadata) : err('not-found', id);
    },

    callHostFunction(who, name, args) {
      const { component, call } = who;
      new Gate(runtime.trail, component).pass({ class: 'host-functions', action: 'call', resource: name }, context(who));
      const check = (payload, tag) => {
        try {
          component.checkCodec(payload);
          return null;
        } catch (error) {
          return err(tag, error.message);
        }
      };
      const refused = check(args, 'invalid-input');
      if (refused) return refused;
      const script = runtime.hostFunctions[name];
      if (script === undefined) return err('not-found', name);
      if (script === 'hangs') return wait(clock, call, Infinity);
      if (script === 'panics') return err('internal-error', 'the host function failed');
      if (script['invalid-input'] !== undefined) return err('invalid-input', script['invalid-input']);
      if (script['internal-error'] !== undefined) return err('internal-error', script['internal-error']);
      const answer = script === 'echo' ? args : Buffer.from(script.answer, 'base64');
      return check(answer, 'internal-error') ?? ok(answer);
    },
  };
}

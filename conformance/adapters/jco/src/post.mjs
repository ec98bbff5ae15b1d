// Mail: into mailboxes, out of them when nobody will handle it, and the outcomes of requests.

import { Rejected } from './errors.mjs';

/** The messages, requests and publications of a runtime. */
export class Post {
  #charged = 0;
  #waiters = [];

  constructor(runtime) {
    this.runtime = runtime;
  }

  /** Charges bytes to all mailboxes together; false if there is no room. */
  charge(bytes) {
    if (this.#charged + bytes > this.runtime.limits['all-mailboxes-bytes']) return false;
    this.#charged += bytes;
    return true;
  }

  release(bytes) {
    this.#charged -= bytes;
    if (bytes > 0) for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** Puts a letter into a mailbox, or throws why not. */
  put(target, letter) {
    const bytes = letter.payload.length;
    const accepts = letter.kind === 'publication' ? target.acceptsPublications : target.accepts;
    if (!accepts) throw target.gone();
    if (!this.charge(bytes)) throw new Rejected('mailbox-full');
    if (!target.mailbox.put('message', letter, bytes)) {
      // Nobody is to be woken: there is no more room than before.
      this.#charged -= bytes;
      target.tellFull();
      throw new Rejected('mailbox-full');
    }
  }

  /** As `put`, but waits for room until a time. */
  async putWhenRoom(target, letter, until) {
    const { clock } = this.runtime;
    let isLate = false;
    for (;;) {
      try {
        return this.put(target, letter);
      } catch (error) {
        if (error.code !== 'mailbox-full' || isLate) throw error;
      }
      await new Promise((resolve) => {
        const wake = () => {
          for (const list of [target.waiters, this.#waiters]) {
            const index = list.indexOf(wake);
            if (index >= 0) list.splice(index, 1);
          }
          callOff();
          resolve();
        };
        const callOff = clock.at(until, () => {
          isLate = true;
          wake();
        });
        target.waiters.push(wake);
        this.#waiters.push(wake);
      });
    }
  }

  /** Sends a request, and gives its identifier. `requester` is a component, or null for the host. */
  ask(target, letter, { requester, settle, timeoutMs }) {
    const { limits, clock, requests } = this.runtime;
    const millis = Math.min(timeoutMs === 0 ? limits['request-ms'] : timeoutMs, limits['request-max-ms']);
    if (requester && !requester.mailbox.owe()) throw new Rejected('mailbox-full');
    const id = requests.open(requester, target, settle);
    if (id === null) {
      requester?.mailbox.forgive();
      throw new Rejected('mailbox-full');
    }
    try {
      this.put(target, { ...letter, kind: 'request', requestId: id });
    } catch (error) {
      requests.close(id);
      requester?.mailbox.forgive();
      throw error;
    }
    const late = () => {
      const closed = requests.close(id);
      if (closed) this.settle(closed, { tag: 'err', val: { tag: 'timeout-exceeded' } });
    };
    requests.find(id).callOff = clock.at(clock.now() + millis, late);
    return id;
  }

  /** Brings an outcome home. `reserved` bytes of the requester's mailbox were reserved, and charged, for it. */
  settle({ id, requester, settle }, outcome, reserved = 0) {
    if (!requester) return settle(outcome);
    const callback = { kind: 'callback', requestId: id, outcome, bytes: reserved };
    if (requester.takesCallbacks) return requester.mailbox.put('callback', callback, reserved);
    requester.mailbox.release(reserved);
    requester.mailbox.forgive();
    return this.bury(requester, [callback], 'the requester does not run any more');
  }

  /** Tells requesters that there will be no response. */
  fail(closed, why) {
    for (const each of closed) this.settle(each, { tag: 'err', val: { tag: 'delivery-failed', val: why } });
  }

  /** Buries what waited. Whoever waits for a call, or for a message to be handled, is told so instead. */
  bury(component, waiting, reason) {
    for (const letter of waiting) {
      if (letter.reject) {
        letter.reject(component.gone());
        if (letter.payload) this.release(letter.payload.length);
      } else if (letter.kind === 'callback') {
        this.#deadLetter(component, component.id, 'callback', payloadBytes(letter.outcome), reason);
        this.release(letter.bytes);
      } else {
        this.#deadLetter(component, letter.sender, letter.kind, letter.payload.length, reason);
        this.release(letter.payload.length);
        const closed = letter.kind === 'request' && this.runtime.requests.close(letter.requestId);
        if (closed) this.fail([closed], `${component.id}: ${reason}`);
      }
    }
  }

  #deadLetter(component, sender, kind, bytes, reason) {
    component.deadLetters++;
    const letter = { component: component.id, sender, kind, bytes, reason };
    this.runtime.note({ event: 'dead-letter', ...letter });
    this.runtime.tell('dead-letter', letter);
  }

  /** Puts a copy into the mailbox of everybody who subscribes. Who has no room, or does not take it, misses it. */
  publish(publisher, topic, payload) {
    const { topics } = this.runtime;
    for (const subscriber of topics.subscribers(topic)) {
      const why = this.#publishTo(subscriber, { kind: 'publication', sender: publisher, topic, payload });
      if (why !== null && topics.has(subscriber, topic)) {
        this.#deadLetter(subscriber, publisher, 'publication', payload.length, why);
      }
    }
  }

  #publishTo(subscriber, letter) {
    if (letter.payload.length > subscriber.maxMessageBytes) return `it takes at most ${subscriber.maxMessageBytes} bytes`;
    try {
      subscriber.checkCodec(letter.payload);
      this.put(subscriber, letter);
      return null;
    } catch (error) {
      return error.code === 'not-running' ? `it is ${subscriber.state}` : error.message;
    }
  }

  /** What waits for a component that will not take it, and what it asked and was asked, is over. */
  giveUp(component, why) {
    const { requests, topics } = this.runtime;
    topics.end(component);
    this.bury(component, component.mailbox.takeMail(), why);
    component.madeRoom();
    for (const made of requests.closeAll(({ requester }) => requester === component)) made.requester.mailbox.forgive();
    this.fail(
      requests.closeAll(({ target }) => target === component),
      `${component.id}: ${why}`,
    );
  }
}

const payloadBytes = (outcome) => (outcome.tag === 'ok' ? outcome.val.length : 0);

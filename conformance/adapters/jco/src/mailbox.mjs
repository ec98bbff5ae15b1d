// A mailbox: what waits for a component, in lanes, within bounds. Nobody waits here but who serves it: what does not fit is
// refused.

export class Mailbox {
  #control = [];
  #mail = [];
  #last = [];
  #wake = null;
  #settled = false;
  messages = 0;
  bytes = 0;
  callbacks = 0;
  callbackBytes = 0;
  /** Callbacks that wait or are yet to come. */
  owed = 0;

  /** `bounds`: messages, bytes of them, callbacks owed, bytes of callbacks. */
  constructor(bounds) {
    this.bounds = bounds;
  }

  get waiting() {
    return this.messages + this.callbacks;
  }

  /** Puts a thing into its lane: `control`, `call`, `message`, `callback` or `last`; false if it does not fit. */
  put(lane, thing, bytes = 0) {
    if (lane === 'message') {
      if (this.messages >= this.bounds.messages || this.bytes + bytes > this.bounds.bytes) return false;
      this.messages++;
      this.bytes += bytes;
    }
    if (lane === 'callback') this.callbacks++;
    if (lane === 'control') this.#control.push(thing);
    else if (lane === 'last') this.#last.push(thing);
    else this.#mail.push({ lane, bytes, thing });
    this.wake();
    return true;
  }

  wake() {
    this.#wake?.();
    this.#wake = null;
  }

  owe() {
    if (this.owed >= this.bounds.callbacks) return false;
    this.owed++;
    return true;
  }

  /** A callback that was owed will not come; that may be what the last things waited for. */
  forgive() {
    this.owed = Math.max(0, this.owed - 1);
    this.wake();
  }

  reserve(bytes) {
    if (this.callbackBytes + bytes > this.bounds.callbackBytes) return false;
    this.callbackBytes += bytes;
    return true;
  }

  release(bytes) {
    this.callbackBytes -= bytes;
  }

  /** The next thing to serve; `settle` once if only callbacks are owed before the last things; waits if there is none. */
  async next() {
    for (;;) {
      const found = this.#control.shift() ?? this.#takeMail() ?? this.#takeLast();
      if (found) return found;
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #takeLast() {
    if (this.#last.length === 0) return undefined;
    if (this.owed === 0) {
      this.#settled = false;
      return this.#last.shift();
    }
    if (this.#settled) return undefined;
    this.#settled = true;
    return { kind: 'settle' };
  }

  #takeMail() {
    const found = this.#mail.shift();
    if (!found) return undefined;
    const { lane, bytes, thing } = found;
    if (lane === 'message') {
      this.messages--;
      this.bytes -= bytes;
    } else if (lane === 'callback') {
      this.callbacks--;
      this.owed--;
      this.callbackBytes -= bytes;
    }
    return thing;
  }

  /** Takes out everything but what ends the component. */
  takeMail() {
    const taken = [];
    for (let thing = this.#takeMail(); thing; thing = this.#takeMail()) taken.push(thing);
    return taken;
  }

  /** Takes out everything. */
  close() {
    return [...this.takeMail(), ...this.#control.splice(0), ...this.#last.splice(0)];
  }
}

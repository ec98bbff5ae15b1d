// Threads for guests. One runs a single instance at a time; when that is gone, and was not ended by force, the thread serves
// another one, which is made afresh: nothing of a guest is kept in a thread.

import { MessageChannel, Worker } from 'node:worker_threads';

const WORKER = new URL('./worker.mjs', import.meta.url);
/** How many threads wait for work. */
const KEPT = 6;
const idle = [];

export class Thread {
  #worker;
  #answers;
  #flag = new Int32Array(new SharedArrayBuffer(4));
  #pending = null;
  #host = null;
  #ended = null;
  /** How many threads serve an instance, or are being ended. */
  static busy = 0;

  static take() {
    Thread.busy++;
    return idle.pop() ?? new Thread();
  }

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    this.#worker = new Worker(WORKER, { workerData: { answers: port2, flag: this.#flag }, transferList: [port2] });
    this.#worker.on('message', (message) => this.#receive(message));
    // What ends a thread unasked, such as a heap that is full, ends the instance.
    this.#worker.on('error', (error) => this.end({ ended: { kind: 'host-limit', message: error.message } }));
    this.#worker.unref();
  }

  #receive(message) {
    if (!message.ask) this.#settle(message);
    else if (!this.#ended) this.#host(message.ask, (answer) => this.#answer(answer));
  }

  #answer(answer) {
    if (this.#ended) return;
    this.#answers.postMessage(answer);
    Atomics.store(this.#flag, 0, 1);
    Atomics.notify(this.#flag, 0);
  }

  #settle(outcome) {
    const settle = this.#pending;
    this.#pending = null;
    settle?.(outcome);
  }

  /** Has the thread do something, and waits for what comes of it. `host` answers what the guest asks meanwhile. */
  perform(message, host) {
    this.#host = host;
    return new Promise((resolve) => {
      this.#pending = resolve;
      this.#worker.postMessage(message);
    });
  }

  /** Ends the thread wherever it is. Whoever waits for it is told the outcome; without one, nothing ever. */
  end(outcome) {
    this.#ended ??= this.#worker.terminate().then(() => Thread.busy--);
    if (outcome) this.#settle(outcome);
    return this.#ended;
  }

  /** Gives the thread back; kept when nothing of the instance is left. */
  release() {
    if (this.#ended || idle.length >= KEPT) return this.end();
    this.#worker.postMessage({ forget: true });
    Thread.busy--;
    idle.push(this);
    return undefined;
  }
}

/** Ends the threads that wait. */
export function endIdle() {
  Thread.busy += idle.length;
  return Promise.all(idle.splice(0).map((thread) => thread.end()));
}

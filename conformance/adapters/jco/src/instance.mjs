// One instance of a component: what is called in it, within a deadline, and what comes of that.

import { sizeOf } from './size.mjs';
import { Thread } from './thread.mjs';

export class Instance {
  #thread = Thread.take();
  #clock;
  #host;
  #names;
  #mostBytes;
  memoryBytes = 0;
  isComputing = false;

  /** `names` are those of the exported interfaces; `host` answers `(interface, name, args, context)`. */
  constructor(clock, host, names, { ordinal, children, hasFuel, mostBytes }) {
    this.#clock = clock;
    this.#host = host;
    this.#names = names;
    this.ordinal = ordinal;
    this.children = children;
    this.hasFuel = hasFuel;
    this.#mostBytes = mostBytes;
  }

  /** The time counts for the guest's own code, not for what the host does before. */
  async instantiate({ source, modules }, interfaces, millis) {
    this.#compute(true);
    const { ended } = await this.#thread.perform({ prepare: { source, modules, interfaces } });
    this.#compute(false);
    return ended ? { ended } : this.#bounded({ instantiate: true }, millis);
  }

  /** Calls a function of the lifecycle, or of the subscriber. Gives `{ value }`, `{ error }` or `{ ended }`. */
  call(name, args, millis, requestId) {
    const interface_ = name === 'handlePublication' ? this.#names.subscriber : this.#names.lifecycle;
    return this.#bounded({ call: [interface_, name, args] }, millis, requestId);
  }

  async #bounded(message, millis, requestId) {
    const clock = this.#clock;
    const context = { requestId, waits: new Set(), isOver: false };
    this.#compute(true);
    const late = clock.at(clock.now() + millis, () => {
      this.#compute(true);
      context.isOver = true;
      for (const stop of context.waits) stop();
      this.#thread.end({ ended: { kind: 'deadline', message: 'the call passed its deadline' } });
    });
    const host = async ([interface_, name, args], answer) => {
      const answered = this.#host(interface_, name, args, context);
      if (!(answered instanceof Promise)) return answer(answered);
      // What waits does not run. If its deadline comes first, nobody waits for the answer any more.
      this.#compute(false);
      const settled = await answered;
      if (context.isOver) return undefined;
      this.#compute(true);
      return answer(settled);
    };
    const outcome = await this.#thread.perform(message, host);
    late();
    this.memoryBytes = outcome.memory ?? this.memoryBytes;
    this.#compute(false);
    const isTooLarge = sizeOf(outcome.value ?? outcome.error) > this.#mostBytes;
    return isTooLarge ? { ended: { kind: 'host-limit', message: 'what the guest answers is too large' } } : outcome;
  }

  /** What computes counts as work. */
  #compute(does) {
    if (does === this.isComputing) return;
    this.isComputing = does;
    if (does) this.#clock.enter();
    else this.#clock.leave();
  }

  /** Gives the thread back; nothing of the instance is left when the promise is kept. */
  async discard() {
    this.#clock.enter();
    await Promise.all([this.#thread.release(), this.children.killIf()]);
    this.#clock.leave();
  }

  /** Ends the instance wherever it is. Nobody is told. */
  kill() {
    return Promise.all([this.#thread.end(), this.children.killIf()]);
  }
}

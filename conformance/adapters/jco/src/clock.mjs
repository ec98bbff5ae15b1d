// Time as the runtime sees it: everything that components perceive as time comes from one of these clocks.
//
// A clock also counts work, which is what may still run without time moving on: only when there is none does virtual time
// pass. Times are milliseconds since the Unix epoch; they may be infinite.

/** How often an idle clock lets the event loop turn before it believes that nothing runs. */
const IDLE_TURNS = 3;

const turn = () => new Promise((resolve) => setImmediate(resolve));

class Clock {
  #work = 0;
  #idle = [];

  enter() {
    this.#work++;
  }

  leave() {
    this.#work--;
    if (this.#work === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** Waits until nothing can happen unless time moves on. */
  async quiesce() {
    for (let quiet = 0; quiet < IDLE_TURNS;) {
      if (this.#work > 0) {
        quiet = 0;
        await new Promise((resolve) => this.#idle.push(resolve));
      } else {
        quiet++;
        await turn();
      }
    }
  }
}

/** A clock that stands until it is advanced. */
export class VirtualClock extends Clock {
  #now;
  #next = 0;
  #timers = [];

  constructor(now) {
    super();
    this.#now = now;
  }

  now() {
    return this.#now;
  }

  nanos() {
    return BigInt(this.#now) * 1_000_000n;
  }

  /** Calls back at a time, and gives a function that calls it off. What is due is called in turn, never at once. */
  at(time, callback) {
    const timer = { time, order: this.#next++, callback };
    this.#timers.push(timer);
    if (time <= this.#now) {
      this.enter();
      setImmediate(() => {
        if (this.#take(timer)) callback();
        this.leave();
      });
    }
    return () => this.#take(timer);
  }

  #take(timer) {
    const index = this.#timers.indexOf(timer);
    if (index >= 0) this.#timers.splice(index, 1);
    return index >= 0;
  }

  /** A clock at the same time, on which nobody waits. */
  anew() {
    return new VirtualClock(this.#now);
  }

  /** Calls everything off. */
  stop() {
    this.#timers = [];
  }

  /** Moves time, stopping at each timer on the way until nothing runs any more. */
  async advance(millis) {
    const target = this.#now + millis;
    for (;;) {
      await this.quiesce();
      const due = this.#timers.filter(({ time }) => time <= target);
      if (due.length === 0) break;
      const next = due.reduce((first, timer) =>
        timer.time < first.time || (timer.time === first.time && timer.order < first.order) ? timer : first,
      );
      this.#now = Math.max(this.#now, next.time);
      this.#take(next);
      next.callback();
    }
    this.#now = Math.max(this.#now, target);
  }
}

/** The system's time, read once and carried forward by a clock that never steps back. */
export class SystemClock extends Clock {
  #epoch = BigInt(Date.now()) * 1_000_000n;
  #started = process.hrtime.bigint();
  #timers = new Set();

  now() {
    return Number(this.nanos() / 1_000_000n);
  }

  nanos() {
    return this.#epoch + (process.hrtime.bigint() - this.#started);
  }

  at(time, callback) {
    // Timers of Node end somewhere, and what never comes needs none.
    const wait = Math.max(0, time - this.now());
    if (wait > 2 ** 31 - 1) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, wait);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
      clearTimeout(timer);
    };
  }

  anew() {
    return new SystemClock();
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

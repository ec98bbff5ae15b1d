// One case: a runtime in a directory of its own, and what the suite does to it.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Trail } from './audit.mjs';
import { Children } from './children.mjs';
import { SystemClock, VirtualClock } from './clock.mjs';
import { Failed, Rejected, Trapped } from './errors.mjs';
import { DEFAULTS } from './limits.mjs';
import { Finding, Findings } from './findings.mjs';
import { phaseOf } from './loader.mjs';
import { CaseNetwork } from './network.mjs';
import { Runtime } from './runtime.mjs';
import { Store } from './store.mjs';
import { Thread } from './thread.mjs';
import { inside, lookAt, makeDirectory, put, removeDirectory, ROOT } from './world.mjs';

/** The runtime cannot do that. */
export class Unsupported extends Error {}

/** How long a call with limited fuel may take before it is clear that it will not end. */
const FUEL_PATIENCE_MS = 3000;

const DONE = { is: 'done' };
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const base64 = (content) => Buffer.from(content).toString('base64');
const given = (value) => value ?? undefined;

export class Case {
  #begun = new Map();
  /** How many records of the trail were handed out. */
  audited = 0;

  static async begin(world) {
    for (const limit of Object.keys(world.limits ?? {})) {
      if (!(limit in DEFAULTS)) throw new Unsupported(`the limit ${limit}`);
    }
    const directory = await makeDirectory(world.files ?? []);
    return new Case(world, directory);
  }

  constructor(world, directory) {
    this.world = world;
    this.directory = directory;
    this.clock = world.clock === 'real' ? new SystemClock() : new VirtualClock(world['now-ms']);
    this.network = new CaseNetwork(given(world.network));
    this.#open();
    for (const [namespace, entries] of Object.entries(world.storage ?? {})) {
      for (const [key, value] of Object.entries(entries)) this.runtime.store.set(null, Infinity, namespace, key, bytes(value));
    }
  }

  /** What the runtime keeps on the disk outlives it. */
  #open() {
    const { world, directory, clock } = this;
    const file = (path, otherwise) => {
      const target = path ? inside(directory, path) : join(directory, otherwise);
      mkdirSync(dirname(target), { recursive: true });
      return target;
    };
    const audit = { capacity: given(world['audit-capacity']), isLossy: world['audit-lossy'] };
    this.runtime = new Runtime({
      root: join(directory, ROOT),
      clock,
      trail: new Trail(clock, file(world['audit-file'], '.audit'), audit),
      store: new Store(file(world['store-file'], '.store')),
      limits: world.limits,
      contract: given(world.contract),
      policy: given(world.policy),
      network: this.network,
      hostFunctions: world['host-functions'],
    });
  }

  async #close() {
    this.#begun.clear();
    await this.runtime.close();
    this.runtime.trail.close();
    this.runtime.store.close();
  }

  /** Ends everything, and tells what is left. */
  async end() {
    await this.#close();
    removeDirectory(this.directory);
    return { instances: this.runtime.instances.size, processes: Children.running, tasks: Thread.busy };
  }

  /** Answers a stimulus. */
  async perform(stimulus) {
    const handler = HANDLERS[stimulus.do];
    if (!handler) throw new Unsupported(`${stimulus.do}`);
    try {
      return await this.#perform(handler, stimulus);
    } catch (error) {
      return failure(error);
    }
  }

  begin(ticket, stimulus) {
    const begun = this.perform(stimulus);
    // What comes of it is told when it is awaited.
    begun.catch(() => {});
    this.#begun.set(ticket, begun);
  }

  async await(ticket) {
    const begun = this.#begun.get(ticket);
    if (!begun) throw new Error(`nothing was begun as ${ticket}`);
    this.#begun.delete(ticket);
    return begun;
  }

  /**
   * V8 does not meter what a call computes. Where one that may use so much fuel and no more computes on and on, there is
   * nothing to tell of it; and a virtual clock knows no deadline for it.
   */
  async #perform(handler, stimulus) {
    let timer;
    const unmetered = new Promise((_, reject) => {
      const look = () => this.runtime.isOutOfMeter() && reject(new Unsupported('metering of fuel'));
      timer = setInterval(look, FUEL_PATIENCE_MS);
    });
    try {
      return await Promise.race([handler.call(this, stimulus), unmetered]);
    } finally {
      clearInterval(timer);
    }
  }

  async crash() {
    await this.#close();
    this.clock = this.clock.anew();
    this.#open();
  }
}

/** What is answered when a call does not return. */
function failure(error) {
  if (error instanceof Rejected) return { is: 'rejected', code: error.code };
  if (error instanceof Trapped) return { is: 'trapped', kind: error.kind };
  if (error instanceof Failed) {
    const { tag, val } = error;
    return { is: 'failed', case: tag, value: val ?? null };
  }
  if (error instanceof Finding || error instanceof Findings) {
    const errors = (error.found ?? []).map(({ code, key, line, column }) => ({ code, key, line, column }));
    return { is: 'refused', phase: phaseOf(error.code), code: error.code, message: error.message, errors };
  }
  throw error;
}

const caller = (from) => {
  if (!from || from === 'host') return { tag: 'host' };
  const [[tag, val]] = Object.entries(from);
  return { tag, val };
};

const HANDLERS = {
  async load({ directory, env = [], config = {}, 'config-data': data }) {
    const options = { env, config, configData: data ? bytes(data) : undefined };
    return { is: 'loaded', component: await this.runtime.load(inside(this.directory, directory), options) };
  },

  async execute({
    component,
    operation,
    caller: from,
    'request-id': requestId,
    'timeout-ms': timeoutMs,
    'trace-context': trace,
  }) {
    const output = await this.runtime.execute(component, {
      operation: bytes(operation),
      caller: caller(from),
      requestId: given(requestId),
      timeoutMs: given(timeoutMs),
      traceContext: trace ? { traceparent: trace.traceparent, tracestate: given(trace.tracestate) } : undefined,
    });
    return { is: 'returned', output: base64(output) };
  },

  async deliver({ component, sender, payload, 'request-id': requestId }) {
    await this.runtime.deliver(component, { sender, payload: bytes(payload), requestId: given(requestId) });
    return DONE;
  },

  async send({ component, sender, payload, 'within-ms': withinMs }) {
    await this.runtime.send(component, { sender, payload: bytes(payload), withinMs: given(withinMs) });
    return DONE;
  },

  async request({ component, sender, payload, 'timeout-ms': timeoutMs = 0 }) {
    const output = await this.runtime.request(component, { sender, payload: bytes(payload), timeoutMs });
    return { is: 'returned', output: base64(output) };
  },

  async health({ component }) {
    return { is: 'health', ...(await this.runtime.health(component)) };
  },

  async shutdown({ component }) {
    await this.runtime.shutdown(component);
    return DONE;
  },

  async start({ component }) {
    await this.runtime.start(component);
    return DONE;
  },

  async unload({ component }) {
    await this.runtime.unload(component);
    return DONE;
  },

  async begin({ ticket, stimulus }) {
    this.begin(ticket, stimulus);
    return DONE;
  },

  async await({ ticket }) {
    return this.await(ticket);
  },

  async advance({ ms }) {
    if (!this.clock.advance) throw new Error('the clock of the case is real');
    await this.clock.advance(ms);
    return DONE;
  },

  async quiesce() {
    await this.clock.quiesce();
    return DONE;
  },

  async 'replace-file'(file) {
    await put(this.directory, file);
    return DONE;
  },

  async 'look-at'({ path }) {
    return { is: 'file', state: lookAt(this.directory, path) };
  },

  async revoke({ component, class: className, action, pattern }) {
    this.runtime.revoke(component, { class: given(className), action: given(action), pattern: given(pattern) });
    return DONE;
  },

  async 'fill-store'({ full }) {
    this.runtime.store.isFull = full;
    return DONE;
  },

  async crash() {
    await this.crash();
    return DONE;
  },

  async audit() {
    const lines = this.runtime.trail.lines();
    const since = lines.slice(this.audited);
    this.audited = lines.length;
    return { is: 'audit', lines: since };
  },

  async 'verify-audit'({ tamper }) {
    return { is: 'verified', fault: this.runtime.trail.verify(given(tamper)) };
  },

  async inspect() {
    await this.clock.quiesce();
    return { is: 'inspection', ...this.runtime.inspection() };
  },

  async logs() {
    return { is: 'logs', records: this.runtime.drainLogs() };
  },

  async events() {
    return { is: 'events', events: this.runtime.drainEvents() };
  },
};

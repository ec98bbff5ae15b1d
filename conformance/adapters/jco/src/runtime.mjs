// A runtime: the components that are loaded, and what they share.

import { statSync } from 'node:fs';

import { Children } from './children.mjs';
import { Rejected } from './errors.mjs';
import { Host } from './host.mjs';
import { DEFAULTS } from './limits.mjs';
import { load } from './loader.mjs';
import { Offer } from './offer.mjs';
import { Policy, texts } from './policy.mjs';
import { Post } from './post.mjs';
import { Requests } from './requests.mjs';
import { Topics } from './topics.mjs';

export class Runtime {
  components = new Map();
  instances = new Set();
  topics = new Topics();
  #actors = new Map();
  #events = [];
  #logs = [];
  #calls = 0;
  #numbers = 0;

  /** `root` is what components see as `/`. Clock, trail and store may outlive the runtime. */
  constructor({ root, clock, trail, store, limits = {}, contract, policy, network, hostFunctions = {} }) {
    Object.assign(this, { root, clock, trail, store, network, hostFunctions });
    this.limits = { ...DEFAULTS, ...limits };
    this.offer = Offer.of(contract);
    this.policy = policy === undefined ? null : new Policy(policy);
    this.requests = new Requests(this.limits['open-requests']);
    this.post = new Post(this);
    this.host = new Host(this);
  }

  tell(event, fields) {
    this.#events.push({ 'time-ms': this.clock.now(), event, ...fields });
  }

  log(record) {
    this.#logs.push(record);
  }

  drainEvents() {
    return this.#events.splice(0);
  }

  drainLogs() {
    return this.#logs.splice(0);
  }

  /** Leaves a record of something that happens whether or not it can be recorded. */
  note(event) {
    try {
      this.trail.record(event);
    } catch (error) {
      process.stderr.write(`${event.event} of ${event.component} could not be recorded: ${error.message}\n`);
    }
  }

  nextCall() {
    return `call-${++this.#calls}`;
  }

  /** Whether that is a file which the runtime itself keeps. */
  isOwn(stat) {
    if (!stat) return false;
    return [...this.trail.paths, this.store.path].some((path) => {
      const own = statSync(path, { bigint: true, throwIfNoEntry: false });
      return own?.ino === stat.ino && own.dev === stat.dev;
    });
  }

  /** Loads the component of a directory, and gives its name. */
  async load(directory, options) {
    const actor = await load(this, directory, options);
    this.#actors.set(actor.component, actor);
    return actor.component.id;
  }

  /** A number that no other component of the runtime ever has. */
  nextComponent() {
    return ++this.#numbers;
  }

  remove(component) {
    this.#actors.delete(component);
    this.components.delete(component.id);
  }

  find(id) {
    const component = this.components.get(id);
    if (!component) throw new Rejected('not-found');
    return component;
  }

  /** The component of that name, if it would take such a payload. Whether it runs comes first. */
  #addressee(id, payload, isMessage) {
    const component = this.find(id);
    if (!component.accepts) throw component.gone();
    if (isMessage && payload.length > component.maxMessageBytes) throw new Rejected('message-too-large');
    component.checkCodec(payload);
    return component;
  }

  #put(component, lane, thing) {
    return new Promise((resolve, reject) => component.mailbox.put(lane, { ...thing, resolve, reject }));
  }

  execute(id, call) {
    const component = this.#addressee(id, call.operation, false);
    if (!component.isInstalled) throw component.gone();
    return this.#put(component, 'call', { kind: 'execute', ...call });
  }

  /** Hands a component a message and waits until it was handled. */
  async deliver(id, { sender, payload, requestId }) {
    const component = this.#addressee(id, payload, true);
    let letter;
    const handled = new Promise((resolve, reject) => (letter = { kind: 'message', sender, payload, requestId, resolve, reject }));
    handled.catch(() => {});
    await this.post.putWhenRoom(component, letter, Infinity);
    return handled;
  }

  /** Puts a message into a mailbox, and waits for room so long. */
  send(id, { sender, payload, withinMs }) {
    const component = this.#addressee(id, payload, true);
    const letter = { kind: 'message', sender, payload };
    if (withinMs === undefined) return this.post.put(component, letter);
    return this.post.putWhenRoom(component, letter, this.clock.now() + withinMs);
  }

  /** Asks a component and waits for the response. */
  async request(id, { sender, payload, timeoutMs }) {
    const component = this.#addressee(id, payload, true);
    const outcome = await new Promise((settle) =>
      this.post.ask(component, { sender, payload }, { requester: null, settle, timeoutMs }),
    );
    if (outcome.tag === 'ok') return outcome.val;
    throw new Rejected(outcome.val.tag);
  }

  health(id) {
    return this.#running(id, 'control', { kind: 'health' });
  }

  #running(id, lane, thing) {
    const component = this.find(id);
    if (!component.isInstalled || !component.accepts) throw component.gone();
    const answer = this.#put(component, lane, thing);
    if (lane === 'last') this.#drain(component);
    return answer;
  }

  shutdown(id) {
    return this.#running(id, 'last', { kind: 'shutdown' });
  }

  start(id) {
    const component = this.find(id);
    if (!component.isInstalled) throw component.gone();
    if (component.accepts) throw new Rejected('not-startable');
    return this.#put(component, 'last', { kind: 'start' });
  }

  unload(id) {
    const component = this.find(id);
    if (!component.isInstalled) throw component.gone();
    const answer = this.#put(component, 'last', { kind: 'unload' });
    if (component.accepts) this.#drain(component);
    return answer;
  }

  /** From now on nothing new is accepted, and what was is handled for so long. */
  #drain(component) {
    component.drainedBy = this.clock.now() + this.limits['drain-ms'];
    for (const wake of component.stopWaiters.splice(0)) wake();
    if (component.state === 'running') component.pass('stopping');
    else for (const wake of component.waiters.splice(0)) wake();
  }

  revoke(id, which) {
    const component = this.find(id);
    const gone = component.grants.revoke(which);
    const { topics } = this;
    for (const topic of topics.of(component)) {
      if (!component.grants.decide('topics', 'subscribe', topic).granted) topics.unsubscribe(component, topic);
    }
    const isDenied = (command) => !component.grants.decide('process', 'spawn', command).granted;
    this.#actors.get(component)?.instance?.children.killIf(isDenied);
    const rules = texts(gone);
    this.note({ event: 'revoked', component: id, rules });
    this.tell('revoked', { component: id, rules: gone.map((rule) => rule.text) });
  }

  inspection() {
    const of = (component) => ({
      state: component.state,
      version: component.manifest.component.version,
      restarts: component.restarts,
      'wasm-sha256': component.compiled?.sha256 ?? '',
      waiting: component.mailbox.waiting,
      'waiting-bytes': component.mailbox.bytes + component.mailbox.callbackBytes,
      'dead-letters': component.deadLetters,
    });
    return {
      components: Object.fromEntries([...this.components].map(([id, component]) => [id, of(component)])),
      instances: this.instances.size,
      'memory-bytes': [...this.instances].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      overlays: this.components.size,
      processes: Children.running,
      requests: this.requests.size,
    };
  }

  /** Whether a call computes that may use so much fuel and no more, which nobody counts here. */
  isOutOfMeter() {
    return [...this.instances].some(({ isComputing, hasFuel }) => isComputing && hasFuel);
  }

  /** Ends everything where it stands: nobody is told anything more. */
  async close() {
    this.clock.stop();
    const end = async (instance) => {
      await instance.kill();
      this.instances.delete(instance);
    };
    await Promise.all([...this.instances].map(end));
    this.components.clear();
  }
}

// The loop that owns a component's instance: it serves the mailbox, one thing at a time, and applies the restart rule.

import { grantedCapabilities } from './capabilities.mjs';
import { Children } from './children.mjs';
import { Failed, Rejected, Trapped } from './errors.mjs';
import { Instance } from './instance.mjs';
import { backOff } from './limits.mjs';
import { Finding } from './findings.mjs';

const big = (number) => BigInt(number);

export class Actor {
  #restarts = [];
  #isUsed = false;
  instance = null;

  constructor(component) {
    this.component = component;
    this.runtime = component.runtime;
  }

  /** Instantiates, asks for the metadata, initialises: the phases of a load from there on. */
  async load() {
    const { component, runtime } = this;
    const instance = await this.#instantiate();
    try {
      const millis = runtime.limits['metadata-ms'];
      const { value, ended } = await instance.call('metadata', [], millis);
      if (ended) throw phaseError(ended, 'metadata', millis);
      checkMetadata(component.manifest, value);
      component.metadata = value;
      await this.#initialise(instance);
    } catch (error) {
      await this.#drop(instance);
      throw error;
    }
    this.instance = instance;
  }

  async #instantiate() {
    const { component, runtime } = this;
    const { limits, clock } = runtime;
    if (runtime.instances.size >= limits.instances) {
      throw new Finding('resource-exhausted', '', `the runtime holds ${limits.instances} instances already`);
    }
    const ordinal = ++component.instances;
    const children = new Children();
    const host = (interface_, name, args, call) =>
      runtime.host.answer({ component, ordinal, children, call }, interface_, name, args);
    const instance = new Instance(clock, host, component.names, {
      ordinal,
      children,
      hasFuel: component.manifest.resources.fuel !== undefined || limits.fuel < Infinity,
      mostBytes: limits['hostcall-bytes'],
    });
    runtime.instances.add(instance);
    const millis = limits['instantiate-ms'];
    const { ended } = await instance.instantiate(component.compiled, runtime.host.interfaces, millis);
    if (!ended) return instance;
    await this.#drop(instance);
    throw phaseError(ended, 'instantiation', millis);
  }

  async #initialise(instance) {
    const { component, runtime } = this;
    const { resources } = component.manifest;
    const config = {
      env: component.env,
      configData: component.configData,
      resourceLimits: {
        maxMemoryBytes: big(resources.memory.max),
        maxFuel: resources.fuel === undefined ? undefined : big(resources.fuel),
        maxExecutionMs: big(resources.timeoutMs),
        maxMessageBytes: big(resources.maxMessageBytes),
      },
      grantedCapabilities: grantedCapabilities(component.grants),
    };
    const millis = runtime.limits['init-ms'];
    const { error, ended } = await instance.call('init', [config], millis);
    if (ended) throw phaseError(ended, 'init', millis);
    if (error) throw new Finding('init-failed', '', new Failed(error).message);
  }

  async #drop(instance) {
    await instance.discard();
    this.runtime.instances.delete(instance);
  }

  /** Ends what there is of it, without ceremony. */
  async end() {
    const { instance } = this;
    this.instance = null;
    if (instance) await this.#drop(instance);
  }

  /** Serves the mailbox until the component is unloaded. A fault of this runtime fails the component, and no other. */
  async run() {
    const { component, runtime } = this;
    try {
      await this.#serve();
    } catch (error) {
      process.stderr.write(`${component.id} cannot be served: ${error.stack}\n`);
      await this.end();
      component.isRecovering = false;
      component.pass('failed');
      runtime.post.giveUp(component, 'it cannot be served');
    }
  }

  async #serve() {
    const { component } = this;
    for (;;) {
      this.#buryOverdue();
      const next = await component.mailbox.next();
      switch (next.kind) {
        case 'settle': {
          const made = this.runtime.requests.closeAll(({ requester }) => requester === component);
          this.runtime.post.fail(made, `${component.id} is being stopped`);
          break;
        }
        case 'callback':
          await this.#callback(next);
          break;
        case 'message':
        case 'request':
        case 'publication':
          await this.#letter(next);
          break;
        case 'unload':
          return this.#unload(next);
        default:
          await this[next.kind](next).then(next.resolve, next.reject);
      }
    }
  }

  /** What a component that is being stopped did not get done in time is buried. */
  #buryOverdue() {
    const { component, runtime } = this;
    if (component.drainedBy === null || component.drainedBy > runtime.clock.now()) return;
    runtime.post.bury(component, component.mailbox.takeMail(), 'it was stopped');
    component.madeRoom();
  }

  async #unload({ resolve, reject }) {
    const { component, runtime } = this;
    let failure = null;
    if (this.instance) await this.shutdown().catch((error) => (failure = error));
    component.pass('uninstalled');
    runtime.remove(component);
    runtime.tell('unloaded', { component: component.id });
    if (failure) reject(failure);
    else resolve();
  }

  async execute({ operation, caller, requestId, timeoutMs, traceContext }) {
    await this.#makeReady();
    const { component } = this;
    const { resources } = component.manifest;
    const millis = this.#timeout(timeoutMs);
    const id = requestId ?? this.runtime.nextCall();
    const context = {
      requestId: id,
      caller,
      timeoutMs: big(millis),
      availableResources: {
        memoryBytes: big(resources.memory.max),
        fuel: resources.fuel === undefined ? undefined : big(resources.fuel),
      },
      traceContext,
    };
    return this.#call('execute', [operation, context], millis, id);
  }

  #timeout(asked) {
    const limit = Math.min(this.component.manifest.resources.timeoutMs, this.runtime.limits['timeout-ms']);
    return asked > 0 ? Math.min(asked, limit) : limit;
  }

  /** Calls the instance; if that ends it, the restart rule applies before the caller hears of it. */
  async #call(name, args, millis, requestId) {
    this.#isUsed = true;
    const { value, error, ended } = await this.instance.call(name, args, millis, requestId);
    if (ended) throw await this.#discard(ended, name);
    if (error) throw new Failed(error);
    return value;
  }

  async #letter(letter) {
    const { component, runtime } = this;
    component.madeRoom();
    try {
      await this.#makeReady();
    } catch {
      runtime.post.bury(component, [letter], 'no instance could be started');
      return;
    }
    try {
      const { sender, payload, requestId, topic } = letter;
      if (letter.kind === 'publication') {
        await this.#call('handlePublication', [{ publisher: sender, topic, payload }], this.#timeout());
      } else {
        if (letter.kind === 'request') runtime.requests.find(requestId, (open) => (open.isHeld = true));
        await this.#call('handleMessage', [{ sender, payload, requestId }], this.#timeout(), requestId);
      }
      letter.resolve?.();
    } catch (error) {
      const closed = error instanceof Failed && letter.kind === 'request' && runtime.requests.close(letter.requestId);
      if (closed) runtime.post.fail([closed], `${component.id} rejected it: ${error.message}`);
      letter.reject?.(error);
    }
    runtime.post.release(letter.payload.length);
  }

  async #callback(callback) {
    const { component, runtime } = this;
    try {
      await this.#makeReady();
    } catch {
      runtime.post.bury(component, [callback], 'no instance could be started');
      return;
    }
    const { requestId, outcome, bytes } = callback;
    // What it answers concerns nobody.
    await this.#call('handleCallback', [requestId, outcome], this.#timeout(), requestId).catch(() => {});
    runtime.post.release(bytes);
  }

  async health() {
    if (!this.instance) throw this.component.gone();
    const millis = this.runtime.limits['health-ms'];
    const { value, ended } = await this.instance.call('health', [], millis);
    if (!ended) return { healthy: value.healthy, reason: value.reason };
    await this.#discard(ended, 'health');
    const reason = ended.kind === 'deadline' ? `health took longer than ${millis} ms` : `health trapped: ${ended.kind}`;
    return { healthy: false, reason };
  }

  /** Calls `shutdown` and discards the instance, whatever came of it. */
  async shutdown() {
    const { component, runtime, instance } = this;
    if (!instance) throw component.gone();
    this.instance = null;
    if (component.state === 'running') component.pass('stopping');
    const { error, ended } = await instance.call('shutdown', [], runtime.limits['shutdown-ms']);
    await this.#drop(instance);
    runtime.topics.end(component);
    const failure = ended ? this.#tellTrap(ended, 'shutdown', instance.ordinal) : error ? new Failed(error) : null;
    runtime.post.fail(
      runtime.requests.closeAll(({ target }) => target === component),
      `${component.id} was stopped`,
    );
    if (failure) runtime.tell('shutdown-failed', { component: component.id, message: failure.message });
    component.pass('stopped');
    if (failure) throw failure;
  }

  async start() {
    const { component, runtime } = this;
    if (component.state !== 'stopped' && component.state !== 'failed') throw new Rejected('not-startable');
    component.drainedBy = null;
    component.pass('starting');
    this.#restarts = [];
    try {
      await this.#freshInstance();
      component.pass('running');
    } catch (error) {
      component.pass('failed');
      // Its `init` may have asked somebody.
      runtime.post.giveUp(component, 'it could not be started');
      throw error;
    }
  }

  /** Makes sure that there is an instance which may serve the next call: a stateless one serves a single call. */
  async #makeReady() {
    if (this.instance && this.#isUsed && !this.component.manifest.runtime.stateful) {
      await this.end();
      await this.#freshInstance().catch(() => this.#recover());
    }
    if (!this.instance) throw this.component.gone();
  }

  async #freshInstance() {
    this.#isUsed = false;
    try {
      const instance = await this.#instantiate();
      try {
        await this.#initialise(instance);
      } catch (error) {
        await this.#drop(instance);
        throw error;
      }
      this.instance = instance;
    } catch (error) {
      this.runtime.tell('start-failed', { component: this.component.id, code: error.code, message: error.message });
      throw error;
    }
  }

  #tellTrap({ kind }, during, instance) {
    this.runtime.tell('trapped', { component: this.component.id, kind, during: kebab(during), instance });
    return kind === 'deadline' ? new Rejected('timeout-exceeded') : new Trapped(kind);
  }

  /** Drops an instance that ended in a call, applies the restart rule, and gives what the caller is to hear. */
  async #discard(ended, during) {
    const { component, runtime, instance } = this;
    await this.end();
    const error = this.#tellTrap(ended, during, instance.ordinal);
    // What the instance had begun, nobody will finish; what waits is its successor's.
    const held = runtime.requests.closeAll(({ target, isHeld }) => target === component && isHeld);
    runtime.post.fail(held, `${component.id} ended: ${error.message}`);
    await this.#recover();
    return error;
  }

  /** Restarts until an instance runs or the rule is exhausted. While it is being stopped that does not show. */
  async #recover() {
    const { component, runtime } = this;
    while (this.#mayRestart()) {
      const isStopping = component.state === 'stopping';
      if (!isStopping) {
        component.isRecovering = true;
        if (component.state !== 'failed') component.pass('failed');
        component.pass('starting');
      }
      await this.#backOff();
      try {
        await this.#freshInstance();
      } catch {
        continue;
      }
      component.isRecovering = false;
      component.restarts++;
      if (!isStopping) component.pass('running');
      if (!isStopping && component.drainedBy !== null) component.pass('stopping');
      runtime.tell('restarted', { component: component.id, instance: component.instances, restarts: component.restarts });
      return;
    }
    component.isRecovering = false;
    if (component.state !== 'failed') component.pass('failed');
    runtime.post.giveUp(component, 'it failed');
  }

  #mayRestart() {
    const { restart, maxRestarts, windowMs } = this.component.manifest.runtime;
    if (restart === 'never') return false;
    const now = this.runtime.clock.now();
    this.#restarts = this.#restarts.filter((at) => at + windowMs > now);
    if (this.#restarts.length >= maxRestarts) return false;
    this.#restarts.push(now);
    return true;
  }

  /** Waits before a restart that is not the first of its window. A stop ends the wait. */
  async #backOff() {
    const { component, runtime } = this;
    const millis = backOff(runtime.limits, this.#restarts.length);
    if (millis === 0 || component.drainedBy !== null) return;
    await new Promise((resolve) => {
      const callOff = runtime.clock.at(runtime.clock.now() + millis, resolve);
      component.stopWaiters.push(() => {
        callOff();
        resolve();
      });
    });
  }
}

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function phaseError({ kind, message }, phase, millis) {
  if (kind === 'deadline') return new Finding(`${phase}-timeout`, '', `${phase} took longer than ${millis} ms`);
  return new Finding(`${phase}-trapped`, '', `${phase} trapped: ${kind}: ${message}`);
}

function checkMetadata({ component, resources }, said) {
  const pairs = [
    ['name', said.name, component.name],
    ['version', said.version, component.version],
    ['api-version', said.apiVersion, component['api-version']],
    ['max-memory-bytes', said.memoryRequirements.maxMemoryBytes, big(resources.memory.max)],
  ];
  const wrong = pairs.filter(([, has, wanted]) => has !== wanted);
  if (wrong.length === 0) return;
  throw new Finding(
    'metadata-mismatch',
    '',
    wrong.map(([field, has, wanted]) => `${field} is ${has}, the manifest has ${wanted}`).join('; '),
  );
}

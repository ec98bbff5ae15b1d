// A component that is loaded or being loaded: what is fixed at its load, and where it is in its life.

import { CODECS, nameOf, split } from './codec.mjs';
import { Config } from './config.mjs';
import { Rejected } from './errors.mjs';
import { storageQuota } from './limits.mjs';
import { Mailbox } from './mailbox.mjs';

export class Component {
  state = 'uninstalled';
  /** An instance failed and its successor is on the way: what comes meanwhile is accepted and waits. */
  isRecovering = false;
  /** A loop serves its mailbox. */
  isInstalled = false;
  /** Until when what was accepted is handled, once it was told to stop. */
  drainedBy = null;
  instances = 0;
  restarts = 0;
  deadLetters = 0;
  metadata = null;
  grants = null;
  compiled = null;
  names = null;
  /** The lines of WASI's output streams that are not ended yet, by level. */
  unfinished = new Map();
  #isToldFull = false;
  /** Who waits for room in the mailbox, in the order in which they came. */
  waiters = [];
  /** Who must not wait any longer once it is told to stop. */
  stopWaiters = [];

  constructor(runtime, number, manifest, { env, config, configData }) {
    this.runtime = runtime;
    this.number = number;
    this.manifest = manifest;
    this.id = manifest.component.name;
    const merged = new Map(manifest.env);
    for (const [name, value] of env) merged.set(name, value);
    this.env = [...merged];
    this.config = new Config(manifest.config, config);
    this.configData = configData;
    const { limits } = runtime;
    this.quota = storageQuota(limits, manifest);
    this.mailbox = new Mailbox({
      messages: manifest.resources.mailboxCapacity,
      bytes: limits['mailbox-bytes'],
      callbacks: limits['outstanding-requests'],
      callbackBytes: limits['mailbox-bytes'],
    });
    this.codecs = new Set(manifest.formats.supported.map((name) => CODECS.get(name)));
  }

  /** Whether new calls and messages are accepted. */
  get accepts() {
    return this.drainedBy === null && (this.state === 'running' || this.isRecovering);
  }

  /** Publications are accepted while it starts already, since it may have subscribed in its `init`. */
  get acceptsPublications() {
    return this.accepts || (this.drainedBy === null && this.state === 'starting');
  }

  get takesCallbacks() {
    return ['starting', 'running', 'stopping'].includes(this.state) || this.isRecovering;
  }

  get maxMessageBytes() {
    return this.manifest.resources.maxMessageBytes;
  }

  pass(next) {
    const from = this.state;
    this.state = next;
    this.runtime.tell('state-changed', { component: this.id, from, to: next });
    if (!this.accepts) for (const waiter of this.waiters.splice(0)) waiter();
  }

  /** Why nobody is there to answer. */
  gone() {
    return new Rejected(this.state === 'uninstalled' ? 'not-found' : 'not-running');
  }

  /** Checks that a payload starts with the code of a format that the manifest declares. */
  checkCodec(payload) {
    const found = split(payload);
    if (!found) throw new Rejected('malformed-multicodec');
    if (!nameOf(found.code) || !this.codecs.has(found.code)) throw new Rejected('unsupported-codec');
  }

  tellFull() {
    if (!this.#isToldFull) this.runtime.tell('mailbox-full', { component: this.id });
    this.#isToldFull = true;
  }

  /** Something was taken out of the mailbox. */
  madeRoom() {
    this.#isToldFull = false;
    this.waiters.shift()?.();
  }
}

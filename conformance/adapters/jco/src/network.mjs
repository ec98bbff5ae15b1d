// The network of components: what is behind the gate of `airssys:ext-network`.

import { connect, isIPv6, SocketAddress } from 'node:net';

import { context, err, ok } from './answers.mjs';
import { Denied, Gate } from './gate.mjs';
import { exchange, HttpFailure, prepare } from './http.mjs';
import { canonical } from './hosts.mjs';
import { Target, UrlError } from './target.mjs';

const MAX_REDIRECTS = 10;
const MAX_DIALS = 16;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CREDENTIALS = ['auth', 'cookie', 'credential', 'key', 'passw', 'secret', 'session', 'signature', 'token'];

/** An address and a port, in one form. */
const endpoint = (address, port) =>
  `${isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address} ${port}`;

/** Names and addresses of a case, instead of the network's. Every address that it does not have refuses connections. */
export class CaseNetwork {
  #answers;
  #endpoints;

  constructor({ names = {}, endpoints = {}, 'allow-private': allowPrivate = false } = {}) {
    this.#answers = new Map(Object.entries(names).map(([name, answers]) => [name, [...answers]]));
    const split = (at) => [at.slice(0, at.lastIndexOf(':')).replace(/[[\]]/g, ''), at.slice(at.lastIndexOf(':') + 1)];
    this.#endpoints = new Map(Object.entries(endpoints).map(([at, port]) => [endpoint(...split(at)), port]));
    this.allowPrivate = allowPrivate;
  }

  /** The addresses of a name; undefined if it has none. The last answer stands for all that follow. */
  resolve(name) {
    const answers = this.#answers.get(name.replace(/\.$/, ''));
    return answers?.length > 1 ? answers.shift() : answers?.[0];
  }

  dial(address, port) {
    const at = this.#endpoints.get(endpoint(address, port));
    return at === undefined ? null : connect(at, '127.0.0.1');
  }
}

export function network(runtime) {
  const { clock, limits } = runtime;

  return {
    /** The guest waits until there is an answer, or its time is over. */
    httpRequest(who, request) {
      const millis = Math.min(Number(request.timeoutMs ?? BigInt(limits['http-ms'])), limits['http-max-ms']);
      const abort = new AbortController();
      const { waits } = who.call;
      return new Promise((resolve) => {
        const callOff = clock.at(clock.now() + millis, () => finish(err('timeout-exceeded')));
        const stop = () => finish({});
        const finish = (answer) => {
          waits.delete(stop);
          callOff();
          abort.abort();
          resolve(answer);
        };
        waits.add(stop);
        new Hops(runtime, who, request, abort.signal).follow().then(finish, (error) => finish(inWords(error)));
      });
    },
  };
}

function inWords(error) {
  if (error instanceof Denied) return err('permission-denied', error.message);
  if (error instanceof UrlError) return err('invalid-url', error.message);
  if (error instanceof HttpFailure) return err(error.tag, error.val);
  return err('protocol-error', error.message);
}

/** One request, from hop to hop. Each is decided and recorded before anything is connected to. */
class Hops {
  #gate;
  /** The URL in the guest's own words, until the first hop was decided. */
  #asked;

  constructor(runtime, who, request, signal) {
    Object.assign(this, { runtime, who, request, signal });
    this.#gate = new Gate(runtime.trail, who.component);
    this.#asked = request.url;
  }

  async follow() {
    try {
      return ok(await this.#follow());
    } catch (error) {
      // What came to no decision is no matter of permission; that it was asked for is recorded all the same.
      if (this.#asked !== null) this.#pass({ malformed: error.message });
      throw error;
    }
  }

  async #follow() {
    let target = Target.parse(this.request.url);
    let request = prepare(this.request);
    for (let redirects = 0; ; redirects++) {
      const addresses = this.#authorise(target);
      const socket = await this.#dial(addresses, target.port);
      const response = await exchange(target, socket, request, this.signal);
      const location = locationOf(response);
      if (location === null) return response.read(this.runtime.limits['http-body-bytes']);
      socket.destroy();
      if (redirects === MAX_REDIRECTS) throw new HttpFailure('protocol-error', `there are more than ${MAX_REDIRECTS} redirects`);
      [request, target] = redirected(request, target, response.status, location);
    }
  }

  #pass(asked) {
    const resource = this.#asked ?? asked.url;
    this.#asked = null;
    try {
      this.#gate.pass({ class: 'network', action: 'outbound', resource, ...asked }, context(this.who));
    } catch (error) {
      if (asked.malformed === undefined) throw error;
    }
  }

  /** The name is decided before it is looked up; then every address is, and those that passed are given. */
  #authorise(target) {
    const { grants } = this.who.component;
    const subject = { host: target.host, port: target.port, url: target.url };
    if (!grants.decideHost('outbound', target.host, target.port).granted) this.#pass({ ...subject, addresses: [] });
    const found = target.address ? [target.address] : this.runtime.network.resolve(target.host);
    if (!found) {
      this.#pass({ ...subject, addresses: [] });
      throw new HttpFailure('connection-failed', 'the name did not resolve');
    }
    this.#pass({ ...subject, addresses: found, resolved: found.length > 0 ? found.join(', ') : undefined });
    return found.filter((address) => grants.decideAddress('outbound', target.host, target.port, canonical(address)).granted);
  }

  async #dial(addresses, port) {
    for (const address of addresses.slice(0, MAX_DIALS)) {
      const socket = this.runtime.network.dial(address, port);
      if (!socket) continue;
      try {
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        socket.setNoDelay(true);
        return socket;
      } catch {
        // The next may answer.
      }
    }
    throw new HttpFailure('connection-failed', 'no address accepts a connection');
  }
}

function locationOf({ status, headers }) {
  if (!REDIRECTS.has(status)) return null;
  const locations = new Set(headers.filter(([name]) => name === 'location').map(([, value]) => value));
  if (locations.size > 1) throw new HttpFailure('protocol-error', 'the redirect has several locations');
  return locations.size === 0 ? null : [...locations][0];
}

/** What is asked of the next hop. Of another origin nothing is told that speaks of credentials. */
function redirected(request, from, status, location) {
  let target;
  try {
    target = from.join(location);
  } catch (error) {
    throw new HttpFailure('protocol-error', `the location of the redirect is no URL to follow: ${error.message}`);
  }
  let { method, headers, body } = request;
  if (status === 303 || ((status === 301 || status === 302) && method === 'POST')) {
    if (method !== 'HEAD') method = 'GET';
    body = new Uint8Array();
    headers = headers.filter(([name]) => !name.startsWith('content-') && name !== 'digest' && name !== 'repr-digest');
  }
  if (!from.isSameOrigin(target)) headers = headers.filter(([name]) => !CREDENTIALS.some((part) => name.includes(part)));
  return [{ ...request, method, headers, body }, target];
}

// What a component may do: the rules of its manifest that are in force, and the one function that decides by them.

import { HostPattern, isLoopback, isPublic, parseHost } from './hosts.mjs';
import { isComponent, isFunction, isNamespace, isTopic, nameMatches, narrowness, topicMatches } from './names.mjs';
import { isKernels, literally, PathPattern } from './paths.mjs';

/** Writes a text into a TOML string, with nothing in it that changes a terminal or the direction of writing. */
export const escape = (text) =>
  text.replace(/["\\]|[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (found) =>
    found === '"' || found === '\\' ? `\\${found}` : `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

const FOUR = ['read', 'write', 'delete', 'list'];

function ruleOf(className, action, pattern, key, port) {
  const text = `${key} = "${escape(pattern)}"${port === undefined ? '' : `, port ${port}`}`;
  const path = className === 'filesystem' || className === 'process' ? new PathPattern(pattern) : null;
  const host = className === 'network' ? HostPattern.parse(pattern) : null;
  return { class: className, action, pattern, port, key, text, path, host };
}

/** The rules of a table of capabilities, in a fixed order. `table` is its key. */
export function rulesOf(capabilities, table) {
  const rules = [];
  const add = (className, action, patterns, key) =>
    patterns.forEach((pattern, index) => rules.push(ruleOf(className, action, pattern, `${table}.${key}[${index}]`)));
  for (const action of FOUR) add('filesystem', action, capabilities.filesystem[action], `filesystem.${action}`);
  capabilities.network.forEach(({ action, host, port }, index) =>
    rules.push(ruleOf('network', action, host, `${table}.network[${index}]`, port)),
  );
  const { namespaces } = capabilities.storage;
  for (const action of FOUR) {
    add('storage', action, namespaces, 'storage.namespaces');
    capabilities.storage[action].forEach((pattern, index) => {
      if (!namespaces.includes(pattern)) rules.push(ruleOf('storage', action, pattern, `${table}.storage.${action}[${index}]`));
    });
  }
  add('process', 'spawn', capabilities.process.spawn, 'process.spawn');
  for (const action of ['send', 'request']) add('messaging', action, capabilities.messaging[action], `messaging.${action}`);
  for (const action of ['publish', 'subscribe']) add('topics', action, capabilities.topics[action], `topics.${action}`);
  add('host-functions', 'call', capabilities['host-functions'].call, 'host-functions.call');
  return rules;
}

// By class: which resources can be asked for at all, and what is said of others.
const FORMS = {
  storage: [isNamespace, 'the namespace is not of the form category:subcategory'],
  messaging: [isComponent, 'the target is no identifier of a component'],
  topics: [isTopic, 'the topic is none'],
  'host-functions': [isFunction, 'the name is none of a host function'],
};

const NONE = 'no rule permits it';
const NOT_PUBLIC = 'the address is not public, and no rule names it';
const KERNELS = 'only a rule without wildcards permits it';

export class Grants {
  #rules;

  /** `allowPrivate`: wildcards and names reach addresses that are not public. */
  constructor(rules, allowPrivate = false) {
    this.#rules = rules;
    this.allowPrivate = allowPrivate;
  }

  get rules() {
    return this.#rules;
  }

  /** Takes away the rules that are named; what is not given stands for all. Gives those that went. */
  revoke({ class: className, action, pattern }) {
    const named = (rule) =>
      (className === undefined || rule.class === className) &&
      (action === undefined || rule.action === action) &&
      (pattern === undefined || rule.pattern === pattern);
    const gone = this.#rules.filter(named);
    this.#rules = this.#rules.filter((rule) => !named(rule));
    return gone;
  }

  /**
   * Decides an access, without a trace. `literally` says that only a rule without wildcards will do. Gives the rule that
   * permits it, or the reason against it and the line of the manifest that would permit it.
   */
  decide(className, action, resource, isLiteral = false) {
    const [isOfForm, malformed] = FORMS[className] ?? [];
    if (isOfForm && !isOfForm(resource)) return { granted: false, reason: malformed, malformed: true };
    const candidates = this.#rules.filter((rule) => rule.class === className && rule.action === action);
    const isPath = className === 'filesystem' || className === 'process';
    const found = isPath ? this.#findPath(candidates, resource, isLiteral) : findName(candidates, className, resource);
    if (found) return { granted: true, rule: found };
    const special = isPath && (isLiteral || isKernels(resource));
    return { granted: false, reason: special ? KERNELS : NONE, mend: mend(className, action, resource) };
  }

  #hostRules(action, host, port) {
    const matches = (rule) => (rule.host.kind === 'any' && this.allowPrivate) || rule.host.matches(host);
    const found = this.#rules.filter(
      (rule) => rule.class === 'network' && rule.action === action && (rule.port ?? port) === port && matches(rule),
    );
    return found.sort((a, b) => b.host.narrowness - a.host.narrowness || (b.port ?? 0) - (a.port ?? 0));
  }

  /** Decides a connection, as far as the host's name tells; the addresses that it has are another matter. */
  decideHost(action, text, port) {
    const host = parseHost(text);
    if (!host || port === 0) return { granted: false, reason: 'it is no host, or no port', malformed: true };
    const [rule] = this.#hostRules(action, host, port);
    if (rule) return { granted: true, rule };
    const reason = host.address && !isPublic(host.address) ? NOT_PUBLIC : NONE;
    return { granted: false, reason, mend: mendHost(action, host, port) };
  }

  /** Decides about an address of a host. One that is not public needs a rule that names it or its range, or the name
   * `localhost` if it is a loopback address. */
  decideAddress(action, text, port, address) {
    const byName = this.decideHost(action, text, port);
    if (!byName.granted || isPublic(address) || this.allowPrivate) return byName;
    const isLocal = byName.rule.host.kind === 'name' && byName.rule.host.text === 'localhost' && isLoopback(address);
    if (isLocal) return byName;
    const literal = this.#hostRules(action, { address }, port).find(({ host }) => host.kind !== 'any');
    if (literal) return { granted: true, rule: literal };
    return { granted: false, reason: NOT_PUBLIC, mend: mendHost(action, { address }, port) };
  }

  /** Of several rules that match, the one with the fewest literal segments. */
  #findPath(candidates, path, isLiteral) {
    const only = isLiteral || isKernels(path);
    let found = null;
    for (const rule of candidates) {
      if (only && !rule.path.isLiteral) continue;
      if ((!found || rule.path.literals < found.path.literals) && rule.path.matches(path)) found = rule;
    }
    return found;
  }
}

function findName(candidates, className, name) {
  const matches = className === 'topics' ? topicMatches : nameMatches;
  let found = null;
  for (const rule of candidates) {
    if (!matches(rule.pattern, name)) continue;
    if (!found || narrowness(rule.pattern) > narrowness(found.pattern)) found = rule;
  }
  return found;
}

/** The line to add, made of what was asked for and never of what that led to. */
export function mend(className, action, resource) {
  const pattern = className === 'filesystem' || className === 'process' ? literally(resource) : resource;
  return `add "${escape(pattern)}" to capabilities.${className}.${action} in component.toml`;
}

function mendHost(action, { name, address }, port) {
  const shown = name ?? (address.includes(':') ? `[${address}]` : address);
  return `add { action = "${action}", host = "${escape(shown)}", port = ${port} } to capabilities.network in component.toml`;
}

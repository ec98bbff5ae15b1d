// What this runtime offers: the packages of the contract, read from its own WIT, and WASI by name.

import { fileURLToPath } from 'node:url';

import { newerThan, parseVersion, show } from './version.mjs';
import { readPackages } from './wit.mjs';

const WIT = fileURLToPath(new URL('../../../../wit/', import.meta.url));
const EXTENSIONS = ['filesystem', 'network', 'process', 'storage'].map((name) => `ext/${name}`);
const CORE = 'airssys:core';

/** The versions of the contract, each with where its core is and whether a component must export an interface. */
const CONTRACTS = new Map([
  ['1.0', 'core'],
  ['1.1', '1.1/core'],
]);
export const NEWEST = '1.1';

/** Interfaces that components export; all others they import. */
const EXPORTED = new Set(['component-lifecycle', 'subscriber']);

const WASI_PATCHES = 12;
const WASI = {
  'wasi:io': ['error', 'poll', 'streams'],
  'wasi:clocks': ['monotonic-clock', 'wall-clock'],
  'wasi:random': ['random', 'insecure', 'insecure-seed'],
  'wasi:cli': [
    'environment',
    'exit',
    'stdin',
    'stdout',
    'stderr',
    'terminal-input',
    'terminal-output',
    'terminal-stdin',
    'terminal-stdout',
    'terminal-stderr',
  ],
  'wasi:filesystem': ['types', 'preopens'],
  'wasi:sockets': ['network', 'instance-network', 'ip-name-lookup', 'tcp', 'tcp-create-socket', 'udp', 'udp-create-socket'],
};

class Package {
  constructor(name, versions, interfaces) {
    this.name = name;
    this.versions = versions;
    this.interfaces = interfaces;
  }

  get newest() {
    return this.versions.at(-1);
  }

  /** An interface as a component of that version sees it, or why there is none. Without types if they are not known. */
  interface(name, asked, isExported) {
    const found = EXPORTED.has(name) === isExported ? this.interfaces.get(name) : undefined;
    if (found === undefined) return { why: `${this.name} has no interface ${name} to ${isExported ? 'export' : 'import'}` };
    if (found === null) return { types: null };
    if (isAfter(found.since, asked)) return { why: `${this.name} has ${name} since ${found.since}` };
    const functions = [...found.functions].filter(([, { since }]) => !isAfter(since, asked));
    return { types: found.types, functions: new Map(functions), all: found.functions };
  }

  describe() {
    const shown = this.versions.map(show);
    return shown.length > 2 ? `${shown[0]} to ${shown.at(-1)}` : shown.join(' and ');
  }
}

const isAfter = (since, asked) => since !== undefined && newerThan(parseVersion(since), asked);

export class Offer {
  static #made = new Map();

  /** What is offered by a runtime whose newest contract is the one given. */
  static of(contract = NEWEST) {
    if (!Offer.#made.has(contract)) Offer.#made.set(contract, new Offer(contract));
    return Offer.#made.get(contract);
  }

  constructor(contract) {
    const served = [...CONTRACTS.keys()].slice(0, [...CONTRACTS.keys()].indexOf(contract) + 1);
    const [core, ...extensions] = readPackages([CONTRACTS.get(contract), ...EXTENSIONS].map((name) => WIT + name));
    this.core = new Package(
      CORE,
      served.map((version) => parseVersion(`${version}.0`)),
      core.interfaces,
    );
    const others = extensions.map(({ name, version, interfaces }) => new Package(name, [version], interfaces));
    const patches = Array.from({ length: WASI_PATCHES + 1 }, (_, patch) => parseVersion(`0.2.${patch}`));
    const wasi = Object.entries(WASI).map(
      ([name, names]) => new Package(name, patches, new Map(names.map((each) => [each, null]))),
    );
    this.packages = new Map([this.core, ...others, ...wasi].map((each) => [each.name, each]));
  }

  describe() {
    return [...this.packages.values()].map((each) => `${each.name} ${each.describe()}`).join(', ');
  }
}

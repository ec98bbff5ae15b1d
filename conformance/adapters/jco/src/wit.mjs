// Reads the contract's own WIT: packages with their interfaces, resolved to types without names.
//
// It knows as much of the language as the contract uses: no resources, no streams, no packages within packages.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseVersion } from './version.mjs';

const TOKEN = /\s+|\/\/\/([^\n]*)|\/\/[^\n]*|\/\*[^]*?\*\/|@?%?[A-Za-z][A-Za-z0-9-]*|->|[0-9]+(?:\.[0-9A-Za-z-]+)*|[^\s]/g;

/** The packages in the directories, each `{ name, version, interfaces }`. */
export function readPackages(directories) {
  const files = directories.flatMap((directory) => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.wit'));
    const parsed = names.map((name) => parseFile(readFileSync(join(directory, name), 'utf8')));
    const { package: id } = parsed.find((file) => file.package);
    const interfaces = new Map(parsed.flatMap((file) => [...file.interfaces]));
    return [{ ...id, interfaces }];
  });
  return files.map(({ name, version, interfaces }) => ({
    name,
    version: parseVersion(version),
    interfaces: resolveAll(interfaces),
  }));
}

function parseFile(text) {
  const tokens = [];
  for (const [token, doc] of text.matchAll(TOKEN)) {
    if (doc !== undefined) tokens.push({ doc });
    else if (!/^(\s|\/\/|\/\*)/.test(token)) tokens.push(token);
  }
  return new Parser(tokens).file();
}

class Parser {
  #tokens;
  #at = 0;

  constructor(tokens) {
    this.#tokens = tokens;
  }

  #skipDocs() {
    const docs = [];
    while (typeof this.#tokens[this.#at] === 'object') docs.push(this.#tokens[this.#at++].doc);
    return docs;
  }

  #peek() {
    this.#skipDocs();
    return this.#tokens[this.#at];
  }

  #next(wanted) {
    const token = this.#peek();
    if (wanted !== undefined && token !== wanted) throw new Error(`WIT: expected ${wanted}, found ${token}`);
    this.#at++;
    return token;
  }

  #name() {
    return this.#next().replace(/^%/, '');
  }

  #takes(token) {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  file() {
    const file = { package: null, interfaces: new Map() };
    while (this.#peek() !== undefined) {
      const { gates } = this.#gates();
      const keyword = this.#next();
      if (keyword === 'package') {
        const namespace = this.#name();
        this.#next(':');
        const name = `${namespace}:${this.#name()}`;
        this.#next('@');
        file.package = { name, version: this.#next() };
        this.#next(';');
      } else if (keyword === 'interface') {
        file.interfaces.set(this.#name(), this.#interface(gates));
      } else {
        this.#skipBlock();
      }
    }
    return file;
  }

  #skipBlock() {
    while (!this.#takes('{')) this.#at++;
    for (let depth = 1; depth > 0; this.#at++) {
      const token = this.#peek();
      if (token === '{') depth++;
      if (token === '}') depth--;
    }
  }

  /** The doc comment in front of an item, and its gates: `@since(version = 1.0.0)`. */
  #gates() {
    const gates = {};
    const docs = this.#skipDocs();
    while (this.#tokens[this.#at]?.startsWith?.('@')) {
      const name = this.#next().slice(1);
      this.#next('(');
      this.#next();
      this.#next('=');
      gates[name] = this.#next();
      this.#next(')');
      docs.push(...this.#skipDocs());
    }
    return { gates, doc: docs.map((line) => line.trim()).join('\n') };
  }

  #interface(gates) {
    const found = { since: gates.since, uses: [], types: new Map(), functions: new Map() };
    this.#next('{');
    for (;;) {
      const item = this.#gates();
      if (this.#takes('}')) return found;
      const word = this.#name();
      if (word === 'use') this.#use(found);
      else if (['record', 'variant', 'enum', 'flags'].includes(word)) found.types.set(...this.#definition(word));
      else if (word === 'type') {
        const name = this.#name();
        this.#next('=');
        found.types.set(name, this.#type());
        this.#next(';');
      } else {
        this.#next(':');
        const { since, deprecated } = item.gates;
        found.functions.set(word, { ...this.#function(), since, deprecated, doc: item.doc });
      }
    }
  }

  #use(found) {
    const from = this.#name();
    this.#next('.');
    for (const name of this.#list('{', '}', () => this.#name())) found.uses.push({ from, name });
    this.#next(';');
  }

  #list(open, close, item) {
    this.#next(open);
    const items = [];
    while (!this.#takes(close)) {
      items.push(item());
      this.#takes(',');
    }
    return items;
  }

  #definition(kind) {
    const name = this.#name();
    const items = this.#list('{', '}', () => {
      const item = this.#name();
      if (kind === 'record') {
        this.#next(':');
        return [item, this.#type()];
      }
      if (kind !== 'variant' || !this.#takes('(')) return kind === 'variant' ? [item, null] : item;
      const type = this.#type();
      this.#next(')');
      return [item, type];
    });
    return [name, { kind, items }];
  }

  #function() {
    this.#next('func');
    const params = this.#list('(', ')', () => {
      const name = this.#name();
      this.#next(':');
      return [name, this.#type()];
    });
    const result = this.#takes('->') ? this.#type() : null;
    this.#next(';');
    return { params, result };
  }

  #type() {
    const name = this.#name();
    const parts =
      this.#peek() === '<' ? this.#list('<', '>', () => (this.#peek() === '_' ? (this.#next(), null) : this.#type())) : [];
    switch (name) {
      case 'list':
      case 'option':
        return { kind: name, of: parts[0] };
      case 'tuple':
        return { kind: 'tuple', items: parts };
      case 'result':
        return { kind: 'result', ok: parts[0] ?? null, err: parts[1] ?? null };
      default:
        return { kind: 'named', name };
    }
  }
}

const PRIMITIVES = new Set(['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'f32', 'f64', 'char', 'string']);

/** Replaces names of types by what they stand for. */
function resolveAll(interfaces) {
  const resolved = new Map();
  const typeOf = (name, type) => {
    const within = resolved.get(name) ?? resolveInterface(name);
    return within.types.get(type);
  };
  const resolveInterface = (name) => {
    const { since, uses, types, functions } = interfaces.get(name);
    const done = { since, types: new Map(), functions: new Map() };
    resolved.set(name, done);
    for (const use of uses) done.types.set(use.name, typeOf(use.from, use.name));
    const resolve = (type) => {
      if (!type) return null;
      switch (type.kind) {
        case 'named':
          if (PRIMITIVES.has(type.name)) return { kind: 'primitive', name: type.name };
          if (!done.types.has(type.name)) done.types.set(type.name, resolve(types.get(type.name)));
          return done.types.get(type.name);
        case 'list':
        case 'option':
          return { kind: type.kind, of: resolve(type.of) };
        case 'tuple':
          return { kind: 'tuple', items: type.items.map(resolve) };
        case 'result':
          return { kind: 'result', ok: resolve(type.ok), err: resolve(type.err) };
        case 'record':
        case 'variant':
          return { kind: type.kind, items: type.items.map(([item, of]) => [item, resolve(of)]) };
        default:
          return type;
      }
    };
    for (const type of types.keys()) resolve({ kind: 'named', name: type });
    for (const [id, { params, result, ...rest }] of functions) {
      done.functions.set(id, { ...rest, params: params.map(([param, type]) => [param, resolve(type)]), result: resolve(result) });
    }
    return done;
  };
  for (const name of interfaces.keys()) if (!resolved.has(name)) resolveInterface(name);
  return resolved;
}

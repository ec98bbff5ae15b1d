// Tables of TOML as a schema reads them.

import { TomlDate } from 'smol-toml';

import { Finding } from './findings.mjs';
import { invalid } from './values.mjs';

/** A part of a key as it is written: an index behind it is no part of its name. */
const quoted = (name) => (/^[A-Za-z0-9_-]+(\[\d+\])?$/.test(name) ? name : JSON.stringify(name));

export const isTable = (value) => typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);

/** A table that is being read: one line a key, every fault noted, none fatal. What nobody asked for is unknown. */
export class Table {
  #entries;
  #path;
  #notes;
  #known = new Set();

  static read(value, path, notes, schema) {
    const table = new Table(value, path, notes);
    const result = schema(table);
    table.#refuseUnknown();
    return result;
  }

  constructor(entries, path, notes) {
    this.#entries = entries;
    this.#path = path;
    this.#notes = notes;
  }

  #key(name) {
    const part = quoted(name);
    return this.#path === '' ? part : `${this.#path}.${part}`;
  }

  note(key, offset, { code, message }) {
    const { places, found } = this.#notes;
    found.push(Object.assign(new Finding(code, key, message), { offset, ...places.lineAndColumn(offset) }));
  }

  fault(name, problem) {
    const key = this.#key(name);
    this.note(key, this.#notes.places.value(key), problem);
  }

  has(name) {
    return this.#entries !== undefined && Object.hasOwn(this.#entries, name);
  }

  isEmptyList(name) {
    return Array.isArray(this.#entries[name]) && this.#entries[name].length === 0;
  }

  #take(name) {
    this.#known.add(name);
    return this.has(name) ? this.#entries[name] : undefined;
  }

  #check(name, value, reader) {
    try {
      return reader(value);
    } catch (problem) {
      if (problem instanceof Error) throw problem;
      this.fault(name, problem);
      return undefined;
    }
  }

  optional(name, reader, otherwise) {
    const value = this.#take(name);
    return value === undefined ? otherwise : (this.#check(name, value, reader) ?? otherwise);
  }

  required(name, reader) {
    const value = this.#take(name);
    if (value !== undefined) return this.#check(name, value, reader);
    const { places } = this.#notes;
    this.note(this.#key(name), places.value(this.#path), { code: 'manifest-missing-field', message: 'it is missing' });
    return undefined;
  }

  table(name, schema) {
    const value = this.#take(name);
    if (value !== undefined && !isTable(value)) this.fault(name, invalid('expected a table'));
    return Table.read(value !== undefined && isTable(value) ? value : undefined, this.#key(name), this.#notes, schema);
  }

  list(name, reader) {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.fault(name, invalid('expected a list'));
      return [];
    }
    const seen = new Set();
    const read = value.map((element, index) => {
      const found = this.#check(`${name}[${index}]`, element, reader);
      if (found !== undefined && seen.has(found)) this.fault(`${name}[${index}]`, invalid('it stands there twice'));
      seen.add(found);
      return found;
    });
    return read.filter((element) => element !== undefined);
  }

  tables(name, schema) {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!Array.isArray(value) || !value.every(isTable)) {
      this.fault(name, invalid('expected tables'));
      return [];
    }
    return value.map((element, index) => Table.read(element, this.#key(`${name}[${index}]`), this.#notes, schema));
  }

  /** A table of any keys, as pairs in their order. */
  entries(name, keyFault, reader) {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!isTable(value)) {
      this.fault(name, invalid('expected a table'));
      return [];
    }
    const table = new Table(value, this.#key(name), this.#notes);
    return Object.keys(value).map((key) => {
      const fault = keyFault(key);
      if (fault) table.note(table.#key(key), this.#notes.places.key(table.#key(key)), invalid(fault));
      return [key, table.#check(key, value[key], (found) => reader(found, table, key))];
    });
  }

  #refuseUnknown() {
    for (const name of Object.keys(this.#entries ?? {})) {
      if (this.#known.has(name)) continue;
      const key = this.#key(name);
      this.note(key, this.#notes.places.key(key), { code: 'manifest-unknown-field', message: 'there is no such field' });
    }
  }

  static nested(value, table, key, schema) {
    return Table.read(value, table.#key(key), table.#notes, schema);
  }
}

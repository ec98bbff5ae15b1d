// What components store: a journal on the disk, read whole at the start. A write is acknowledged when its line is on the disk;
// the rest of a line that was being written when the process died is dropped.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** The store's disk takes no more. */
export class DiskFull extends Error {}

/** A write would take the component past what it may store. */
export class QuotaExceeded extends Error {}

const checksum = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const sizeOf = (key, value) => Buffer.byteLength(key) + value.length;

export class Store {
  #file;
  #length = 0;
  #namespaces = new Map();
  #charged = new Map();
  isFull = false;

  constructor(path) {
    this.path = path;
    this.#file = openSync(path, 'a+', 0o600);
    for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
      const [sum, entry] = line.split(/ (.*)/s);
      if (checksum(entry) !== sum) break;
      this.#apply(JSON.parse(entry));
      this.#length += Buffer.byteLength(line) + 1;
    }
    ftruncateSync(this.#file, this.#length);
  }

  #apply({ namespace, key, value, owner }) {
    const entries = this.#namespaces.get(namespace) ?? new Map();
    this.#namespaces.set(namespace, entries);
    const old = entries.get(key);
    if (old) this.#charge(old.owner, -sizeOf(key, old.value));
    entries.delete(key);
    if (value === undefined) return;
    const bytes = new Uint8Array(Buffer.from(value, 'base64'));
    entries.set(key, { value: bytes, owner });
    this.#charge(owner, sizeOf(key, bytes));
  }

  #charge(owner, bytes) {
    this.#charged.set(owner, (this.#charged.get(owner) ?? 0) + bytes);
  }

  #append(entry) {
    const text = JSON.stringify(entry);
    const line = Buffer.from(`${checksum(text)} ${text}\n`);
    try {
      // A disk that is full may take a part.
      writeSync(this.#file, this.isFull ? line.subarray(0, line.length / 2) : line);
      if (this.isFull) throw new DiskFull('no space left on the device');
      fsyncSync(this.#file);
    } catch (error) {
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
    this.#length += line.length;
    this.#apply(entry);
  }

  get(namespace, key) {
    return this.#namespaces.get(namespace)?.get(key)?.value;
  }

  /** Writes an entry, which is charged to its owner and no longer to the one before. `null` owns what was there at first. */
  set(owner, quota, namespace, key, value) {
    const old = this.#namespaces.get(namespace)?.get(key);
    const own = old && old.owner === owner ? sizeOf(key, old.value) : 0;
    const after = (this.#charged.get(owner) ?? 0) - own + sizeOf(key, value);
    if (after > quota) throw new QuotaExceeded();
    this.#append({ namespace, key, value: Buffer.from(value).toString('base64'), owner });
  }

  delete(namespace, key) {
    if (!this.#namespaces.get(namespace)?.has(key)) return false;
    this.#append({ namespace, key });
    return true;
  }

  /** Keys in the order of their bytes. */
  keys(namespace) {
    const keys = [...(this.#namespaces.get(namespace)?.keys() ?? [])];
    return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  usage(namespace) {
    const entries = [...(this.#namespaces.get(namespace) ?? [])];
    return { bytes: entries.reduce((sum, [key, { value }]) => sum + sizeOf(key, value), 0), keys: entries.length };
  }

  close() {
    closeSync(this.#file);
  }
}

// The audit trail: every record in order, chained by hashes in a file, and verified by that chain.

import { createHash } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

import { cut, safeJson } from './text.mjs';

const MAX_TEXT = 8 << 10;
const MAX_NAME = 256;
const MAX_RULES = 256;
const NAMES = new Set(['version', 'action', 'sender', 'request-id']);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const FIRST = sha256('airssys-wasm audit log, format 1');

/** The trail takes no more records. */
export class TrailFull extends Error {}

export class Trail {
  #clock;
  #file;
  #path;
  #capacity;
  #taken = 0;
  #sequence = 0;
  #time = 0;
  #previous = FIRST;

  /** `isLossy`: accesses go on although their record was not taken. */
  constructor(clock, path, { capacity = Infinity, isLossy = false } = {}) {
    this.#clock = clock;
    this.#path = path;
    this.#capacity = capacity;
    this.isLossy = isLossy;
    if (existsSync(path)) this.#goOn(readFileSync(path, 'utf8'));
    this.#file = openSync(path, 'a', 0o600);
    this.#writeHead();
  }

  /** Goes on with a chain; the rest of a line that was being written is removed. */
  #goOn(text) {
    const end = text.lastIndexOf('\n') + 1;
    if (end < text.length) {
      const file = openSync(this.#path, 'r+');
      ftruncateSync(file, Buffer.byteLength(text.slice(0, end)));
      closeSync(file);
    }
    const last = text.slice(0, end).trimEnd().split('\n').at(-1);
    if (!last) return;
    const record = JSON.parse(last);
    [this.#sequence, this.#time, this.#previous] = [record.sequence, record['time-ms'], record.hash];
  }

  /** How many records there were is kept beside the trail, so that a cut is found. */
  #writeHead() {
    const file = openSync(`${this.#path}.head`, 'w', 0o600);
    writeSync(file, `${this.#sequence} ${this.#previous}\n`);
    closeSync(file);
  }

  /** The files that belong to it, which no component reaches. */
  get paths() {
    return [this.#path, `${this.#path}.head`];
  }

  /** Takes a record, or throws. */
  record(event) {
    if (this.#taken >= this.#capacity) throw new TrailFull('the audit trail takes no record, and nothing is done without one');
    this.#taken++;
    this.#sequence++;
    // A clock that steps back does not take the records with it.
    this.#time = Math.max(this.#time, this.#clock.now());
    const record = { sequence: this.#sequence, 'time-ms': this.#time };
    for (const [key, value] of Object.entries(event))
      if (value !== undefined && value !== null) record[key] = bounded(key, value);
    const chained = safeJson({ ...record, previous: this.#previous });
    this.#previous = sha256(chained);
    writeSync(this.#file, `${chained.slice(0, -1)},"hash":"${this.#previous}"}\n`);
    this.#writeHead();
  }

  /** All lines of it; what was read makes room for more. */
  lines() {
    this.#taken = 0;
    return this.#read();
  }

  #read() {
    return readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
  }

  /** The first line at fault of a copy of the trail, after `tamper` was done to it; none if it is intact. */
  verify(tamper) {
    const lines = this.#read();
    const [sequence] = readFileSync(`${this.#path}.head`, 'utf8').split(' ');
    return firstFault(tampered(lines, tamper ?? {}), Number(sequence));
  }

  close() {
    closeSync(this.#file);
  }
}

function bounded(key, value) {
  if (Array.isArray(value)) return value.slice(0, MAX_RULES).map((text) => cut(text, MAX_TEXT));
  return typeof value === 'string' ? cut(value, NAMES.has(key) ? MAX_NAME : MAX_TEXT) : value;
}

function tampered(lines, { edit, swap, remove, repeat, cut: count }) {
  if (edit !== undefined) {
    const flip = (_, outcome) => `"outcome":"${outcome === 'granted' ? 'denied' : 'granted'}"`;
    lines[edit - 1] = lines[edit - 1].replace(/"outcome":"(granted|denied)"/, flip);
  }
  if (swap !== undefined) [lines[swap - 1], lines[swap]] = [lines[swap], lines[swap - 1]];
  if (remove !== undefined) lines.splice(remove - 1, 1);
  if (repeat !== undefined) lines.splice(repeat, 0, lines[repeat - 1]);
  if (count !== undefined) lines.splice(lines.length - count);
  return lines;
}

function firstFault(lines, last) {
  let previous = FIRST;
  let sequence = 0;
  for (const [index, line] of lines.entries()) {
    const found = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line);
    const record = found && JSON.parse(line);
    const follows = index === 0 ? record?.previous === FIRST : record?.previous === previous && record.sequence === sequence + 1;
    if (!record || !follows || sha256(`${found[1]}}`) !== record.hash) return index + 1;
    [previous, sequence] = [record.hash, record.sequence];
  }
  return sequence === last ? undefined : lines.length + 1;
}

// The manifest: found, read whole, and held against its schema before a byte of wasm is looked at.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { parse } from 'smol-toml';

import { Findings, single } from './findings.mjs';
import { Places } from './places.mjs';
import { capabilities, manifest } from './schema.mjs';
import { Table } from './table.mjs';
import { word } from './values.mjs';

const NAMES = ['component.toml', 'Component.toml'];
const MAX_BYTES = 1 << 20;
const MAX_NESTING = 16;
const MAX_KEY_PARTS = 16;

/** Finds and reads the manifest in a directory. */
export function readManifest(directory) {
  let names;
  try {
    names = readdirSync(directory).filter((name) => NAMES.includes(name));
  } catch (error) {
    throw single('manifest-syntax', '', `${directory} cannot be read: ${error.code}`);
  }
  if (names.length === 0) throw single('manifest-missing-field', '', `there is no ${NAMES[0]}`);
  if (names.length > 1) throw single('manifest-invalid-value', '', `${names.join(' and ')}: which one counts is not guessed`);
  const path = join(directory, names[0]);
  let bytes;
  try {
    if (statSync(path).size > MAX_BYTES) throw single('manifest-too-large', '', `the manifest is larger than ${MAX_BYTES} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Findings) throw error;
    throw single('manifest-syntax', '', `${names[0]} cannot be read: ${error.code}`);
  }
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw single('manifest-syntax', '', 'the manifest is not UTF-8');
  }
  return { ...parseManifest(text), sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The path of the wasm, which lies in the manifest's directory and is a file. */
export function findWasm(directory, { component }) {
  const path = join(directory, component.wasm);
  let inside;
  try {
    const real = realpathSync(path);
    inside = real.startsWith(realpathSync(directory) + sep) && lstatSync(real).isFile();
  } catch (error) {
    throw single('manifest-invalid-value', 'component.wasm', `${component.wasm} cannot be reached: ${error.code}`);
  }
  if (!inside) throw single('manifest-invalid-value', 'component.wasm', `${component.wasm} is no file in the directory`);
  return path;
}

export function parseManifest(text) {
  return read(text, manifest);
}

/** Reads an operator's policy: `mode`, and `allow` with the tables of `[capabilities]`. */
export function readPolicy(text, modes) {
  return read(text, (root) => ({
    mode: root.required('mode', word(modes)),
    allow: root.table('allow', (table) => capabilities(table, null)),
  }));
}

function read(text, schema) {
  checkNesting(text);
  let document;
  try {
    document = parse(text, { integersAsBigInt: true });
  } catch (error) {
    throw Object.assign(single('manifest-syntax', '', error.message.split('\n')[0]), {
      found: [{ code: 'manifest-syntax', key: '', message: error.message, line: error.line ?? 1, column: error.column ?? 1 }],
    });
  }
  const places = new Places(text);
  const found = [];
  const value = Table.read(document, '', { places, found }, schema);
  if (found.length === 0) return value;
  found.sort((a, b) => a.offset - b.offset);
  throw new Findings(found);
}

// Deep nesting is refused before the parser, which is recursive, sees it.
function checkNesting(text) {
  const token = /"""(?:[^\\]|\\[^])*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[\]{}.\n=,]/g;
  let [depth, parts] = [0, 0];
  for (const [found] of text.matchAll(token)) {
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth = Math.max(0, depth - 1);
    parts = found === '.' ? parts + 1 : /^["']/.test(found) ? parts : 0;
    if (depth > MAX_NESTING) throw single('manifest-syntax', '', `brackets are nested more than ${MAX_NESTING} deep`);
    if (parts >= MAX_KEY_PARTS) throw single('manifest-syntax', '', `a key has more than ${MAX_KEY_PARTS} parts`);
  }
}

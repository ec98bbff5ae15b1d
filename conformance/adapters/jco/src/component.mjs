// From the bytes of a component to what a thread can instantiate: JavaScript and core modules, made by jco.

import { createHash } from 'node:crypto';

import * as bindgen from '@bytecodealliance/jco-transpile/component';

import { readComponent } from './component-types.mjs';
import { bounded, initialBytes } from './core-module.mjs';
import { Finding } from './findings.mjs';

await bindgen.$init;

const OPTIONS = {
  name: 'component',
  instantiation: { tag: 'sync' },
  noTypescript: true,
  noNodejsCompat: true,
  tlaCompat: false,
  // Whether a module may have several memories is left to the engine: that of Node 20 refuses them.
  multiMemory: true,
};

/** How many components are kept translated. */
const KEPT = 64;
const kept = new Map();

/** Tells a component from everything else by its first bytes. */
function checkFormat(name, bytes) {
  const starts = (...prefix) => prefix.every((byte, index) => bytes[index] === byte);
  if (starts(0x7f, 0x45, 0x4c, 0x46)) throw new Finding('precompiled-refused', '', `${name} is machine code`);
  if (bytes.length >= 8 && starts(0, 0x61, 0x73, 0x6d) && bytes[6] === 1 && bytes[7] === 0) return;
  const isCore = bytes.length >= 8 && starts(0, 0x61, 0x73, 0x6d) && bytes[6] === 0 && bytes[7] === 0;
  throw new Finding('not-a-component', '', `${name} is ${isCore ? 'a core module' : 'no component in its binary form'}`);
}

/** The component phase: a component that is valid and fits into its memory. */
export function compile(name, bytes, maxMemory) {
  checkFormat(name, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const translated = kept.get(sha256) ?? translate(name, bytes);
  kept.delete(sha256);
  kept.set(sha256, translated);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);

  const { source, modules, types } = translated;
  const initial = initialBytes(modules.map(([, code]) => code));
  if (initial > maxMemory) {
    throw new Finding(
      'memory-exceeds-limit',
      '',
      `${name} starts with ${initial} bytes of memories and tables, resources.memory.max is ${maxMemory}`,
    );
  }
  const make = ([file, code]) => [file, new WebAssembly.Module(bounded(code, maxMemory - initial))];
  return { sha256, source, types, modules: invalidIfThrown(name, () => modules.map(make)) };
}

function translate(name, bytes) {
  return invalidIfThrown(name, () => {
    const types = readComponent(bytes);
    const { files } = bindgen.generate(bytes, OPTIONS);
    const [, source] = files.find(([file]) => file.endsWith('.js'));
    return {
      types,
      source: adapted(new TextDecoder().decode(source)),
      modules: files.filter(([file]) => file.endsWith('.wasm')),
    };
  });
}

/**
 * The module as the body of a function. Where jco takes what is there of a list that lies partly outside of the memory, the
 * thread's own `lift` has the instance trap.
 */
function adapted(source) {
  return source.replace(/^export /gm, '').replace(/(memory\d+)\.buffer\.slice\((\w+), \2 \+ (\w+ \* \d+)\)/g, 'lift($1, $2, $3)');
}

function invalidIfThrown(name, make) {
  try {
    return make();
  } catch (error) {
    const why = error.payload ?? error.message;
    throw new Finding('invalid-component', '', `${name}: ${why}`);
  }
}

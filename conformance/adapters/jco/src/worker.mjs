// A thread in which the guest of one instance runs.
//
// Whatever the guest asks of the host is asked of the main thread, and the guest's thread sleeps until the answer is there:
// to the guest every host function is synchronous, and a guest that never ends can be ended from outside.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { wasiResources } from './wasi-resources.mjs';

const { answers, flag } = workerData;

/** The host ends the instance in the middle of a call. */
class EndedByHost extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/** An error that the function's own type has. */
class Answered extends Error {
  constructor(payload) {
    super('an error of the host');
    this.payload = payload;
  }
}

function ask(interface_, name, args) {
  parentPort.postMessage({ ask: [interface_, name, args] });
  // A wake may be a late one, for the answer before.
  while (Atomics.load(flag, 0) === 0) Atomics.wait(flag, 0, 0);
  Atomics.store(flag, 0, 0);
  const { ok, err, trap } = receiveMessageOnPort(answers).message;
  if (trap) throw new EndedByHost(trap);
  if (err !== undefined) throw new Answered(err);
  return ok;
}

/** A list that a guest passed. */
function lift(memory, pointer, length) {
  if (pointer + length > memory.buffer.byteLength) throw new RangeError('a list outside of the memory');
  return memory.buffer.slice(pointer, pointer + length);
}

/** jco replaces what is no UTF-8, and drops a byte order mark. The canonical ABI has the instance trap, and keep it. */
class StrictDecoder extends TextDecoder {
  constructor(label) {
    super(label, { fatal: true, ignoreBOM: true });
  }
}

/** What is to be instantiated, then what it exports. */
let prepared = null;
let exported = null;
let held = [];

const memoryBytes = () =>
  held.reduce((sum, thing) => sum + (thing instanceof WebAssembly.Memory ? thing.buffer.byteLength : thing.length * 8), 0);

/** Everything up to the guest's own code. */
function prepare({ source, modules, interfaces }) {
  const core = new Map(modules);
  const imports = {};
  for (const [interface_, functions] of interfaces) {
    imports[interface_] = Object.fromEntries(functions.map((name) => [name, (...args) => ask(interface_, name, args)]));
  }
  for (const [interface_, things] of Object.entries(wasiResources(ask, Answered)))
    Object.assign((imports[interface_] ??= {}), things);
  const instantiateCore = (module, importObject) => {
    const instance = new WebAssembly.Instance(module, importObject);
    const isHeld = (thing) =>
      (thing instanceof WebAssembly.Memory || thing instanceof WebAssembly.Table) && !held.includes(thing);
    held.push(...Object.values(instance.exports).filter(isHeld));
    return instance;
  };
  const instantiate = new Function('TextDecoder', 'lift', `${source}\nreturn instantiate;`)(StrictDecoder, lift);
  return () => instantiate((name) => core.get(name), imports, instantiateCore);
}

/** What V8 says, and what jco makes of it. V8 has one message for a null function and for one of another type. */
const KINDS = [
  [/unreachable/, 'unreachable'],
  [/memory access out of bounds|out of bounds memory access|data segment/, 'memory-out-of-bounds'],
  [/table index is out of bounds|table access|element segment|undefined element/, 'table-out-of-bounds'],
  [/function signature mismatch|indirect call type mismatch/, 'indirect-call-mismatch'],
  [/null reference|dereferencing a null pointer/, 'null-reference'],
  [/divide result unrepresentable|integer overflow/, 'integer-overflow'],
  [/(divide|remainder) by zero/, 'divide-by-zero'],
  [/float unrepresentable in integer range|invalid conversion to integer/, 'bad-conversion'],
  [/call stack/, 'stack-overflow'],
];

/** How an instance ended. What jco itself cannot lift or lower is a value outside of its type. */
function kindOf(error) {
  if (error instanceof EndedByHost) return error.kind;
  if (error instanceof WebAssembly.RuntimeError)
    return KINDS.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'unreachable';
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'stack-overflow';
  return 'invalid-value';
}

function perform(message) {
  try {
    if (message.prepare) {
      prepared = prepare(message.prepare);
      return {};
    }
    if (message.instantiate) {
      exported = prepared();
      return { memory: memoryBytes() };
    }
    const [interface_, name, args] = message.call;
    const value = exported[interface_][name](...args);
    return { value, memory: memoryBytes() };
  } catch (error) {
    if (message.call && error?.constructor?.name === 'ComponentError') return { error: error.payload, memory: memoryBytes() };
    return { ended: { kind: kindOf(error), message: String(error?.message ?? error) } };
  }
}

parentPort.on('message', (message) => {
  if (message.forget) {
    [prepared, exported, held] = [null, null, []];
    return;
  }
  parentPort.postMessage(perform(message));
});

// The processes of one instance. Each leads a group, which is killed with it.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';

const { signals: SIGNALS } = constants;
const MAX_CHILDREN = 16;
const MAX_OUTPUT = 1 << 20;
const MAX_ARGUMENTS = 128 << 10;
/** How long the output of a process that has ended may be held open, by a descendant that left its group. */
const OUTPUT_GRACE_MS = 50;

/** An error of the function's own type. */
export class ChildError extends Error {
  constructor(tag, val) {
    super(`${tag}: ${val}`);
    this.tag = tag;
    this.val = val;
  }
}

function check(argv0, args, env) {
  const malformed = (why) => new ChildError('io-error', why);
  const total =
    [argv0, ...args].reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0) +
    env.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')) + 2, 0);
  if (total > MAX_ARGUMENTS) throw new ChildError('too-large', BigInt(MAX_ARGUMENTS));
  if ([argv0, ...args, ...env.flat()].some((text) => text.includes('\0')))
    throw malformed('an argument or a variable contains NUL');
  if (env.some(([name]) => name === '' || name.includes('='))) throw malformed('the name of a variable is empty or contains `=`');
  if (new Set(env.map(([name]) => name)).size < env.length) throw malformed('a variable is given twice');
}

/** Node hands a file without a format to a shell, as execvp does. There is to be no shell. */
function checkFormat(executable) {
  const start = Buffer.alloc(4);
  const file = openSync(executable);
  readSync(file, start);
  closeSync(file);
  if (!start.equals(Buffer.from('\x7fELF')) && start.toString('latin1', 0, 2) !== '#!')
    throw new ChildError('io-error', 'it has no format of an executable');
}

export class Children {
  /** How many run, of all instances. */
  static running = 0;
  #slots = new Map();
  #last = 0n;

  /** Starts an executable, and gives a promise of its handle. `command` is what was decided. */
  async spawn(executable, { command, argv0, args, env }) {
    if (this.#slots.size >= MAX_CHILDREN)
      throw new ChildError('io-error', `there are ${MAX_CHILDREN} processes already; wait for one`);
    check(argv0, args, env);
    checkFormat(executable);
    const child = spawn(executable, args, {
      argv0,
      cwd: '/',
      env: Object.fromEntries(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const handle = ++this.#last;
    const slot = { command, child, ended: null };
    this.#slots.set(handle, slot);
    try {
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    } catch (error) {
      this.#slots.delete(handle);
      throw error.code === 'ENOENT' ? new ChildError('not-found', argv0) : new ChildError('io-error', error.code);
    }
    Children.running++;
    slot.ended = attend(child);
    return handle;
  }

  /** What was decided of a process, or undefined if the handle names none. */
  commandOf(handle) {
    return this.#slots.get(handle)?.command;
  }

  /** What a process leaves when it has ended. */
  async ended(handle) {
    const ended = await this.#slots.get(handle).ended;
    if (!ended) throw new ChildError('too-large', BigInt(MAX_OUTPUT));
    return ended;
  }

  /** The handle names nothing any more. */
  forget(handle) {
    this.#slots.delete(handle);
  }

  kill(handle) {
    killGroup(this.#slots.get(handle).child);
  }

  /** Kills those whose command is denied, and gives a promise of their end. */
  async killIf(isDenied = () => true) {
    const denied = [...this.#slots.values()].filter(({ command }) => isDenied(command));
    for (const { child } of denied) killGroup(child);
    await Promise.all(denied.map(({ ended }) => ended));
  }
}

function killGroup({ pid, exitCode, signalCode }) {
  if (exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** What the process left when it has ended; null if it wrote too much, which ends it. */
function attend(child) {
  const outputs = [child.stdout, child.stderr].map(() => ({ parts: [], length: 0 }));
  let isTooLarge = false;
  [child.stdout, child.stderr].forEach((stream, index) =>
    stream.on('data', (part) => {
      const output = outputs[index];
      output.parts.push(part);
      output.length += part.length;
      if (output.length <= MAX_OUTPUT || isTooLarge) return;
      isTooLarge = true;
      killGroup(child);
    }),
  );
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      // What it started and left behind in its group ends with it.
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // There is nobody left.
      }
      Children.running--;
      const done = () => {
        clearTimeout(grace);
        child.stdout.destroy();
        child.stderr.destroy();
        const [stdout, stderr] = outputs.map(({ parts }) => new Uint8Array(Buffer.concat(parts)));
        resolve(isTooLarge ? null : { exitCode: code ?? -SIGNALS[signal], stdout, stderr });
      };
      const grace = setTimeout(done, OUTPUT_GRACE_MS);
      child.once('close', done);
    });
  });
}

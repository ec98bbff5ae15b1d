// WASI with nothing behind it: toolchains import it whatever a component does. There is the component's own environment, the
// runtime's clock, chance, an end, and the log. What of it are resources is in the thread of the guest.

import { randomBytes } from 'node:crypto';

import { ok, wait } from './answers.mjs';
import { cut } from './text.mjs';

const MAX_RANDOM = 1 << 20;
const MAX_LINE = 8 << 10;

export function wasi(runtime) {
  const { clock } = runtime;
  const bytes = (_, count) => (count > MAX_RANDOM ? { trap: 'host-limit' } : ok(new Uint8Array(randomBytes(Number(count)))));
  const number = () => ok(randomBytes(8).readBigUInt64LE());
  return {
    'wasi:cli/environment': {
      getEnvironment: ({ component }) => ok(component.env),
      getArguments: () => ok([]),
      initialCwd: () => ok(undefined),
    },
    'wasi:cli/exit': { exit: () => ({ trap: 'unreachable' }), exitWithCode: () => ({ trap: 'unreachable' }) },
    'wasi:clocks/wall-clock': {
      now: () => ok({ seconds: clock.nanos() / 1_000_000_000n, nanoseconds: Number(clock.nanos() % 1_000_000_000n) }),
      resolution: () => ok({ seconds: 0n, nanoseconds: 1 }),
    },
    'wasi:clocks/monotonic-clock': { now: () => ok(clock.nanos()), resolution: () => ok(1n) },
    'wasi:random/random': { getRandomBytes: bytes, getRandomU64: number },
    'wasi:random/insecure': { getInsecureRandomBytes: bytes, getInsecureRandomU64: number },
    'wasi:random/insecure-seed': { insecureSeed: () => ok([randomBytes(8).readBigUInt64LE(), randomBytes(8).readBigUInt64LE()]) },
    'wasi:io/poll': { block: ({ call }, until) => wait(clock, call, Number(until) / 1e6) },
    'wasi:io/streams': { write: ({ component }, level, contents) => writeLines(runtime, component, level, contents) },
    'wasi:filesystem/preopens': { getDirectories: () => ok([]) },
  };
}

/** What a guest writes is logged line by line; the end of one that is not ended waits for the rest. */
function writeLines(runtime, component, level, contents) {
  const text = (component.unfinished.get(level) ?? '') + new TextDecoder().decode(contents);
  const lines = text.split('\n');
  const rest = lines.pop();
  const isTooLong = rest.length > MAX_LINE;
  if (isTooLong) lines.push(rest);
  component.unfinished.set(level, isTooLong ? '' : rest);
  for (const line of lines) runtime.log({ component: component.id, level, message: cut(line, MAX_LINE), context: [] });
  return ok();
}

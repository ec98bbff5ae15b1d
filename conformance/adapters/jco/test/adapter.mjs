// Speaks to the adapter as the suite does.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ADAPTER = fileURLToPath(new URL('../adapter.mjs', import.meta.url));

export const BEGIN = { do: 'case.begin', clock: 'virtual', 'now-ms': 1000, files: [], limits: {} };

/** What the adapter answers to lines, each to each. Then its input ends, and so must it. */
export function answers(...lines) {
  const adapter = spawn(process.execPath, [ADAPTER], { stdio: ['pipe', 'pipe', 'ignore'] });
  let output = '';
  adapter.stdout.on('data', (part) => (output += part));
  adapter.stdin.end(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return new Promise((resolve) => {
    adapter.on('close', (status) => {
      assert.equal(status, 0);
      const answered = output.trimEnd().split('\n');
      resolve(answered.map((line) => JSON.parse(line)));
    });
  });
}

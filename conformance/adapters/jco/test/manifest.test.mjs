// Manifests, and where what is wrong with them stands.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseManifest } from '../src/manifest.mjs';

const LEAST = '[component]\nname = "a"\nversion = "1.0.0"\napi-version = "1.0.0"\n[resources.memory]\nmax = "4MiB"\n';

test('the least manifest has its defaults', () => {
  const { component, resources, runtime } = parseManifest(LEAST);
  assert.equal(component.wasm, 'a.wasm');
  assert.equal(resources.memory.max, 4 << 20);
  assert.equal(resources.timeoutMs, 60_000);
  assert.equal(runtime.stateful, false);
});

test('all faults are found in one pass, each in its place', () => {
  const text = LEAST.replace('"4MiB"', '"lots"') + '[runtime]\ncolour = 1\n[capabilities.filesystem]\nread = ["/a", "x"]\n';
  assert.throws(
    () => parseManifest(text),
    ({ found }) => {
      assert.deepEqual(
        found.map(({ code, key, line, column }) => [code, key, line, column]),
        [
          ['manifest-invalid-value', 'resources.memory.max', 6, 7],
          ['manifest-unknown-field', 'runtime.colour', 8, 1],
          ['invalid-pattern', 'capabilities.filesystem.read[1]', 10, 15],
        ],
      );
      return true;
    },
  );
});

test('nested input ends in an error', () => {
  for (const text of ['['.repeat(20_000), 'a={'.repeat(20_000), 'a.'.repeat(20_000), `a = ${'['.repeat(20_000)}`]) {
    assert.throws(() => parseManifest(text), { code: 'manifest-syntax' });
  }
});

test('sizes', () => {
  const max = (size) => parseManifest(LEAST.replace('"4MiB"', size)).resources.memory.max;
  assert.equal(max('"64MB"'), 64_000_000);
  assert.equal(max('"1.5kB"'), 1500);
  assert.equal(max('4096'), 4096);
  for (const size of ['"0.3B"', '"-1"', '"1 XB"', '0', '1.5', '"18446744073709551616"']) assert.throws(() => max(size), size);
});

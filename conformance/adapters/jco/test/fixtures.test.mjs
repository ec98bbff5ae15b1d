// Components as toolchains make them, loaded and called through the adapter.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { answers, BEGIN } from './adapter.mjs';

const FIXTURES = new URL('../../../../fixtures/', import.meta.url);

const filesOf = (name) =>
  readdirSync(new URL(`${name}/`, FIXTURES), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({
      path: `${name}/${entry.name}`,
      bytes: readFileSync(new URL(`${name}/${entry.name}`, FIXTURES)).toString('base64'),
    }));

const json = (text) => Buffer.concat([Buffer.of(0x80, 0x04), Buffer.from(text)]).toString('base64');

for (const name of ['counter', 'counter-c']) {
  test(`${name} counts`, async () => {
    const add = { do: 'execute', component: name, operation: json('{"add":2}') };
    const got = await answers(
      { id: 1, ...BEGIN, files: filesOf(name) },
      { id: 2, do: 'load', directory: name },
      { id: 3, ...add },
      { id: 4, ...add },
      { id: 5, do: 'case.end' },
    );
    assert.deepEqual(
      got.map(({ is }) => is),
      ['done', 'loaded', 'returned', 'returned', 'ended'],
    );
    assert.equal(got[3].output, json('{"total":4}'));
  });
}

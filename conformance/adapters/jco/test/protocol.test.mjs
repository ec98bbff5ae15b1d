// The adapter outlives whatever it is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answers, BEGIN } from './adapter.mjs';

test('hello tells the protocol, the contract, features and hooks', async () => {
  const [hello] = await answers({ id: 1, do: 'hello', protocol: 1 });
  assert.equal(hello.id, 1);
  assert.equal(hello.is, 'hello');
  assert.equal(hello.protocol, 1);
  assert.ok(hello.features.includes('lifecycle'));
  assert.ok(hello.hooks.includes('virtual-clock'));
});

test('what is not of the protocol is not understood, and the next line is answered', async () => {
  const got = await answers('garbage', '[1]', '{"id":1}', '{"do":"hello"}', '{"id":2,"do":"load","directory":"a"}', {
    id: 3,
    do: 'hello',
    protocol: 1,
  });
  assert.deepEqual(
    got.map(({ is }) => is),
    [...Array(5).fill('not-understood'), 'hello'],
  );
  assert.deepEqual(
    got.map(({ id }) => id),
    [undefined, undefined, 1, undefined, 2, 3],
  );
});

test('what is of the protocol and cannot be done is unsupported', async () => {
  const update = { id: 2, do: 'update', component: 'a', directory: 'b', strategy: 'stop-start' };
  const got = await answers({ id: 1, ...BEGIN }, update, { id: 3, do: 'case.end' }, { id: 4, ...BEGIN, limits: { nothing: 1 } });
  assert.deepEqual(
    got.map(({ is }) => is),
    ['done', 'unsupported', 'ended', 'unsupported'],
  );
});

test('one process serves many cases, and each leaves nothing', async () => {
  const missing = { do: 'load', directory: 'nowhere' };
  const got = await answers(
    { id: 1, ...BEGIN },
    { id: 2, ...missing },
    { id: 3, do: 'inspect' },
    { id: 4, do: 'case.end' },
    { id: 5, ...BEGIN },
    { id: 6, do: 'execute', component: 'a', operation: 'VQ==' },
    { id: 7, do: 'advance', ms: 5 },
    { id: 8, do: 'case.end' },
  );
  assert.deepEqual(
    got.map(({ is }) => is),
    ['done', 'refused', 'inspection', 'ended', 'done', 'rejected', 'done', 'ended'],
  );
  assert.equal(got[1].phase, 'manifest');
  assert.deepEqual(got[3], { id: 4, is: 'ended', instances: 0, processes: 0, tasks: 0 });
});

test('a path does not lead out of the directory of the case', async () => {
  const got = await answers(
    { id: 1, ...BEGIN },
    { id: 2, do: 'look-at', path: '../../etc/passwd' },
    { id: 3, do: 'look-at', path: 'root' },
  );
  assert.equal(got[1].is, 'not-understood');
  assert.deepEqual(got[2].state, { directory: [] });
});

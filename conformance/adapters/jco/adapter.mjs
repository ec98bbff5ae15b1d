// The adapter: reads requests from standard input, one JSON object a line, and answers each by a line.

import { createInterface } from 'node:readline';

import { Case, Unsupported } from './src/case.mjs';
import { NEWEST } from './src/offer.mjs';
import { endIdle } from './src/thread.mjs';

const PROTOCOL = 1;

const HELLO = {
  is: 'hello',
  protocol: PROTOCOL,
  runtime: 'airssys-jco',
  version: '0.1.0',
  contract: NEWEST,
  features: [
    'audit',
    'config',
    'filesystem',
    'introspection',
    'isolation',
    'lifecycle',
    'limits',
    'log',
    'manifest',
    'messaging',
    'multicodec',
    'network',
    'permission',
    'process',
    'storage',
    'time',
    'topics',
    'versioning',
  ],
  hooks: [
    'virtual-clock',
    'contract',
    'inspect',
    'logs',
    'events',
    'begin',
    'replace-file',
    'limits',
    'policy',
    'revoke',
    'host-functions',
    'network',
    'storage',
    'fill-store',
    'crash',
    'audit',
    'audit-fault',
    'verify-audit',
    'peer',
  ],
};

let current = null;

async function answer({ id: _, ...stimulus }) {
  switch (stimulus.do) {
    case 'hello':
      return HELLO;
    case 'case.begin':
      if (current) throw new Error('a case is open already');
      current = await Case.begin(stimulus);
      return { is: 'done' };
    case 'case.end': {
      const ended = current;
      current = null;
      return { is: 'ended', ...(await ended?.end()) };
    }
    default:
      if (!current) throw new Error(`no case is open for ${stimulus.do}`);
      return current.perform(stimulus);
  }
}

/** The reply to a line, which may be anything. */
async function reply(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { is: 'not-understood', what: `not JSON: ${error.message}` };
  }
  const id = Number.isSafeInteger(request?.id) ? request.id : undefined;
  if (id === undefined || typeof request.do !== 'string')
    return { id, is: 'not-understood', what: 'a request has `id` and `do`' };
  try {
    return { id, ...(await answer(request)) };
  } catch (error) {
    if (error instanceof Unsupported) return { id, is: 'unsupported', what: error.message };
    process.stderr.write(`${error.stack}\n`);
    return { id, is: 'not-understood', what: error.message };
  }
}

/** A number of a guest's error may have 64 bits, more than JavaScript writes by itself. */
function toLine({ value, ...rest }) {
  const line = JSON.stringify(rest);
  return value === undefined
    ? line
    : `${line.slice(0, -1)},"value":${typeof value === 'bigint' ? value : JSON.stringify(value)}}`;
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === '') continue;
  process.stdout.write(`${toLine(await reply(line))}\n`);
}
await current?.end();
await endIdle();

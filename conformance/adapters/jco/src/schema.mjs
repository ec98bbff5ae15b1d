// The schema of manifests: one line a key.

import { CODECS } from './codec.mjs';
import { HostPattern, splitPort } from './hosts.mjs';
import { isComponent, isConfigKey } from './names.mjs';
import { isTable, Table } from './table.mjs';
import {
  boolean,
  functionName,
  integer,
  invalid,
  isShort,
  MOST,
  namespacePattern,
  pathInside,
  pathPattern,
  relativePath,
  requirement,
  size,
  string,
  targetPattern,
  text,
  topicPattern,
  version,
  word,
} from './values.mjs';
import { newerThan, parseVersion } from './version.mjs';

const DAY_MS = 86_400_000;

export function manifest(root) {
  let apiVersion = null;
  const component = root.table('component', (table) => {
    const name = table.required('name', text(isComponent, 'identifier of a component'));
    const identity = {
      name,
      version: table.required('version', version),
      'api-version': table.required('api-version', version),
      description: table.optional('description', string, ''),
      authors: table.list('authors', string),
      license: table.optional('license', string, ''),
      language: table.optional('language', string, ''),
      homepage: table.optional('homepage', string),
      repository: table.optional('repository', string),
      tags: table.list('tags', string),
      wasm: table.optional('wasm', pathInside, `${name?.split(':').at(-1)}.wasm`),
    };
    apiVersion = identity['api-version'] === undefined ? null : parseVersion(identity['api-version']);
    return identity;
  });
  return {
    component,
    dependencies: root.entries('wit-dependencies', packageFault, dependency),
    formats: root.table('multicodec', formats),
    ...root.table('capabilities', (table) => ({
      capabilities: capabilities(table, apiVersion),
      optional: table.table('optional', (optional) => capabilities(optional, apiVersion)),
    })),
    resources: root.table('resources', (table) => ({
      memory: table.table('memory', memory),
      fuel: table.optional('fuel', integer(1, MOST)),
      timeoutMs: table.optional('timeout-ms', integer(1, DAY_MS), 60_000),
      maxMessageBytes: table.optional('max-message-bytes', size(1), 1 << 20),
      mailboxCapacity: table.optional('mailbox-capacity', integer(1, 1_000_000), 1024),
      storage: table.optional('storage', size(0)),
    })),
    runtime: root.table('runtime', (table) => ({
      stateful: table.optional('stateful', boolean, false),
      supportedOperations: table.list('supported-operations', string),
      restart: table.optional('restart', word(['never', 'on-failure', 'always']), 'on-failure'),
      maxRestarts: table.optional('max-restarts', integer(0, 1000), 3),
      windowMs: table.optional('window-ms', integer(1, DAY_MS), 60_000),
    })),
    env: root.entries(
      'env',
      (key) => (key === '' || /[=\0]/.test(key) ? 'no name in an environment' : null),
      text((value) => !value.includes('\0'), 'value without NUL'),
    ),
    config: root.entries('config', (key) => (isConfigKey(key) ? null : 'no key of configuration'), string),
    customMetadata: root.entries('custom-metadata', () => null, string),
  };
}

const packageFault = (key) => (key.includes(':') && isComponent(key) ? null : 'no name of a package, namespace:name');

function dependency(value, table, key) {
  if (!isTable(value)) return requirement(value);
  return Table.nested(value, table, key, (entry) => {
    const asked = entry.required('version', requirement);
    entry.optional('path', relativePath);
    const gitWord = text((word) => isShort(word) && /^[^-\s]\S*$/.test(word), 'one word for git');
    const url = entry.optional('git', gitWord);
    const refs = ['tag', 'rev'].filter((name) => entry.optional(name, gitWord) !== undefined);
    if (entry.has('git') && entry.has('path')) entry.fault('git', invalid('`path` and `git` exclude each other'));
    else if (entry.has('git') && url !== undefined && refs.length !== 1)
      entry.fault('git', invalid('it needs one of `tag` and `rev`'));
    else if (!entry.has('git')) for (const name of refs) entry.fault(name, invalid('it stands without `git`'));
    return asked;
  });
}

function formats(table) {
  const all = [...CODECS.keys()];
  const primary = table.optional('primary-format', word(all));
  const given = table.has('supported-formats');
  const listed = table.list('supported-formats', word(all));
  const supported = given ? listed : all;
  if (given && table.isEmptyList('supported-formats'))
    table.fault('supported-formats', invalid('the component accepts no format'));
  if (primary && !supported.includes(primary)) table.fault('primary-format', invalid('it is not among the supported formats'));
  return { primary, supported };
}

function memory(table) {
  const [max, min, preferred] = [
    table.required('max', size(1)),
    table.optional('min', size(0)),
    table.optional('preferred', size(0)),
  ];
  if (max !== undefined && min > max) table.fault('min', invalid('it is above the maximum'));
  if (max !== undefined && preferred > max) table.fault('preferred', invalid('it is above the maximum'));
  if (max !== undefined && min !== undefined && preferred < min) table.fault('preferred', invalid('it is below the minimum'));
  return { max, min: min ?? 0, preferred: preferred ?? max };
}

const TOPICS_SINCE = parseVersion('1.1.0');

export function capabilities(table, apiVersion) {
  const four = (reader) => (actions) => ({
    read: actions.list('read', reader),
    write: actions.list('write', reader),
    delete: actions.list('delete', reader),
    list: actions.list('list', reader),
  });
  // Topics came with contract 1.1: to what was built before they are unknown.
  const hasTopics = apiVersion === null || !olderThanTopics(apiVersion);
  return {
    filesystem: table.table('filesystem', four(pathPattern)),
    network: network(table),
    storage: table.table('storage', (storage) => ({
      namespaces: storage.list('namespaces', namespacePattern),
      ...four(namespacePattern)(storage),
      maxSize: storage.optional('max-size', size(0)),
    })),
    process: table.table('process', (process) => ({ spawn: process.list('spawn', pathPattern) })),
    messaging: table.table('messaging', (messaging) => ({
      send: messaging.list('send', targetPattern),
      request: messaging.list('request', targetPattern),
    })),
    topics: hasTopics
      ? table.table('topics', (topics) => ({
          publish: topics.list('publish', topicPattern),
          subscribe: topics.list('subscribe', topicPattern),
        }))
      : { publish: [], subscribe: [] },
    'host-functions': table.table('host-functions', (functions) => ({ call: functions.list('call', functionName) })),
  };
}

function olderThanTopics(version) {
  if (newerThan(TOPICS_SINCE, version)) return true;
  return version.pre !== '' && !newerThan(version, TOPICS_SINCE);
}

function network(table) {
  const seen = new Set();
  return table.tables('network', (entry) => {
    const action = entry.required('action', word(['outbound', 'inbound']));
    const found = entry.required('host', (value) => {
      const split = splitPort(string(value));
      if (!split || !HostPattern.parse(split.host))
        throw { code: 'invalid-pattern', message: `\`${value}\` is no pattern of hosts` };
      if (split.port !== undefined && !(split.port >= 1 && split.port <= 65535))
        throw invalid('the port must be from 1 to 65535');
      return split;
    });
    const port = entry.optional('port', integer(1, 65535));
    if (found?.port !== undefined && entry.has('port')) entry.fault('port', invalid('the port stands in `host` as well'));
    const rule = { action, host: found?.host ?? '', port: port ?? (found?.port === undefined ? undefined : Number(found.port)) };
    const text = JSON.stringify([rule.action, rule.host.toLowerCase(), rule.port]);
    if (action && found && seen.has(text)) entry.fault('host', invalid('the entry repeats an earlier one'));
    seen.add(text);
    return rule;
  });
}

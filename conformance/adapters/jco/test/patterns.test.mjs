// The tables of the contract's patterns.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HostPattern, parseHost } from '../src/hosts.mjs';
import { isTopicPattern, nameMatches, topicMatches } from '../src/names.mjs';
import { literally, normalise, patternFault, PathPattern } from '../src/paths.mjs';

test('paths', () => {
  for (const [pattern, matching, others] of [
    ['/etc/app.toml', ['/etc/app.toml'], ['/etc/app.toml.bak', '/etc/app.toml/x']],
    ['/tmp/*', ['/tmp/a', '/tmp/.a'], ['/tmp', '/tmp/a/b']],
    ['/tmp/*.json', ['/tmp/x.json'], ['/tmp/a/x.json']],
    ['/data/**', ['/data/a', '/data/a/b'], ['/data', '/database']],
    ['/dir/**/config.toml', ['/dir/config.toml', '/dir/a/b/config.toml'], ['/dir/xconfig.toml']],
    ['/d/*.{txt,json}', ['/d/a.txt', '/d/a.json'], ['/d/a.toml']],
    ['/d/?', ['/d/a', '/d/ü'], ['/d/', '/d/ab']],
    ['/d/[ab]', ['/d/a'], ['/d/c']],
    ['/d/[!ab]', ['/d/c'], ['/d/a']],
    ['/a/**/b/**/c', ['/a/b/c', '/a/x/b/y/z/c'], ['/a/b', '/a/c/b']],
  ]) {
    const compiled = new PathPattern(pattern);
    for (const path of matching) assert.ok(compiled.matches(path), `${pattern} matches ${path}`);
    for (const path of others) assert.ok(!compiled.matches(path), `${pattern} does not match ${path}`);
  }
});

test('however many stars a pattern has, matching takes no time', () => {
  const pattern = new PathPattern(`/${'*a'.repeat(1000)}b`);
  const started = performance.now();
  assert.ok(!pattern.matches(`/${'a'.repeat(3000)}`));
  assert.ok(performance.now() - started < 5000);
});

test('what is no pattern of paths', () => {
  for (const pattern of [
    '',
    'a',
    '/a/',
    '//a',
    '/a/../b',
    '/./a',
    '/a**',
    '/[a',
    '/[]',
    '/[a-z]',
    '/[^a]',
    '/{a',
    '/{a,}',
    '/{{a}}',
    '/a]',
    '/a}',
    '/\\*',
    '/a\0',
  ]) {
    assert.ok(patternFault(pattern), pattern);
  }
  for (const pattern of ['/a', '/**', '/a/**/b', '/{a,b*}', '/[!a]', '/a b']) assert.equal(patternFault(pattern), null, pattern);
});

test('paths are made normal', () => {
  for (const [path, normal] of [
    ['/a/./b//c/', '/a/b/c'],
    ['/a/../../b', '/b'],
    ['/', '/'],
    ['/..', '/'],
  ])
    assert.equal(normalise(path), normal);
  for (const path of ['', 'a', '/a\0', `/${'a'.repeat(5000)}`]) assert.throws(() => normalise(path));
  assert.equal(literally('/a*[b]'), '/a[*]?b?');
});

test('one pattern within another is decided on the safe side', () => {
  const covers = (a, b) => new PathPattern(a).covers(new PathPattern(b));
  assert.ok(covers('/srv/**', '/srv/a/*'));
  assert.ok(covers('/srv/*', '/srv/[ab]'));
  assert.ok(!covers('/srv/*', '/srv/**'));
  assert.ok(!covers('/srv/a', '/srv/*'));
});

test('names and topics', () => {
  assert.ok(nameMatches('*', 'a') && nameMatches('db:*', 'db:main') && nameMatches('a', 'a'));
  assert.ok(!nameMatches('db:*', 'dbx:main') && !nameMatches('a', 'b'));
  assert.ok(topicMatches('orders.*', 'orders.eu.created') && topicMatches('*', 'a'));
  assert.ok(!topicMatches('orders.*', 'orders') && !topicMatches('orders.*', 'ordersx.y'));
  assert.ok(isTopicPattern('a-b.c.*') && !isTopicPattern('a.*.b') && !isTopicPattern('.*') && !isTopicPattern('a..b'));
});

test('hosts', () => {
  const matches = (pattern, host) => HostPattern.parse(pattern).matches(parseHost(host));
  for (const [pattern, host] of [
    ['example.com', 'EXAMPLE.com.'],
    ['*.example.com', 'a.b.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['127.0.0.1', '2130706433'],
    ['127.0.0.1', '0x7f.1'],
    ['127.0.0.1', '0177.0.0.1'],
    ['127.0.0.1', '[::ffff:127.0.0.1]'],
    ['10.0.0.*', '10.0.0.7'],
    ['[::1]', '[0:0:0:0:0:0:0:1]'],
    ['*', 'example.com'],
    ['*', '93.184.216.34'],
  ])
    assert.ok(matches(pattern, host), `${pattern} matches ${host}`);
  for (const [pattern, host] of [
    ['example.com', 'www.example.com'],
    ['*.example.com', 'example.com'],
    ['*.example.com', 'evilexample.com'],
    ['10.0.0.*', '10.0.1.7'],
    ['*', 'localhost'],
    ['*', '10.0.0.1'],
    ['*', '169.254.169.254'],
    ['*', '[::1]'],
    ['*', '[64:ff9b::a00:1]'],
  ])
    assert.ok(!matches(pattern, host), `${pattern} does not match ${host}`);
  for (const pattern of ['', '*.*', 'a..b', '-a.com', '256.0.0.1', '1.2.3', '[::g]', 'http://a', 'a b'])
    assert.equal(HostPattern.parse(pattern), null, pattern);
});

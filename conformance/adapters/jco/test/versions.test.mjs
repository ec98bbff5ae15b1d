// The contract's table of versions, and requirements.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compatible, parseRequirement, parseVersion, satisfies } from '../src/version.mjs';

test('built against one version, run on another', () => {
  for (const [built, offered, runs] of [
    ['1.0.0', '1.0.0', true],
    ['1.0.0', '1.0.4', true],
    ['1.0.0', '1.5.0', true],
    ['1.5.0', '1.0.0', false],
    ['1.0.3', '1.0.0', false],
    ['1.0.0', '2.0.0', false],
    ['2.0.0', '1.0.0', false],
    ['0.5.0', '0.5.1', true],
    ['0.4.0', '0.5.0', false],
    ['0.5.0', '0.4.0', false],
    ['0.0.1', '0.0.2', false],
    ['1.0.0-rc.1', '1.0.0', false],
    ['1.0.0-rc.1', '1.0.0-rc.1', true],
    ['1.0.0', '1.1.0-rc.1', false],
    ['1.0.0+build', '1.0.0', true],
  ])
    assert.equal(compatible(parseVersion(built), parseVersion(offered)), runs, `${built} on ${offered}`);
});

test('what is no version', () => {
  for (const text of ['', '1', '1.0', 'v1.0.0', '1.0.0.0', '01.0.0', '1.0.0-', '1.0.0-01', '18446744073709551616.0.0'])
    assert.equal(parseVersion(text), null, text);
});

test('requirements', () => {
  for (const [requirement, offered, fits] of [
    ['^1.0.0', '1.1.0', true],
    ['^1.0.1', '1.0.0', false],
    ['~1.0.0', '1.0.9', true],
    ['~1.0.0', '1.1.0', false],
    ['1', '1.9.0', true],
    ['=1.0', '1.0.7', true],
    ['>=1.0, <2', '1.5.0', true],
    ['>=1.0, <2', '2.0.0', false],
    ['*', '3.0.0', true],
    ['1.*', '1.4.0', true],
    ['^0.2.3', '0.2.9', true],
    ['^0.2.3', '0.3.0', false],
    ['=1.0.0-rc.1', '1.0.0-rc.1', true],
    ['^1.0.0-rc.1', '1.0.0', false],
    ['<=1.1', '1.1.5', true],
    ['>1.1', '1.1.5', false],
  ])
    assert.equal(satisfies(parseRequirement(requirement), parseVersion(offered)), fits, `${requirement} and ${offered}`);
  for (const text of ['', '^', '1.0.0.0', 'v1.0.0', 'latest', '1.0-rc.1', '>=1,'])
    assert.equal(parseRequirement(text), null, text);
});

// Readers of single values of a manifest: each gives the value, or throws what is wrong with it.

import { isFunction, isNamespacePattern, isTargetPattern, isTopicPattern } from './names.mjs';
import { patternFault } from './paths.mjs';
import { parseRequirement, parseVersion } from './version.mjs';

const MAX_VERSION_BYTES = 256;
export const MOST = 2n ** 64n - 1n;
/** Numbers up to here are exact in JavaScript; what is above is as good as endless. */
const EXACT = BigInt(Number.MAX_SAFE_INTEGER);

export const invalid = (message) => ({ code: 'manifest-invalid-value', message });

export function string(value) {
  if (typeof value !== 'string') throw invalid('expected a string');
  return value;
}

export function boolean(value) {
  if (typeof value !== 'boolean') throw invalid('expected a boolean');
  return value;
}

export const integer = (least, most) => (value) => {
  if (typeof value !== 'bigint') throw invalid('expected an integer');
  if (value < BigInt(least) || value > BigInt(most)) throw invalid(`the number must be from ${least} to ${most}`);
  return Number(value > EXACT ? EXACT : value);
};

export const word = (words) => (value) => {
  if (!words.includes(string(value))) throw invalid(`\`${value}\` is none of ${words.join(', ')}`);
  return value;
};

export const text = (isOne, what) => (value) => {
  if (!isOne(string(value))) throw invalid(`\`${value}\` is no ${what}`);
  return value;
};

export const isShort = (value) => Buffer.byteLength(value) <= MAX_VERSION_BYTES;
export const version = text((value) => isShort(value) && parseVersion(value) !== null, 'semantic version');
export const requirement = text((value) => isShort(value) && parseRequirement(value) !== null, 'requirement of versions');

const pattern = (fault) => (value) => {
  const why = fault(string(value));
  if (why) throw { code: 'invalid-pattern', message: `\`${value}\`: ${why}` };
  return value;
};
export const pathPattern = pattern(patternFault);
export const namespacePattern = pattern((value) => (isNamespacePattern(value) ? null : 'no category:subcategory or category:*'));
export const targetPattern = pattern((value) => (isTargetPattern(value) ? null : 'no identifier, namespace:* or *'));
export const topicPattern = pattern((value) => (isTopicPattern(value) ? null : 'no topic, PREFIX.* or *'));
export const functionName = pattern((value) => (isFunction(value) ? null : 'no name of a function'));

const UNITS = new Map([
  ['b', 1n],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((prefix, index) => [
    [`${prefix}b`, 1000n ** BigInt(index + 1)],
    [prefix, 1000n ** BigInt(index + 1)],
    [`${prefix}ib`, 1024n ** BigInt(index + 1)],
  ]),
]);

/** A number of bytes: an integer, or text such as `64MB` or `64MiB`. A fraction must come to whole bytes. */
export const size = (least) => (value) => {
  let bytes;
  if (typeof value === 'bigint') {
    bytes = value;
  } else {
    const found = /^([0-9]+)(?:\.([0-9]{1,20}))?( *)([A-Za-z]*)$/.exec(string(value));
    const factor = found && (found[4] === '' && found[3] === '' ? 1n : UNITS.get(found[4].toLowerCase()));
    if (!factor) throw invalid(`\`${value}\` is no size such as "64MB" or "64MiB"`);
    const scale = 10n ** BigInt(found[2]?.length ?? 0);
    const scaled = BigInt(found[1] + (found[2] ?? '')) * factor;
    if (scaled % scale !== 0n) throw invalid(`\`${value}\` is no whole number of bytes`);
    bytes = scaled / scale;
  }
  if (bytes < BigInt(least) || bytes > MOST) throw invalid(`the size must be at least ${least} and fit 64 bits`);
  return Number(bytes > EXACT ? EXACT : bytes);
};

export function relativePath(value) {
  const path = string(value);
  const odd = /[\\\u0000-\u001f\u007f-\u009f]/.test(path) || Buffer.byteLength(path) > 4096;
  if (odd || path.split('/').includes('')) throw invalid('it must be a relative path with `/`, without empty segments');
  return path;
}

export function pathInside(value) {
  const path = relativePath(value);
  if (path.split('/').includes('..')) throw invalid('the path leaves the directory of the manifest');
  return path;
}

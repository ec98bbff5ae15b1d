// Semantic versions, and the rule by which what a component was built against is held against what is offered.

const NUMBER = '(?:0|[1-9][0-9]*)';
const PRE = `(?:${NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)`;
const VERSION = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const PARTIAL = new RegExp(
  `^(\\^|~|=|>=|<=|>|<)?\\s*(${NUMBER}|[xX*])(?:\\.(${NUMBER}|[xX*]))?(?:\\.(${NUMBER}|[xX*]))?(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+[0-9A-Za-z.-]+)?$`,
);
const MOST = 2n ** 64n - 1n;

/** Reads a version, or gives null. Build metadata is dropped. */
export function parseVersion(text) {
  const found = VERSION.exec(text);
  if (!found) return null;
  const numbers = found.slice(1, 4).map(BigInt);
  if (numbers.some((number) => number > MOST)) return null;
  return { numbers, pre: found[4] ?? '' };
}

export const show = ({ numbers, pre }) => numbers.join('.') + (pre && `-${pre}`);

function compareNumbers(a, b) {
  for (let index = 0; index < 3; index++) {
    if (a[index] !== b[index]) return a[index] < b[index] ? -1 : 1;
  }
  return 0;
}

/** The part of a version within which releases are compatible. */
function track([major, minor, patch]) {
  if (major > 0n) return `${major}`;
  return minor > 0n ? `0.${minor}` : `0.0.${patch}`;
}

export const sameTrack = (a, b) => track(a.numbers) === track(b.numbers);

/**
 * Whether a component that was built against one version runs on another: on a later one of the same track, and never on
 * an earlier one, because it may use what is not there. A pre-release runs on itself alone.
 */
export function compatible(built, offered) {
  if (built.pre || offered.pre) return compareNumbers(built.numbers, offered.numbers) === 0 && built.pre === offered.pre;
  return sameTrack(built, offered) && compareNumbers(built.numbers, offered.numbers) <= 0;
}

export const newerThan = (a, b) => compareNumbers(a.numbers, b.numbers) > 0;

/** Reads a requirement such as `^1.0.0` or `>=1.0, <2`, or gives null. */
export function parseRequirement(text) {
  if (text.trim() === '*') return [];
  const comparators = [];
  for (const part of text.split(',')) {
    const found = PARTIAL.exec(part.trim());
    if (!found) return null;
    const [, operator, ...rest] = found;
    const numbers = [];
    for (const given of rest.slice(0, 3)) {
      if (given === undefined) break;
      if (/[xX*]/.test(given)) {
        if (numbers.length === 0) return null;
        break;
      }
      // A number behind a wildcard says nothing.
      numbers.push(BigInt(given));
    }
    const wild = rest.slice(0, 3).findIndex((given) => given !== undefined && /[xX*]/.test(given));
    if (wild >= 0 && rest.slice(wild + 1, 3).some((given) => given !== undefined && !/[xX*]/.test(given))) return null;
    if (rest[3] && numbers.length < 3) return null;
    if (numbers.some((number) => number > MOST)) return null;
    comparators.push({ operator: wild >= 0 && !operator ? '=' : (operator ?? '^'), numbers, pre: rest[3] ?? '' });
  }
  return comparators;
}

function holds({ operator, numbers }, version) {
  const [major, minor, patch] = numbers;
  const floor = [major, minor ?? 0n, patch ?? 0n];
  const against = compareNumbers(version, floor);
  // The first version that no longer has the numbers given.
  const behind =
    minor === undefined ? [major + 1n, 0n, 0n] : patch === undefined ? [major, minor + 1n, 0n] : [major, minor, patch + 1n];
  const below = (limit) => compareNumbers(version, limit) < 0;
  switch (operator) {
    case '=':
      return against >= 0 && below(behind);
    case '>':
      return !below(behind);
    case '>=':
      return against >= 0;
    case '<':
      return against < 0;
    case '<=':
      return below(behind);
    case '~':
      return against >= 0 && below(minor === undefined ? behind : [major, minor + 1n, 0n]);
    default:
      if (major > 0n || minor === undefined) return against >= 0 && below([major + 1n, 0n, 0n]);
      if (minor > 0n || patch === undefined) return against >= 0 && below([0n, minor + 1n, 0n]);
      return against === 0;
  }
}

/** Whether a version satisfies a requirement: as semver has it, but a pre-release is satisfied by itself alone. */
export function satisfies(requirement, version) {
  return requirement.every((comparator) => {
    if (comparator.pre || version.pre) {
      return compareNumbers(comparator.numbers, version.numbers) === 0 && comparator.pre === version.pre;
    }
    return holds(comparator, version.numbers);
  });
}

// Paths of guests, and the patterns that grant them.
//
// A pattern is matched segment by segment. A segment with wildcards is run as a set of states over the characters of a
// name, so that however many `*` it has, the work is at most the product of both lengths.

const MAX_PATH_BYTES = 4096;

/** Why a text is no path of a guest. */
export class PathError extends Error {}

/** The path without `.`, `..`, empty segments and a slash at the end. `..` of `/` is `/`. */
export function normalise(path) {
  if (path === '') throw new PathError('the path is empty');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new PathError(`the path is longer than ${MAX_PATH_BYTES} bytes`);
  if (path.includes('\0')) throw new PathError('the path contains NUL');
  if (!path.startsWith('/')) throw new PathError('the path is relative: it must start with `/`');
  const kept = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return '/' + kept.join('/');
}

/** Whether wildcards do not reach a path: the kernel's own trees are granted literally or not at all. */
export const isKernels = (path) => /^\/(proc|sys|dev)(\/|$)/.test(path);

/** Why a pattern is none, or null. */
export function patternFault(pattern) {
  if (Buffer.byteLength(pattern) > MAX_PATH_BYTES) return `longer than ${MAX_PATH_BYTES} bytes`;
  if (!pattern.startsWith('/')) return 'not absolute';
  if (/[\u0000-\u001f\u007f-\u009f]/.test(pattern)) return 'a control character';
  for (const segment of pattern.split('/').slice(1)) {
    if (segment === '') return 'an empty segment';
    if (segment === '.' || segment === '..') return 'a segment `.` or `..`';
    if (segment === '**') continue;
    if (segment.includes('**')) return '`**` stands alone in its segment';
    const fault = segmentFault(segment);
    if (fault) return fault;
  }
  return null;
}

// What other dialects read otherwise is refused: ranges, `[^`, backslashes, nested braces, empty alternatives.
function segmentFault(segment) {
  if (segment.includes('\\')) return 'a backslash';
  let braces = false;
  let alternative = 0;
  const characters = [...segment];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index];
    if (character === '[') {
      const end = characters.indexOf(']', index + 1);
      if (end < 0) return 'an unclosed bracket';
      let listed = characters.slice(index + 1, end);
      if (listed[0] === '!') listed = listed.slice(1);
      if (listed.length === 0) return 'an empty class';
      const strange = listed.find((character) => '^-[\\'.includes(character));
      if (strange) return `\`${strange}\` in a class`;
      index = end;
      alternative++;
    } else if (character === ']') {
      return 'a `]` that closes nothing';
    } else if (character === '{') {
      if (braces) return 'nested braces';
      braces = true;
      alternative = 0;
    } else if (character === '}') {
      if (!braces) return 'a `}` that closes nothing';
      if (alternative === 0) return 'an empty alternative';
      braces = false;
    } else if (character === ',' && braces) {
      if (alternative === 0) return 'an empty alternative';
      alternative = 0;
    } else {
      alternative++;
    }
  }
  return braces ? 'an unclosed brace' : null;
}

const WILD = /[*?[{]/;

/** A pattern, compiled. */
export class PathPattern {
  constructor(text) {
    this.text = text;
    this.isLiteral = !WILD.test(text);
    const segments = text.split('/').slice(1);
    // `**` at the end stands for one segment at least.
    if (segments.at(-1) === '**') segments.push('*');
    this.segments = segments.map(compileSegment);
    this.literals = this.segments.filter((segment) => segment.kind === 'literal').length;
  }

  matches(path) {
    const names = path === '/' ? [] : path.slice(1).split('/');
    let at = 0;
    let index = 0;
    // What follows the last `**`, and where the path goes on: what earlier ones stand for need not change.
    let last = null;
    for (;;) {
      const segment = this.segments[index];
      if (segment?.kind === 'globstar') {
        last = { index: index + 1, at };
        index++;
      } else if (segment && at < names.length && segmentMatches(segment, names[at])) {
        index++;
        at++;
      } else if (!segment && at === names.length) {
        return true;
      } else if (last && at < names.length) {
        last.at++;
        ({ index, at } = last);
      } else {
        return false;
      }
    }
  }

  /** Whether this surely matches all that another does. It may deny what is true, and never affirms what is false. */
  covers(other) {
    const [ours, theirs] = [this.segments, other.segments];
    let covered = Array.from({ length: theirs.length + 1 }, (_, index) => index === theirs.length);
    for (const segment of ours.toReversed()) {
      const behind = covered;
      covered = behind.slice();
      for (let j = theirs.length; j >= 0; j--) {
        if (segment.kind === 'globstar') covered[j] = behind[j] || (j < theirs.length && covered[j + 1]);
        else covered[j] = j < theirs.length && behind[j + 1] && segmentCovers(segment, theirs[j]);
      }
    }
    return covered[0];
  }
}

function segmentCovers(ours, theirs) {
  if (theirs.kind === 'globstar') return false;
  return ours.text === '*' || ours.text === theirs.text || (theirs.kind === 'literal' && segmentMatches(ours, theirs.text));
}

function compileSegment(text) {
  if (text === '**') return { kind: 'globstar', text };
  if (!WILD.test(text)) return { kind: 'literal', text };
  return { kind: 'wild', text, tokens: tokens(text) };
}

// Token `i` leads from state `i` onwards; the state behind the last one accepts.
function tokens(text) {
  const all = [];
  const characters = [...text];
  let open = null;
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index];
    if (character === '*') all.push({ kind: 'star' });
    else if (character === '?') all.push({ kind: 'any' });
    else if (character === '[') {
      const end = characters.indexOf(']', index + 1);
      const negated = characters[index + 1] === '!';
      all.push({ kind: 'class', negated, listed: new Set(characters.slice(index + (negated ? 2 : 1), end)) });
      index = end;
    } else if (character === '{') {
      open = { kind: 'split', to: [all.length + 1], jumps: [] };
      all.push(open);
    } else if (open && character === ',') {
      open.jumps.push(all.length);
      all.push({ kind: 'jump', to: null });
      open.to.push(all.length);
    } else if (open && character === '}') {
      for (const jump of open.jumps) all[jump].to = all.length;
      open = null;
    } else {
      all.push({ kind: 'literal', character });
    }
  }
  return all;
}

function segmentMatches(segment, name) {
  if (segment.kind === 'literal') return segment.text === name;
  const { tokens: all } = segment;
  let states = new Set();
  const enter = (set, state) => {
    if (set.has(state)) return;
    set.add(state);
    const token = all[state];
    if (token?.kind === 'star') enter(set, state + 1);
    else if (token?.kind === 'split') for (const to of token.to) enter(set, to);
    else if (token?.kind === 'jump') enter(set, token.to);
  };
  enter(states, 0);
  for (const character of name) {
    const next = new Set();
    for (const state of states) {
      const token = all[state];
      if (token?.kind === 'star') enter(next, state);
      else if (token && consumes(token, character)) enter(next, state + 1);
    }
    if (next.size === 0) return false;
    states = next;
  }
  return states.has(all.length);
}

function consumes(token, character) {
  switch (token.kind) {
    case 'any':
      return true;
    case 'literal':
      return token.character === character;
    case 'class':
      return token.listed.has(character) !== token.negated;
    default:
      return false;
  }
}

/** A pattern that matches this one path, as a denial suggests it. */
export const literally = (path) =>
  path.replace(/[*?{}]|[[\]\\\u0000-\u001f\u007f-\u009f]/g, (found) => ('*?{}'.includes(found) ? `[${found}]` : '?'));

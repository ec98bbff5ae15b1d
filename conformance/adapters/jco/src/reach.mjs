// Where a guest's path leads: every name is looked at in turn, and links are followed within the root, as in a chroot.
//
// Node opens files by name alone: it has no openat2, and no handle of a directory. Between the walk and the access somebody
// outside may exchange a name. The walk is made again right before a file is opened, and an opened file is compared with
// what was decided; what remains of the race is told in the README.

import { lstatSync, readlinkSync } from 'node:fs';

import { normalise, PathError } from './paths.mjs';

const MAX_LINKS = 40;
/** Names of files that the runtime makes for a moment. */
export const TEMPORARY = /^\.airssys-.*\.tmp$/;

/**
 * Walks a normal path below the root. Gives `path`, the guest's path of what was reached, `real`, the host's, `stat`, what
 * is there if anything is, and `isLink`, whether it was named by a link, and
 * `fault`, why the way ended before: `not-found`, `not-a-directory`, or another code.
 */
export function reach(root, path) {
  let pending = path.split('/').filter(Boolean);
  let done = [];
  let links = 0;
  // Whether what the guest named is a link itself.
  let isLink = false;
  let stat = lstatSync(root, { bigint: true });
  while (pending.length > 0) {
    const name = pending.shift();
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      stat = lstatSync([root, ...done].join('/'), { bigint: true });
      continue;
    }
    if (!stat.isDirectory()) return { ...ended([...done, name], pending, root), isLink, fault: 'not-a-directory' };
    const real = [root, ...done, name].join('/');
    let found;
    try {
      found = lstatSync(real, { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      return { ...ended([...done, name], pending, root), isLink, fault: error.code };
    }
    if (!found)
      return {
        ...ended([...done, name], pending, root),
        isLink,
        ...(pending.some((rest) => rest !== '' && rest !== '.') && { fault: 'not-found' }),
      };
    if (found.isSymbolicLink()) {
      isLink ||= pending.length === 0;
      if (++links > MAX_LINKS) return { ...ended([...done, name], pending, root), isLink, fault: 'ELOOP' };
      const target = readlinkSync(real);
      if (target.startsWith('/')) {
        done = [];
        stat = lstatSync(root, { bigint: true });
      }
      // What ends in a slash is to be a directory.
      pending = [...target.split('/'), ...pending];
      continue;
    }
    done.push(name);
    stat = found;
  }
  return { path: `/${done.join('/')}`, real: [root, ...done].join('/'), stat, isLink };
}

function ended(done, pending, root) {
  const path = normalise(`/${[...done, ...pending].join('/')}`);
  return { path, real: root + path, stat: undefined };
}

/** Follows a guest's path, for the gate: what it led to, and whether that is special or the runtime's own. */
export function follow(runtime, path) {
  let normal;
  try {
    normal = normalise(path);
    if (normal.split('/').some((name) => TEMPORARY.test(name))) throw new PathError("the name is the runtime's own");
  } catch (error) {
    if (error instanceof PathError) return { malformed: error.message };
    throw error;
  }
  const reached = reach(runtime.root, normal);
  const { stat } = reached;
  return {
    resolved: reached.path,
    isSpecial: stat !== undefined && !stat.isFile() && !stat.isDirectory(),
    isOwn: runtime.isOwn(stat),
    reached,
  };
}

// The files of components: what is behind the gate of `airssys:ext-filesystem`.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { context, err, ok } from './answers.mjs';
import { Gate } from './gate.mjs';
import { follow, reach, TEMPORARY } from './reach.mjs';

const CODES = {
  ENOENT: 'not-found',
  EEXIST: 'already-exists',
  ENOTEMPTY: 'io-error',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  ENAMETOOLONG: 'invalid-path',
};

export function filesystem(runtime) {
  const { limits } = runtime;

  /** Follows a path, passes the gate with what is there, and acts on it. `isMade`: it makes what must not be there yet. */
  const on =
    (action, or, act, isMade = false) =>
    (who, path, ...rest) => {
      const gate = new Gate(runtime.trail, who.component);
      const { reached, ...found } = follow(runtime, path);
      const asked = { class: 'filesystem', action, or, resource: path, ...found };
      if (found.malformed !== undefined) {
        try {
          gate.pass(asked, context(who));
        } catch {
          // What is no path is no matter of permission; that it was asked for is recorded all the same.
        }
        return err('invalid-path', found.malformed);
      }
      gate.pass(asked, context(who));
      // There is something where a link is, even if that leads nowhere.
      if (isMade && reached.isLink) return err('already-exists', path);
      if (reached.fault) return err(CODES[reached.fault] ?? (/^[a-z]/.test(reached.fault) ? reached.fault : 'io-error'), path);
      try {
        // What was decided must still be what is there.
        const again = reach(runtime.root, reached.path);
        if (again.path !== reached.path || again.stat?.ino !== reached.stat?.ino)
          return err('io-error', 'the path changed meanwhile');
        return act(reached, path, ...rest);
      } catch (error) {
        if (!error.code) throw error;
        return err(CODES[error.code] ?? 'io-error', path);
      }
    };

  return {
    readFile: on('read', undefined, ({ real, stat }, path) => {
      if (!stat) return err('not-found', path);
      if (stat.isDirectory()) return err('is-a-directory', path);
      if (stat.isSocket()) return err('io-error', path);
      const most = limits['file-bytes'];
      const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (fstatSync(file, { bigint: true }).ino !== stat.ino) return err('io-error', 'the path changed meanwhile');
        const content = readUpTo(file, most + 1);
        return content.length > most ? err('too-large', BigInt(most)) : ok(content);
      } finally {
        closeSync(file);
      }
    }),

    writeFile: on('write', undefined, ({ real, stat }, path, data) => {
      if (stat?.isDirectory()) return err('is-a-directory', path);
      if (stat && !stat.isFile()) return err('io-error', 'it is no ordinary file');
      // A file that nobody may write to is not replaced.
      if (stat && (stat.mode & 0o222n) === 0n) return err('io-error', 'it is read-only');
      replace(real, data, stat ? Number(stat.mode & 0o777n) : 0o644);
      return {};
    }),

    statFile: on('read', 'list', ({ stat, isLink }, path) => {
      if (!stat) return err('not-found', path);
      return ok({
        size: stat.isFile() ? stat.size : 0n,
        isDirectory: stat.isDirectory(),
        isSymlink: isLink,
        created: stat.birthtimeMs > 0n ? stat.birthtimeMs : undefined,
        modified: stat.mtimeMs,
        readonly: (stat.mode & 0o222n) === 0n,
      });
    }),

    deleteFile: on('delete', undefined, ({ real, stat }, path) => {
      if (!stat) return err('not-found', path);
      if (stat.isDirectory()) return err('is-a-directory', path);
      unlinkSync(real);
      return {};
    }),

    listDirectory: on('list', undefined, ({ real, stat }, path) => {
      if (!stat) return err('not-found', path);
      if (!stat.isDirectory()) return err('not-a-directory', path);
      const names = readdirSync(real).filter((name) => !TEMPORARY.test(name));
      const most = limits['directory-entries'];
      if (names.length > most) return err('too-large', BigInt(most));
      return ok(
        names
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map((name) => {
            const entry = lstatSync(`${real}/${name}`, { bigint: true, throwIfNoEntry: false });
            return { name, isDirectory: entry?.isDirectory() ?? false, size: entry?.isFile() ? entry.size : 0n };
          }),
      );
    }),

    createDirectory: on(
      'write',
      undefined,
      ({ real, stat }, path) => {
        if (stat) return err('already-exists', path);
        mkdirSync(real);
        return {};
      },
      true,
    ),
  };
}

/** Reads what is there without waiting, up to so many bytes. */
function readUpTo(file, most) {
  const parts = [];
  let length = 0;
  while (length < most) {
    const part = Buffer.alloc(Math.min(1 << 16, most - length));
    let read;
    try {
      read = readSync(file, part);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      break;
    }
    if (read === 0) break;
    parts.push(part.subarray(0, read));
    length += read;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Writes a new file beside the old one and renames it: a reader sees all of the old or all of the new. */
function replace(path, data, mode) {
  const directory = dirname(path);
  statSync(directory);
  const temporary = `${directory}/.airssys-${randomBytes(8).toString('hex')}.tmp`;
  const file = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    for (let at = 0; at < data.length;) at += writeSync(file, data, at);
    fchmodSync(file, mode);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

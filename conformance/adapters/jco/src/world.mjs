// The directory of a case: what the suite puts there, and what it finds there afterwards.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What components see as `/`. */
export const ROOT = 'root';

export function makeDirectory(files) {
  const directory = mkdtempSync(join(tmpdir(), 'airssys-jco-'));
  mkdirSync(join(directory, ROOT));
  return Promise.all(files.map((file) => put(directory, file))).then(() => directory);
}

export const removeDirectory = (directory) => rmSync(directory, { recursive: true, force: true });

/** The path of something in the world. What would lie outside of it is refused. */
export function inside(directory, path) {
  const odd = path.startsWith('/') || path.split('/').includes('..');
  if (odd) throw new Error(`${path} is not below the directory of the case`);
  return join(directory, path);
}

/** Puts something there, in place of what was there. */
export async function put(directory, { path, bytes = '', link, kind }) {
  const target = inside(directory, path);
  mkdirSync(dirname(target), { recursive: true });
  if (kind === 'directory') {
    mkdirSync(target, { recursive: true });
    return;
  }
  rmSync(target, { force: true });
  if (link !== undefined && link !== null) symlinkSync(link, target);
  else if (kind === 'fifo') execFileSync('mkfifo', [target]);
  else if (kind === 'socket') await leaveSocket(target);
  else writeFileSync(target, Buffer.from(bytes, 'base64'));
  if (kind === 'executable') chmodSync(target, 0o755);
}

/** A socket on which nobody listens: it is bound, and renamed before closing it would remove it. */
async function leaveSocket(path) {
  const server = createServer();
  const bound = `${path}.bound`;
  await new Promise((resolve, reject) => server.once('error', reject).listen(bound, resolve));
  execFileSync('mv', [bound, path]);
  await new Promise((resolve) => server.close(resolve));
}

/** What is at a path; links are not followed. */
export function lookAt(directory, path) {
  const target = inside(directory, path);
  const stat = lstatSync(target, { throwIfNoEntry: false });
  if (!stat) return 'absent';
  if (stat.isSymbolicLink()) return { link: readlinkSync(target) };
  if (stat.isDirectory()) return { directory: readdirSync(target).sort() };
  return stat.isFile() ? { content: readFileSync(target).toString('base64') } : 'special';
}

// The storage of components: what is behind the gate of `airssys:ext-storage`.

import { createHash } from 'node:crypto';

import { context, err, ok } from './answers.mjs';
import { Gate } from './gate.mjs';
import { QuotaExceeded } from './store.mjs';

const MAX_KEY = 1024;
const MAX_VALUE = 16 << 20;
const MAX_PAGE_KEYS = 1000;
const MAX_PAGE_BYTES = 256 << 10;
const MARK = 16;

const isKey = (key) => key !== '' && Buffer.byteLength(key) <= MAX_KEY && !key.includes('\0');

/** What a cursor starts with, so that one of another listing is an error. It is no secret. */
const mark = (namespace, prefix) =>
  createHash('sha256')
    .update(JSON.stringify([namespace, prefix]))
    .digest('hex')
    .slice(0, MARK);

export function storage(runtime) {
  const { store } = runtime;

  /** Passes the gate with a namespace and acts on the store. */
  const on =
    (action, or, act) =>
    (who, namespace, ...rest) => {
      new Gate(runtime.trail, who.component).pass({ class: 'storage', action, or, resource: namespace }, context(who));
      try {
        return act(who.component, namespace, ...rest);
      } catch (error) {
        if (error instanceof QuotaExceeded) return err('quota-exceeded', BigInt(who.component.quota));
        return err('io-error', error.message);
      }
    };
  const withKey =
    (act) =>
    (component, namespace, key, ...rest) =>
      isKey(key) ? act(component, namespace, key, ...rest) : err('invalid-key', `a key has 1 to ${MAX_KEY} bytes and no NUL`);

  return {
    get: on(
      'read',
      undefined,
      withKey((_, namespace, key) => ok(store.get(namespace, key))),
    ),

    set: on(
      'write',
      undefined,
      withKey((component, namespace, key, value) => {
        if (value.length > MAX_VALUE) return err('io-error', `a value has at most ${MAX_VALUE} bytes`);
        store.set(component.id, component.quota, namespace, key, value);
        return {};
      }),
    ),

    delete: on(
      'delete',
      undefined,
      withKey((_, namespace, key) => ok(store.delete(namespace, key))),
    ),
    exists: on(
      'read',
      undefined,
      withKey((_, namespace, key) => ok(store.get(namespace, key) !== undefined)),
    ),

    listKeys: on('list', undefined, (_, namespace, prefix = '', cursor = undefined) => {
      const marked = mark(namespace, prefix);
      if (cursor !== undefined && (!cursor.startsWith(marked) || cursor.length === MARK)) {
        return err('invalid-key', 'the cursor is of no page of this listing');
      }
      const after = cursor === undefined ? null : Buffer.from(cursor.slice(MARK));
      const isNext = (key) => key.startsWith(prefix) && (!after || Buffer.compare(Buffer.from(key), after) > 0);
      const keys = store.keys(namespace).filter(isNext);
      const page = [];
      for (let bytes = 0; page.length < Math.min(keys.length, MAX_PAGE_KEYS);) {
        const key = keys[page.length];
        bytes += Buffer.byteLength(key);
        if (bytes > MAX_PAGE_BYTES) break;
        page.push(key);
      }
      return ok({ keys: page, nextCursor: page.length < keys.length ? marked + page.at(-1) : undefined });
    }),

    usage: on('read', 'list', (component, namespace) => {
      const { bytes, keys } = store.usage(namespace);
      return ok({ usedBytes: BigInt(bytes), maxBytes: BigInt(component.quota), keys: BigInt(keys) });
    }),
  };
}

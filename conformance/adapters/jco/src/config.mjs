// The configuration of one component: the manifest's, overlaid by what the component sets, overlaid by the host's.

import { isConfigKey } from './names.mjs';

const MAX_OWN_KEYS = 1024;
const MAX_OWN_BYTES = 1 << 20;

const invalid = { err: { tag: 'invalid-key', val: 'a key is 1 to 128 of a-z 0-9 _ . -' } };

export class Config {
  #own = new Map();

  constructor(manifest, host) {
    this.manifest = new Map(manifest);
    this.host = new Map(Object.entries(host));
  }

  get(key) {
    if (!isConfigKey(key)) return invalid;
    return { ok: this.host.get(key) ?? this.#own.get(key) ?? this.manifest.get(key) };
  }

  set(key, value) {
    if (!isConfigKey(key)) return invalid;
    if (this.host.has(key)) return { err: { tag: 'read-only', val: `the host set ${key}` } };
    const own = new Map(this.#own).set(key, value);
    const bytes = [...own].reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);
    if (own.size > MAX_OWN_KEYS || bytes > MAX_OWN_BYTES) {
      return { err: { tag: 'internal-error', val: `a component sets at most ${MAX_OWN_KEYS} keys and ${MAX_OWN_BYTES} bytes` } };
    }
    this.#own = own;
    return {};
  }
}

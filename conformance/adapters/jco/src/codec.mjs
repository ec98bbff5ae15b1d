// Payloads start with a multicodec code: a minimal unsigned varint of at most nine bytes.

export const CODECS = new Map([
  ['raw', 0x55n],
  ['protobuf', 0x50n],
  ['cbor', 0x51n],
  ['json', 0x0200n],
  ['msgpack', 0x0201n],
  ['yaml', 0x0114n],
  ['borsh', 0x0701n],
  ['bincode', 0x0702n],
]);

const MAX_PREFIX_BYTES = 9;

/** The name of a codec of the contract, or undefined. */
export function nameOf(code) {
  for (const [name, known] of CODECS) if (known === code) return name;
  return undefined;
}

/** The code that a payload starts with and the bytes behind it, or null if it does not start with one. */
export function split(payload) {
  let code = 0n;
  for (let index = 0; index < payload.length && index < MAX_PREFIX_BYTES; index++) {
    const byte = payload[index];
    code |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      // A last byte of zero adds nothing: the same number has a shorter form.
      if (byte === 0 && index > 0) return null;
      return { code, data: payload.subarray(index + 1) };
    }
  }
  return null;
}

/** The bytes with their code in front. Codes from 2^63 on need ten bytes, which `split` refuses. */
export function join(code, data) {
  const prefix = [];
  for (let rest = code; ; rest >>= 7n) {
    if (rest < 0x80n) {
      prefix.push(Number(rest));
      break;
    }
    prefix.push(Number(rest & 0x7fn) | 0x80);
  }
  const joined = new Uint8Array(prefix.length + data.length);
  joined.set(prefix);
  joined.set(data, prefix.length);
  return joined;
}

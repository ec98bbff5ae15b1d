// The codecs of payloads, as components see them.

import { err, ok } from './answers.mjs';
import { CODECS, join, nameOf, split } from './codec.mjs';

export const multicodec = {
  encode: (_, code, data) => ok(join(code, data)),

  decode(_, encoded) {
    const found = split(encoded);
    if (!found) return err('malformed-multicodec', 'the bytes do not start with a minimal varint of at most nine bytes');
    return nameOf(found.code) ? ok({ codec: found.code, data: found.data }) : err('unknown-codec', found.code);
  },

  isCodecSupported: (_, code) => ok([...CODECS.values()].includes(code)),

  getCodecInfo(_, code) {
    const name = nameOf(code);
    return name ? ok({ codec: code, name }) : err('unknown-codec', code);
  },
};

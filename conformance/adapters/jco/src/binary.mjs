// Reads numbers, names and lists of WebAssembly's binary format.

/** What is read ends in the middle, or is none of the format. */
export class Malformed extends Error {}

export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd() {
    return this.at >= this.end;
  }

  byte() {
    if (this.at >= this.end) throw new Malformed('it ends too early');
    return this.bytes[this.at++];
  }

  /** An unsigned number of at most 64 bits. Those above 2^53 are as good as that. */
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new Malformed('a number is too long');
    }
  }

  name() {
    const length = this.number();
    const start = this.at;
    this.skip(length);
    return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(start, this.at));
  }

  skip(length) {
    if (this.at + length > this.end) throw new Malformed('it ends too early');
    this.at += length;
  }

  list(item) {
    return Array.from({ length: this.number() }, () => item());
  }

  /** Sections, each with its identifier and a reader of what is in it. */
  *sections() {
    while (!this.isAtEnd) {
      const id = this.byte();
      const length = this.number();
      const start = this.at;
      this.skip(length);
      yield { id, start, body: new Reader(this.bytes, start, this.at) };
    }
  }
}

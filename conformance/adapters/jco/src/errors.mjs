// What comes of a call that does not return.

/** The runtime did not call the guest, or gave up on it. */
export class Rejected extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The instance ended. */
export class Trapped extends Error {
  constructor(kind) {
    super(`trapped: ${kind}`);
    this.kind = kind;
  }
}

/** The guest answered one of its errors, `{ tag, val }`. */
export class Failed extends Error {
  constructor({ tag, val }) {
    super(val === undefined ? tag : `${tag}: ${val}`);
    this.tag = tag;
    this.val = val;
  }
}

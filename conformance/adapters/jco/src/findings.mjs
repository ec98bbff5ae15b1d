// What is wrong with a manifest, or with what it asks for.

const MAX_FINDINGS = 100;

/** One thing that is wrong: the code of the load that it ends, and the key that is at fault. */
export class Finding extends Error {
  constructor(code, key, message) {
    super(key ? `${key}: ${message}` : message);
    this.code = code;
    this.key = key;
  }
}

/** All that is wrong with a manifest. Its code is that of the first finding in the text. */
export class Findings extends Error {
  constructor(found) {
    super(found.map((finding) => finding.message).join('; '));
    this.code = found[0].code;
    this.found = found.slice(0, MAX_FINDINGS);
  }
}

/** One finding that has no place in the text. */
export const single = (code, key, message) =>
  new Findings([Object.assign(new Finding(code, key, message), { line: 1, column: 1 })]);

// Texts of guests: cut where they are too long, and harmless on a terminal.

/** Cuts a text to so many bytes at a character, and says how much is missing. */
export function cut(text, most) {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // A byte that continues a character does not start one.
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end)}… [${bytes.length - end} bytes cut]`;
}

/** JSON in which no control character, line separator, or character that reorders or hides text stands as itself. */
export const safeJson = (value) =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g,
    (found) => [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

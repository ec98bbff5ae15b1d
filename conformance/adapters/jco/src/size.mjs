// What a guest hands to the host at a time is bounded.

/** The bytes of a value: those of its lists and texts. */
export function sizeOf(value) {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + sizeOf(item) + 8, 0);
  if (value && typeof value === 'object') return Object.values(value).reduce((sum, item) => sum + sizeOf(item), 0);
  return 0;
}
